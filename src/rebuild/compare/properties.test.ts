import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ComparedMember } from '../../core/comparison-input.ts';
import type { Json } from '../../core/json.ts';
import { compare } from './compare.ts';
import { npmNormalisers } from './npm/normalisers.ts';
import { compareManifests, protectedFields } from './npm/manifest.ts';
import { npmRules } from './npm/rules.ts';
import {
  archive,
  compared,
  facts,
  file,
  json,
  manifest,
  other,
  thing,
  withManifest,
} from './testing/packages.ts';
import { canonicalTree, treeDigest, treeOf } from './tree.ts';

const paths = [
  'package.json',
  'a.js',
  'lib/b.js',
  'lib/c.md',
  'd.bin',
  '.DS_Store',
  'x.map',
  'lib/package.json',
];
const contents = fc.oneof(
  fc.constantFrom(
    '',
    'a\n',
    'a\r\n',
    '{}',
    '{"main":"a.js"}',
    '{"main":"lib/b.js","_id":"x"}',
    'require("./lib/b")',
    '2024-03-01',
    '2024-03-02',
  ),
  fc.string(),
);
const member = fc
  .tuple(fc.constantFrom(...paths), contents, fc.constantFrom(0o644, 0o664, 0o755))
  .map(([path, content, mode]) => file(path, content, mode));
const members = fc.uniqueArray(member, { selector: ({ path }) => path, minLength: 1, maxLength: 8 });

test('identical in is identical out, whatever the package holds', () => {
  fc.assert(
    fc.property(members, (some) => {
      const { verdict, differences, normalisers } = compared(some, some);
      assert.deepEqual([verdict, differences, normalisers], ['identical', [], []]);
    }),
  );
});

test('what differs is the same from either side', () => {
  const swapped: Readonly<Record<string, string>> = {
    'only-upstream': 'only-rebuilt',
    'only-rebuilt': 'only-upstream',
  };
  // The facts must say the same of both sides for that.
  const even = { publishedAt: undefined, sourcePaths: { upstream: [], rebuilt: [] }, sourceDateEpoch: 0 };
  fc.assert(
    fc.property(members, members, (a, b) => {
      const there = compared(a, b, even);
      const back = compared(b, a, even);
      const all = (of: typeof there): readonly string[] =>
        of.differences.map(({ path, kind }) => `${path} ${kind}`).sort();
      assert.deepEqual(
        all(there),
        back.differences.map(({ path, kind }) => `${path} ${swapped[kind] ?? kind}`).sort(),
      );
      const equal = (of: typeof there): boolean =>
        of.verdict !== 'suspicious' && of.verdict !== 'unexplained';
      assert.equal(equal(there), equal(back));
    }),
    { numRuns: 300 },
  );
});

test('the order of members changes nothing', () => {
  fc.assert(
    fc.property(members, members, fc.integer(), (a, b, seed) => {
      const mixed = (some: readonly ComparedMember[]): readonly ComparedMember[] =>
        [...some].sort((x, y) => ((x.path.length * seed) % 7) - ((y.path.length * seed) % 7));
      const digests = { d0: archive(a).d0, d1: archive(a).d1 };
      const run = (first: readonly ComparedMember[], second: readonly ComparedMember[]): Json =>
        JSON.parse(
          JSON.stringify(
            compare({
              upstream: { ...archive(a), ...digests, members: first },
              rebuilt: { ...archive(b), members: second },
              facts,
              rules: npmRules,
            }),
          ),
        ) as Json;
      assert.deepEqual(run(mixed(a), mixed(b)), run(a, b));
    }),
    { numRuns: 200 },
  );
});

test('equal rungs and harmless differences are one and the same', () => {
  fc.assert(
    fc.property(members, members, (a, b) => {
      const { verdict, ladder, differences } = compared(a, b);
      const worst = differences.some(({ grade }) => grade === 'suspicious' || grade === 'unexplained');
      const d3 = ladder.d3 === undefined || ladder.d3.upstream === ladder.d3.rebuilt;
      assert.equal(worst, !d3);
      assert.equal(worst, verdict === 'suspicious' || verdict === 'unexplained');
      assert.ok(differences.every(({ rule }) => rule !== 'ladder-contradiction'));
    }),
    { numRuns: 500 },
  );
});

