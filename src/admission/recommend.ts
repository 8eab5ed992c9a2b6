/** Which version to use instead of a refused one: the newest that policy allows, itself admitted first. */
import type { IndexVersion } from '../core/index-view.ts';
import type { Principal, UpstreamId } from '../core/subject.ts';
import type { Admission } from './admit.ts';
import type { Shelves } from './shelf.ts';
import type { VersionOrder } from './deps.ts';

/** How many candidates are assayed before giving up: a refusal must not cost an afternoon. */
const candidatesAtMost = 3;

export interface Recommendation {
  readonly upstream: UpstreamId;
  readonly name: string;
  /** The refused version. */
  readonly version: string;
  readonly principal: Principal;
}

/** Undefined when none of the newest candidates is allowed. Never throws: advice must not turn a refusal into an error. */
export async function recommend(
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
