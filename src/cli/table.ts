/** Columns of text, padded; every cell neutralised for the terminal. */
import { forTerminal } from '../core/encode.ts';

export interface Column {
  readonly title: string;
  /** Longer cells are cut, in characters. */
  readonly max: number;
}

export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const cells = rows.map((row) => columns.map((column, index) => forTerminal(row[index] ?? '', column.max)));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...cells.map(line)];
}
