/** Two real releases of Sigstore's own client: their attestations as the public registry served them, and tampered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CollectorInput } from '../../src/core/collector.ts';
import type { Evidence } from '../../src/core/evidence.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import type { RegistryKey } from '../../src/core/trust.ts';
import { createProvenanceCollector } from '../../src/evidence/provenance/collect.ts';
import { signaturesCollector } from '../../src/evidence/signatures/collect.ts';
import { verifyBundle } from '../../src/sigstore/verify.ts';
import { pinnedTrust } from '../../src/trust/pinned.ts';
import {
  attestedDigest,
  attestedVersions,
  documentWith,
  isPublish,
  offersOf,
  payloadOf,
  pinnedHost,
  realAttestations,
  realInput,
  skipWithoutAttestations as skip,
  withPayload,
  type AttestedVersion,
  type Offer,
} from '../support/npm-attestations.ts';

const collector = createProvenanceCollector({ verify: (request) => Promise.resolve(verifyBundle(request)) });

async function judge(
  version: AttestedVersion,
  document: JsonObject,
  change: Partial<CollectorInput> = {},
): Promise<Evidence> {
  return collector.collect(realInput(version, document, change));
}

/** Every offer in turn, bent. */
function bent(version: AttestedVersion, bend: (offer: Offer) => Offer): readonly JsonObject[] {
  const offers = offersOf(realAttestations(version));
  return offers.map((offer, at) => documentWith(offers.with(at, bend(offer))));
}

test(
  'sigstore@0.4.0: provenance v0.2 in a bundle 0.1, with the fields that certificates had then',
  { skip },
  async () => {
    const { result, facts, summary } = await judge('0.4.0', realAttestations('0.4.0'));
    assert.equal(result, 'pass', summary);
    assert.deepEqual(
      [facts['predicateType'], facts['bundleVersion'], facts['signedTime'], facts['publishTime']],
      ['https://slsa.dev/provenance/v0.2', '0.1', '2023-01-11T17:31:52.000Z', '2023-01-11T17:31:54.000Z'],
    );
    assert.equal(facts['issuer'], 'https://token.actions.githubusercontent.com');
    assert.equal(facts['repository'], 'https://github.com/sigstore/sigstore-js');
    assert.equal(facts['commit'], '8a2ee2fd20dda58ffa4a8d808a65cb1e04711c03');
    assert.deepEqual([facts['ref'], facts['trigger']], ['refs/tags/v0.4.0', 'release']);
    for (const later of ['repositoryId', 'ownerId', 'runner', 'runUri', 'workflow'])
      assert.equal(facts[later], null, later);
  },
);

test('sigstore@2.3.1: provenance v1 in a bundle 0.2, with every field', { skip }, async () => {
  const { result, facts, summary } = await judge('2.3.1', realAttestations('2.3.1'));
  assert.equal(result, 'pass', summary);
  assert.deepEqual(
    [facts['predicateType'], facts['bundleVersion'], facts['signedTime'], facts['publishTime']],
    ['https://slsa.dev/provenance/v1', '0.2', '2024-05-16T17:12:03.000Z', '2024-05-16T17:12:06.000Z'],
  );
  assert.deepEqual([facts['repositoryId'], facts['ownerId']], ['495574555', '71096353']);
  assert.deepEqual(
    [facts['workflow'], facts['ref'], facts['trigger'], facts['runner']],
    ['.github/workflows/release.yml', 'refs/heads/main', 'push', 'github-hosted'],
  );
});

test('the publish time that they prove makes a signature by the ended key good', { skip }, async () => {
  for (const version of attestedVersions) {
    const input = realInput(version, realAttestations(version));
    const provenance = await collector.collect(input);
    const [key] = [...input.trust.registryKeys.values()]
      .flat()
      .filter(({ keyid }) => keyid.startsWith('SHA256:jl3b'));
    const window = key?.usages.find(({ usage }) => usage === 'signatures');
    assert.ok(window?.until !== undefined && String(provenance.facts['publishTime']) < window.until);
  }
  assert.deepEqual(signaturesCollector.after, ['provenance']);
});

const edit = (offer: Offer, from: string, to: string): Offer => {
  const text = payloadOf(offer).toString('utf8');
  assert.ok(text.includes(from));
  return withPayload(offer, Buffer.from(text.replace(from, to)));
};

