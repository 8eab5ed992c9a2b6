/** What was seen of install scripts, judged again from the report that was kept. */
import { checkDifferences, type Difference } from '../../admission/replay.ts';
import type { BehaviourOutcome } from '../../core/behaviour.ts';
import type { Collector } from '../../core/collector.ts';
import { isSha256 } from '../../core/digest.ts';
import type { Evidence } from '../../core/evidence.ts';
import { ownString } from '../../core/json.ts';
import type { Subject } from '../../core/subject.ts';
import type { Storage } from '../../storage/open.ts';
import { readBehaviour, type StoredBehaviour } from '../behaviour/stored.ts';

export interface BehaviourCheckDeps {
  readonly storage: { readonly blobs: Pick<Storage['blobs'], 'read'> };
}

/** A sentence when it cannot be made again. Throws STORAGE_*. */
export async function replayBehaviour(
  deps: BehaviourCheckDeps,
  collector: Collector | string,
  subject: Subject,
  recorded: Evidence,
): Promise<readonly Difference[] | string> {
  if (typeof collector === 'string') return collector;
  if (collector.watched === undefined) return 'this program does not make it from a report';
  const behaviour = await outcomeOf(deps, recorded);
  if (typeof behaviour === 'string') return behaviour;
  const now = recorded.collectedAt;
  return checkDifferences(recorded, collector.watched({ subject, stored: recorded, behaviour, now }));
}

async function outcomeOf(deps: BehaviourCheckDeps, { facts }: Evidence): Promise<BehaviourOutcome | string> {
  const stored = await kept(deps, facts, 'report');
  if (stored === undefined) return 'the report of what was seen is not stored any more';
  const { report, missing } = stored.behaviour;
  const { digest } = stored;
  const version = ownString(facts, 'before');
  if (version === undefined || ownString(facts, 'previousReport') === undefined)
    return { state: 'observed', report, missing, digest, previous: undefined };
  const before = await kept(deps, facts, 'previousReport');
  if (before === undefined)
    return `the report of ${version}, which it was compared with, is not stored any more`;
  const previous = { version, report: before.behaviour.report, digest: before.digest };
  return { state: 'observed', report, missing, digest, previous };
}

async function kept({ storage }: BehaviourCheckDeps, facts: Evidence['facts'], fact: string) {
  const digest = ownString(facts, fact);
  if (digest === undefined || !isSha256(digest)) return undefined;
  const behaviour: StoredBehaviour | undefined = await readBehaviour(storage.blobs, digest);
  return behaviour === undefined ? undefined : { behaviour, digest };
}
