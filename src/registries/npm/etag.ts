/** Validators of our own answers. Upstream's do not fit: what a client sees depends on policy as well. */
import { canonicalJson } from '../../core/canonical-json.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import type { RenderPlan } from './render-plan.ts';

/** Everything an answer is made of. `what`: a form, or for example `version 1.0.0`. */
export interface AnswerSource {
  readonly upstreamDigest: Sha256;
  readonly plan: RenderPlan;
  readonly what: string;
  readonly registryBase: string;
}

/** Weak (RFC 9110 section 8.8.1): the same answer may travel compressed or not. Equal sources give equal tags. */
export function etagOf({ upstreamDigest, plan, what, registryBase }: AnswerSource): string {
  const { hidden, kept, restrictions, gone = false } = plan;
  const keptParts = kept.map(({ version, manifest, time }) => [
    version,
    time ?? null,
    sha256(JSON.stringify(manifest)),
  ]);
  const restricted =
    restrictions === undefined ? null : [restrictions.message.toWellFormed(), [...restrictions.versions]];
  const source = [upstreamDigest, [...hidden].sort(), keptParts, restricted, gone, what, registryBase];
  return `W/"${sha256(canonicalJson(source)).slice(0, 32)}"`;
}

/** `If-None-Match` (RFC 9110 section 13.1.2), compared weakly. At most 50 tags are looked at. */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const wanted = etag.replace(/^W\//, '');
  return ifNoneMatch.split(',', 50).some((tag) => tag.trim().replace(/^W\//, '') === wanted);
}
