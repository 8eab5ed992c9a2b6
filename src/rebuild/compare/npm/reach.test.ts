import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComparedMember, Reached } from '../../../core/comparison-input.ts';
import { treeOf } from '../tree.ts';
import { file, json } from '../testing/packages.ts';
import { reachIn } from './reach.ts';
import { npmRules } from './rules.ts';

function reached(manifest: unknown, ...files: readonly ComparedMember[]): (path: string) => Reached {
  return reachIn(treeOf([file('package.json', json(manifest)), ...files], npmRules));
}

const cases: readonly (readonly [string, unknown, string, Reached, (readonly ComparedMember[])?])[] = [
  ['main', { main: './lib' }, 'lib.js', 'main'],
  ['main that names a folder', { main: 'lib' }, 'lib/index.js', 'main'],
  ['no main at all', {}, 'index.js', 'main'],
  ['exports, however nested', { exports: { '.': { import: { default: './a.mjs' } } } }, 'a.mjs', 'main'],
  ['exports with a pattern', { exports: { './*': './lib/*.js' } }, 'lib/deep/a.js', 'main'],
  ['a file beside that pattern', { exports: { './*': './lib/*.js' } }, 'other/a.js', 'never'],
  ['bin as text', { bin: './cli.js' }, 'cli.js', 'bin'],
  ['bin by folder', { directories: { bin: './bin' } }, 'bin/x', 'bin'],
  ['an install script', { scripts: { postinstall: 'node ./setup && true' } }, 'setup.js', 'install'],
  ['another script', { scripts: { test: 'node setup.js' } }, 'setup.js', 'never'],
  ['what node-gyp reads', {}, 'binding.gyp', 'install'],
  [
    'what install comes to wins over main',
    { main: 'a', scripts: { install: 'node a.js' } },
    'a.js',
    'install',
  ],
  [
    'require',
    {},
    'x.js',
    'main',
    [file('index.js', "require('./lib/y')"), file('lib/y.js', 'import("../x")')],
  ],
  ['import', {}, 'x.mjs', 'main', [file('index.js', 'import "./x.mjs";')]],
  [
    'a name put to a folder',
    {},
    'data/x.txt',
    'main',
    [file('index.js', 'read(join(__dirname, "data/x.txt"))')],
  ],
  ['a name with a tilde', {}, 'a.js~', 'main', [file('index.js', "require('./a.js~')")]],
  ['a name that begins with a dot', {}, '.hidden', 'main', [file('index.js', "load(join(dir, '.hidden'))")]],
  ['a name with odd signs', {}, 'a $[b](c).js', 'main', [file('index.js', "require('./a $[b](c)')")]],
  [
    'a name beside',
    {},
    'lib/run.sh',
    'main',
    [file('index.js', 'require("./lib")'), file('lib/index.js', 'spawn("run.sh")')],
  ],
  [
    'a shell script without quotes',
    { scripts: { install: 'sh a.sh' } },
    'b.py',
    'install',
    [file('a.sh', 'python b.py\n')],
  ],
  ['a script by its first line', { bin: 'a' }, 'b.py', 'bin', [file('a', '#!/bin/sh\npython b.py\n')]],
  ['a name in other letters', {}, 'ü.js', 'main', [file('index.js', "require('./ü')")]],
  [
    'a folder whose manifest sends elsewhere',
    {},
    'lib/x.js',
    'main',
    [file('index.js', "require('./lib')"), file('lib/package.json', '{"main":"x"}')],
  ],
  ['a loop', {}, 'z.js', 'never', [file('index.js', "require('./y')"), file('y.js', "require('./index')")]],
  ['a name that leads out', {}, 'x.js', 'never', [file('index.js', "require('../x.js')")]],
];

for (const [what, manifest, path, expected, files = []] of cases) {
  test(`reach: ${what}`, () => {
    const made = files.some((one) => one.path === path) ? [] : [file(path, 'x')];
    assert.equal(reached(manifest, ...files, ...made)(path), expected);
  });
}

test('beyond the bound nothing is called unreferenced', () => {
  const large = Buffer.alloc(33 * 1024 * 1024, ' ');
  const of = reached({ main: 'a', bin: 'b.js' }, file('a.js', large), file('b.js', large), file('c.js', ''));
  assert.equal(of('c.js'), undefined);
  assert.equal(of('a.js'), 'main');
});
