/** A refusal in no client's words: each registry adapter renders it within its clients' budgets. */
import type { CaseId } from './case.ts';
import type { Outcome, Reason } from './decision.ts';
import type { Sha256 } from './digest.ts';
import type { Ecosystem, Purl } from './purl.ts';

export interface Refusal {
  readonly caseId: CaseId;
  /** Absolute URL of the case page. */
  readonly caseUrl: string;
  readonly ecosystem: Ecosystem;
  readonly purl: Purl;
  readonly name: string;
  readonly version: string;
  readonly outcome: Exclude<Outcome, 'allow'>;
  readonly reasons: readonly Reason[];
  /** The newest version that policy allows now (itself admitted), when there is one. */
  readonly useInstead: string | undefined;
  /** When waiting alone will lift it, RFC 3339 UTC. */
  readonly until: string | undefined;
  readonly policy: Sha256;
  readonly decidedAt: string;
}
