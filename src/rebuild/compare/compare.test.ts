import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComparedMember, ComparisonRules } from '../../core/comparison-input.ts';
import type { Comparison } from '../../core/rebuild.ts';
import { compare } from './compare.ts';
import { npmRules } from './npm/rules.ts';
import {
  archive,
  compared,
  facts,
  file,
  manifest,
  other,
  thing,
  withManifest,
  withText,
} from './testing/packages.ts';

/** As for packages of an operating system: links and setuid files are usual, and both sides must have the same. */
const posix: ComparisonRules = {
  ...npmRules,
  id: 'posix/1',
  names: 'posix',
  links: 'compare',
  specialModes: 'compare',
  modes: 'full',
  directories: 'compared',
};

function comparedAsPosix(
  upstream: readonly ComparedMember[],
  rebuilt: readonly ComparedMember[],
): Comparison {
  return compare({ upstream: archive(upstream), rebuilt: archive(rebuilt), facts, rules: posix });
}

const base = [
  other('usr', 'directory'),
  file('usr/su', 'su', 0o4755),
  other('usr/link', 'symlink', 0o777, 'su'),
  file('usr/Case', '1'),
  file('usr/case', '2'),
  file('usr/a\\x2db', '3'),
];

test('links, setuid files and names of POSIX are no fault where rules allow them', () => {
  assert.equal(comparedAsPosix(base, base).verdict, 'identical');
});

const changes: readonly (readonly [
  string,
  string,
  (member: ComparedMember) => ComparedMember | undefined,
])[] = [
  [
    'a setuid bit taken away',
    'special-mode',
    (one) => (one.path === 'usr/su' ? { ...one, mode: 0o755 } : one),
  ],
  [
    'another target of a link',
    'type-changed',
    (one) => (one.type === 'symlink' ? { ...one, linkTarget: 'sh' } : one),
  ],
  ['a link on one side', 'one-sided-link', (one) => (one.type === 'symlink' ? undefined : one)],
  ['a setuid file on one side', 'one-sided-link', (one) => (one.path === 'usr/su' ? undefined : one)],
];
for (const [what, rule, change] of changes) {
  test(`never forgiven, on either side: ${what}`, () => {
    const changed = base.flatMap((one) => change(one) ?? []);
    for (const found of [comparedAsPosix(base, changed), comparedAsPosix(changed, base)]) {
      assert.equal(found.verdict, 'suspicious');
      assert.ok(
        found.differences.some((one) => one.rule === rule),
        JSON.stringify(found.differences),
      );
    }
  });
}

test('a backslash or a case that some file systems fold is ambiguous in an npm package', () => {
  for (const path of ['a\\b.js', 'README.MD']) {
    assert.equal(
      compared([...thing, file(path, 'x')], [...thing, file(path, 'x')]).differences[0]?.kind,
      'ambiguous',
    );
  }
});

test('a protected field in another order is told, and not forgiven', () => {
  const exports = { import: './a.mjs', require: './a.cjs' };
  const turned = { require: './a.cjs', import: './a.mjs' };
  const { verdict, differences } = compared(
    withManifest(thing, { exports }),
    withManifest(thing, { exports: turned }),
  );
  assert.deepEqual([verdict, differences.map(({ rule }) => rule)], ['unexplained', ['npm/field-order']]);
});

test('what is on one side only is read before what differs, and after what is suspicious', () => {
  const upstream = withText(
    withManifest([...thing, file('ZZ.md', 'one')], {
      bin: { ls: 'bin/thing.js' },
      description: manifest.name,
    }),
    'LICENSE',
    () => 'other',
  );
  assert.deepEqual(
    compared(upstream, thing).differences.map(({ path, grade }) => [path, grade]),
    [
      ['package.json', 'suspicious'],
      ['ZZ.md', 'unexplained'],
      ['LICENSE', 'unexplained'],
      ['package.json', 'unexplained'],
    ],
  );
});

test('equal bytes that were read differently mean that nothing is known', () => {
  const same = archive(thing);
  const found = compare({
    upstream: same,
    rebuilt: { ...same, members: withText(thing, 'LICENSE', () => 'other') },
    facts,
    rules: npmRules,
  });
  assert.equal(found.verdict, 'suspicious');
  assert.equal(found.differences[0]?.rule, 'ladder-contradiction');
});

test('rules that call a difference harmless and leave it in D3 are found out', () => {
  const wrong: ComparisonRules = {
    ...npmRules,
    compareManifests: (_path, upstream, rebuilt) => ({
      differences: [{ field: 'main', grade: 'benign', rule: 'x', reason: 'x', shown: undefined }],
      canonical: { upstream, rebuilt },
      used: [],
    }),
  };
  const found = compare({
    upstream: archive(withManifest(thing, { main: 'x.js' })),
    rebuilt: archive(thing),
    facts,
    rules: wrong,
  });
  assert.equal(found.verdict, 'suspicious');
});

test('a report of very many differences is bounded, and the count is whole', () => {
  const many = Array.from({ length: 3000 }, (_, at) => file(`docs/${at}.md`, `${at}\n`.repeat(500)));
  const { differences, differencesTotal, counts } = compared([...thing, ...many], thing);
  assert.deepEqual([differences.length, differencesTotal, counts.unexplained], [1000, 3000, 3000]);
  const shown = differences.reduce((sum, one) => sum + (one.shown?.length ?? 0), 0);
  assert.ok(shown < 1_200_000, String(shown));
});

test('a line swapped in a minified bundle is shown among the statements around it', () => {
  const min = Array.from({ length: 400 }, (_, at) => `f${at}=function(a,b){return a*${at}+b}`).join(',');
  const built = withText(thing, 'dist/index.js', () => min);
  const published = withText(built, 'dist/index.js', (text) => text.replace('a*200+b', 'a*200-b'));
  const shown = compared(published, built).differences[0]?.shown ?? '';
  const lines = shown.trimEnd().split('\n');
  assert.deepEqual(
    lines.filter((line) => /^[-+]/.test(line)),
    ['-return a*200+b}', '+return a*200-b}'],
  );
  assert.ok(lines.length === 1 + 2 + 20 && lines.includes(' f199=function(a,'), shown);
});
