/** Writing a verdict down: who, about what, on which evidence; a ledger entry when it is a transition. */
import { caseIdFrom } from '../core/case.ts';
import { transitionKey, type Decision, type Epochs, type Verdict } from '../core/decision.ts';
import type { ArtifactDigests } from '../core/digest.ts';
import { assessmentDigest, type Evidence } from '../core/evidence.ts';
import type { JsonObject } from '../core/json.ts';
import { releaseIdOf, type Principal, type Subject } from '../core/subject.ts';
import type { ReleaseRecord } from './deps.ts';
import type { Rooms } from './rooms.ts';

export interface ToRecord {
  readonly subject: Subject;
  readonly version: string;
  readonly indexManifest: JsonObject;
  readonly claimedTime: string | undefined;
  readonly artifact: ArtifactDigests | undefined;
  readonly evidence: readonly Evidence[];
  readonly verdict: Verdict;
  readonly principal: Principal;
  /** As they stood before anything was looked at. */
  readonly epochs: Epochs;
  readonly previous: ReleaseRecord | undefined;
}

/** Durable when it resolves. Throws STORAGE_*. */
export async function record(rooms: Rooms, input: ToRecord): Promise<ReleaseRecord> {
  const { subject, evidence, previous, artifact, version, indexManifest, claimedTime } = input;
  const id = releaseIdOf(subject);
  const decision = await decisionOf(rooms, input);
  const transition = previous === undefined || transitionKey(previous.decision) !== transitionKey(decision);
  const previousEventId = transition ? await rooms.store.previousEvent(id) : undefined;
  const event = transition ? rooms.makeEvent({ decision, evidence, artifact, previousEventId }) : undefined;
  const release = { id, subject, version, indexManifest, claimedTime, artifact };
  await rooms.store.recordDecision({ release, decision, evidence, event });
  const admittedAt = previous?.admittedAt ?? (decision.outcome === 'allow' ? decision.decidedAt : undefined);
  const firstSeenAt = previous?.firstSeenAt ?? decision.decidedAt;
  const recorded = { ...release, admittedAt, firstSeenAt, decision, evidence };
  await rooms.history.decided(recorded);
  rooms.behaviourWanted?.(recorded);
  return recorded;
}

async function decisionOf(rooms: Rooms, input: ToRecord): Promise<Decision> {
  const { subject, evidence, verdict, principal, epochs } = input;
  const decision: Decision = {
    ...verdict,
    id: Buffer.from(rooms.randomBytes(16)).toString('hex'),
    subject,
    assessment: assessmentDigest(evidence),
    epochs,
    principal,
  };
  if (decision.outcome === 'allow') return decision;
  // The same rules keep their case: a developer who tries again is shown the id they already passed on.
  const rules = decision.reasons.map((reason) => reason.rule);
  const known = await rooms.store.caseFor(releaseIdOf(subject), rules);
  return { ...decision, caseId: known ?? caseIdFrom(rooms.randomBytes(13)) };
}
