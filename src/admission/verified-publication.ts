/** What evidence of provenance says of one version's publication, as it is remembered and compared with later ones. */
import type { Evidence } from '../core/evidence.ts';
import type { SignerIdentity, VerifiedPublication } from '../core/identity.ts';
import { publicationFrom } from '../evidence/provenance/fields.ts';

/** Undefined unless provenance was verified, and its time signed. */
export function publicationIn(
  version: string,
  evidence: Evidence | undefined,
): VerifiedPublication | undefined {
  return evidence?.kind === 'provenance' ? publicationFrom(version, evidence) : undefined;
}

/** Comparable across packages: by the forge's immutable id where the certificate has it. Undefined: names no owner. */
export function ownerOf({ issuer, ownerId, ownerUri }: SignerIdentity): string | undefined {
  if (ownerId !== undefined) return JSON.stringify([issuer ?? '', 'id', ownerId]);
  return ownerUri === undefined ? undefined : JSON.stringify([issuer ?? '', 'uri', ownerUri.toLowerCase()]);
}
