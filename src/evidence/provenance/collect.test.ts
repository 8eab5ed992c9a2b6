import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  attestedInput,
  attestedTrust,
  documentOf,
  publishedAt,
  publishOffer,
  registryKey,
  sigstore,
} from '../../../test/support/attested-input.ts';
import { noTrust, sampleBytes, sampleInput, sampleNow } from '../../../test/support/collector-input.ts';
import { signingKey } from '../../../test/support/registry-signing.ts';
import { releasedOf } from '../../../test/support/sigstore/statements.ts';
import { provenanceV1, workflowRun } from '../../../test/support/sigstore/workflow-run.ts';
import type { CollectorInput } from '../../core/collector.ts';
import { sha256 } from '../../core/digest.ts';
import { evidenceDigest, type Evidence } from '../../core/evidence.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import { verifyBundle } from '../../sigstore/verify.ts';
import { createProvenanceCollector } from './collect.ts';

const collector = createProvenanceCollector({ verify: (request) => Promise.resolve(verifyBundle(request)) });

async function collect(
  document: JsonObject = documentOf(),
  change: Partial<CollectorInput> = {},
): Promise<Evidence> {
  return collector.collect(attestedInput(document, change));
}

/** Result, state and the first item's id: what a rule and a reader go by. */
const told = (evidence: Evidence): readonly unknown[] => [
  evidence.result,
  evidence.facts['state'],
  evidence.items[0]?.id,
];
const offersOf = (document: JsonObject): readonly Json[] => document['attestations'] as readonly Json[];
const offering = (...offers: readonly Json[]): JsonObject => ({ attestations: offers });

test('provenance v1 and v0.2 with a publish attestation is verified, with the identity of the certificate', async () => {
  for (const slsa of ['v1', 'v0.2'] as const) {
    const evidence = await collect(documentOf({ slsa }));
    assert.equal(evidence.result, 'pass', evidence.summary);
    const { facts } = evidence;
    assert.deepEqual(
      [facts['state'], facts['crypto'], facts['identity'], facts['rule.trust-root']],
      ['verified', 'pass', 'pass', 'pass'],
    );
    assert.equal(facts['predicateType'], `https://slsa.dev/provenance/${slsa}`);
    assert.equal(facts['repository'], 'https://github.com/example-owner/example');
    assert.equal(facts['repositoryId'], '495574555');
    assert.equal(facts['ownerId'], '71096353');
    assert.equal(facts['workflow'], '.github/workflows/release.yml');
    assert.equal(facts['publishTime'], publishedAt.toISOString());
    assert.equal(facts['signedTime'], '2026-10-31T23:59:56.000Z');
    assert.equal(facts['root'], 'fake');
    assert.equal(evidence.material, attestedTrust().digest);
  }
});

test('absent, missing, not fetched, empty, unchecked and invalid are six different answers', async () => {
  const answered = async (attestations: CollectorInput['attestations']) =>
    told(await collector.collect(sampleInput({ trust: attestedTrust(), attestations })));
  assert.deepEqual(await answered({ state: 'not-advertised' }), ['not-available', 'absent', undefined]);
  assert.deepEqual(await answered({ state: 'missing' }), [
    'warn',
    'advertised-missing',
    'provenance/missing',
  ]);
  assert.deepEqual(await answered({ state: 'failed', code: 'UPSTREAM_TIMEOUT', message: 'too slow' }), [
    'warn',
    'advertised-missing',
    'provenance/not-fetched',
  ]);
  assert.deepEqual(told(await collect(offering())), ['warn', 'advertised-missing', 'provenance/empty-list']);
  assert.deepEqual(told(await collect(documentOf(), { trust: noTrust })), [
    'not-checked',
    'not-checked',
    'provenance/no-trust-root',
  ]);
  assert.deepEqual(told(await collect({ attestations: 'all' })), [
    'fail',
    'invalid',
    'provenance/document-malformed',
  ]);
});

test('what may be otherwise soon is asked again, and nothing else', async () => {
  const missing = await collector.collect(sampleInput({ attestations: { state: 'missing' } }));
  assert.equal(missing.facts['passing'], true);
  assert.equal((await collect()).facts['passing'], undefined);
});

test('when nothing is verified, no identity and no time is told', async () => {
  const invalid = await collect(offering(...offersOf(documentOf()), { predicateType: 'x', bundle: {} }));
  assert.equal(invalid.facts['state'], 'invalid');
  for (const name of [
    'issuer',
    'repository',
    'repositoryId',
    'signer',
    'subject',
    'signedTime',
    'publishTime',
  ])
    assert.equal(invalid.facts[name], null, name);
});

