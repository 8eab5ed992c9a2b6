/** One typed, immutable record of one check, and the whole set of them about one release. */
import { canonicalJson } from './canonical-json.ts';
import { sha256, type Sha256 } from './digest.ts';
import type { JsonObject } from './json.ts';

/**
 * `not-available`: upstream offers nothing to check. `not-checked`: we did not. `error`: we tried and failed.
 * These three never look like `pass`.
 */
export const results = ['pass', 'fail', 'warn', 'not-available', 'not-checked', 'error'] as const;
export type Result = (typeof results)[number];

/** Evidence about bytes belongs to the artifact; all other evidence belongs to the release. */
export type EvidenceScope = 'artifact' | 'release';

export type FactValue = string | number | boolean | null;

/** One finding, licence, script or difference, with an id that a rule or an exception can name. */
export interface EvidenceItem {
  /** Stable within its kind, for example `archive/duplicate-path` or `script/postinstall`. */
  readonly id: string;
  /** One sentence for a person. It may quote hostile text: every sink encodes it. */
  readonly message: string;
  readonly data?: JsonObject;
}

export interface Evidence {
  readonly kind: string;
  readonly scope: EvidenceScope;
  readonly result: Result;
  /** One sentence for a person; may quote hostile text. */
  readonly summary: string;
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly items: readonly EvidenceItem[];
  readonly tool: { readonly name: string; readonly version: string };
  /** Digest of the trust material or feed that was used. */
  readonly material?: Sha256;
  /** When we collected it: RFC 3339, UTC, milliseconds. */
  readonly collectedAt: string;
}

export function evidenceDigest(evidence: Evidence): Sha256 {
  return sha256(canonicalJson(evidence as unknown as JsonObject));
}

/** One digest over a set of evidence, whatever its order: SHA-256 over the sorted digests, one a line. */
export function assessmentDigest(evidence: readonly Evidence[]): Sha256 {
  return assessmentDigestOf(evidence.map(evidenceDigest));
}

/** The same from the digests of its members. */
export function assessmentDigestOf(digests: readonly Sha256[]): Sha256 {
  return sha256([...digests].sort().join('\n'));
}
