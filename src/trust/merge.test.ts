import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RegistryKey, TrustSource } from '../core/trust.ts';
import { makeMaterial } from './material.ts';
import { mergeKeys, type MergedKeys } from './merge.ts';
import { withOffer, type Offer } from './offer.ts';
import { pinnedTrust } from './pinned.ts';

const host = 'registry.example.com';
const now = '2026-11-20T12:00:00.000Z';
const since = '2024-01-01T00:00:00.000Z';

function key(keyid: string, change: Partial<RegistryKey> & { readonly until?: string } = {}): RegistryKey {
  const { until, ...rest } = change;
  return {
    keyid,
    spki: `spki of ${keyid}`,
    source: 'tuf',
    usages: [{ usage: 'signatures', from: since, until }],
    ...rest,
  };
}
function merge(known: readonly RegistryKey[], keys: readonly RegistryKey[], source: TrustSource): MergedKeys {
  return mergeKeys(known, { host, keys: keys.map((one) => ({ ...one, source })), source, now });
}
const whats = ({ changes }: MergedKeys): readonly string[] =>
  changes.map(({ keyid, what }) => `${keyid} ${what}`);
const untilOf = ({ keys }: MergedKeys, id: string): string | undefined =>
  keys.find(({ keyid }) => keyid === id)?.usages[0]?.until;

test('a key that the TUF target lists no more is kept, and ends at that moment', () => {
  const merged = merge([key('a'), key('b')], [key('b')], 'tuf');
  assert.deepEqual(whats(merged), ['a ended']);
  assert.equal(untilOf(merged, 'a'), now);
  assert.equal(untilOf(merged, 'b'), undefined);
});

test('a key that ended long ago keeps its end', () => {
  const ended = '2025-01-29T00:00:00.000Z';
  const merged = merge([key('a', { until: ended })], [key('b')], 'tuf');
  assert.deepEqual(whats(merged), ['b added']);
  assert.equal(untilOf(merged, 'a'), ended);
});

test('the TUF target moves windows, and what is the same is no change', () => {
  const merged = merge([key('a')], [key('a', { until: now })], 'tuf');
  assert.deepEqual(whats(merged), ['a changed']);
  assert.equal(untilOf(merged, 'a'), now);
  assert.deepEqual(whats(merge([key('a', { source: 'pinned' })], [key('a')], 'tuf')), []);
});

test('an import neither ends keys nor moves the windows of what TUF vouches for', () => {
  const merged = merge([key('a')], [key('a', { until: since }), key('b')], 'imported');
  assert.deepEqual(whats(merged), ['b added']);
  assert.equal(untilOf(merged, 'a'), undefined);
});

test('the endpoint is believed where nobody else speaks for the registry', () => {
  const first = merge([], [key('a')], 'endpoint');
  assert.deepEqual(whats(first), ['a added']);
  const second = merge(first.keys, [key('b')], 'endpoint');
  assert.deepEqual(whats(second), ['b added']);
  assert.equal(untilOf(second, 'a'), undefined, 'an endpoint that leaves a key out by mistake ends nothing');
});

test('the endpoint adds no key beside those that TUF or an operator vouches for', () => {
  for (const source of ['tuf', 'pinned', 'imported', 'configured'] as const) {
    const merged = merge([key('a', { source })], [key('a'), key('evil')], 'endpoint');
    assert.deepEqual(whats(merged), ['evil unvouched']);
    assert.deepEqual(
      merged.keys.map(({ keyid }) => keyid),
      ['a'],
    );
  }
});

test('two keys under one id are a conflict, and the first source wins', () => {
  const other = key('a', { spki: 'another' });
  const late = merge([key('a')], [other], 'endpoint');
  assert.deepEqual(late.conflicts, [{ host, keyid: 'a', kept: 'tuf', refused: 'endpoint' }]);
  assert.equal(late.keys[0]?.spki, 'spki of a');
  const early = merge([key('a', { source: 'endpoint' })], [other], 'tuf');
  assert.deepEqual(early.conflicts, [{ host, keyid: 'a', kept: 'tuf', refused: 'endpoint' }]);
  assert.equal(early.keys[0]?.spki, 'another');
  assert.deepEqual(whats(early), ['a replaced']);
  const equal = merge([key('a')], [other], 'tuf');
  assert.equal(equal.keys[0]?.spki, 'spki of a');
  assert.equal(equal.conflicts.length, 1);
});

test('no offer of any source makes a known key vanish, and offering it again changes nothing', () => {
  const keys = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      spki: fc.constantFrom('one', 'two'),
      until: fc.constantFrom(undefined, since, '2030-01-01T00:00:00.000Z'),
    }),
    { selector: ({ id }) => id, maxLength: 4 },
  );
  const sources = fc.constantFrom<TrustSource>('pinned', 'tuf', 'imported', 'configured', 'endpoint');
  const made = (
    list: readonly { readonly id: string; readonly spki: string; readonly until: string | undefined }[],
    source: TrustSource,
  ): readonly RegistryKey[] =>
    list.map(({ id, spki, until }) => key(id, { spki, source, ...(until === undefined ? {} : { until }) }));
  fc.assert(
    fc.property(keys, sources, keys, sources, (before, from, offered, source) => {
      const known = made(before, from);
      const once = merge(known, made(offered, source), source);
      for (const { keyid } of known) assert.ok(once.keys.some((one) => one.keyid === keyid));
      const changed = whats(once).some((what) => !what.endsWith('unvouched'));
      const digest = (list: readonly RegistryKey[]): string =>
        makeMaterial({ sigstore: [], registryKeys: new Map([[host, list]]) }).digest;
      const sorted = [...known].sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
      assert.equal(
        changed,
        digest(sorted) !== digest(once.keys),
        'what changes the digest is said, and only that',
      );
      const twice = merge(once.keys, made(offered, source), source);
      assert.deepEqual(twice.keys, once.keys);
    }),
  );
});

const pinned = pinnedTrust();
const [pinnedRoot] = pinned.sigstore;
assert.ok(pinnedRoot?.tufRoot !== undefined);
const { trustedRoot, tufRoot } = pinnedRoot;
const offerOf = (source: TrustSource, version: number): Offer => ({
  source,
  roots: [{ name: 'public-good', trustedRoot, tufRoot: { ...tufRoot, version } }],
  keys: [],
});

test('a root that an older TUF root vouches for is not taken from TUF, and an operator may take it', () => {
  const older = withOffer(pinned, offerOf('tuf', tufRoot.version - 1), now);
  assert.deepEqual(older.roots, [{ name: 'public-good', what: 'older' }]);
  assert.equal(older.material.digest, pinned.digest);
  const imported = withOffer(pinned, offerOf('imported', tufRoot.version - 1), now);
  assert.deepEqual(imported.roots, [{ name: 'public-good', what: 'changed' }]);
});

test('the same root again is no change, and leaves the digest', () => {
  const again = withOffer(pinned, offerOf('tuf', tufRoot.version), now);
  assert.deepEqual(again.roots, []);
  assert.equal(again.material.digest, pinned.digest);
});

test('a newer root and new keys change the digest', () => {
  const newer = withOffer(
    pinned,
    { ...offerOf('tuf', tufRoot.version + 1), keys: [{ host, keys: [key('a')] }] },
    now,
  );
  assert.deepEqual(newer.roots, [{ name: 'public-good', what: 'changed' }]);
  assert.deepEqual(newer.keys, [{ host, keyid: 'a', what: 'added' }]);
  assert.notEqual(newer.material.digest, makeMaterial(pinned).digest);
});
