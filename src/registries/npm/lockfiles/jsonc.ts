/** JSON with trailing commas and comments, as bun.lock may have them: made plain in one pass, then read by JSON.parse. */

/** Comments and trailing commas become spaces; every other character stays where it is, so no string can change. */
export function plainJson(text: string): string {
  const parts: string[] = [];
  let from = 0;
  let comma: number | undefined;
  const blank = (start: number, end: number): void => {
    parts.push(text.slice(from, start), ' '.repeat(end - start));
    from = end;
  };
  // A comma is written out only when what follows it is known: `undecided` holds the comments behind it.
  let undecided: (readonly [number, number])[] = [];
  const settle = (trailing: boolean): void => {
    if (comma !== undefined && trailing) blank(comma, comma + 1);
    for (const [start, end] of undecided) blank(start, end);
    comma = undefined;
    undecided = [];
  };
  let before = '[';
  let i = 0;
  while (i < text.length) {
    const c = text[i] ?? '';
    if (c === '/' && (text[i + 1] === '/' || text[i + 1] === '*')) {
      const end = endOfComment(text, i);
      undecided.push([i, end]);
      i = end;
      continue;
    }
    if (!' \n\r\t'.includes(c)) {
      settle(c === '}' || c === ']');
      // Only a comma behind a value can be a trailing one: `[,]` stays what it is, which is no JSON.
      if (c === ',' && !'[{,:'.includes(before)) comma = i;
      before = c;
    }
    i = c === '"' ? endOfString(text, i) : i + 1;
  }
  settle(false);
  parts.push(text.slice(from));
  return parts.join('');
}

function endOfComment(text: string, start: number): number {
  const block = text[start + 1] === '*';
  const end = text.indexOf(block ? '*/' : '\n', start + 2);
  return end < 0 ? text.length : block ? end + 2 : end;
}

/** Just behind the closing quote; the end of the text when there is none (JSON.parse says so then). */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return Math.min(i + 1, text.length);
}
