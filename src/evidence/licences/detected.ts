/** The licence texts of an archive: its own, and those of parts that it brings along. */
import type { LicenceFinding } from '../../core/scan-report.ts';
import { termsOf, type LicenceExpression } from '../../licences/expression.ts';
import { termOf } from '../../licences/ids.ts';

export interface DetectedTexts {
  /** Of the package itself, each id once. */
  readonly own: readonly LicenceFinding[];
  /** Of bundled parts, each id once. */
  readonly bundled: readonly LicenceFinding[];
  /** Files of the package itself with words about rights that no licence explains. */
  readonly unexplained: readonly string[];
}

/** Notices of others: `ThirdPartyNotices.txt`, `index.js.LICENSE.txt` (written by a bundler). */
const ofOthers = /third.?party|3rd.?party|notice|\.(?:[cm]?js|css)\.licen[cs]e/i;
/** Paths are below the archive's top folder. REUSE keeps the texts of a package in this folder; npm in the top one. */
const ownFolder = /^(?:licen[cs]es\/)?[^/]{1,400}$/i;

export function detectedIn(findings: readonly LicenceFinding[]): DetectedTexts {
  const isOwn = ({ path }: LicenceFinding): boolean => ownFolder.test(path) && !ofOthers.test(path);
  const known = findings.filter(({ id }) => id !== undefined);
  const own = once(known.filter(isOwn));
  const ids = new Set(own.map(({ id }) => id));
  return {
    own,
    bundled: once(known.filter((one) => !isOwn(one))).filter(({ id }) => !ids.has(id)),
    unexplained: [
      ...new Set(findings.flatMap((one) => (one.id === undefined && isOwn(one) ? [one.path] : []))),
    ],
  };
}

function once(findings: readonly LicenceFinding[]): readonly LicenceFinding[] {
  return [...new Map(findings.map((one) => [one.id, one])).values()];
}

/** The expression names this text's licence, or its exception; a text cannot tell `-only` from `-or-later`. */
export function isNamedIn(expression: LicenceExpression, { id, also }: LicenceFinding): boolean {
  const ids = new Set([id ?? '', ...also].map((one) => termOf(one, false, undefined).id));
  return termsOf(expression).some(
    (term) => ids.has(term.id) || (term.exception !== undefined && ids.has(term.exception)),
  );
}
