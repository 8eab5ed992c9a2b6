/** A report of install scripts for people: what was found first, then what they did, by kind, then what is new. */
import { forTerminal } from '../core/encode.ts';
import type { BehaviourShown, ReportShown } from '../server/control/behaviour-protocol.ts';
import type { Terminal, Tone } from './terminal.ts';

const shownOfKind = 12;
const shownOutput = 10;

type Painter = Pick<Terminal, 'paint'>;

export function behaviourLines(
  terminal: Painter,
  { purl, report, job, why }: BehaviourShown,
): readonly string[] {
  const name = forTerminal(purl);
  const waits =
    job === undefined || job.state === 'done' || job.state === 'failed'
      ? []
      : [
          `It is ${job.state === 'waiting' ? `in the queue, for ${forTerminal(job.notBefore)} or later` : 'under way'}.`,
        ];
  if (report === undefined)
    return [`${name}: not watched`, ...(why === undefined ? [] : [forTerminal(why, 600)]), ...waits];
  return [
    `${name}: ${sentenceOf(terminal, report)}`,
    ...findingLines(terminal, report),
    `scripts    ${forTerminal(report.scripts.join(', '))}: ${endings[report.ended] ?? forTerminal(report.ended)}`,
    ...actionLines(report),
    ...comparedLines(terminal, report),
    ...(report.missing.length === 0
      ? []
      : [`not here   dependencies that were not beside it: ${listed(report.missing, shownOfKind)}`]),
    ...outputLines(report),
    `watched    ${forTerminal(report.at)} by ${forTerminal(report.observer)}, isolation ${forTerminal(report.isolation)}; ${report.events} events${report.whole ? '' : ', and more than was kept'}`,
    ...waits,
  ];
}

const endings: Readonly<Record<string, string>> = {
  exit: 'ended well',
  failed: 'ended with a failure, as scripts do that need a network',
  timeout: 'did not end in time, and were ended',
  killed: 'were ended',
};

function sentenceOf(terminal: Painter, { findings, whole, ended, isolation }: ReportShown): string {
  const grave = findings.filter(({ severity }) => severity === 'high' || severity === 'critical').length;
  if (grave > 0)
    return terminal.paint('bad', `does what an attack does (${grave} ${plural(grave, 'finding')})`);
  const doubtful = findings.some(({ severity }) => severity === 'medium' || severity === 'unknown');
  if (doubtful) return terminal.paint('warn', 'is to be looked at');
  const cut = !whole || ended === 'timeout' || ended === 'killed' || isolation !== 'full';
  return cut
    ? terminal.paint('warn', 'nothing suspicious was seen, but it was not seen whole')
    : terminal.paint('good', 'nothing suspicious was seen');
}

const tones: Readonly<Record<string, Tone>> = {
  critical: 'bad',
  high: 'bad',
  medium: 'warn',
  unknown: 'warn',
};

function findingLines(terminal: Painter, { findings }: ReportShown): readonly string[] {
  return findings.flatMap(({ rule, severity, message, process, at }) => [
    `  ${terminal.paint(tones[severity] ?? 'dim', severity)}  ${forTerminal(message, 500)} [${forTerminal(rule, 80)}]`,
    ...(process === undefined
      ? []
      : [`    by ${forTerminal(process, 200)}${at === undefined ? '' : ` (event ${at})`}`]),
  ]);
}

/** `exec:node` is told as `node`, under `exec`. */
function actionLines({ actions }: ReportShown): readonly string[] {
  const kinds = Map.groupBy(actions, (action) => action.slice(0, Math.max(0, action.indexOf(':'))));
  return [...kinds].map(([kind, all]) => {
    const what = all.map((action) => action.slice(kind === '' ? 0 : kind.length + 1));
    return `${forTerminal(kind === '' ? 'other' : kind, 10).padEnd(10)} ${listed(what, shownOfKind)}`;
  });
}

function comparedLines(terminal: Painter, { compared }: ReportShown): readonly string[] {
  if (compared === undefined) return [];
  const { version, gained, lost } = compared;
  const before = forTerminal(version, 64);
  if (gained.length === 0 && lost.length === 0) return [`before     does the same as ${before}`];
  return [
    ...(gained.length === 0
      ? []
      : [`new        ${terminal.paint('warn', `not done by ${before}`)}: ${listed(gained, shownOfKind)}`]),
    ...(lost.length === 0 ? [] : [`no more    done by ${before}: ${listed(lost, shownOfKind)}`]),
  ];
}

function outputLines({ output }: ReportShown): readonly string[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return [];
  return ['printed', ...lines.slice(-shownOutput).map((line) => `  ${forTerminal(line, 200)}`)];
}

function listed(texts: readonly string[], most: number): string {
  const rest = texts.length - most;
  const shown = texts.slice(0, most).map((text) => forTerminal(text, 120));
  return `${shown.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}
