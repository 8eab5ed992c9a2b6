/** From what is declared and what was found to one verdict, with every disagreement told. Pure. */
import type { EvidenceItem, Result } from '../../core/evidence.ts';
import type { LicenceFinding } from '../../core/scan-report.ts';
import { readExpression, type Declared, type LicenceExpression } from '../../licences/expression.ts';
import { stricter, type LicenceJudge, type LicenceVerdict } from '../../licences/policy.ts';
import { clip, type Finding } from '../record.ts';
import type { DeclaredLicence } from './declared.ts';
import { detectedIn, isNamedIn, type DetectedTexts } from './detected.ts';

/** What the verdict rests on: a declaration, else the texts, else nothing. */
interface Basis {
  readonly expression: LicenceExpression | undefined;
  readonly text: string | undefined;
  readonly from: 'declared' | 'corrected' | 'detected' | 'nothing';
}

export function judge(
  { declared, form }: DeclaredLicence,
  findings: readonly LicenceFinding[],
  lists: LicenceJudge,
): Finding {
  const texts = detectedIn(findings);
  const basis = basisOf(declared, texts);
  const told = basis.expression === undefined ? undefined : lists.ofExpression(basis.expression);
  const first =
    told?.verdict ?? lists.ofUnknown(declared.kind === 'expression' ? 'unreadable' : declared.kind);
  const others = othersOf(basis, declared, texts);
  const verdict = [...others, ...texts.bundled].reduce(
    (worst, one) => stricter(worst, verdictOf(one, lists)),
    // Where lists are given, a licence that nobody can be sure of is looked at.
    lists.isSet && (others.some((one) => !isException(one)) || texts.unexplained.length > 0)
      ? stricter(first, 'review')
      : first,
  );
  const result = resultOf(verdict, basis, lists);
  return {
    result,
    summary: summaryOf(basis, declared, verdict, others),
    facts: {
      expression: basis.text ?? null,
      declared: declared.kind === 'none' ? null : clip(wordsOf(declared)),
      detected: texts.own.map(({ id }) => id).join(', ') || null,
      class: basis.from === 'nothing' ? declared.kind : basis.from,
      chosen: told === undefined ? null : told.chosen.join(', '),
      verdict,
      'rule.licence': result,
    },
    items: itemsOf(basis, { declared, form }, texts, others),
  };
}

function basisOf(declared: Declared, { own }: DetectedTexts): Basis {
  if (declared.kind === 'expression') {
    const from = declared.corrected === undefined ? 'declared' : 'corrected';
    return { expression: declared.expression, text: declared.text, from };
  }
  // Two texts may be a choice or not; without a word about it, both apply. An exception is no licence.
  const read = readExpression(own.map(({ id }) => id).join(' AND '));
  if (declared.kind === 'unlicensed' || read.kind !== 'expression') {
    return { expression: undefined, text: undefined, from: 'nothing' };
  }
  return { expression: read.expression, text: read.text, from: 'detected' };
}

/** Own texts of licences that the declaration does not name. */
function othersOf(basis: Basis, declared: Declared, { own }: DetectedTexts): readonly LicenceFinding[] {
  if (declared.kind === 'unlicensed') return own;
  const { expression } = basis;
  if (expression === undefined || basis.from === 'detected') return [];
  return own.filter((one) => !isNamedIn(expression, one));
}

/** It only adds permissions: that it is not declared is told, and no reason to look closer. */
function isException({ id }: LicenceFinding): boolean {
  return id?.includes('-exception') === true;
}

function verdictOf({ id }: LicenceFinding, lists: LicenceJudge): LicenceVerdict {
  const read = readExpression(id ?? '');
  return read.kind === 'expression' ? lists.ofExpression(read.expression).verdict : 'allow';
}

function resultOf(verdict: LicenceVerdict, basis: Basis, { isSet }: LicenceJudge): Result {
  if (verdict === 'deny') return 'fail';
  if (verdict === 'review') return 'warn';
  return basis.from === 'nothing' && !isSet ? 'not-available' : 'pass';
}

function itemsOf(
  { expression, from, text }: Basis,
  { declared, form }: DeclaredLicence,
  { own, bundled, unexplained }: DetectedTexts,
  others: readonly LicenceFinding[],
): readonly EvidenceItem[] {
  const items: EvidenceItem[] = [];
  const add = (what: string, message: string): void => {
    items.push({ id: `licences/licence/${what}`, message });
  };
  if (from === 'corrected')
    add(
      'corrected',
      `It declares "${clip(wordsOf(declared))}", which is no SPDX expression; read as ${text}.`,
    );
  if (declared.kind !== 'expression') add(`unknown-${declared.kind}`, unknownWords(declared));
  if (form === 'object' || form === 'list')
    add('old-form', 'It declares its licence in a form npm has given up.');
  const isNamed = expression !== undefined && own.some((one) => isNamedIn(expression, one));
  const kind = isNamed ? 'additional' : 'disagreement';
  for (const { id, path } of others) {
    const says = isNamed ? 'is also the text of a licence not declared' : 'is the text of another licence';
    add(`${kind}/${id}`, `${clip(path)} ${says}: ${id}; declared is ${wordsOf(declared)}.`);
  }
  for (const path of unexplained)
    add(
      'unexplained',
      `${clip(path)} speaks of rights in words of no known licence: conditions may be among them.`,
    );
  for (const { id, path } of bundled)
    add(`bundled/${id}`, `${clip(path)} is the text of ${id}, for a part of it.`);
  return items;
}

function summaryOf(
  { text, from }: Basis,
  declared: Declared,
  verdict: LicenceVerdict,
  others: readonly LicenceFinding[],
): string {
  const what =
    from === 'nothing'
      ? unknownWords(declared)
      : from === 'detected'
        ? `Its licence by its texts alone: ${text}.`
        : `Its licence: ${text}.`;
  const differs =
    others.length === 0 ? '' : ` It holds the text of ${others.map(({ id }) => id).join(', ')}.`;
  const judged = { allow: '', review: ' To be reviewed.', deny: ' Not allowed here.' }[verdict];
  return `${what}${differs}${judged}`;
}

function unknownWords(declared: Declared): string {
  switch (declared.kind) {
    case 'none':
      return 'It declares no licence.';
    case 'unlicensed':
      return 'It declares that nobody is given any rights (UNLICENSED).';
    case 'file':
      return `It declares its licence in a file only: ${clip(declared.text)}.`;
    case 'no-assertion':
      return `It declares ${clip(declared.text)}: nothing is said of its licence.`;
    case 'unreadable':
      return `What it declares names no licence: ${clip(declared.text)}.`;
    case 'expression':
      return `It declares ${declared.text}.`;
  }
}

/** As it was written, where that differs. */
function wordsOf(declared: Declared): string {
  if (declared.kind === 'none') return 'nothing';
  if (declared.kind !== 'expression') return declared.text;
  return declared.corrected ?? declared.text;
}