test('a protected field that differs is never forgiven, whatever the values', () => {
  fc.assert(
    fc.property(fc.constantFrom(...protectedFields), fc.jsonValue(), fc.jsonValue(), (field, a, b) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b));
      const { verdict } = compared(withManifest(thing, { [field]: a }), withManifest(thing, { [field]: b }));
      assert.ok(verdict === 'suspicious' || verdict === 'unexplained', verdict);
    }),
    { numRuns: 500 },
  );
});

test('nor is one that only one side has', () => {
  fc.assert(
    fc.property(fc.constantFrom(...protectedFields), fc.jsonValue(), (field, value) => {
      const { [field]: _, ...without } = manifest as Record<string, unknown>;
      const read = (of: unknown): Uint8Array => Buffer.from(json(of));
      const found = compareManifests(
        'package.json',
        read({ ...without, [field]: value }),
        read(without),
        facts,
      );
      assert.ok(found.differences.some((one) => one.field === field && one.grade !== 'benign'));
      assert.notDeepEqual(found.canonical.upstream, found.canonical.rebuilt);
    }),
  );
});

test('whatever files hold, a comparison comes to an end', () => {
  const deep = `{"sources":[],"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  const nasty = fc.constantFrom(
    deep,
    '\ud800',
    '\u0000',
    '{"__proto__":{"main":"a.js"}}',
    '"'.repeat(5000),
    '\r'.repeat(5000),
    '{;},'.repeat(2000),
    '/'.repeat(3000),
    `${'9'.repeat(3000)}-01-01`,
    '#!',
  );
  const content = fc.oneof(
    nasty.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 200 }),
  );
  const some = fc.uniqueArray(
    fc.tuple(fc.constantFrom(...paths), content).map(([path, bytes]) => file(path, bytes)),
    { selector: ({ path }) => path, minLength: 1 },
  );
  fc.assert(
    fc.property(some, some, (a, b) => {
      const { verdict, differences } = compared(a, b);
      assert.equal(verdict === 'identical', differences.length === 0);
    }),
    { numRuns: 300 },
  );
});

test('no normaliser is asked about a manifest, in whatever folder', () => {
  const asked: string[] = [];
  const rules = {
    ...npmRules,
    normalisers: npmNormalisers.map((one) => ({
      ...one,
      apply: (content: Uint8Array, at: Parameters<typeof one.apply>[1]): Uint8Array => {
        asked.push(at.path);
        return one.apply(content, at);
      },
    })),
  };
  const side = (text: string): ReturnType<typeof archive> =>
    archive([file('package.json', text), file('esm/package.json', text), file('a.js', text)]);
  compare({ upstream: side('{"type":"module"}'), rebuilt: side('{"type":"commonjs"}\r\n'), facts, rules });
  assert.deepEqual([...new Set(asked)], ['a.js']);
});

test('normalisers do nothing twice', () => {
  const text = fc.constantFrom(
    'a\r\nb',
    '2024-03-01T11:00:00Z',
    `x ${facts.commit} y`,
    '/build/source/x.js',
    '{"sources":["../../a.ts","/build/source/b.ts"]}',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.string())), fc.constantFrom('x.js', 'x.map'), (parts, path) => {
      for (const side of ['upstream', 'rebuilt'] as const) {
        for (const { apply } of npmNormalisers) {
          const at = { path, side, facts };
          const once = apply(Buffer.from(parts.join(' ')), at);
          assert.deepEqual(Buffer.from(apply(once, at)), Buffer.from(once));
        }
      }
    }),
  );
});

interface Vector {
  readonly what: string;
  readonly rung: 'd2' | 'd3';
  readonly modes: 'exec' | 'full';
  readonly members: readonly (readonly [string, ComparedMember['type'], string, string])[];
  readonly bytes: string;
  readonly sha256: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[];
for (const { what, rung, modes, members: listed, bytes, sha256 } of vectors) {
  test(`the canonical form, byte for byte: ${what}`, () => {
    const made = listed.map(([path, type, mode, content]) =>
      type === 'file'
        ? file(path, content, Number.parseInt(mode, 8))
        : other(path, type, Number.parseInt(mode, 8), content === '' ? undefined : content),
    );
    const rules = { id: 'npm/1', modes, directories: modes === 'exec' ? 'implied' : 'compared' } as const;
    const tree = treeOf(made, rules);
    assert.equal(Buffer.from(canonicalTree(tree, rules, rung)).toString('utf8'), bytes);
    assert.equal(treeDigest(tree, rules, rung), sha256);
  });
}
