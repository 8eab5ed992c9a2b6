/** Asks the forge who reviewed the commits, within bounds. What is not told is counted as that, and never as reviewed. */
import type { ReviewKind } from '../../../core/commits.ts';
import type { SourceForge } from '../deps.ts';

/** Each costs a forge two or three requests. */
export const reviewsAsked = 100;
const atOnce = 4;
/** As many answers of nothing in a row: it will not answer the others either. */
const patience = 3;

export interface ReviewsTold {
  readonly kinds: ReadonlyMap<string, ReviewKind>;
  /** Why some are not told; undefined: all are. */
  readonly why: string | undefined;
}

/** `commits`: newest first; the first hundred are asked about. Never throws. */
export async function askReviews(
  forge: Pick<SourceForge, 'review'>,
  uri: string,
  commits: readonly string[],
): Promise<ReviewsTold> {
  const kinds = new Map<string, ReviewKind>();
  const asked = commits.slice(0, reviewsAsked);
  let why = asked.length < commits.length ? `only the newest ${reviewsAsked} are asked about` : undefined;
  let silent = 0;
  for (let at = 0; at < asked.length && silent < patience; at += atOnce) {
    const some = asked.slice(at, at + atOnce);
    const answers = await Promise.all(some.map((commit) => forge.review(uri, commit)));
    for (const [place, answer] of answers.entries()) {
      const commit = some[place];
      if (commit !== undefined && answer.state === 'known' && answer.exists) {
        kinds.set(commit, answer.kind);
        silent = 0;
      } else {
        silent += 1;
        why = answer.state === 'known' ? 'the forge does not have some of the commits' : answer.why;
      }
    }
  }
  return { kinds, why };
}
