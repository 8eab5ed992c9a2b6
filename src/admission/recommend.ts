/** Which version to use instead of a refused one: the newest that policy allows, itself admitted first. */
import { setTimeout as wait } from 'node:timers/promises';
import type { IndexVersion } from '../core/index-view.ts';
import type { Principal, UpstreamId } from '../core/subject.ts';
import type { Admission } from './admit.ts';
import type { Shelves } from './shelf.ts';
import type { VersionOrder } from './deps.ts';

/** How many candidates are assayed before giving up: a refusal must not cost an afternoon. */
const candidatesAtMost = 3;
/** A refusal does not wait longer for advice: an upstream that dawdles must not keep it from being told. */
const patience = 8_000;

export interface Recommendation {
  readonly upstream: UpstreamId;
  readonly name: string;
  /** The refused version. */
  readonly version: string;
  readonly principal: Principal;
  readonly patienceMs?: number;
}

/**
 * Undefined when none of the newest candidates is allowed, or when that is not known in time (the work goes on,
 * for whoever asks next). Never throws: advice must not turn a refusal into an error.
 */
export async function recommend(
  admission: Admission,
  shelves: Shelves,
  order: VersionOrder,
  wanted: Recommendation,
): Promise<string | undefined> {
  const found = newestAllowed(admission, shelves, order, wanted);
  const timeout = new AbortController();
  const late = wait(wanted.patienceMs ?? patience, undefined, { signal: timeout.signal }).catch(
    () => undefined,
  );
  try {
    return await Promise.race([found, late]);
  } finally {
    timeout.abort();
  }
}

async function newestAllowed(
  admission: Admission,
  shelves: Shelves,
  order: VersionOrder,
  { upstream, name, version, principal }: Recommendation,
): Promise<string | undefined> {
  try {
    const shelf = await shelves.show({ upstream, name, principal });
    if (shelf === undefined) return undefined;
    const standing = new Set(shelf.visible);
    const latest = shelf.view.tags['latest'];
    const candidates = shelf.view.versions
      .filter((one) => standing.has(one.version) && one.version !== version && order.isStable(one.version))
      .filter((one) => latest === undefined || order.compare(one.version, latest) <= 0)
      .sort((a, b) => order.compare(b.version, a.version))
      .slice(0, candidatesAtMost);
    return await firstAllowed(admission, candidates, { upstream, name, principal });
  } catch {
    return undefined;
  }
}

async function firstAllowed(
  admission: Admission,
  candidates: readonly IndexVersion[],
  request: { readonly upstream: UpstreamId; readonly name: string; readonly principal: Principal },
): Promise<string | undefined> {
  for (const candidate of candidates) {
    const outcome = await admission.admit({ ...request, file: candidate.file });
    if (outcome.state === 'allowed') return candidate.version;
  }
  return undefined;
}
