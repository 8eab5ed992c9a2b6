import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  sampleBytes,
  sampleInput,
  samplePublication,
  sampleVersion,
} from '../../../test/support/collector-input.ts';
import {
  signatureOf,
  signedManifest,
  signingKey,
  trustIn,
  type SigningKey,
} from '../../../test/support/registry-signing.ts';
import type { CollectorInput } from '../../core/collector.ts';
import { artifactDigestsOf, integrityOf } from '../../core/digest.ts';
import { evidenceDigest, type Evidence, type FactValue } from '../../core/evidence.ts';
import { ownString, type Json, type JsonObject } from '../../core/json.ts';
import { signaturesCollector } from './collect.ts';

const host = 'registry.example.com';
const artifact = artifactDigestsOf(sampleBytes);
const integrity = integrityOf(artifact.sha512);
const current = signingKey('current');
const trust = trustIn(host, [current]);
const manifest = signedManifest('sample', '1.2.3', artifact, [current]);

async function collect(change: Partial<CollectorInput>): Promise<Evidence> {
  return signaturesCollector.collect(sampleInput({ trust, indexManifest: manifest, ...change }));
}

function withDist(change: (dist: JsonObject) => JsonObject): JsonObject {
  return { ...manifest, dist: change(manifest['dist'] as JsonObject) };
}

function withSignatures(signatures: Json): JsonObject {
  return withDist((dist) => ({ ...dist, signatures }));
}

const ids = (evidence: Evidence): readonly string[] => evidence.items.map(({ id }) => id);

test('a signature by a key in force passes, names the key, and rests on the trust it used', async () => {
  const evidence = await collect({});
  assert.equal(evidence.result, 'pass', evidence.summary);
  assert.deepEqual(evidence.facts, {
    signed: true,
    keyid: 'current',
    keySource: 'pinned',
    keyRetired: false,
    time: null,
    timeFrom: null,
    algorithm: 'ecdsa-sha256',
  });
  assert.equal(evidence.material, trust.digest);
});

test('the name and version are those asked for, whatever the entry says of itself', async () => {
  const other = await collect({ version: sampleVersion({ version: '1.2.4' }) });
  assert.deepEqual([other.result, ids(other)], ['fail', ['signatures/bad-signature']]);
  const index = { ...sampleInput().index, name: 'sample2' };
  assert.equal((await collect({ index })).result, 'fail');
});

test('other bytes than those signed fail, though the index agrees with itself', async () => {
  const evidence = await collect({ artifact: artifactDigestsOf(Buffer.from('other bytes')) });
  assert.deepEqual([evidence.result, ids(evidence)], ['fail', ['signatures/bytes-differ']]);
  assert.equal(evidence.facts['signed'], false);
});

test('one wrong signature by a known key fails, even beside a right one', async () => {
  const other = signingKey('other');
  const wrong = signatureOf(`sample@9.9.9:${integrity}`, other);
  const right = signatureOf(`sample@1.2.3:${integrity}`, current);
  for (const signatures of [
    [right, wrong],
    [wrong, right],
  ]) {
    const evidence = await collect({
      trust: trustIn(host, [current, other]),
      indexManifest: withSignatures(signatures),
    });
    assert.deepEqual([evidence.result, ids(evidence)], ['fail', ['signatures/bad-signature']]);
  }
});

test('an unknown key is an item of its own, and nothing was checked when no other is there', async () => {
  const stranger = signatureOf(`sample@1.2.3:${integrity}`, signingKey('stranger'));
  const alone = await collect({ indexManifest: withSignatures([stranger]) });
  assert.deepEqual([alone.result, ids(alone)], ['not-checked', ['signatures/unknown-key']]);
  assert.equal(alone.facts['signed'], false);
  const right = signatureOf(`sample@1.2.3:${integrity}`, current);
  const beside = await collect({ indexManifest: withSignatures([stranger, right]) });
  assert.deepEqual([beside.result, ids(beside)], ['pass', ['signatures/unknown-key']]);
});

test("keys are chosen by the registry's identity, never by the address that was asked", async () => {
  const { origin } = sampleInput();
  const mirrored = {
    ...origin,
    urls: ['https://mirror.example.net/sample'],
    identityHost: 'REGISTRY.example.com',
  };
  assert.equal((await collect({ origin: mirrored })).result, 'pass');
  const evidence = await collect({ origin: { ...origin, identityHost: 'mirror.example.net' } });
  assert.deepEqual([evidence.result, ids(evidence)], ['not-checked', ['signatures/no-key-for-host']]);
});

test('no list and an empty list are not available, each in its own words', async () => {
  const none = await collect({
    indexManifest: withDist(({ integrity: only = null }) => ({ integrity: only })),
  });
  assert.deepEqual([none.result, ids(none)], ['not-available', []]);
  const empty = await collect({ indexManifest: withSignatures([]) });
  assert.deepEqual([empty.result, ids(empty)], ['not-available', ['signatures/empty-list']]);
});

