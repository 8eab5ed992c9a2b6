import { parsePurl } from '../core/purl.ts';
import type { Subject } from '../core/subject.ts';

/** The package's full name in its ecosystem's own form. */
export function nameOf(subject: Pick<Subject, 'purl'>): string {
  return parsePurl(subject.purl).name;
}
