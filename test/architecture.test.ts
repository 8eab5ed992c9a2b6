/** The design's walls, checked on our sources; and proof that each check can fail: it is shown a planted violation. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { sourceFilesIn, violationsIn } from './support/walls.ts';
import { withTree } from './support/tree.ts';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const packages = Object.keys(manifest.dependencies);

/** The rules that speak when these files are added to a small tree that keeps all walls. */
function rulesFor(planted: Readonly<Record<string, string>>): readonly string[] {
  const honest = {
    'core/digest.ts': `import { createHash } from 'node:crypto';\nexport const digest = createHash;\n`,
    'admission/deps.ts': `import type { digest } from '../core/digest.ts';\nexport type D = typeof digest;\nexport const value = 1;\n`,
    'policy/decide.ts': `import { digest } from '../core/digest.ts';\nexport const decide = digest;\n`,
    'ledger/verify/leaf.ts': `export const leaf = 1;\n`,
    'evidence/record.ts': `export const record = 1;\n`,
    'evidence/age/collect.ts': `import { record } from '../record.ts';\nexport const age = record;\n`,
    'storage/open.ts': `import { DatabaseSync } from 'node:sqlite';\nimport type { D } from '../admission/deps.ts';\nexport const open = (d: D): unknown => [DatabaseSync, d];\n`,
    'upstream/client.ts': `import { request } from 'node:https';\nexport const client = request;\n`,
    'server/main.ts': `import { createServer } from 'node:http';\nimport { open } from '../storage/open.ts';\nexport const main = () => [createServer, open, process.env['HOME']];\n`,
    'cli/main.ts': `import { main } from '../server/main.ts';\nmain();\n`,
  };
  assert.deepEqual(
    withTree(honest, (folder) => violationsIn(folder, packages)),
    [],
    'the honest tree is honest',
  );
  const found = withTree({ ...honest, ...planted }, (folder) => violationsIn(folder, packages));
  return [...new Set(found.map(({ rule }) => rule))];
}

test('our sources keep every wall', () => {
  const src = join(root, 'src');
  assert.ok(sourceFilesIn(src).length >= 30, 'the check looks at the sources');
  const found = violationsIn(src, packages).map(
    ({ rule, file, line, why }) => `src/${file}:${line} [${rule}] ${why}`,
  );
  assert.deepEqual(found, []);
});

