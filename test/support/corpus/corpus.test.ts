/** The corpus is the same every time, reads as what it says, and can do nothing. It is read here, never run. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { parseSync } from 'oxc-parser';
import type { PackageFiles } from '../tarball.ts';
import { incidents, malicious, tarballOf, twins, twinTree } from './corpus.ts';
import { halvesTable } from './halves-table.ts';
import { missingPiece, noSuchFolder } from './incident.ts';
import { unlisted } from './incidents/unlisted.ts';
import { collapse, concatenated, hexEscaped, renameAll, rewriteStrings, tabled } from './transforms.ts';

interface Text {
  readonly id: string;
  readonly path: string;
  readonly text: string;
}

const trees: readonly (readonly [string, PackageFiles])[] = [
  ...malicious.map(({ id, tree }) => [id, tree()] as const),
  ...twins.map((twin) => [`twin ${twin.id}`, twinTree(twin)] as const),
];

function textsIn(id: string, { manifest, files = {} }: PackageFiles): readonly Text[] {
  const texts = Object.entries(files).map(([path, content]) => ({
    id,
    path,
    text: typeof content === 'string' ? content : Buffer.from(content).toString('latin1'),
  }));
  return [...texts, { id, path: 'package.json', text: JSON.stringify(manifest) }];
}

const texts = trees.flatMap(([id, tree]) => textsIn(id, tree));
const scripts = texts.filter(
  ({ path, text }) => /\.[cm]?js$/.test(path) || text.startsWith('#!/usr/bin/env node'),
);

/** What a text holds once its base64 literals, escapes and joined strings are read. */
function unwrapped(text: string): string {
  const plain = text
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/' \+ '/g, '');
  const decoded = [...plain.matchAll(/'([A-Za-z0-9+/]{8,}={0,2})'/g)].map(([, literal = '']) =>
    Buffer.from(literal, 'base64').toString('utf8'),
  );
  return [plain, ...decoded.filter((one) => /^[\x20-\x7e\s]+$/.test(one))].join('\n');
}

test('every incident comes in eight variants, half of them independent; of the unlisted ones, all', () => {
  assert.equal(incidents.length, 16);
  for (const { id } of incidents) {
    const own = malicious.filter(({ incident }) => incident.id === id);
    assert.equal(own.length, 8, id);
    const independent = own.filter(({ half }) => half === 'independent').length;
    assert.equal(independent, unlisted.some((one) => one.id === id) ? 8 : 4, id);
  }
  assert.equal(new Set(trees.map(([id]) => id)).size, trees.length);
});

test('the README lists the halves as they are', () => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  assert.ok(readme.includes(halvesTable()), halvesTable());
});

test('the corpus builds the same bytes every time', () => {
  for (const { id, tree } of malicious.filter(({ variant }) => variant !== 'plain')) {
    if (id.startsWith('mini-') && !id.endsWith('/base64')) continue;
    const digest = (): string => createHash('sha256').update(tarballOf(tree())).digest('hex');
    assert.equal(digest(), digest(), id);
  }
});

test('the payload of mini Shai-Hulud has 11,678,349 bytes in every variant', () => {
  for (const { id, tree } of malicious.filter(({ incident }) => incident.id === 'mini-shai-hulud-2026')) {
    const sizes = Object.values(tree().files ?? {}).map((content) => Buffer.byteLength(content));
    assert.equal(Math.max(...sizes), 11_678_349, id);
  }
});

test('every script parses, in every variant', () => {
  const wrong = scripts.flatMap(({ id, path, text }) => {
    const isModule = /^(?:import|export)\b/m.test(text);
    const { errors } = parseSync(isModule ? 'x.mjs' : 'x.cjs', text);
    return errors.map(({ message }) => `${id} ${path}: ${message}`);
  });
  assert.deepEqual(wrong, []);
});