test("the registry's word for a predicate type must be what was signed", async () => {
  const [publish, provenance] = offersOf(documentOf()) as readonly JsonObject[];
  assert.ok(publish !== undefined && provenance !== undefined);
  const relabelled = { ...provenance, predicateType: 'https://slsa.dev/provenance/v0.2' };
  for (const offers of [
    [publish, relabelled],
    [{ ...publish, predicateType: provenance['predicateType'] ?? '' }, provenance],
  ])
    assert.deepEqual(told(await collect(offering(...offers))), [
      'fail',
      'invalid',
      'provenance/predicate-type-differs',
    ]);
});

// ---- about this release ----

type Bend = (statement: JsonObject) => JsonObject;
const subjects =
  (...list: readonly Json[]): Bend =>
  (statement) => ({ ...statement, subject: list });
const { sha512 } = releasedOf('sample', '1.2.3', sampleBytes);
const right = { name: 'pkg:npm/sample@1.2.3', digest: { sha512 } };

test('the one subject must name package, version and bytes; a right one among others does not help', async () => {
  const cases: readonly (readonly [Bend, string])[] = [
    [subjects(right, { name: 'pkg:npm/other@1.0.0', digest: { sha512 } }), 'subject-count'],
    [subjects(right, right), 'subject-count'],
    [subjects({ ...right, name: 'pkg:npm/sample@1.2.4' }), 'subject-name'],
    [subjects({ ...right, name: 'pkg:npm/sample2@1.2.3' }), 'subject-name'],
    [subjects({ ...right, name: 'pkg:npm/sample@1.2.3?repository_url=x' }), 'subject-name'],
    [subjects({ ...right, digest: { sha512: '0'.repeat(128) } }), 'subject-digest'],
    [subjects({ ...right, digest: { sha256: sha256(sampleBytes) } }), 'subject-digest'],
    [subjects({ ...right, digest: { sha512, sha256: '0'.repeat(64) } }), 'subject-digest'],
  ];
  for (const [bend, id] of cases) {
    const expected = ['fail', 'invalid', `provenance/${id}`];
    assert.deepEqual(told(await collect(documentOf({ statement: bend }))), expected, id);
    assert.deepEqual(told(await collect(documentOf({ publishStatement: bend }))), expected, id);
  }
  const more = subjects({ ...right, digest: { sha512, sha256: sha256(sampleBytes) } });
  assert.equal((await collect(documentOf({ statement: more }))).result, 'pass');
});

test('attestations of another version or package, right in themselves, are not about this one', async () => {
  const { index, version } = sampleInput();
  for (const change of [
    { version: { ...version, version: '1.2.4' } },
    { index: { ...index, name: '@sample/sample' } },
  ])
    assert.equal((await collect(documentOf(), change)).facts['state'], 'invalid');
});

test('a scope is percent-encoded in the subject, as npm does it, and not otherwise', async () => {
  const { index } = sampleInput();
  const change = { index: { ...index, name: '@scope/sample' } };
  const offer = (name: string): JsonObject => {
    const statement = { ...provenanceV1(releasedOf('x', '1', sampleBytes), workflowRun()) };
    const bundle = sigstore.attest({
      statement: { ...statement, subject: [{ name, digest: { sha512 } }] },
      identity: {
        ...identity,
      },
      at: publishedAt,
    });
    return offering({ predicateType: 'https://slsa.dev/provenance/v1', bundle });
  };
  assert.equal((await collect(offer(formatPurl('npm', '@scope/sample', '1.2.3')), change)).result, 'pass');
  assert.equal((await collect(offer('pkg:npm/%40scope/sample@1.2.3'), change)).result, 'pass');
  for (const name of [
    'pkg:npm/@scope/sample@1.2.3',
    'pkg:npm/%40scope%2fsample@1.2.3',
    'pkg:npm/sample@1.2.3',
  ])
    assert.equal((await collect(offer(name), change)).facts['state'], 'invalid', name);
});

const identity = {
  subject: {
    kind: 'uri',
    value: 'https://github.com/example-owner/example/.github/workflows/release.yml@refs/heads/main',
  },
  sourceRepositoryUri: 'https://github.com/example-owner/example',
} as const;

// ---- the registry's own attestation ----

