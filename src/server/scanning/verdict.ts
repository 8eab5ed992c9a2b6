/** What a gate would do with a score of the static scan, said for people. */
import { heldFrom, refusedFrom } from '../../scan/score.ts';

export function verdictOf(score: number): string {
  if (score >= refusedFrom) return `refused (from ${refusedFrom})`;
  return score >= heldFrom ? `held for a person (from ${heldFrom})` : `passed (under ${heldFrom})`;
}