test('a signature that we saw and that is gone was stripped', async () => {
  const history = {
    verified: [],
    advertised: { attestedAt: undefined, signedAt: '2026-10-01T00:00:00.000Z' },
    expectations: [],
    ofSamePublisher: [],
    predecessorManifest: undefined,
    newDependencies: [],
  };
  for (const indexManifest of [withSignatures([]), { name: 'sample', version: '1.2.3', dist: {} }]) {
    const evidence = await collect({ indexManifest, history });
    assert.deepEqual([evidence.result, ids(evidence)], ['fail', ['signatures/stripped']]);
  }
  assert.equal((await collect({ history })).result, 'pass');
});

test('entries that are no signatures fail, beside a right one too', async () => {
  const right = signatureOf(`sample@1.2.3:${integrity}`, current);
  const sig = ownString(right, 'sig') ?? '';
  const inherited = JSON.parse(`{"__proto__":${JSON.stringify(right)}}`) as JsonObject;
  for (const odd of [
    null,
    'signed',
    [],
    {},
    inherited,
    { keyid: 'current' },
    { keyid: 'current', sig: '' },
    { keyid: 'current', sig: `${sig}\n` },
    { keyid: 'current', sig: sig.replace(/.$/, '*') },
    { keyid: 'c'.repeat(201), sig },
    { keyid: 'current', sig: 'A'.repeat(1028) },
  ] as readonly Json[]) {
    const evidence = await collect({ indexManifest: withSignatures([right, odd]) });
    assert.deepEqual(
      [evidence.result, ids(evidence)],
      ['fail', ['signatures/malformed']],
      JSON.stringify(odd),
    );
  }
  assert.equal((await collect({ indexManifest: withSignatures('all') })).result, 'fail');
  const many = Array.from({ length: 17 }, () => right);
  assert.deepEqual(ids(await collect({ indexManifest: withSignatures(many) })), ['signatures/malformed']);
});

test('a signature over SHA-1 alone is a warning, over MD5 alone or over nothing a failure', async () => {
  const sha1 = `sha1-${Buffer.from(artifact.sha1, 'hex').toString('base64')}`;
  const over = (text: string): Json => [signatureOf(`sample@1.2.3:${text}`, current)];
  for (const dist of [
    { integrity: sha1, signatures: over(sha1) },
    { shasum: artifact.sha1, signatures: over(sha1) },
  ]) {
    const evidence = await collect({ indexManifest: { dist } });
    assert.deepEqual([evidence.result, ids(evidence)], ['warn', ['signatures/weak-algorithm']]);
  }
  const md5 = 'md5-1B2M2Y8AsgTpgAmY7PhCfg==';
  assert.equal(
    (await collect({ indexManifest: { dist: { integrity: md5, signatures: over(md5) } } })).result,
    'fail',
  );
  const sha384 = `sha384-${Buffer.alloc(48).toString('base64')}`;
  const other = await collect({ indexManifest: { dist: { integrity: sha384, signatures: over(sha384) } } });
  assert.deepEqual([other.result, ids(other)], ['fail', ['signatures/digest-not-computed']]);
  const bare = await collect({ indexManifest: { dist: { signatures: over('') } } });
  assert.deepEqual([bare.result, ids(bare)], ['fail', ['signatures/no-integrity']]);
});

test('a key for attestations alone, or of another curve, signs no package', async () => {
  const attesting = signingKey('k', { usage: 'attestations' });
  const other = signingKey('k', {}, 'secp256k1');
  for (const [key, id] of [
    [attesting, 'signatures/key-usage'],
    [other, 'signatures/key-unusable'],
  ] as const) {
    const indexManifest = signedManifest('sample', '1.2.3', artifact, [key]);
    const evidence = await collect({ trust: trustIn(host, [key]), indexManifest });
    assert.deepEqual([evidence.result, ids(evidence)], ['fail', [id]]);
  }
});

// ---- windows ----

const until = '2025-01-29T00:00:00.000Z';
const retired = signingKey('retired', { until });
const young = signingKey('young', { from: '2025-01-13T00:00:00.000Z' });

function inTime(
  key: SigningKey,
  seen: { readonly absentAt?: string; readonly presentAt?: string },
  facts: Readonly<Record<string, FactValue>> = {},
  change: Partial<CollectorInput> = {},
): Promise<Evidence> {
  const presentAt = seen.presentAt ?? '2026-11-01T00:00:00.000Z';
  const provenance: Evidence = {
    kind: 'provenance',
    scope: 'release',
    result: 'pass',
    summary: '',
    facts,
    items: [],
    tool: { name: 'assay/provenance', version: '1' },
    collectedAt: presentAt,
  };
  return collect({
    trust: trustIn(host, [key]),
    indexManifest: signedManifest('sample', '1.2.3', artifact, [key]),
    observation: { firstLookAt: presentAt, absentAt: seen.absentAt, presentAt },
    earlier: [provenance],
    ...change,
  });
}