test('only a key of the registry, in force, meant for it, publishes', async () => {
  const provenance = offersOf(documentOf()).slice(1);
  const withPublish = async (offer: JsonObject, change: Partial<CollectorInput> = {}) =>
    told(await collect(offering(offer, ...provenance), change));
  const byCertificate = publishOffer(undefined, null);
  assert.deepEqual(await withPublish(byCertificate), ['fail', 'invalid', 'provenance/publish-signer']);
  const stranger = publishOffer(undefined, signingKey('stranger'));
  assert.deepEqual(await withPublish(stranger), ['fail', 'invalid', 'provenance/key-unknown']);
  const forged = publishOffer(undefined, { ...signingKey('registry') });
  assert.deepEqual(await withPublish(forged), ['fail', 'invalid', 'provenance/signature']);
  const keyWith = (usage: Parameters<typeof signingKey>[1]) => {
    const { key } = registryKey;
    const usages = [{ usage: 'attestations', from: undefined, until: undefined, ...usage } as const];
    return { trust: attestedTrust({ ...registryKey, key: { ...key, usages } }) };
  };
  const right = publishOffer();
  assert.equal((await withPublish(right))[0], 'pass');
  assert.deepEqual(await withPublish(right, keyWith({ until: '2026-10-31T00:00:00.000Z' })), [
    'fail',
    'invalid',
    'provenance/key-window',
  ]);
  assert.deepEqual(await withPublish(right, keyWith({ from: '2026-11-02T00:00:00.000Z' })), [
    'fail',
    'invalid',
    'provenance/key-window',
  ]);
  assert.equal((await withPublish(right, keyWith({ until: '2026-11-02T00:00:00.000Z' })))[0], 'pass');
  assert.deepEqual(await withPublish(right, keyWith({ usage: 'signatures' })), [
    'fail',
    'invalid',
    'provenance/key-unknown',
  ]);
  const noKeys = { trust: { ...attestedTrust(), registryKeys: new Map() } };
  assert.deepEqual(await withPublish(right, noKeys), [
    'not-checked',
    'not-checked',
    'provenance/key-unknown',
  ]);
});

test('the publish predicate must name this version, and the registry by its identity', async () => {
  const predicate = { name: 'sample', version: '1.2.3', registry: 'https://registry.example.com' };
  const says = async (change: JsonObject, identityHost = 'registry.example.com') => {
    const publish = publishOffer((statement) => ({ ...statement, predicate: { ...predicate, ...change } }));
    const { origin } = sampleInput();
    const keyed = { ...attestedTrust(), registryKeys: new Map([[identityHost, [registryKey.key]]]) };
    const change2 = { trust: keyed, origin: { ...origin, identityHost } };
    return told(await collect(offering(publish, ...offersOf(documentOf()).slice(1)), change2))[2];
  };
  assert.equal(await says({}), undefined);
  assert.equal(await says({ registry: 'https://registry.example.com/' }), undefined);
  assert.equal(await says({ version: '1.2.4' }), 'provenance/publish-predicate');
  assert.equal(await says({ name: 'sample2' }), 'provenance/publish-predicate');
  for (const registry of [
    'https://registry.example.com.evil.example',
    'https://registry.example.com@evil.example',
    'https://evil.example/registry.example.com',
    'https://registry.example.com/npm',
    'registry.example.com',
    '',
    null,
  ])
    assert.equal(await says({ registry }), 'provenance/publish-registry', String(registry));
  assert.equal(await says({}, 'mirror.example.net'), 'provenance/publish-registry');
});

test('a publish attestation alone is no provenance, but tells when it was published', async () => {
  const evidence = await collect(offering(publishOffer()));
  assert.deepEqual(told(evidence), ['not-available', 'absent', undefined]);
  assert.equal(evidence.facts['publishTime'], publishedAt.toISOString());
  assert.equal(evidence.facts['signedTime'], null);
});

test('a predicate of an unknown kind is listed and counts for nothing', async () => {
  const statement = { ...provenanceV1(releasedOf('sample', '1.2.3', sampleBytes), workflowRun()) };
  const predicateType = 'https://slsa.dev/provenance/v1/evil';
  const bundle = sigstore.attest({ statement: { ...statement, predicateType }, identity, at: publishedAt });
  const unknown = { predicateType, bundle };
  assert.deepEqual(told(await collect(offering(unknown))), [
    'not-available',
    'absent',
    'provenance/unknown-predicate',
  ]);
  const beside = await collect(offering(unknown, ...offersOf(documentOf())));
  assert.deepEqual(told(beside), ['pass', 'verified', 'provenance/unknown-predicate']);
});

test('a signed time that has not come fails', async () => {
  const evidence = await collect(documentOf(), { now: '2026-10-30T00:00:00.000Z' });
  assert.equal(evidence.facts['state'], 'invalid');
});

