/** Real attestations of the public npm registry (Sigstore's own client), for tests that are skipped where they are absent. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CollectorInput } from '../../src/core/collector.ts';
import { sha256, type Sha512 } from '../../src/core/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import type { TrustMaterial } from '../../src/core/trust.ts';
import { pinnedTrust } from '../../src/trust/pinned.ts';
import { sampleInput, sampleVersion } from './collector-input.ts';

const folder = join(
  process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'),
  'vectors/npm-attestations',
);
export const skipWithoutAttestations = existsSync(folder)
  ? false
  : 'ASSAY_SHARED/vectors/npm-attestations is not there';

export const attestedVersions = ['0.4.0', '2.3.1'] as const;
export type AttestedVersion = (typeof attestedVersions)[number];
export const attestedName = 'sigstore';

export function realAttestations(version: AttestedVersion): JsonObject {
  const parsed: unknown = JSON.parse(readFileSync(join(folder, `${attestedName}-${version}.json`), 'utf8'));
  if (!isJsonObject(parsed)) throw new Error('the vector is no object');
  return parsed;
}

export interface Offer {
  readonly predicateType: string;
  readonly bundle: JsonObject;
}

export function offersOf(document: JsonObject): readonly Offer[] {
  return document['attestations'] as unknown as readonly Offer[];
}

export function documentWith(offers: readonly Offer[]): JsonObject {
  return { attestations: offers as unknown as Json };
}

interface Envelope {
  readonly payload: string;
}

export function payloadOf({ bundle }: Offer): Buffer {
  return Buffer.from((bundle['dsseEnvelope'] as unknown as Envelope).payload, 'base64');
}

/** The offer with another payload, its signature and log entry as they were. */
export function withPayload(offer: Offer, payload: Uint8Array): Offer {
  const envelope = {
    ...(offer.bundle['dsseEnvelope'] as JsonObject),
    payload: Buffer.from(payload).toString('base64'),
  };
  return { ...offer, bundle: { ...offer.bundle, dsseEnvelope: envelope } };
}

export function isPublish({ predicateType }: Offer): boolean {
  return predicateType.endsWith('/publish/v0.1');
}

/** The registry whose keys came with the program: whatever host it has, it stands in no file of ours. */
export function pinnedHost(trust: TrustMaterial = pinnedTrust()): string {
  return [...trust.registryKeys.keys()][0] ?? '';
}

/** A time at which the pinned root is alive. */
export const attestedNow = '2026-11-01T00:00:00.000Z';

/** Its bytes are known by the SHA-512 that the registry published alone. */
export function realInput(
  version: AttestedVersion,
  document: JsonObject,
  change: Partial<CollectorInput> = {},
): CollectorInput {
  const input = sampleInput();
  const trust = pinnedTrust();
  return {
    ...input,
    trust,
    index: { ...input.index, name: attestedName },
    version: sampleVersion({ version }),
    artifact: { ...input.artifact, sha512: attestedDigest(version) },
    origin: { ...input.origin, identityHost: pinnedHost(trust) },
    attestations: { state: 'answered', document, digest: sha256(JSON.stringify(document)) },
    now: attestedNow,
    ...change,
  };
}

const digests: Readonly<Record<AttestedVersion, string>> = {
  '0.4.0':
    '282c0c5fa936d264321643581b65d3de5c0af6ed4fdfac12f5851115df39cc25cfaf0ad22d908487bfef30114d61c25746206d1834be4f8fd1659178f77cc004',
  '2.3.1':
    'f06fbf5c353cc0db093904b9cac0d53b412d83dff6b80e6047d9786708a38e5c3105cad4e913dfc22dbe8c999b3fe029d47969fe75406843b8163db6fd22f681',
};

export function attestedDigest(version: AttestedVersion): Sha512 {
  return digests[version] as Sha512;
}
