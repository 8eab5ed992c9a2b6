/**
 * What is stated about a build, where npm's registry has a version's attestations. Not named in the index: npm checks what is
 * named there against a public log, which this builder does not write to; `assay verify --build` checks these with ours.
 */
import { buildProvenanceType, comparisonPredicateType } from '../../core/build-attestation.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { StoredBuild } from '../../storage/builds.ts';
import type { Storage } from '../../storage/open.ts';
import { envelopeText } from '../ledger/statements.ts';

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** The provenance of the served file, and the comparison of upstream's with it. Throws BLOB_*, STORAGE_*. */
export async function attestationDocument(
  blobs: Storage['blobs'],
  { provenance, comparison }: StoredBuild,
): Promise<JsonObject> {
  const texts = [
    [buildProvenanceType, await envelopeText(blobs, provenance)],
    [comparisonPredicateType, await envelopeText(blobs, comparison)],
  ] as const;
  const attestations: Json[] = texts.flatMap(([predicateType, text]) =>
    text === undefined ? [] : [{ predicateType, bundle: bundleOf(JSON.parse(text) as JsonObject) }],
  );
  return { attestations };
}

function bundleOf(envelope: JsonObject): JsonObject {
  const [first] = (envelope['signatures'] ?? []) as readonly JsonObject[];
  return {
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: first?.['keyid'] ?? '' }, tlogEntries: [] },
    dsseEnvelope: envelope,
  };
}