test('another subject name, digest or version in what was signed fails', { skip }, async () => {
  for (const version of attestedVersions) {
    const digest = attestedDigest(version);
    for (const document of [
      ...bent(version, (offer) => edit(offer, `pkg:npm/sigstore@${version}`, `pkg:npm/sigstone@${version}`)),
      ...bent(version, (offer) => edit(offer, `sigstore@${version}`, 'sigstore@9.9.9')),
      ...bent(version, (offer) => edit(offer, digest, `0${digest.slice(1)}`)),
    ])
      assert.equal((await judge(version, document)).facts['state'], 'invalid');
  }
});

test('asked about another version, name or bytes, right attestations fail', { skip }, async () => {
  for (const version of attestedVersions) {
    const document = realAttestations(version);
    const { index, artifact, version: asked } = realInput(version, document);
    const ids: unknown[] = [];
    for (const change of [
      { version: { ...asked, version: '2.3.0' } },
      { index: { ...index, name: 'sigstone' } },
      { artifact: { ...artifact, sha512: attestedDigest(version === '0.4.0' ? '2.3.1' : '0.4.0') } },
    ]) {
      const evidence = await judge(version, document, change);
      assert.equal(evidence.result, 'fail');
      ids.push(evidence.items[0]?.id);
    }
    assert.deepEqual(ids, [
      'provenance/subject-name',
      'provenance/subject-name',
      'provenance/subject-digest',
    ]);
  }
});

test(
  'bundles, envelopes and log entries swapped between two releases, or between two attestations, fail',
  { skip },
  async () => {
    const [old, young] = attestedVersions.map(realAttestations);
    assert.ok(old !== undefined && young !== undefined);
    assert.equal((await judge('0.4.0', young)).facts['state'], 'invalid');
    for (const offer of offersOf(young)) {
      for (const other of [...offersOf(old), ...offersOf(young)]) {
        if (other === offer) continue;
        for (const part of ['dsseEnvelope', 'verificationMaterial']) {
          const bundle = { ...offer.bundle, [part]: other.bundle[part] ?? null };
          const offers = offersOf(young).map((one) => (one === offer ? { ...one, bundle } : one));
          const evidence = await judge('2.3.1', documentWith(offers));
          assert.notEqual(evidence.result, 'pass', part);
        }
      }
      const relabelled: readonly Offer[] = offersOf(young).map((one) => ({ ...one, bundle: offer.bundle }));
      assert.equal(
        (await judge('2.3.1', documentWith(relabelled))).items[0]?.id,
        'provenance/predicate-type-differs',
      );
    }
  },
);

test(
  'a chain without its intermediate verifies by the root alone, one without its leaf does not',
  { skip },
  async () => {
    const [offer] = offersOf(realAttestations('0.4.0')).filter((one) => !isPublish(one));
    assert.ok(offer !== undefined);
    const withChain = (change: (certificates: readonly Json[]) => readonly Json[]): JsonObject => {
      const material = offer.bundle['verificationMaterial'] as JsonObject;
      const chain = material['x509CertificateChain'] as JsonObject;
      const certificates = change(chain['certificates'] as readonly Json[]);
      const bundle = {
        ...offer.bundle,
        verificationMaterial: { ...material, x509CertificateChain: { certificates } },
      };
      return documentWith([{ ...offer, bundle }]);
    };
    assert.equal(
      (
        await judge(
          '0.4.0',
          withChain((all) => all),
        )
      ).result,
      'pass',
    );
    assert.equal(
      (
        await judge(
          '0.4.0',
          withChain((all) => all.slice(0, 1)),
        )
      ).result,
      'pass',
    );
    assert.equal(
      (
        await judge(
          '0.4.0',
          withChain((all) => all.slice(1)),
        )
      ).facts['state'],
      'invalid',
    );
    assert.equal(
      (
        await judge(
          '0.4.0',
          withChain(() => []),
        )
      ).facts['state'],
      'invalid',
    );
    const rootless = { ...pinnedTrust(), sigstore: pinnedTrust().sigstore.map(withoutIntermediates) };
    const broken = await judge('0.4.0', realAttestations('0.4.0'), { trust: rootless });
    assert.notEqual(broken.result, 'pass');
  },
);

