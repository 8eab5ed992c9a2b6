/** Our log and its witnesses: cosignatures to a quorum, what a dead or lying witness can do, and what it cannot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedLog, testKey, type SignedLog } from '../../../test/support/signed-log.ts';
import { sha256Bytes } from '../leaf.ts';
import { verifyEd25519 } from '../signing/ed25519.ts';
import { openCheckpoint } from '../verify/checkpoint.ts';
import { parsePolicy } from '../verify/policy-file.ts';
import type { TrustPolicy } from '../verify/policy.ts';
import { formatVkey } from '../verify/vkey.ts';
import { createCosigner, type Cosigner, type CosignerDeps, type HttpText } from './client.ts';
import { createWitness, originHash, type Witness } from './witness.ts';

const origin = 'assay.example.com/log';
const keys = ['w1', 'w2', 'w3'].map((name) => testKey(`${name}.example.com`, 'cosignature'));

interface Host {
  readonly post: (body: string) => Promise<HttpText>;
  readonly checkpoint: (hash: string) => HttpText;
}

interface Bench {
  readonly cosigner: Cosigner;
  readonly cosign: (log: SignedLog, size?: number) => Promise<string>;
  readonly witnesses: readonly Witness[];
  /** Replaces what a witness answers. */
  readonly hosts: Host[];
  readonly posts: string[];
  /** Names of the keys that cosigned. */
  readonly cosigners: (note: string) => readonly string[];
}

function policyOf(quorum: string): TrustPolicy {
  const lines = keys.map(
    ({ verifier }, n) => `witness w${n + 1} ${formatVkey(verifier)} https://w${n + 1}.example.com/\n`,
  );
  const parsed = parsePolicy(`${lines.join('')}${quorum}`, sha256Bytes);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.policy;
}

