/** Whether what was built here may be served in upstream's stead to those who asked for that. */
import type { ComparisonVerdict, RebuildRecord } from '../../core/rebuild.ts';
import { missingFor } from './class.ts';

/** `secure`: what makes Secure. `built`: also what was built so well and is not what upstream published. */
export type ServedBuilds = 'secure' | 'built';

/** A poisoned file looks like `suspicious` from here: whichever side is the poisoned one, nobody gets either. */
const differing: readonly ComparisonVerdict[] = ['benign-difference', 'unexplained'];

/** Why not: the first thing that is missing, one sentence; undefined: it may. */
export function missingToServe(
  record: RebuildRecord,
  input: Parameters<typeof missingFor>[1],
  serve: ServedBuilds,
): string | undefined {
  return missingFor(serve === 'built' ? asIfEqual(record) : record, input);
}

function asIfEqual(record: RebuildRecord): RebuildRecord {
  const { outcome } = record;
  if (outcome.state !== 'compared' || !differing.includes(outcome.comparison.verdict)) return record;
  return { ...record, outcome: { ...outcome, comparison: { ...outcome.comparison, verdict: 'equivalent' } } };
}