type Root = ReturnType<typeof pinnedTrust>['sigstore'][number];

/** Only the root certificates stay: the chain from a leaf is cut. */
function withoutIntermediates(root: Root): Root {
  const authorities = root.trustedRoot['certificateAuthorities'] as readonly JsonObject[];
  const cut = authorities.map((authority) => {
    const chain = authority['certChain'] as JsonObject;
    return {
      ...authority,
      certChain: { certificates: (chain['certificates'] as readonly Json[]).slice(-1) },
    };
  });
  return { ...root, trustedRoot: { ...root.trustedRoot, certificateAuthorities: cut } };
}

test(
  'the key of the registry: another one under its id, or one that had ended, fails',
  { skip },
  async () => {
    const host = pinnedHost();
    const withKeys = (change: (key: RegistryKey) => RegistryKey): Partial<CollectorInput> => {
      const trust = pinnedTrust();
      const keys = (trust.registryKeys.get(host) ?? []).map(change);
      return { trust: { ...trust, registryKeys: new Map([[host, keys]]) } };
    };
    const other = pinnedTrust()
      .registryKeys.get(host)
      ?.find(({ keyid }) => !keyid.startsWith('SHA256:jl3b'));
    assert.ok(other !== undefined);
    const ended = '2023-01-01T00:00:00.000Z';
    for (const version of attestedVersions) {
      const document = realAttestations(version);
      const swapped = await judge(
        version,
        document,
        withKeys((key) => ({ ...key, spki: other.spki })),
      );
      assert.equal(swapped.items[0]?.id, 'provenance/signature');
      const expired = await judge(
        version,
        document,
        withKeys((key) => ({ ...key, usages: key.usages.map((usage) => ({ ...usage, until: ended })) })),
      );
      assert.equal(expired.items[0]?.id, 'provenance/key-window');
    }
  },
);

test(
  'the expired key passes by the time of the log, and never by the time in the index',
  { skip },
  async () => {
    for (const version of attestedVersions) {
      const input = realInput(version, realAttestations(version));
      for (const claimedTime of [undefined, '2015-01-01T00:00:00.000Z', '2026-10-31T00:00:00.000Z']) {
        const timed = { ...input, version: { ...input.version, claimedTime } };
        assert.equal((await collector.collect(timed)).result, 'pass');
      }
    }
  },
);

/** Every text in a document with the way to it. */
function* textsIn(
  value: Json,
  path: readonly string[] = [],
): Generator<readonly [readonly string[], string]> {
  if (typeof value === 'string') yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* textsIn(inner, [...path, key]);
}

function replaced(value: Json, [key, ...rest]: readonly string[], text: string): Json {
  if (key === undefined) return text;
  if (isJsonObject(value)) return { ...value, [key]: replaced(value[key] ?? null, rest, text) };
  const list = value as readonly Json[];
  return list.with(Number(key), replaced(list[Number(key)] ?? null, rest, text));
}

/** Base64 is changed in what it stands for. */
function flipped(text: string, bit: number): string {
  const encoding = Buffer.from(text, 'base64').toString('base64') === text ? 'base64' : 'latin1';
  const bytes = Buffer.from(text, encoding);
  const at = bit % (bytes.length * 8);
  bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
  return bytes.toString(encoding);
}

/** DSSE's hint, which is not signed and which nothing is taken from (secure-systems-lab/dsse, protocol.md). */
const hint = 'dsseEnvelope.signatures.0.keyid';

test('no change of one bit of any text in a document leaves a pass', { skip }, async () => {
  for (const version of attestedVersions) {
    const document = realAttestations(version);
    const unnoticed = new Set<string>();
    let changes = 0;
    for (const [path, text] of textsIn(document)) {
      if (text === '') continue;
      // Spread over the text, the same on every run; odd, so that every bit of a byte has its turn.
      for (let n = 0; n < 12; n += 1) {
        const changed = flipped(text, n * 104_729 + changes * 31);
        const evidence = await judge(version, replaced(document, path, changed) as JsonObject);
        if (evidence.result === 'pass') unnoticed.add(path.slice(3).join('.'));
        changes += 1;
      }
    }
    assert.ok(changes > 200);
    unnoticed.delete(hint);
    assert.deepEqual([...unnoticed], []);
  }
});
