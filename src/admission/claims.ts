/** What the index claims of the bytes, as one comparable text. */
import { digestStrength, type ArtifactDigests, type ClaimedDigest } from '../core/digest.ts';

/** `algorithm-hex` entries, strongest first, joined by spaces; empty when nothing is claimed. */
export function claimedIntegrity(claims: readonly ClaimedDigest[]): string {
  const texts = digestStrength.flatMap((algorithm) =>
    claims.filter((claim) => claim.algorithm === algorithm).map((claim) => `${algorithm}-${claim.hex}`),
  );
  return [...new Set(texts)].join(' ');
}

/** Whether two sets of claims can be about the same bytes: they share an algorithm, and agree in all they share. */
export function claimsAgree(a: readonly ClaimedDigest[], b: readonly ClaimedDigest[]): boolean {
  const textOf = (claims: readonly ClaimedDigest[], algorithm: string): string =>
    claims
      .filter((claim) => claim.algorithm === algorithm)
      .map((claim) => claim.hex)
      .sort()
      .join(' ');
  const shared = digestStrength.filter((algorithm) =>
    [a, b].every((claims) => claims.some((claim) => claim.algorithm === algorithm)),
  );
  if (a.length === 0 && b.length === 0) return true;
  return shared.length > 0 && shared.every((algorithm) => textOf(a, algorithm) === textOf(b, algorithm));
}

/**
 * Whether every claim we can compare names these bytes. Claims of algorithms we do not keep (SHA-384, MD5)
 * do not speak here; with no comparable claim at all the answer is `unknown`.
 */
export function claimsMatch(
  claims: readonly ClaimedDigest[],
  artifact: ArtifactDigests,
): 'same' | 'other' | 'unknown' {
  const held = new Map<string, string>([
    ['sha512', artifact.sha512],
    ['sha256', artifact.sha256],
    ['sha1', artifact.sha1],
  ]);
  const comparable = claims.filter((claim) => held.has(claim.algorithm));
  if (comparable.length === 0) return 'unknown';
  return comparable.every((claim) => held.get(claim.algorithm) === claim.hex) ? 'same' : 'other';
}
