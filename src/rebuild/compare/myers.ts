/**
 * The shortest edit between two lists of lines: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986),
 * the greedy forward form, with a bound on edits so that hostile texts cost no more than honest ones.
 */

/** `a[aStart..aEnd)` becomes `b[bStart..bEnd)`. */
export interface Edit {
  readonly aStart: number;
  readonly aEnd: number;
  readonly bStart: number;
  readonly bEnd: number;
}

export interface LineEdits {
  /** In order, apart from each other. */
  readonly edits: readonly Edit[];
  /** False when the bound was reached: then one edit covers the whole middle. */
  readonly exact: boolean;
}

/** Most lines deleted and inserted together; fewer where the texts are long. */
const mostEdits = 1000;
const mostSteps = 2e7;

export function editLines(a: readonly string[], b: readonly string[]): LineEdits {
  let start = 0;
  const shorter = Math.min(a.length, b.length);
  while (start < shorter && a[start] === b[start]) start += 1;
  let tail = 0;
  while (tail < shorter - start && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const aEnd = a.length - tail;
  const bEnd = b.length - tail;
  if (start === aEnd && start === bEnd) return { edits: [], exact: true };
  const whole: Edit = { aStart: start, aEnd, bStart: start, bEnd };
  if (start === aEnd || start === bEnd) return { edits: [whole], exact: true };
  const [left, right] = numbered(a.slice(start, aEnd), b.slice(start, bEnd));
  const path = shortestPath(left, right);
  if (path === undefined) return { edits: [whole], exact: false };
  return { edits: editsOf(path, left.length, right.length, start), exact: true };
}

function numbered(a: readonly string[], b: readonly string[]): readonly [Int32Array, Int32Array] {
  const numbers = new Map<string, number>();
  const number = (line: string): number => {
    const known = numbers.get(line);
    if (known !== undefined) return known;
    numbers.set(line, numbers.size);
    return numbers.size - 1;
  };
  return [Int32Array.from(a, number), Int32Array.from(b, number)];
}

/** For each number of edits the furthest x on each diagonal, as it was before that step; undefined beyond the bound. */
function shortestPath(a: Int32Array, b: Int32Array): readonly Int32Array[] | undefined {
  const total = a.length + b.length;
  const most = Math.min(total, mostEdits, Math.max(20, Math.floor(mostSteps / total)));
  const furthest = new Int32Array(2 * most + 3);
  const middle = most + 1;
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(furthest.slice(middle - edits - 1, middle + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = middle + diagonal;
      let x = comesDown(furthest, at, diagonal, edits)
        ? (furthest[at + 1] ?? 0)
        : (furthest[at - 1] ?? 0) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      furthest[at] = x;
      if (x >= a.length && x - diagonal >= b.length) return trace;
    }
  }
  return undefined;
}

function comesDown(furthest: Int32Array, at: number, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (furthest[at - 1] ?? 0) < (furthest[at + 1] ?? 0);
}

/** Back from the end, one edit a step. */
function editsOf(
  trace: readonly Int32Array[],
  aLength: number,
  bLength: number,
  offset: number,
): readonly Edit[] {
  const edits: Edit[] = [];
  let x = aLength;
  let y = bLength;
  for (let step = trace.length - 1; step > 0; step -= 1) {
    const furthest = trace[step] ?? new Int32Array();
    const diagonal = x - y;
    const at = step + 1 + diagonal;
    const down = comesDown(furthest, at, diagonal, step);
    const before = down ? (furthest[at + 1] ?? 0) : (furthest[at - 1] ?? 0);
    const beforeY = before - (down ? diagonal + 1 : diagonal - 1);
    const edit = {
      aStart: before,
      aEnd: down ? before : before + 1,
      bStart: beforeY,
      bEnd: down ? beforeY + 1 : beforeY,
    };
    const next = edits.at(-1);
    if (next !== undefined && next.aStart === edit.aEnd && next.bStart === edit.bEnd) {
      edits[edits.length - 1] = { ...edit, aEnd: next.aEnd, bEnd: next.bEnd };
    } else edits.push(edit);
    x = before;
    y = beforeY;
  }
  return edits.reverse().map(({ aStart, aEnd, bStart, bEnd }) => ({
    aStart: aStart + offset,
    aEnd: aEnd + offset,
    bStart: bStart + offset,
    bEnd: bEnd + offset,
  }));
}
