/** Edits as the hunks of a unified diff, with a few words behind each header. */
import type { Edit } from './myers.ts';

/** Around a change, as other tools show it; of lines that were cut into pieces more, which say as much as three lines do. */
export const contextLines = { whole: 3, cut: 10 } as const;
/** Longest line shown. */
const lineLength = 400;

export type HunkWords = (added: readonly string[], removed: readonly string[]) => string;

/** `a` is `-`, `b` is `+`. Stops after `most` characters and says so. */
export function unifiedDiff(
  a: readonly string[],
  b: readonly string[],
  edits: readonly Edit[],
  words: HunkWords,
  most: number,
  context: number = contextLines.whole,
): string {
  const hunks: string[] = [];
  let length = 0;
  const groups = groupsOf(edits, context);
  for (const [at, group] of groups.entries()) {
    const hunk = hunkOf(a, b, group, { words, context, most: most - length });
    hunks.push(hunk);
    length += hunk.length;
    if (length < most || at === groups.length - 1) continue;
    hunks.push(`[${groups.length - 1 - at} more hunks are left out]\n`);
    break;
  }
  return hunks.join('');
}

/** Edits whose contexts touch are one hunk. */
function groupsOf(edits: readonly Edit[], context: number): readonly (readonly Edit[])[] {
  const groups: Edit[][] = [];
  for (const edit of edits) {
    const last = groups.at(-1);
    const before = last?.at(-1);
    if (last !== undefined && before !== undefined && edit.aStart - before.aEnd <= 2 * context)
      last.push(edit);
    else groups.push([edit]);
  }
  return groups;
}

function hunkOf(
  a: readonly string[],
  b: readonly string[],
  group: readonly Edit[],
  { words, context, most }: { readonly words: HunkWords; readonly context: number; readonly most: number },
): string {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return '';
  const aStart = Math.max(0, first.aStart - context);
  const bStart = first.bStart - (first.aStart - aStart);
  const aEnd = Math.min(a.length, last.aEnd + context);
  const bEnd = last.bEnd + (aEnd - last.aEnd);
  const added = group.flatMap((edit) => b.slice(edit.bStart, edit.bEnd));
  const removed = group.flatMap((edit) => a.slice(edit.aStart, edit.aEnd));
  const lines = bounded(most);
  let at = aStart;
  for (const edit of group) {
    lines.add(' ', a.slice(at, edit.aStart));
    lines.add('-', a.slice(edit.aStart, edit.aEnd));
    lines.add('+', b.slice(edit.bStart, edit.bEnd));
    at = edit.aEnd;
  }
  lines.add(' ', a.slice(at, aEnd));
  const header = `@@ -${range(aStart, aEnd)} +${range(bStart, bEnd)} @@ ${words(added, removed)}`;
  return `${header.trimEnd()}\n${lines.text()}`;
}

/** As POSIX `diff -u`: an empty range names the line before it. */
function range(start: number, end: number): string {
  const count = end - start;
  const from = count === 0 ? start : start + 1;
  return count === 1 ? String(from) : `${from},${count}`;
}

function bounded(most: number): {
  readonly add: (mark: string, lines: readonly string[]) => void;
  readonly text: () => string;
} {
  const kept: string[] = [];
  let length = 0;
  let left = 0;
  return {
    add: (mark, lines) => {
      for (const line of lines) {
        if (length > most) {
          left += 1;
          continue;
        }
        const shown =
          line.length <= lineLength
            ? line
            : `${line.slice(0, lineLength)} [${line.length - lineLength} more characters]`;
        kept.push(`${mark}${shown.toWellFormed()}\n`);
        length += shown.length + 2;
      }
    },
    text: () => kept.join('') + (left > 0 ? `[${left} more lines are left out]\n` : ''),
  };
}