const planted: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['core importing a room', 'rooms', { 'core/x.ts': `import { decide } from '../policy/decide.ts';` }],
  [
    'core importing a type of a room',
    'rooms',
    { 'core/x.ts': `import type { D } from '../admission/deps.ts';` },
  ],
  ['core re-exporting a room', 'rooms', { 'core/x.ts': `export * from '../policy/decide.ts';` }],
  ['policy importing admission', 'rooms', { 'policy/x.ts': `import { value } from '../admission/deps.ts';` }],
  [
    'storage importing a value of admission',
    'rooms',
    { 'storage/x.ts': `import { value } from '../admission/deps.ts';` },
  ],
  [
    'admission importing storage',
    'rooms',
    { 'admission/x.ts': `import { open } from '../storage/open.ts';` },
  ],
  [
    'admission importing upstream dynamically',
    'rooms',
    { 'admission/x.ts': `await import('../upstream/client.ts');` },
  ],
  ['upstream importing server', 'rooms', { 'upstream/x.ts': `import { main } from '../server/main.ts';` }],
  [
    'ledger/verify importing ledger',
    'rooms',
    { 'ledger/a.ts': `export const a = 1;`, 'ledger/verify/x.ts': `import { a } from '../a.ts';` },
  ],
  ['server importing cli', 'rooms', { 'server/x.ts': `import '../cli/main.ts';` }],
  ['cli importing storage', 'rooms', { 'cli/x.ts': `import { open } from '../storage/open.ts';` }],
  [
    'a registry importing its sibling',
    'siblings',
    {
      'registries/npm/a.ts': `export const a = 1;`,
      'registries/pypi/x.ts': `import { a } from '../npm/a.ts';`,
    },
  ],
  [
    'a collector importing its sibling',
    'siblings',
    { 'evidence/origin/x.ts': `import { age } from '../age/collect.ts';` },
  ],
  ['a room nobody described', 'unknown-room', { 'utils/x.ts': `export const x = 1;` }],
  ['a file in no room', 'unknown-room', { 'x.ts': `export const x = 1;` }],
  [
    'a source importing a test',
    'outside',
    { 'core/x.test.ts': `export const x = 1;`, 'core/y.ts': `import { x } from './x.test.ts';` },
  ],
  [
    'a source importing what lies outside',
    'outside',
    { 'server/x.ts': `import { y } from '../../test/support/y.ts';` },
  ],
  ['SQLite outside storage', 'database', { 'server/x.ts': `import { DatabaseSync } from 'node:sqlite';` }],
  ['https outside upstream', 'http-client', { 'server/x.ts': `import https from 'node:https';` }],
  ['fetch outside upstream', 'http-client', { 'cli/x.ts': `await fetch('http://registry.example.com');` }],
  [
    'request of node:http outside upstream',
    'http-client',
    { 'server/gateway/x.ts': `import { createServer, request } from 'node:http';` },
  ],
  [
    'all of node:http outside upstream',
    'http-client',
    { 'server/gateway/x.ts': `import * as http from 'node:http';` },
  ],
  ['a socket in archive', 'sockets', { 'archive/x.ts': `import { connect } from 'node:net';` }],
  [
    'a program started by the gateway',
    'child-process',
    { 'server/gateway/x.ts': `import { spawn } from 'node:child_process';` },
  ],
  [
    'a program started by archive outside its runner',
    'child-process',
    { 'archive/x.ts': `import { fork } from 'node:child_process';` },
  ],
  [
    'a worker thread elsewhere',
    'threads',
    { 'archive/x.ts': `import { Worker } from 'node:worker_threads';` },
  ],
  [
    'a built-in without its prefix',
    'node-prefix',
    { 'archive/x.ts': `import { fork } from 'child_process';` },
  ],
  ['the environment read by cli', 'environment', { 'cli/x.ts': `export const home = process.env['HOME'];` }],
  [
    'the environment read by admission',
    'environment',
    { 'admission/x.ts': `export const { HOME } = process.env;` },
  ],
  ['a file read by policy', 'pure', { 'policy/x.ts': `import { readFileSync } from 'node:fs';` }],
  ['a log line in a wire format', 'pure', { 'registries/npm/x.ts': `console.log('x');` }],
  ['a timer in policy', 'pure', { 'policy/x.ts': `setTimeout(() => undefined, 1);` }],
  ['Date.now in policy', 'clock', { 'policy/x.ts': `export const now = Date.now();` }],
  ['new Date() in admission', 'clock', { 'admission/x.ts': `export const now = new Date();` }],
  ['new Date without brackets', 'clock', { 'evidence/age/x.ts': `export const now = new Date;` }],
  ['Date() called', 'clock', { 'evidence/age/x.ts': `export const now = Date();` }],
  [
    'performance.now in a wire format',
    'clock',
    { 'registries/npm/x.ts': `export const now = performance.now();` },
  ],
  ['Math.random in policy', 'randomness', { 'policy/x.ts': `export const x = Math.random();` }],
  ['randomBytes in ledger', 'randomness', { 'ledger/x.ts': `import { randomBytes } from 'node:crypto';` }],
  [
    'all of node:crypto in admission',
    'randomness',
    { 'admission/x.ts': `import * as crypto from 'node:crypto';` },
  ],
  [
    'the global crypto in evidence',
    'randomness',
    { 'evidence/age/x.ts': `export const x = crypto.randomUUID();` },
  ],
  [
    'an import that is computed',
    'computed-import',
    { 'server/x.ts': `export const load = (name: string) => import(name);` },
  ],
  ['createRequire', 'require', { 'server/x.ts': `import { createRequire } from 'node:module';` }],
  ['getBuiltinModule', 'require', { 'server/x.ts': `process.getBuiltinModule('node:sqlite');` }],
  ['globalThis', 'global', { 'policy/x.ts': `globalThis.fetch('x');` }],
  [
    'a package that is no runtime dependency',
    'undeclared-package',
    { 'server/x.ts': `import { x } from 'tar-stream';` },
  ],
  [
    'a circle',
    'circle',
    {
      'core/a.ts': `export * from './b.ts';`,
      'core/b.ts': `export * from './c.ts';`,
      'core/c.ts': `import './a.ts';`,
    },
  ],
  [
    'types that import each other',
    'circle',
    {
      'core/a.ts': `import type { B } from './b.ts'; export type A = B;`,
      'core/b.ts': `import type { A } from './a.ts'; export type B = A;`,
    },
  ],
];

for (const [name, rule, files] of planted) {
  test(`a planted violation is seen: ${name}`, () => assert.deepEqual(rulesFor(files), [rule]));
}

const lookAlikes: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  [
    'a comment that speaks of fetch() and process.env',
    { 'policy/x.ts': `// fetch(process.env.X) at Date.now()\nexport const x = 1;` },
  ],
  [
    'a string that names a module',
    { 'core/x.ts': `export const text = "import { spawn } from 'node:child_process'";` },
  ],
  ['a method called fetch', { 'admission/x.ts': `export const x = (deps: any) => deps.fetch('x');` }],
  [
    'a date made from text',
    { 'policy/x.ts': `export const at = (text: string) => new Date(text).getTime() + Date.parse(text);` },
  ],
  [
    'a type from node:http in a pure room',
    { 'registries/npm/x.ts': `import type { IncomingHttpHeaders } from 'node:http';` },
  ],
  [
    'a test that needs a program and the clock',
    { 'policy/x.test.ts': `import { spawn } from 'node:child_process'; Date.now();` },
  ],
  [
    'the runner that may start programs',
    { 'archive/runner.ts': `import { fork } from 'node:child_process';` },
  ],
  [
    'a deps object with randomBytes',
    { 'ledger/x.ts': `export const x = (deps: any) => deps.randomBytes(4);` },
  ],
  ['a runtime dependency', { 'server/x.ts': `import { z } from 'zod';\nimport { y } from 'zod/v4';` }],
];

for (const [name, files] of lookAlikes) {
  test(`a look-alike is left alone: ${name}`, () => assert.deepEqual(rulesFor(files), []));
}