async function bench(known: SignedLog, quorum: string, rest: Partial<CosignerDeps> = {}): Promise<Bench> {
  const witnesses = await Promise.all(
    keys.map((key) => {
      const stored = new Map<string, string>();
      return createWitness({
        key,
        logs: [known.key.verifier],
        store: {
          read: async (hash) => stored.get(hash),
          keep: async (hash, note) => void stored.set(hash, note),
        },
        nowSeconds: () => 1_700_000_000,
      });
    }),
  );
  const hosts = witnesses.map((witness): Host => ({
    post: async (body) => {
      const { status, body: text } = await witness.addCheckpoint(body);
      return { status, text };
    },
    checkpoint: (hash) => {
      const { status, body: text } = witness.checkpoint(hash);
      return { status, text };
    },
  }));
  const posts: string[] = [];
  const hostOf = (url: string): Host => {
    const host = hosts[Number(/^https:\/\/w(\d)\.example\.com\//.exec(url)?.[1] ?? '0') - 1];
    assert.ok(host, url);
    return host;
  };
  const cosigner = createCosigner({
    policy: policyOf(quorum),
    mode: 'fail-closed',
    logKeys: async () => [known.key.verifier],
    post: async (url, body) => {
      assert.ok(url.endsWith('.example.com/add-checkpoint'), url);
      posts.push(`${new URL(url).hostname.split('.', 1)[0]} ${body.split('\n', 1)[0]}`);
      return hostOf(url).post(body);
    },
    get: async (url) => hostOf(url).checkpoint(new URL(url).pathname.split('/')[1] ?? ''),
    monotonicMs: () => 0,
    ...rest,
  });
  const trust = { origin, logKeys: [known.key.verifier], witnessKeys: keys.map(({ verifier }) => verifier) };
  return {
    cosigner,
    cosign: (log, size = log.size()) =>
      cosigner.cosign(log.checkpoint(size), async (oldSize) => log.proof(oldSize, size)),
    witnesses,
    hosts,
    posts,
    cosigners: (note) => {
      const opened = openCheckpoint(note, trust, verifyEd25519);
      assert.ok(opened.ok);
      return opened.cosignatures.map(({ key }) => key.name.split('.', 1)[0] ?? '').sort();
    },
  };
}

function grown(entries = 5, history = ''): SignedLog {
  const log = signedLog(origin, history);
  log.grow(entries);
  return log;
}

const dead: Host = {
  post: () => Promise.reject(new Error('UPSTREAM_TIMEOUT')),
  checkpoint: () => assert.fail('nobody is there'),
};

test('every checkpoint is cosigned by the quorum; the size a witness knows is asked for once', async () => {
  const log = grown();
  const { cosign, cosigners, posts } = await bench(log, 'group all3 all w1 w2 w3\nquorum all3\n');
  assert.deepEqual(cosigners(await cosign(log)), ['w1', 'w2', 'w3']);
  log.grow(4);
  posts.length = 0;
  assert.deepEqual(cosigners(await cosign(log)), ['w1', 'w2', 'w3']);
  assert.deepEqual([...posts].sort(), ['w1 old 5', 'w2 old 5', 'w3 old 5']);
});

test('after a restart the size is learnt from the 409, in one more request', async () => {
  const log = grown();
  const first = await bench(log, 'quorum w1\n');
  await first.cosign(log);
  log.grow(1);
  const again = await bench(log, 'quorum w1\n');
  const [host] = first.hosts;
  assert.ok(host);
  again.hosts[0] = host;
  assert.ok(again.cosigners(await again.cosign(log)).includes('w1'));
  assert.deepEqual(
    again.posts.filter((post) => post.startsWith('w1')),
    ['w1 old 0', 'w1 old 5'],
  );
});

test('it returns as soon as there are enough: a witness that never answers holds nothing up', async () => {
  const log = grown();
  const { cosign, cosigners, hosts } = await bench(log, 'group two 2 w1 w2 w3\nquorum two\n');
  hosts[1] = { ...dead, post: () => new Promise(() => undefined) };
  assert.deepEqual(cosigners(await cosign(log)), ['w1', 'w3']);
});

test('without a quorum: fail-closed names each witness and why, fail-open goes on with what there is', async () => {
  const log = grown();
  const quorum = 'group two 2 w1 w2 w3\nquorum two\n';
  const closed = await bench(log, quorum);
  closed.hosts[1] = dead;
  closed.hosts[2] = { ...dead, post: async () => ({ status: 404, text: '' }) };
  await assert.rejects(closed.cosign(log), {
    code: 'LEDGER_NO_QUORUM',
    message: /w2: UPSTREAM_TIMEOUT; w3: it does not know our log/,
  });
  const open = await bench(log, quorum, { mode: 'fail-open' });
  open.hosts[1] = dead;
  open.hosts[2] = dead;
  assert.deepEqual(open.cosigners(await open.cosign(log)), ['w1']);
  assert.deepEqual(
    open.cosigner.witnesses().map(({ name, cosigned, problem }) => [name, cosigned, problem]),
    [
      ['w1', 5, undefined],
      ['w2', undefined, 'UPSTREAM_TIMEOUT'],
      ['w3', undefined, 'UPSTREAM_TIMEOUT'],
    ],
  );
});

test('in fail-open mode a witness that does not answer is left out for a while; in fail-closed it is asked each time', async () => {
  const log = grown();
  for (const mode of ['fail-open', 'fail-closed'] as const) {
    let now = 0;
    const { cosign, hosts, posts } = await bench(log, 'quorum w2\n', {
      mode,
      monotonicMs: () => now,
      restMs: 1000,
    });
    hosts[0] = dead;
    await cosign(log);
    log.grow(1);
    await cosign(log);
    now = 1000;
    log.grow(1);
    await cosign(log);
    assert.equal(posts.filter((post) => post.startsWith('w1')).length, mode === 'fail-open' ? 2 : 3);
  }
});

test('quorum none asks everybody, and needs nobody', async () => {
  const log = grown();
  const { cosign, cosigners, hosts } = await bench(log, 'quorum none\n');
  hosts[0] = dead;
  assert.deepEqual(cosigners(await cosign(log)), ['w2', 'w3']);
});

test('a forged, foreign, repeated or timeless cosignature does not count', async () => {
  const log = grown();
  const other = testKey('w1.example.com', 'cosignature', 'another key');
  const lies: readonly ((honest: HttpText) => string)[] = [
    () => '',
    () => 'no signature\n',
    ({ text }) => text.replace(/.{6}\n$/, 'AAAA==\n'),
    ({ text }) => text.replace('w1.example.com', 'w2.example.com'),
    ({ text }) => text.replace(/— w1\.example\.com .*/, `— w1.example.com ${'A'.repeat(104)}`),
    () => `— ${other.verifier.name} ${Buffer.from(other.verifier.id, 'hex').toString('base64')}\n`,
  ];
  for (const lie of lies) {
    const { cosign, hosts, cosigner } = await bench(log, 'quorum w1\n');
    const [honest] = hosts;
    assert.ok(honest);
    hosts[0] = { ...honest, post: async (body) => ({ status: 200, text: lie(await honest.post(body)) }) };
    await assert.rejects(cosign(log), { code: 'LEDGER_NO_QUORUM' });
    assert.match(cosigner.witnesses()[0]?.problem ?? '', /signature/);
  }
});

test('further lines of strangers in an answer are ignored, and not passed on', async () => {
  const log = grown();
  const { cosign, hosts } = await bench(log, 'quorum w1\n');
  const [honest] = hosts;
  assert.ok(honest);
  const stranger = `— stranger.example.com ${Buffer.alloc(80, 1).toString('base64')}\n`;
  hosts[0] = {
    ...honest,
    post: async (body) => {
      const { status, text } = await honest.post(body);
      return { status, text: status === 200 ? `${stranger}${text}` : text };
    },
  };
  assert.ok(!(await cosign(log)).includes('stranger'));
});

test('a witness that names a new size each time is given up', async () => {
  const log = grown();
  const { cosign, hosts } = await bench(log, 'quorum w1\n');
  let size = 0;
  hosts[0] = { ...dead, post: async () => ({ status: 409, text: `${(size = (size % 4) + 1)}\n` }) };
  await assert.rejects(cosign(log), { code: 'LEDGER_NO_QUORUM', message: /another size each time/ });
});

test('a rolled-back log is stopped by what a witness saw, in either mode', async () => {
  for (const mode of ['fail-open', 'fail-closed'] as const) {
    const log = grown(9);
    const newest = await bench(log, 'quorum w1\n');
    await newest.cosign(log);
    const restored = await bench(log, 'group one any w1 w2 w3\nquorum one\n', { mode });
    const [host] = newest.hosts;
    assert.ok(host);
    restored.hosts[0] = host;
    restored.hosts[1] = dead;
    restored.hosts[2] = dead;
    await assert.rejects(restored.cosign(log, 5), { code: 'LEDGER_ROLLED_BACK', message: /size 9/ });
    // It does not go on at the next checkpoint either.
    await assert.rejects(restored.cosign(log, 6), { code: 'LEDGER_ROLLED_BACK' });
  }
});

test('a forked log is stopped by what a witness saw: at the same size, and further on', async () => {
  for (const entries of [5, 8]) {
    const log = grown(5);
    const seen = await bench(log, 'quorum w1\n');
    await seen.cosign(log);
    const fork = grown(entries, 'fork');
    const { cosign, hosts } = await bench(log, 'quorum w1\n', { mode: 'fail-open' });
    const [host] = seen.hosts;
    assert.ok(host);
    hosts[0] = host;
    await assert.rejects(cosign(fork), { code: 'LEDGER_FORKED' });
  }
});

test('a witness that only claims to have seen more cannot stop the log', async () => {
  const log = grown(5);
  const other = signedLog(origin, '', 'another key');
  other.grow(9);
  const claims: readonly HttpText[] = [
    { status: 404, text: '' },
    { status: 200, text: 'anything' },
    { status: 200, text: other.checkpoint() },
    { status: 200, text: log.checkpoint(3) },
  ];
  for (const claim of claims) {
    for (const answer of [
      { status: 409, text: '9\n' },
      { status: 422, text: '' },
    ]) {
      const { cosign, cosigners, hosts } = await bench(log, 'quorum w1\n', { mode: 'fail-open' });
      hosts[0] = {
        post: async () => answer,
        checkpoint: (hash) => (hash === originHash(origin) ? claim : assert.fail()),
      };
      assert.ok(!cosigners(await cosign(log)).includes('w1'));
    }
  }
});
