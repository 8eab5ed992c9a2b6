/** Judges an expression by lists of what is allowed, to be reviewed and denied. The user chooses at an OR, and takes all of an AND. */
import { readExpression, type Declared, type LicenceExpression } from './expression.ts';
import { termText, versionsFrom, type LicenceTerm } from './ids.ts';

/**
 * Entries: an id (`MIT`), one with its exception (`GPL-2.0-only WITH Classpath-exception-2.0`), one and all later
 * versions (`LGPL-2.1-or-later`), a beginning (`AGPL-*`), `UNLICENSED`, or `unknown` for what nobody can tell.
 */
export interface LicencePolicy {
  readonly allow: readonly string[];
  readonly review: readonly string[];
  readonly deny: readonly string[];
}

/** Mildest first. */
export const licenceVerdicts = ['allow', 'review', 'deny'] as const;
export type LicenceVerdict = (typeof licenceVerdicts)[number];

export interface LicenceJudgement {
  readonly verdict: LicenceVerdict;
  /** The terms that it rests on: of an OR, the side that was chosen. */
  readonly chosen: readonly string[];
}

export type UnknownKind = Exclude<Declared['kind'], 'expression'>;

export interface LicenceJudge {
  /** True where lists are given. Without any, every licence is allowed, and one that is unknown too. */
  readonly isSet: boolean;
  readonly ofExpression: (expression: LicenceExpression) => LicenceJudgement;
  /** Of a licence that no expression names. */
  readonly ofUnknown: (kind: UnknownKind) => LicenceVerdict;
}

/** What is on no list: review where a list of allowed ones is given, else allowed. */
export function createLicenceJudge(policy: LicencePolicy): LicenceJudge {
  const exact = new Map<string, LicenceVerdict>();
  const beginnings: { readonly beginning: string; readonly verdict: LicenceVerdict }[] = [];
  for (const verdict of licenceVerdicts) {
    for (const entry of policy[verdict]) {
      if (entry.endsWith('*')) beginnings.push({ beginning: entry.slice(0, -1), verdict });
      // A stricter list comes later, and wins.
      for (const name of namesOf(entry)) exact.set(name, verdict);
    }
  }
  beginnings.reverse();
  const isSet = licenceVerdicts.some((verdict) => policy[verdict].length > 0);
  const unlisted: LicenceVerdict = policy.allow.length > 0 ? 'review' : 'allow';
  const unknown: LicenceVerdict = exact.get('unknown') ?? (isSet ? 'review' : 'allow');

  const listed = (name: string): LicenceVerdict | undefined =>
    exact.get(name) ?? beginnings.find(({ beginning }) => name.startsWith(beginning))?.verdict;

  /** An exception only adds permissions: with none listed, the licence's own verdict stands. */
  const ofOne = (term: LicenceTerm): LicenceVerdict | undefined =>
    exact.get(termText(term)) ?? listed(termText({ ...term, exception: undefined }));

  const ofTerm = (term: LicenceTerm): LicenceVerdict => {
    const own = ofOne(term);
    if (own !== undefined) return own;
    if (term.id.includes('LicenseRef-')) return unknown;
    if (!term.orLater) return unlisted;
    const choices = versionsFrom(term.id).map((id) => ofOne({ ...term, id, orLater: false }) ?? unlisted);
    return choices.reduce(milder);
  };

  const ofExpression = (expression: LicenceExpression): LicenceJudgement => {
    if (expression.kind === 'term') {
      return { verdict: ofTerm(expression.term), chosen: [termText(expression.term)] };
    }
    const left = ofExpression(expression.left);
    const right = ofExpression(expression.right);
    if (expression.kind === 'or') return milder(left.verdict, right.verdict) === left.verdict ? left : right;
    return {
      verdict: stricter(left.verdict, right.verdict),
      chosen: [...new Set([...left.chosen, ...right.chosen])],
    };
  };

  const ofUnknown = (kind: UnknownKind): LicenceVerdict =>
    (kind === 'unlicensed' ? exact.get('UNLICENSED') : undefined) ?? unknown;

  return { isSet, ofExpression, ofUnknown };
}

/** An id of the list (as it is written there), a beginning, or one of the words. Anything else would cover nothing. */
export function isLicenceEntry(entry: string): boolean {
  return /^[A-Za-z][\w.+-]{0,60}\*$/.test(entry) || namesOf(entry).length > 0;
}

/** What an entry covers, in the words of `termText`. */
function namesOf(entry: string): readonly string[] {
  if (entry === 'UNLICENSED' || entry === 'unknown') return [entry];
  const read = readExpression(entry);
  if (read.kind !== 'expression' || read.expression.kind !== 'term' || read.corrected !== undefined)
    return [];
  const { term } = read.expression;
  if (!term.orLater) return [termText(term)];
  return versionsFrom(term.id).flatMap((id) => [
    termText({ ...term, id }),
    termText({ ...term, id, orLater: false }),
  ]);
}

export function stricter(a: LicenceVerdict, b: LicenceVerdict): LicenceVerdict {
  return licenceVerdicts.indexOf(a) >= licenceVerdicts.indexOf(b) ? a : b;
}

function milder(a: LicenceVerdict, b: LicenceVerdict): LicenceVerdict {
  return licenceVerdicts.indexOf(a) <= licenceVerdicts.indexOf(b) ? a : b;
}
