/** What one rule says: `not-available` where there is nothing to judge by, `not-checked` where nobody could be asked. */
import type { EvidenceItem, FactValue, Result } from '../../core/evidence.ts';
import type { JsonObject } from '../../core/json.ts';
import { clip } from '../record.ts';

export const ruleNames = [
  'trust-downgrade',
  'source-changed',
  'builder-changed',
  'ref-or-trigger',
  'source-tag',
  'run-conclusion',
  'stripped',
  'publisher-changed',
  'burst',
  'dependency-changed',
  'time-anomaly',
] as const;
export type RuleName = (typeof ruleNames)[number];

export interface Verdict {
  readonly result: Result;
  readonly items: readonly EvidenceItem[];
  readonly facts?: Readonly<Record<string, FactValue>>;
}

export const passed: Verdict = { result: 'pass', items: [] };
export const notAvailable: Verdict = { result: 'not-available', items: [] };
export const notChecked: Verdict = { result: 'not-checked', items: [] };

/** One finding of a rule: how bad, and a sentence that says what to look at. A `note` is told, and is no reason of the rule's. */
export interface Finding {
  readonly result: 'fail' | 'warn' | 'note';
  readonly item: EvidenceItem;
}

export function finding(
  rule: RuleName,
  part: string,
  result: Finding['result'],
  message: string,
  data?: JsonObject,
): Finding {
  const item = { id: `expectations/${result === 'note' ? 'note/' : ''}${rule}/${part}`, message };
  return { result, item: data === undefined ? item : { ...item, data } };
}

/** Worst first. */
const order: readonly Result[] = ['fail', 'error', 'warn', 'not-checked', 'not-available', 'pass'];

export function worst(all: readonly Result[]): Result {
  return order.find((one) => all.includes(one)) ?? 'not-available';
}

/** The findings, and what the rule says of the rest: a gap is never hidden by what did pass. */
export function verdictOf(findings: readonly Finding[], rest: Result): Verdict {
  const results = findings.flatMap(({ result }) => (result === 'note' ? [] : [result]));
  return { result: worst([...results, rest]), items: few(findings) };
}

const mostItems = 4;

/** One rule must not crowd the others out of the record. */
function few(findings: readonly Finding[]): readonly EvidenceItem[] {
  const grades: readonly Finding['result'][] = ['fail', 'warn', 'note'];
  const sorted = findings.toSorted((a, b) => grades.indexOf(a.result) - grades.indexOf(b.result));
  return sorted.slice(0, mostItems).map(({ item }) => item);
}

export function isUnclean({ result }: Verdict): boolean {
  return result === 'fail' || result === 'warn';
}

/** Hostile text inside a sentence. */
export function quote(text: string | undefined): string {
  return text === undefined ? 'nothing' : `"${clip(text, 100)}"`;
}
