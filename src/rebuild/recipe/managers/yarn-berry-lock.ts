/**
 * `yarn.lock` of Yarn 2 and later. It names no host; a tarball at an unconventional place stands behind
 * `__archiveUrl=`, and what is no package of a registry in the protocol of its `resolution`.
 */
import { atMost20, refusal, type PlacedLockfile } from './lockfile.ts';

const own = /^(?:npm|workspace|patch|virtual|link|portal|file|exec):/;

export function placeYarnBerryLock(text: string): PlacedLockfile {
  const refused: string[] = [];
  for (const line of text.split('\n')) {
    const resolution = /^ {2}"?resolution"?: "?([^"\n]+)"?\s*$/.exec(line)?.[1];
    const reference = resolution === undefined ? undefined : referenceOf(resolution);
    if (resolution === undefined || reference === undefined) continue;
    if (
      !own.test(reference) ||
      /__archiveUrl=/.test(reference) ||
      /(?:git|https?)(?:@|:|%3A)/.test(reference)
    )
      refused.push(refusal(resolution, reference));
  }
  return { text, refused: atMost20(refused) };
}

function referenceOf(resolution: string): string | undefined {
  const at = resolution.indexOf('@', 1);
  return at < 1 ? undefined : resolution.slice(at + 1);
}
