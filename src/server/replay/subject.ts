/** Which decision is replayed. */
import type { Decision } from '../../core/decision.ts';
import type { ReleaseId } from '../../core/subject.ts';

export interface ReplaySubject {
  readonly releaseId: ReleaseId;
  readonly version: string;
  readonly decision: Decision;
  /** In force: the release's index entry is the one it was made with. */
  readonly inForce: boolean;
}
