/**
 * Which paths each commit touched, from `git diff-tree --stdin -r -c -z --raw --no-renames`. Each entry is a field that begins
 * with a colon and then its path, so that no path, not one of forty hex digits either, is taken for a commit. `end` stands behind
 * the last one: without it git failed, or was cut off.
 */
import { isObjectName } from '../tag-names.ts';

export interface Touched {
  readonly byCommit: ReadonlyMap<string, readonly string[]>;
  /** False: it was cut off or out of form; what came after is not known. */
  readonly whole: boolean;
}

const pathsOfOne = 5000;

export function readTouched(text: string): Touched {
  const byCommit = new Map<string, string[]>();
  const fields = text.split('\0');
  let whole = fields.pop() === '' && fields.pop() === 'end';
  let paths: string[] | undefined;
  for (let at = 0; at < fields.length; at += 1) {
    const field = fields[at] ?? '';
    const isCommit: boolean = isObjectName(field);
    if (isCommit) {
      paths = byCommit.get(field) ?? [];
      byCommit.set(field, paths);
      continue;
    }
    const path = fields[at + 1];
    if (paths === undefined || path === undefined || !field.startsWith(':'))
      return { byCommit, whole: false };
    if (paths.length < pathsOfOne) paths.push(path);
    else whole = false;
    at += 1;
  }
  return { byCommit, whole };
}
