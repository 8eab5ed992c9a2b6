/** What was measured, as the tables of `docs/accuracy.md`. Pure. */
import type { ScanAttempt } from '../../../src/core/scan-report.ts';
import { heldFrom, refusedFrom } from '../../../src/scan/score.ts';
import type { Half } from '../corpus/variants.ts';

export type Verdict = 'refused' | 'held' | 'passed' | 'failed';

export interface Measured {
  /** `<incident>/<variant>`, a twin's id, or `name@version`. */
  readonly id: string;
  readonly outcome: ScanAttempt;
}

export interface MeasuredMalicious extends Measured {
  readonly incident: string;
  readonly variant: string;
  readonly half: Half;
  /** The scanner was planned with this incident in mind. */
  readonly planned: boolean;
}

export interface MeasuredTwin extends Measured {
  readonly looksLike: string;
}

/** A scan that failed is `failed`: the gate holds it, but nothing was recognised. */
export function verdictOf(outcome: ScanAttempt): Verdict {
  if (outcome.state === 'failed') return 'failed';
  const value = outcome.report.score?.value ?? 0;
  return value >= refusedFrom ? 'refused' : value >= heldFrom ? 'held' : 'passed';
}

export function scoreOf(outcome: ScanAttempt): number {
  return outcome.state === 'scanned' ? (outcome.report.score?.value ?? 0) : 0;
}

const halves: readonly Half[] = ['independent', 'tuning'];

/** Recall per incident or per variant: refused, and refused or held, of how many. */
export function recallTable(rows: readonly MeasuredMalicious[], by: 'incident' | 'variant'): string {
  const groups = [...new Set(rows.map((row) => row[by]))];
  const line = (label: string, own: readonly MeasuredMalicious[]): string => {
    const cells = halves.map((half) => recallCell(own.filter((row) => row.half === half)));
    return `| ${label} | ${cells.join(' | ')} |`;
  };
  return [
    `| ${by} | independent: refused | refused or held | tuning: refused | refused or held |`,
    '| --- | --- | --- | --- | --- |',
    ...groups.map((group) =>
      line(
        group,
        rows.filter((row) => row[by] === group),
      ),
    ),
    ...(by === 'incident'
      ? [
          line(
            '**all planned with**',
            rows.filter(({ planned }) => planned),
          ),
          line(
            '**all others**',
            rows.filter(({ planned }) => !planned),
          ),
        ]
      : []),
    line('**all**', rows),
  ].join('\n');
}

function recallCell(rows: readonly Measured[]): string {
  const refused = rows.filter(({ outcome }) => verdictOf(outcome) === 'refused').length;
  const held = rows.filter(({ outcome }) => verdictOf(outcome) === 'held').length;
  return `${refused} of ${rows.length} | ${refused + held} of ${rows.length} (${percent(refused + held, rows.length)})`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(part === whole || part === 0 ? 0 : 1)} %`;
}

/** Which rule finds what: incidents by name for the tuning half, a bare number for the other. */
export function ruleTable(rows: readonly MeasuredMalicious[], harmless: readonly Measured[]): string {
  const rules = [...new Set(rows.flatMap(({ outcome }) => rulesIn(outcome)))].sort();
  const lines = rules.map((rule) => {
    const hit = rows.filter(({ outcome }) => rulesIn(outcome).includes(rule));
    const incidents = new Set(hit.filter(({ half }) => half === 'tuning').map(({ incident }) => incident));
    const independent = hit.filter(({ half }) => half === 'independent').length;
    const wrong = harmless.filter(({ outcome }) => rulesIn(outcome).includes(rule)).length;
    return `| \`${rule}\` | ${[...incidents].join(', ') || '–'} | ${independent} | ${wrong} |`;
  });
  return [
    '| rule | incidents (tuning half) | packages of the independent half | harmless packages it also speaks of |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** Which scanner it was. */
export function scannerLine(rows: readonly Measured[], day: string): string {
  const reports = rows.flatMap(({ outcome }) => (outcome.state === 'scanned' ? [outcome.report] : []));
  const scanners = new Set(reports.map(({ scanner, rules }) => `${scanner}, rules ${rules.slice(0, 16)}`));
  return `Measured on ${day} with scanner ${cell([...scanners].join(' and '))}.`;
}

function rulesIn(outcome: ScanAttempt): readonly string[] {
  if (outcome.state === 'failed') return [];
  const { findings } = outcome.report;
  return [...new Set(findings.filter(({ area }) => area === 'malware').map(({ rule }) => rule))];
}

export function twinTable(rows: readonly MeasuredTwin[]): string {
  const lines = rows.map(
    ({ id, looksLike, outcome }) => `| ${id} | ${looksLike} | ${scoreOf(outcome)} | ${verdictOf(outcome)} |`,
  );
  return ['| twin | looks like | score | verdict |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** Counts, then every package that was not simply passed, with the reasons. */
export function realTable(rows: readonly Measured[]): string {
  const count = (verdict: Verdict): number =>
    rows.filter(({ outcome }) => verdictOf(outcome) === verdict).length;
  const held = count('held');
  const summary = `${rows.length} packages: ${count('refused')} refused, ${held} held (${percent(held, rows.length)}), ${count('failed')} could not be scanned.`;
  const listed = rows
    .filter(({ outcome }) => verdictOf(outcome) !== 'passed')
    .sort((a, b) => scoreOf(b.outcome) - scoreOf(a.outcome) || (a.id < b.id ? -1 : 1));
  if (listed.length === 0) return `${summary}\n`;
  const lines = listed.map(
    ({ id, outcome }) =>
      `| ${cell(id)} | ${scoreOf(outcome)} | ${verdictOf(outcome)} | ${cell(reasonsOf(outcome))} |`,
  );
  return [
    summary,
    '',
    '| package | score | verdict | because |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

function reasonsOf(outcome: ScanAttempt): string {
  // Its message may name a path of the machine that measured.
  if (outcome.state === 'failed') return outcome.code;
  return outcome.report.score?.because.join('; ') ?? '';
}

/** What comes out of packages is text of strangers. */
function cell(text: string): string {
  return text
    .replace(/[\r\n|`<>\p{Cc}\p{Cf}]/gu, ' ')
    .slice(0, 400)
    .trim();
}

/** The page with the text between `<!-- <name> -->` and `<!-- /<name> -->` replaced. Throws where the markers are missing. */
export function between(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new RangeError(`no markers for ${name}`);
  return `${page.slice(0, from + start.length)}${text.trim()}\n${page.slice(to)}`;
}
