/** Time-limited waivers of named rules for named releases. Data, not policy: how one comes to be is governance's. */
import type { Sha256 } from '../core/digest.ts';
import type { Facts } from '../core/facts.ts';
import type { Purl } from '../core/purl.ts';
import { instantOf } from '../core/time.ts';
import type { EvidenceRule } from './rule-names.ts';

export interface Exception {
  readonly id: string;
  readonly rules: readonly EvidenceRule[];
  readonly upstream: string;
  /** With its version. */
  readonly purl: Purl;
  /** The exact bytes; undefined while nobody has fetched them. */
  readonly artifact: Sha256 | undefined;
  readonly requester: string;
  readonly approver: string;
  readonly reason: string;
  /** RFC 3339 UTC. Unreadable means expired. */
  readonly expiresAt: string;
}

/** Rules an exception may waive only when it names the exact bytes: a person must have looked at them. */
const needsArtifact: readonly EvidenceRule[] = ['archive', 'manifest'];
/** Bytes that are not those the index speaks of are nobody's to waive. */
const neverWaived: readonly EvidenceRule[] = ['integrity'];

/** The live exception that waives `rule` for this release, if there is one. The deny list and built-in rules can't be waived. */
export function waiverFor(
  rule: EvidenceRule,
  facts: Facts,
  exceptions: readonly Exception[],
  now: string,
): Exception | undefined {
  if (neverWaived.includes(rule)) return undefined;
  return exceptions.find(
    (exception) =>
      exception.rules.includes(rule) &&
      exception.purl === facts.purl &&
      exception.upstream === facts.upstream &&
      instantOf(now) < instantOf(exception.expiresAt) &&
      artifactFits(exception, rule, facts),
  );
}

function artifactFits({ artifact }: Exception, rule: EvidenceRule, facts: Facts): boolean {
  if (artifact === undefined) return !needsArtifact.includes(rule);
  return facts.artifact === null || facts.artifact === artifact;
}
