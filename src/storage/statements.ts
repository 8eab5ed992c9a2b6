/** Many rows in few statements. */

/** Few sizes, so that few texts of a statement have to be compiled and kept. */
const rowsInStatement = [256, 32, 4, 1];

export function inStatements<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let at = 0; at < rows.length;) {
    const size = rowsInStatement.find((count) => at + count <= rows.length) ?? 1;
    parts.push(rows.slice(at, at + size));
    at += size;
  }
  return parts;
}