test('times are compared once more here: a verifier that overlooks them is not enough', async () => {
  const says = async (time: string | undefined) => {
    const lenient = createProvenanceCollector({
      verify: (request) => {
        const verdict = verifyBundle(request);
        const signedTimes = time === undefined ? [] : [{ by: 'log', time } as const];
        return Promise.resolve(verdict.ok ? { ...verdict, signedTimes } : verdict);
      },
    });
    const usages = [
      { usage: 'attestations', from: '2026-01-01T00:00:00.000Z', until: '2026-11-02T00:00:00.000Z' },
    ] as const;
    const trust = attestedTrust({ ...registryKey, key: { ...registryKey.key, usages } });
    return told(await lenient.collect(attestedInput(documentOf(), { trust })))[2];
  };
  assert.equal(await says(publishedAt.toISOString()), undefined);
  assert.equal(await says(undefined), 'provenance/no-signed-time');
  assert.equal(await says('2026-11-20T12:10:00.001Z'), 'provenance/signed-in-future');
  assert.equal(await says('soon'), 'provenance/signed-in-future');
  assert.equal(await says('2025-12-31T23:59:59.999Z'), 'provenance/key-window');
  assert.equal(await says('2026-11-02T00:00:00.001Z'), 'provenance/key-window');
});

// ---- the document, and the check itself ----

test('too many, too large, too deep and malformed documents fail under their own names', async () => {
  const [, one] = offersOf(documentOf());
  assert.ok(one !== undefined);
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as Json;
  const cases: readonly (readonly [JsonObject, string])[] = [
    [{}, 'document-malformed'],
    [JSON.parse('{"__proto__":{"attestations":[]}}') as JsonObject, 'document-malformed'],
    [offering(...Array.from({ length: 17 }, () => one)), 'too-many'],
    [offering(one, 'x'.repeat(2 * 1024 * 1024)), 'too-large'],
    [offering(one, deep), 'too-large'],
    [offering(one, null), 'entry-malformed'],
    [offering({ predicateType: 'x' }), 'entry-malformed'],
  ];
  for (const [document, id] of cases) {
    const answer = { state: 'answered', document, digest: sha256('x') } as const;
    const evidence = await collector.collect(sampleInput({ trust: attestedTrust(), attestations: answer }));
    assert.deepEqual(told(evidence), ['fail', 'invalid', `provenance/${id}`]);
  }
});

test('a verifier that fails leaves no finding at all, and is not given the next bundle', async () => {
  let asked = 0;
  const verify = () => {
    asked += 1;
    return Promise.reject(new Error('it hung'));
  };
  const broken = createProvenanceCollector({ verify });
  await assert.rejects(async () => broken.collect(attestedInput()), /it hung/);
  assert.equal(asked, 1);
});

test('whatever the registry answers, nothing passes and the record can be hashed', async () => {
  const json = fc.jsonValue({ maxDepth: 5 }).map((value) => value as Json);
  const offer = fc.oneof(
    json,
    fc.record({ predicateType: fc.string(), bundle: fc.dictionary(fc.string(), json) }),
  );
  const document = fc.oneof(fc.dictionary(fc.string(), json), fc.record({ attestations: fc.array(offer) }));
  await fc.assert(
    fc.asyncProperty(document, async (value) => {
      const evidence = await collect(value);
      assert.notEqual(evidence.result, 'pass');
      assert.match(evidenceDigest(evidence), /^[0-9a-f]{64}$/);
    }),
  );
});

// ---- the trust root ----

test('an expired TUF root warns and a stale one fails, beside the verdict about the bundles', async () => {
  const root = async (change: object) => {
    const trust = { ...attestedTrust(), sigstore: [{ ...sigstore.trust, ...change }] };
    const evidence = await collect(documentOf(), { trust });
    assert.equal(evidence.result, 'pass');
    return [evidence.facts['rule.trust-root'], evidence.items[0]?.id];
  };
  const tufRoot = { version: 15, expires: sampleNow };
  assert.deepEqual(await root({ tufRoot }), ['warn', 'provenance/trust-root-expired']);
  assert.deepEqual(await root({ tufRoot: { ...tufRoot, expires: '2026-11-20T12:00:00.001Z' } }), [
    'pass',
    undefined,
  ]);
  assert.deepEqual(await root({ tufRoot: { ...tufRoot, expires: 'never' } }), [
    'warn',
    'provenance/trust-root-expired',
  ]);
  assert.deepEqual(await root({ tufRoot, staleAt: sampleNow }), ['fail', 'provenance/trust-root-stale']);
  const absent = await collector.collect(sampleInput({ trust: attestedTrust() }));
  assert.equal(absent.facts['rule.trust-root'], 'not-available');
});
