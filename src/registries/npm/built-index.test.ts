import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { artifactDigestsOf, integrityOf } from '../../core/digest.ts';
import type { JsonObject } from '../../core/json.ts';
import { builtPackument, builtTags, type BuiltIndex, type BuiltVersion } from './built-index.ts';
import { compareVersions, isStable, newestFirst } from './order.ts';

const base = 'http://127.0.0.1:4874/';
const digests = artifactDigestsOf(Buffer.from('built'));

function version(text: string, change: Partial<BuiltVersion> = {}): BuiltVersion {
  return {
    version: text,
    file: `a-${text}.tgz`,
    manifest: { name: 'a', version: text, scripts: { test: 'x' }, dependencies: { b: '1' } },
    digests,
    signatures: [{ keyid: 'SHA256:k', sig: 'c2ln' }],
    time: '2026-01-01T00:00:00.000Z',
    deprecated: undefined,
    proof: { build: 'b1', entry: 'e1', provenance: 'p1' },
    ...change,
  };
}

const indexOf = (versions: readonly BuiltVersion[], change: Partial<BuiltIndex> = {}): BuiltIndex => ({
  name: 'a',
  versions,
  missing: [],
  tags: [],
  ...change,
});
const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>((inner, key) => (inner as JsonObject)[key], value);

test('an index holds the digests and signature of the built file, and its place on this listener', () => {
  const document = builtPackument(indexOf([version('1.0.0')]), 'full', base);
  assert.deepEqual(at(document, 'versions', '1.0.0', 'dist'), {
    tarball: `${base}a/-/a-1.0.0.tgz`,
    integrity: integrityOf(digests.sha512),
    shasum: digests.sha1,
    signatures: [{ keyid: 'SHA256:k', sig: 'c2ln' }],
    assay: { build: 'b1', entry: 'e1', provenance: 'p1' },
  });
  assert.deepEqual(at(document, 'time'), {
    modified: '2026-01-01T00:00:00.000Z',
    '1.0.0': '2026-01-01T00:00:00.000Z',
  });
});

test('while the signer is away nothing looks signed', () => {
  const document = builtPackument(indexOf([version('1.0.0', { signatures: [] })]), 'full', base);
  assert.ok(!Object.hasOwn(at(document, 'versions', '1.0.0', 'dist') as JsonObject, 'signatures'));
});

test('the short form has what an install needs, and no scripts', () => {
  const document = builtPackument(indexOf([version('1.0.0', { deprecated: 'old' })]), 'abbreviated', base);
  const one = at(document, 'versions', '1.0.0') as JsonObject;
  assert.deepEqual(Object.keys(one).sort(), ['dependencies', 'deprecated', 'dist', 'name', 'version']);
  assert.equal(document['modified'], '2026-01-01T00:00:00.000Z');
});

test('latest is the highest release that is here, not above upstream’s own as long as there is one', () => {
  const tagsOf = (versions: readonly string[], tags: readonly (readonly [string, string])[]): JsonObject =>
    builtTags(
      indexOf(
        versions.map((one) => version(one)),
        { tags },
      ),
    );
  assert.deepEqual(
    tagsOf(
      ['1.0.0', '1.2.0', '2.0.0'],
      [
        ['latest', '1.3.0'],
        ['next', '2.0.0'],
        ['beta', '3.0.0-1'],
      ],
    ),
    { latest: '1.2.0', next: '2.0.0' },
  );
  assert.deepEqual(tagsOf(['2.0.0', '3.0.0-1'], [['latest', '1.0.0']]), { latest: '2.0.0' });
  assert.deepEqual(tagsOf(['3.0.0-1'], [['latest', '1.0.0']]), {});
});

test('a tag never names what is not here', () => {
  const some = fc.uniqueArray(fc.constantFrom('1.0.0', '1.1.0', '2.0.0', '2.0.0-rc.1', '3.0.0'));
  const tags = fc.array(
    fc.tuple(
      fc.constantFrom('latest', 'next', '__proto__', 'x'),
      fc.constantFrom('1.0.0', '2.0.0', '3.0.0', '9.9.9', 'no version'),
    ),
  );
  fc.assert(
    fc.property(some, tags, (versions, given) => {
      const made = builtTags(
        indexOf(
          versions.map((one) => version(one)),
          { tags: given },
        ),
      );
      const here: readonly unknown[] = versions;
      for (const named of Object.values(made)) assert.ok(here.includes(named));
      assert.equal(Object.hasOwn(made, 'latest') || !versions.some(isStable), true);
    }),
  );
});

test('npm is told of what is not here and why, in one encoded text', () => {
  const missing = [
    { version: '1.0.0', why: 'nobody built it\u001b[31m' },
    { version: '2.0.0', why: 'x'.repeat(1000) },
  ];
  const document = builtPackument(indexOf([version('1.5.0')], { missing }), 'full', base);
  const message = String(at(document, 'policyRestrictions', 'message'));
  assert.match(message, /Secure channel[\s\S]*2\.0\.0 {2}x+…[\s\S]*1\.0\.0 {2}nobody built it\\u\{1b\}/);
  assert.deepEqual(at(document, 'policyRestrictions', 'versions'), {
    '1.0.0': { version: '1.0.0' },
    '2.0.0': { version: '2.0.0' },
  });
  assert.ok(!Object.hasOwn(builtPackument(indexOf([version('1.5.0')]), 'full', base), 'policyRestrictions'));
});

test('versions are ordered as one by one, the newest first', () => {
  const versions = fc.uniqueArray(
    fc.constantFrom('1.0.0', '1.0.0-rc.1', '1.0.0+b', '2.0.0', '10.0.0', '9.9.9', 'none'),
  );
  fc.assert(
    fc.property(versions, (some) => {
      const ordered = newestFirst(some.map((one) => ({ version: one }))).map((one) => one.version);
      assert.deepEqual(
        ordered,
        some.toSorted((a, b) => compareVersions(b, a)),
      );
    }),
  );
});
