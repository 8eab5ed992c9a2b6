/** Builds what this gate handed out, without being asked, most used first; what a person asks for goes before it. */
import { messageOf } from '../../core/errors.ts';
import { gateItself } from '../../core/subject.ts';
import type { BuildJobStore } from '../../storage/build-jobs.ts';
import type { BuildQueue } from './queue.ts';

export interface AutomaticDeps {
  readonly jobs: Pick<BuildJobStore, 'inState' | 'wanted'>;
  readonly queue: Pick<BuildQueue, 'add'>;
  readonly log: { readonly warn: (facts: object, text: string) => void };
}

const lookEveryMs = 60_000;
/** Few wait at a time, so that what is used most by then comes next. */
const together = 3;
/** Below what a person asked for. */
const mostPriority = 90;

/** Returns what ends it. */
export function buildWhatIsUsed(deps: AutomaticDeps): () => Promise<void> {
  let looking: Promise<void> = Promise.resolve();
  const look = (): void => {
    looking = looking
      .then(() => addWanted(deps))
      .catch((error: unknown) => {
        deps.log.warn({ why: messageOf(error) }, 'what is used could not be queued for building');
      });
  };
  const timer = setInterval(look, lookEveryMs);
  timer.unref();
  look();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

/** Throws STORAGE_*. */
export async function addWanted({ jobs, queue }: AutomaticDeps): Promise<void> {
  const waiting = await jobs.inState('waiting');
  const room = together - waiting.length;
  if (room <= 0) return;
  for (const { purl, pullers } of await jobs.wanted('npm', room))
    await queue.add(
      { purl, reason: 'used', principal: gateItself, recipe: undefined },
      Math.min(pullers, mostPriority),
    );
}
