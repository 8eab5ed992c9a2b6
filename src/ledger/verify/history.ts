/**
 * One subject's history, entry by entry: each names the one before it, so that an entry held back leaves a gap
 * (docs/leaf-v1.md, section 5). Only opened links count. That nothing newer exists is not shown by the links.
 */

/** An entry whose `subject` was opened. */
export interface HistoryEntry {
  readonly index: number;
  readonly id: string;
  /** The opened `prev`: an event id, or empty for a subject's first entry; undefined while it is closed. */
  readonly prev: string | undefined;
}

export type HistoryProblem =
  /** The entry before `index` exists and is not shown. */
  | { readonly kind: 'withheld'; readonly index: number; readonly id: string }
  /** No entry shown is the first. */
  | { readonly kind: 'no-first' }
  | { readonly kind: 'two-firsts'; readonly indexes: readonly number[] }
  /** Two entries name the same one before them: one of the histories was made up. */
  | { readonly kind: 'branch'; readonly indexes: readonly number[] }
  /** The entry before `index` stands after it in the log. */
  | { readonly kind: 'backwards'; readonly index: number }
  | { readonly kind: 'twice'; readonly id: string }
  /** Its link was not disclosed, so that nothing can be said. */
  | { readonly kind: 'closed'; readonly index: number };

/** Empty when the entries are the subject's whole history up to the newest of them. */
export function historyProblems(entries: readonly HistoryEntry[]): readonly HistoryProblem[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const followers = new Map<string, HistoryEntry[]>();
  const problems: HistoryProblem[] = [];
  const seen = new Set<string>();
  for (const entry of entries) {
    if (seen.has(entry.id)) problems.push({ kind: 'twice', id: entry.id });
    seen.add(entry.id);
    if (entry.prev === undefined) problems.push({ kind: 'closed', index: entry.index });
    else followers.set(entry.prev, [...(followers.get(entry.prev) ?? []), entry]);
  }
  for (const [prev, after] of followers) {
    const indexes = after.map((entry) => entry.index);
    if (after.length > 1) problems.push({ kind: prev === '' ? 'two-firsts' : 'branch', indexes });
    if (prev !== '') problems.push(...after.flatMap((entry) => linkProblem(entry, prev, byId)));
  }
  const isOpen = entries.every((entry) => entry.prev !== undefined);
  if (isOpen && entries.length > 0 && !followers.has('')) problems.push({ kind: 'no-first' });
  return problems;
}

function linkProblem(
  entry: HistoryEntry,
  prev: string,
  byId: ReadonlyMap<string, HistoryEntry>,
): readonly HistoryProblem[] {
  const before = byId.get(prev);
  if (before === undefined) return [{ kind: 'withheld', index: entry.index, id: prev }];
  return before.index < entry.index ? [] : [{ kind: 'backwards', index: entry.index }];
}
