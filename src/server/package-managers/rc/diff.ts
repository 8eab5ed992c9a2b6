/** The lines that differ between two versions of a small file, with two lines around each change. */

export interface DiffLine {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** Lines before the first and after the last difference are left out but for `around` of them. */
export function diffLines(before: string, after: string, around = 2): readonly DiffLine[] {
  const a = before === '' ? [] : before.replace(/\r?\n$/, '').split(/\r?\n/);
  const b = after === '' ? [] : after.replace(/\r?\n$/, '').split(/\r?\n/);
  const shortest = Math.min(a.length, b.length);
  let start = 0;
  while (start < shortest && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shortest - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const marked = (mark: DiffLine['mark'], lines: readonly string[]): DiffLine[] =>
    lines.map((text) => ({ mark, text }));
  return [
    ...marked(' ', a.slice(Math.max(0, start - around), start)),
    ...marked('-', a.slice(start, a.length - end)),
    ...marked('+', b.slice(start, b.length - end)),
    ...marked(' ', a.slice(a.length - end, a.length - end + around)),
  ];
}

/** A line as it may be shown: the values of credentials are left out. */
export function withoutSecrets(line: string): string {
  return line.replace(
    /((?:_authToken|_auth|_password|npmAuthToken|npmAuthIdent|token|password)["']?\s*[=:]?\s*)\S.*$/i,
    '$1[redacted]',
  );
}
