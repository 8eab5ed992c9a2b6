import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Sha256 } from '../core/digest.ts';
import { isAssayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { makeMaterial, materialJson, readMaterial } from './material.ts';
import { pinnedSeed, pinnedTrust } from './pinned.ts';
import { trustedRootParts } from './trusted-root.ts';

const pinned = pinnedTrust();
const stored = Buffer.from(canonicalJson(materialJson(pinned)));

test('the program brings a Sigstore root, vouched for by a TUF root, and keys of one registry at least', () => {
  const [root] = pinned.sigstore;
  assert.equal(root?.name, 'public-good');
  assert.ok((root.tufRoot?.version ?? 0) >= 15);
  const kinds = new Set(trustedRootParts(root.trustedRoot).map((part) => part.kind));
  assert.deepEqual([...kinds].sort(), [
    'certificate-authority',
    'certificate-transparency-log',
    'log',
    'timestamp-authority',
  ]);
  assert.equal(pinned.registryKeys.size, 1);
});

test('retired registry keys are there, with the end of their windows', () => {
  const [keys = []] = pinned.registryKeys.values();
  const ends = keys.map((key) => key.usages.map(({ until }) => until !== undefined));
  assert.ok(ends.some((one) => one.every(Boolean)));
  assert.ok(ends.some((one) => !one.some(Boolean)));
});

test('the targets in the seeds are named as the TUF repository names them', () => {
  const names = [...pinnedSeed().targets.keys()];
  assert.ok(names.includes('trusted_root.json'));
  assert.ok(names.some((name) => /^[a-z0-9.]+\/keys\.json$/.test(name)));
});

test('stored material is read back as it was', () => {
  assert.deepEqual(readMaterial(stored, pinned.digest), pinned);
});

test('stored material with another digest is refused', () => {
  assert.throws(() => readMaterial(stored, 'a'.repeat(64) as Sha256), { code: 'TRUST_INVALID' });
  const changed = Buffer.from(stored.toString().replace('"pinned"', '"tuf"'));
  assert.throws(() => readMaterial(changed, pinned.digest), { code: 'TRUST_INVALID' });
});

test('the digest covers every key, window and root, and not when they were confirmed', () => {
  const [root] = pinned.sigstore;
  assert.ok(root !== undefined);
  const confirmed = makeMaterial({
    ...pinned,
    sigstore: [{ ...root, confirmedAt: '2026-01-01T00:00:00.000Z', staleAt: '2026-02-01T00:00:00.000Z' }],
  });
  assert.equal(confirmed.digest, pinned.digest);
  const [[host, keys] = ['', []]] = pinned.registryKeys;
  const others = [
    { ...pinned, sigstore: [] },
    { ...pinned, sigstore: [{ ...root, source: 'tuf' as const }] },
    { ...pinned, sigstore: [{ ...root, tufRoot: undefined }] },
    { ...pinned, registryKeys: new Map([['other.example.com', keys]]) },
    { ...pinned, registryKeys: new Map([[host, keys.slice(1)]]) },
    {
      ...pinned,
      registryKeys: new Map([
        [
          host,
          keys.map((key) => ({ ...key, usages: key.usages.map((one) => ({ ...one, until: undefined })) })),
        ],
      ]),
    },
  ];
  const digests = others.map((parts) => makeMaterial(parts).digest);
  assert.equal(new Set([...digests, pinned.digest]).size, others.length + 1);
});

test('the order of hosts does not matter', () => {
  const [keys = []] = pinned.registryKeys.values();
  const digestOf = (hosts: readonly string[]): string =>
    makeMaterial({ sigstore: [], registryKeys: new Map(hosts.map((host) => [host, keys])) }).digest;
  assert.equal(digestOf(['a.example.com', 'b.example.com']), digestOf(['b.example.com', 'a.example.com']));
});

test('a trusted root without authorities or logs, or of another kind, is refused', () => {
  const root = pinned.sigstore[0]?.trustedRoot ?? {};
  const wrong: readonly JsonObject[] = [
    {},
    { ...root, mediaType: 'application/json' },
    { ...root, tlogs: [] },
    { ...root, certificateAuthorities: [] },
    { ...root, tlogs: {} },
    { ...root, certificateAuthorities: [{ uri: 'https://ca.example.com', certChain: { certificates: [] } }] },
    { ...root, tlogs: Array.from({ length: 65 }, () => (root['tlogs'] as JsonObject[])[0] ?? {}) },
  ];
  for (const document of wrong) assert.throws(() => trustedRootParts(document), { code: 'TRUST_INVALID' });
});

test('any stored text is read or refused with a code', () => {
  const text = stored.toString();
  const cut = fc.tuple(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 5 }));
  fc.assert(
    fc.property(cut, ([at, count, put]) => {
      const bytes = Buffer.from(`${text.slice(0, at)}${put}${text.slice(at + count)}`);
      try {
        readMaterial(bytes, pinned.digest);
      } catch (error) {
        assert.ok(isAssayError(error, 'TRUST_INVALID'), String(error));
      }
    }),
  );
});
