import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { importsOf, tokensOf } from './source-tokens.ts';

const importsIn = (source: string): readonly unknown[] =>
  importsOf(tokensOf(source)).map(({ specifier, how, typeOnly, names }) => [specifier, how, typeOnly, names]);

test('every form of import and re-export is seen with the names it takes', () => {
  assert.deepEqual(importsIn(`import 'a';`), [['a', 'import', false, []]]);
  assert.deepEqual(importsIn(`import b from "b";`), [['b', 'import', false, ['default']]]);
  assert.deepEqual(importsIn(`import * as c from 'c';`), [['c', 'import', false, ['*']]]);
  assert.deepEqual(importsIn(`import d, { e as f,\n  g } from 'd';`), [
    ['d', 'import', false, ['default', 'e', 'g']],
  ]);
  assert.deepEqual(importsIn(`import type { h } from 'h'`), [['h', 'import', true, ['h']]]);
  assert.deepEqual(importsIn(`import { type i, type j } from 'i'`), [['i', 'import', true, ['i', 'j']]]);
  assert.deepEqual(importsIn(`import { type k, l } from 'k'`), [['k', 'import', false, ['k', 'l']]]);
  assert.deepEqual(importsIn(`import { type } from 'm'`), [['m', 'import', false, ['type']]]);
  assert.deepEqual(importsIn(`import type from 'm'`), [['m', 'import', false, ['default']]]);
  assert.deepEqual(importsIn(`import n from 'n' with { type: 'json' };`), [
    ['n', 'import', false, ['default']],
  ]);
  assert.deepEqual(importsIn(`export { o } from 'o'; export * from 'p'; export type { q } from 'q';`), [
    ['o', 'export', false, ['o']],
    ['p', 'export', false, ['*']],
    ['q', 'export', true, ['q']],
  ]);
  assert.deepEqual(importsIn(`const r = await import('r'); const s = require("s");`), [
    ['r', 'dynamic', false, ['*']],
    ['s', 'require', false, ['*']],
  ]);
  assert.deepEqual(importsIn('import(name); import(`./x`)'), [
    [undefined, 'dynamic', false, ['*']],
    [undefined, 'dynamic', false, ['*']],
  ]);
});

test('text that only looks like an import is none', () => {
  const lookAlikes = [
    `// import 'a'`,
    `/* import 'a' */`,
    `const a = "import 'a'";`,
    "const b = `import 'a' ${'x'} import 'b'`;",
    `const c = /import 'a'/g;`,
    `object.import('a'); object.require('a');`,
    `import.meta.dirname;`,
    `export const from = 'a';`,
    `export { local };\nconst from = 'a';`,
    `export function f() { return 'a'; }`,
    `export type T = { from: 'a' };`,
  ];
  for (const source of lookAlikes) assert.deepEqual(importsIn(source), [], source);
});

test('an import after confusing text is still seen', () => {
  const confusing = [
    "const a = `${`${{ b: '}' }.b}`}`;",
    `const a = x / y / z;`,
    `const a = [/[/'"]/, /\\//];`,
    `const a = b ? /'/ : /"/;`,
    `if (a) return /\`/;`,
    `const a = 'it\\'s';`,
    `#!/usr/bin/env node`,
  ];
  for (const source of confusing) assert.deepEqual(importsIn(`${source}\nimport 'z';`).length, 1, source);
});

test('the lexer reads every file of the project to its end', () => {
  const root = resolve(import.meta.dirname, '../..');
  const files = globSync(['src/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts'], { cwd: root });
  assert.ok(files.length > 20);
  // The corpus holds programs as text, with imports of their own, which the plain pattern below cannot tell apart.
  const own = files.filter((file) => !file.includes('/corpus/'));
  for (const file of own) {
    const source = readFileSync(resolve(root, file), 'utf8');
    const declared = source.match(/^(?:import|export)\b[^;`]*? from '[^'\n]+'/gm) ?? [];
    const seen = importsOf(tokensOf(source)).filter(({ how }) => how === 'import' || how === 'export');
    assert.ok(seen.length >= declared.length, `${file}: ${seen.length} seen of ${declared.length}`);
  }
});
