/** A collector's input about a release with attestations of the tests' own Sigstore and registry. */
import type { CollectorInput } from '../../src/core/collector.ts';
import { sha256 } from '../../src/core/digest.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { TrustMaterial } from '../../src/core/trust.ts';
import { sampleBytes, sampleInput } from './collector-input.ts';
import { attestationDocument, type ProvenanceInput } from './fake-attestations.ts';
import { signingKey, type SigningKey } from './registry-signing.ts';
import { createFakeSigstore } from './sigstore/fake-sigstore.ts';
import { publishPredicateType, publishStatement, releasedOf } from './sigstore/statements.ts';

export const sigstore = createFakeSigstore();
export const registryKey = signingKey('registry', { usage: 'attestations' });
export const publishedAt = new Date('2026-11-01T00:00:00.000Z');
const host = 'registry.example.com';

export function attestedTrust(key: SigningKey = registryKey): TrustMaterial {
  return {
    digest: sha256('fake trust'),
    sigstore: [sigstore.trust],
    registryKeys: new Map([[host, [key.key]]]),
  };
}

/** As the registry would answer for the sample release, or bent. */
export function documentOf(input: Partial<ProvenanceInput> = {}): JsonObject {
  const key = { keyid: registryKey.key.keyid, privateKey: registryKey.privateKey };
  const release = {
    name: 'sample',
    version: '1.2.3',
    bytes: sampleBytes,
    publishedAt,
    registry: `https://${host}`,
    key,
  };
  return attestationDocument(release, { sigstore, ...input });
}

/** The registry's own attestation alone, bent before signing, by this key or (`null`) by a certificate. */
export function publishOffer(
  bend: (statement: JsonObject) => JsonObject = (statement) => statement,
  key: SigningKey | null = registryKey,
): JsonObject {
  const statement = bend(publishStatement(releasedOf('sample', '1.2.3', sampleBytes), `https://${host}`));
  const by = key === null ? {} : { key: { keyid: key.key.keyid, privateKey: key.privateKey } };
  return {
    predicateType: publishPredicateType,
    bundle: sigstore.attest({ statement, at: publishedAt, ...by }),
  };
}

export function attestedInput(
  document: JsonObject = documentOf(),
  change: Partial<CollectorInput> = {},
): CollectorInput {
  const digest = sha256(JSON.stringify(document));
  return sampleInput({
    trust: attestedTrust(),
    attestations: { state: 'answered', document, digest },
    ...change,
  });
}
