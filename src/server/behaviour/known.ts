/** What is known of install scripts, as decisions ask for it: from the records, and never by running anything. */
import type {
  BehaviourAbout,
  BehaviourOf,
  BehaviourRecord,
  BehaviourStore,
  BehaviourWanted,
} from '../../admission/behaviour-deps.ts';
import type { BehaviourOutcome } from '../../core/behaviour.ts';
import type { Sha256 } from '../../core/digest.ts';
import type { Storage } from '../../storage/open.ts';
import { areAlike, readBehaviour, type StoredBehaviour } from './stored.ts';

export interface KnownBehaviourDeps {
  readonly behaviours: Pick<BehaviourStore, 'ofArtifact' | 'ofVersion'>;
  readonly blobs: Pick<Storage['blobs'], 'read'>;
  /** Tool and version that watches here now. */
  readonly observer: string;
}

export interface KnownBehaviour {
  readonly of: BehaviourOf;
  readonly wanted: BehaviourWanted;
  /** Who queues what decisions lack. Until then nobody does. */
  readonly onWanted: (listener: BehaviourWanted) => void;
  /** Why nobody watches here, a part of a sentence; undefined: what is not known waits for it. */
  readonly idle: () => string | undefined;
  readonly setIdle: (why: string | undefined) => void;
}

/** Bytes that ended the watching so often are left alone. */
export const mostFailures = 3;

/** The code of a record that says: there is nothing that could be run here. */
export const nothingToRun = 'BEHAVIOUR_NOTHING_TO_RUN';

export function createKnownBehaviour(
  deps: KnownBehaviourDeps,
  idleAtFirst: string | undefined,
): KnownBehaviour {
  let idle = idleAtFirst;
  let listener: BehaviourWanted = () => undefined;

  async function of({ artifact, predecessor }: BehaviourAbout): Promise<BehaviourOutcome> {
    const records = await deps.behaviours.ofArtifact(artifact);
    const stored = await newestReport(deps, records, deps.observer);
    if (stored === undefined) return unseen(deps, records, idle);
    const { report, missing } = stored.behaviour;
    const before = await newestReport(deps, await recordsOf(deps, predecessor), report.observer);
    const previous =
      predecessor === undefined || before === undefined || !areAlike(stored.behaviour, before.behaviour)
        ? undefined
        : { version: predecessor.version, report: before.behaviour.report, digest: before.digest };
    return { state: 'observed', report, previous, missing, digest: stored.digest };
  }

  return {
    of,
    wanted: (release) => listener(release),
    onWanted: (one) => {
      listener = one;
    },
    idle: () => idle,
    setIdle: (why) => {
      idle = why;
    },
  };
}

function unseen(
  { observer }: Pick<KnownBehaviourDeps, 'observer'>,
  records: readonly BehaviourRecord[],
  idle: string | undefined,
): BehaviourOutcome {
  const own = records.find((one) => one.observer === observer);
  if (own?.failure?.code === nothingToRun) return { state: 'not-observed', why: own.failure.message };
  if (own?.failure !== undefined && own.failures >= mostFailures) return { state: 'failed', ...own.failure };
  return { state: 'not-observed', why: idle ?? 'they wait to be run and watched', awaited: true };
}

async function recordsOf(
  { behaviours }: Pick<KnownBehaviourDeps, 'behaviours'>,
  predecessor: BehaviourAbout['predecessor'],
): Promise<readonly BehaviourRecord[]> {
  if (predecessor === undefined) return [];
  const { artifact, purl } = predecessor;
  return artifact === undefined ? behaviours.ofVersion(purl) : behaviours.ofArtifact(artifact);
}

/** Of that observer, else of another: what was seen once is not forgotten because one looks better now. Throws STORAGE_*. */
async function newestReport(
  { blobs }: Pick<KnownBehaviourDeps, 'blobs'>,
  records: readonly BehaviourRecord[],
  observer: string,
): Promise<{ readonly behaviour: StoredBehaviour; readonly digest: Sha256 } | undefined> {
  const own = records.filter((one) => one.observer === observer);
  for (const record of [...own, ...records.filter((one) => one.observer !== observer)]) {
    const behaviour = record.report === undefined ? undefined : await readBehaviour(blobs, record.report);
    if (behaviour !== undefined && record.report !== undefined) return { behaviour, digest: record.report };
  }
  return undefined;
}
