/** How two contents of one path differ: for the grade, and as a unified diff for people. */
import type { ContentEdit } from '../../core/comparison-input.ts';
import { editLines } from './myers.ts';
import { clipText, linesOfBoth, textOf } from './text.ts';
import { contextLines, unifiedDiff, type HunkWords } from './unified.ts';

export interface ContentDifference extends ContentEdit {
  /** Made when it is wanted: `most` characters. */
  readonly show: (words: HunkWords, most: number) => string;
}

/** Lines of either side that a grade looks at. */
const mostGradedLines = 5000;

export function contentDifference(upstream: Uint8Array, rebuilt: Uint8Array): ContentDifference {
  const published = textOf(upstream);
  const built = textOf(rebuilt);
  if (published === undefined || built === undefined) return binaryDifference(upstream, rebuilt);
  const [ours, theirs] = linesOfBoth(built, published);
  const { edits, exact } = editLines(ours.lines, theirs.lines);
  const added = edits.flatMap((edit) => theirs.lines.slice(edit.bStart, edit.bEnd)).slice(0, mostGradedLines);
  const removed = edits.flatMap((edit) => ours.lines.slice(edit.aStart, edit.aEnd)).slice(0, mostGradedLines);
  const note = ours.cut ? 'long lines are cut behind ; { } and ,' : '';
  return {
    added,
    removed,
    lines: Math.max(ours.lines.length, theirs.lines.length),
    exact,
    show: (words, most) =>
      unifiedDiff(
        ours.lines,
        theirs.lines,
        edits,
        (more, less) => [words(more, less), note].filter((part) => part !== '').join('; '),
        most,
        ours.cut ? contextLines.cut : contextLines.whole,
      ),
  };
}

function binaryDifference(upstream: Uint8Array, rebuilt: Uint8Array): ContentDifference {
  return {
    added: [],
    removed: [],
    lines: 0,
    exact: false,
    show: () => {
      const at = firstDifference(upstream, rebuilt);
      return `No text. ${rebuilt.length} bytes were built here, ${upstream.length} were published; they part at byte ${at}.\n${hex('-', rebuilt, at)}${hex('+', upstream, at)}`;
    },
  };
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return at;
}

function hex(mark: string, bytes: Uint8Array, at: number): string {
  const piece = Buffer.from(bytes.subarray(at, at + 32)).toString('hex');
  return `${mark}${piece.replace(/(..)/g, '$1 ').trimEnd()}\n`;
}

/** Content of a file that only one side has; of a binary one its beginning in hex. */
export function shownContent(content: Uint8Array, most: number): string {
  const text = textOf(content.subarray(0, 4 * most));
  const whole = text ?? (content.length > 4 * most ? cutText(content, 4 * most) : undefined);
  if (whole !== undefined) return clipText(whole, most);
  return `No text: ${content.length} bytes, which begin\n${hex('', content, 0)}`;
}

/** A cut may fall inside a character: up to three bytes are dropped. */
function cutText(content: Uint8Array, most: number): string | undefined {
  for (let less = 1; less <= 3; less += 1) {
    const text = textOf(content.subarray(0, most - less));
    if (text !== undefined) return text;
  }
  return undefined;
}