test("a retired key with no proven time is a warning, whatever the index's own time says", async () => {
  for (const claimedTime of ['2020-01-01T00:00:00.000Z', undefined]) {
    const evidence = await inTime(retired, {}, {}, { version: sampleVersion({ claimedTime }) });
    assert.deepEqual([evidence.result, ids(evidence)], ['warn', ['signatures/key-retired']]);
    assert.equal(evidence.facts['keyRetired'], true);
    assert.equal(evidence.facts['time'], null);
  }
});

test('a log time decides about both ends of a window', async () => {
  const before = await inTime(retired, {}, { publishTime: '2024-05-16T17:12:06.000Z' });
  assert.equal(before.result, 'pass', before.summary);
  assert.equal(before.facts['time'], '2024-05-16T17:12:06.000Z');
  assert.equal(before.facts['timeFrom'], 'log');
  assert.equal((await inTime(retired, {}, { publishTime: until })).result, 'pass');
  const after = await inTime(retired, {}, { publishTime: '2025-01-29T00:00:00.001Z' });
  assert.deepEqual([after.result, ids(after)], ['fail', ['signatures/key-ended']]);
  const early = await inTime(young, {}, { publishTime: null, signedTime: '2025-01-12T23:59:59.999Z' });
  assert.deepEqual([early.result, ids(early)], ['fail', ['signatures/key-not-yet-valid']]);
  assert.equal((await inTime(young, {}, { signedTime: '2025-01-13T00:00:00.000Z' })).result, 'pass');
  assert.equal((await inTime(young, {}, { publishTime: 'yesterday' })).result, 'fail');
});

test('our own first sight decides where there is no log: seen before the end holds, absent after it fails', async () => {
  const seen = await inTime(retired, { presentAt: '2025-01-28T00:00:00.000Z' });
  assert.equal(seen.result, 'pass');
  assert.equal(seen.facts['timeFrom'], 'first-sight');
  const absent = await inTime(retired, { absentAt: '2025-02-01T00:00:00.000Z' });
  assert.deepEqual([absent.result, ids(absent)], ['fail', ['signatures/key-ended']]);
  const between = await inTime(retired, { absentAt: '2025-01-01T00:00:00.000Z' });
  assert.equal(between.result, 'warn');
});

test('a key that begins after we saw the version is a warning, one that has not begun a failure', async () => {
  const seen = await inTime(young, { presentAt: '2025-01-01T00:00:00.000Z' });
  assert.deepEqual([seen.result, ids(seen)], ['warn', ['signatures/key-newer']]);
  const future = await inTime(signingKey('future', { from: '2027-01-01T00:00:00.000Z' }), {});
  assert.deepEqual([future.result, ids(future)], ['fail', ['signatures/key-not-yet-valid']]);
  const unreadable = await inTime(signingKey('odd', { until: 'soon' }), {});
  assert.notEqual(unreadable.result, 'pass');
});

// ---- properties ----

test('no change of one bit of what was signed, of the signature or of the bytes leaves a pass', async () => {
  const sig = Buffer.from(
    ownString(signatureOf(`sample@1.2.3:${integrity}`, current), 'sig') ?? '',
    'base64',
  );
  const flipped = (bytes: Uint8Array, bit: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return copy;
  };
  const results: Promise<Evidence>[] = [];
  for (let bit = 0; bit < sig.length * 8; bit += 1) {
    const changed = { keyid: 'current', sig: flipped(sig, bit).toString('base64') };
    results.push(collect({ indexManifest: withSignatures([changed]) }));
  }
  for (let bit = 0; bit < integrity.length * 8; bit += 1) {
    const text = flipped(Buffer.from(integrity), bit).toString('latin1');
    results.push(collect({ indexManifest: withDist((dist) => ({ ...dist, integrity: text })) }));
  }
  for (let bit = 0; bit < sampleBytes.length * 8; bit += 7)
    results.push(collect({ artifact: artifactDigestsOf(flipped(sampleBytes, bit)) }));
  for (let bit = 0; bit < 'sample'.length * 8; bit += 1) {
    const name = flipped(Buffer.from('sample'), bit).toString('latin1');
    results.push(collect({ index: { ...sampleInput().index, name } }));
  }
  for (const evidence of await Promise.all(results))
    assert.notEqual(evidence.result, 'pass', evidence.summary);
});

test('whatever stands in dist, the record is bounded and can be hashed, and no stranger passes', async () => {
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => value as Json);
  const entry = fc.oneof(json, fc.record({ keyid: fc.constantFrom('current', 'x'), sig: fc.base64String() }));
  const dist = fc.record(
    {
      integrity: fc.oneof(json, fc.constant(integrity)),
      shasum: json,
      signatures: fc.oneof(json, fc.array(entry)),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(dist, async (value) => {
      const version = sampleVersion({ publication: samplePublication() });
      const evidence = await collect({ version, indexManifest: { dist: value } });
      assert.notEqual(evidence.result, 'pass');
      assert.match(evidenceDigest(evidence), /^[0-9a-f]{64}$/);
    }),
  );
});