test('every script begins with the piece that is missing, and no package has it', () => {
  assert.ok(scripts.length > 200);
  for (const { id, path, text } of scripts) {
    const first = text.split('\n').find((line) => !line.startsWith('#!')) ?? '';
    assert.match(
      first,
      new RegExp(`^(?:require\\('|import ')\\./${missingPiece}\\.[cm]js'\\)?;$`),
      `${id} ${path}`,
    );
  }
  for (const { id, path, text } of texts.filter(({ path }) => /\.(?:sh|bat)$/.test(path))) {
    assert.match(
      text,
      new RegExp(`^(?:#![^\n]*\n)?(?:\\. |@if not exist ")/${noSuchFolder}/profile.*exit`),
      `${id} ${path}`,
    );
  }
  const held = texts.filter(({ path }) => posix.basename(path).startsWith(missingPiece));
  assert.deepEqual(
    held.map(({ id, path }) => `${id} ${path}`),
    [],
  );
});

test('no host of the corpus can be resolved, no address is routed', () => {
  const wrong = texts.flatMap(({ id, path, text }) => {
    const all = unwrapped(text);
    const hosts = [...all.matchAll(/(?:https?:)?\/\/([\w.-]+\.[a-z]{2,})\b(?!\()/gi)].map(
      ([, host = '']) => host,
    );
    const addresses = [...all.matchAll(/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\.invalid)(?![\d.])/g)].map(
      ([found]) => found,
    );
    return [
      ...hosts.filter((host) => !host.endsWith('.invalid')),
      ...[...all.matchAll(/\b[\w-]+\.(?:com|org|net|io|dev|site|app|me|xyz|info)\b(?![.(\w])/g)].map(
        ([found]) => found,
      ),
      ...addresses.filter((address) => !address.startsWith('203.0.113.')),
    ].map((found) => `${id} ${path}: ${found}`);
  });
  assert.deepEqual(wrong, []);
  const planted = unwrapped(`f('${Buffer.from('http://host.example/x').toString('base64')}')`);
  assert.match(planted, /host\.example/);
});

test('wherever the incidents start a program, they do it in a folder that does not exist', () => {
  const starts = incidents.flatMap(({ payloads }) =>
    payloads.flatMap(({ sections }) => sections.map(({ code }) => code)),
  );
  const lines = starts.flatMap((code) => code.split('\n')).filter((line) => /childProcess\.\w+\(/.test(line));
  assert.ok(lines.length > 15);
  const wrong = lines.filter((line) => !/cwd: |silent\)|options\)/.test(line));
  assert.deepEqual(wrong, []);
});

test('there is no text that any service would take for a secret', () => {
  const shapes = /\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|npm_\w{36}|xox[abp]-[\w-]{10,}|sk-\w{32,})\b/;
  assert.deepEqual(
    texts.filter(({ text }) => shapes.test(unwrapped(text))).map(({ id, path }) => `${id} ${path}`),
    [],
  );
});

test('an incident’s marks are gone from its renamed variant and present in the plain one', () => {
  for (const { id, marks } of incidents) {
    const textOf = (variant: string): string =>
      texts
        .filter((one) => one.id === `${id}/${variant}`)
        .map(({ path, text }) => `${path}\n${text}`)
        .join('\n');
    for (const mark of Object.keys(marks)) {
      assert.ok(textOf('plain').includes(mark), `${id}: ${mark}`);
      assert.ok(!textOf('renamed').includes(mark), `${id}: ${mark}`);
    }
  }
});

test('rewriting changes how a program looks and not what it does', () => {
  const program = `
const greeting = 'it\\'s a "good" day';
function join(left, right) {
  // a comment
  return left + ' / ' + right.replace(/[aeiou'"]/g, (found) => found.toUpperCase());
}
const box = { greeting: greeting, other: ['abcdefghijkl', ''] };
out.text = join(box.greeting, box.other.join('-') + \`x\`.length / 2 / 1);
`.replace('`x`', "'x'");
  const run = (code: string): unknown => {
    const out: { text?: unknown } = {};
    runInNewContext(code, { out, Buffer });
    return out.text;
  };
  const expected = run(program);
  assert.equal(expected, `it's a "good" day / AbcdEfghIjkl-0.5`);
  const mangled = renameAll(program, (index) => `_0x${index}`);
  const written = [
    mangled,
    collapse(program),
    rewriteStrings(program, concatenated),
    rewriteStrings(mangled, hexEscaped),
    collapse(tabled(mangled)),
  ];
  for (const code of written) {
    assert.notEqual(code, program);
    assert.equal(run(code), expected, code);
  }
});
