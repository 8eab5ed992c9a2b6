/** `assay explain`: the whole story of a refusal (or of an allowed release). */
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { AssayError } from '../core/errors.ts';
import { explainedLength, type Explanation, type ReasonShown } from '../server/control/protocol.ts';
import {
  exitCodes,
  parseFormat,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from './context.ts';
import { foundationLines } from './foundation-lines.ts';
import type { Terminal, Tone } from './terminal.ts';

type Options = GateOptions & { readonly format: Format };

export function addExplain(program: Command, context: Context): void {
  const command = withGateOptions(
    program.command('explain').description('Tell why a package was refused or allowed, and what to do.'),
  )
    .argument(
      '<what>',
      'case id (AS-7Q2M or all 13 characters), package@version, package URL (pkg:npm/…), or the URL that was printed',
    )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (what: string, options: Options) => explain(context, what, options));
  withExamples(command, [
    'assay explain AS-7Q2M',
    'assay explain left-pad@1.3.0',
    'assay explain http://127.0.0.1:4873/left-pad/-/left-pad-1.3.0.tgz',
  ]);
}

/** Exit code: 0 when what was found is allowed, 1 when any of it is refused. */
async function explain(context: Context, what: string, options: Options): Promise<void> {
  const { terminal } = context;
  const { length } = what.trim();
  if (length === 0 || length > explainedLength)
    throw new AssayError('USAGE_INVALID', `there is nothing to explain in ${length} characters`, {
      hint: 'Give a case id, a package@version, a package URL, or the URL the package manager printed.',
    });
  const answer = await (await running(context, options)).explain(what);
  if (options.format === 'json') printJson(terminal, answer);
  else {
    for (const [index, match] of answer.matches.entries()) {
      if (index > 0) terminal.out('');
      for (const line of explanationLines(terminal, match)) terminal.out(line);
    }
    if (answer.more > 0) terminal.note(`+${answer.more} more match; give the whole case id or a version`);
  }
  if (answer.matches.some((match) => match.outcome !== 'allow')) context.finish(exitCodes.violation);
}

const words: Readonly<Record<Explanation['outcome'], readonly [string, Tone]>> = {
  allow: ['ALLOWED', 'good'],
  hold: ['HELD', 'warn'],
  block: ['BLOCKED', 'bad'],
};

function explanationLines(terminal: Terminal, match: Explanation): readonly string[] {
  const [word, tone] = words[match.outcome];
  const checks = match.evidence.flatMap((one) => [
    `  ${one.kind.padEnd(12)} ${one.result.padEnd(14)} ${forTerminal(one.summary, 300)}`,
    ...one.items.map((item) => `      - ${forTerminal(item.message, 300)}`),
    ...(one.moreItems > 0 ? [`      + ${one.moreItems} more`] : []),
  ]);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['case', match.caseId === undefined ? undefined : `${match.caseId}  ${match.caseUrl ?? ''}`],
    ['use', match.useInstead === undefined ? undefined : `${match.name}@${match.useInstead}`],
    ['until', match.until],
    [
      'from',
      `upstream ${match.upstream}${match.fetchedFrom === undefined ? '' : `: ${match.fetchedFrom.join(' -> ')}`}`,
    ],
    ['sha256', match.artifact?.sha256],
    ['admitted', match.admittedAt],
    [
      'proof',
      `policy ${match.policy.slice(0, 12)}, facts ${match.facts.slice(0, 12)}, assessment ${match.assessment.slice(0, 12)}${match.eventId === undefined ? '' : `, entry ${match.eventId}`}`,
    ],
  ];
  return [
    `${terminal.paint(tone, word)}  ${terminal.paint('bold', forTerminal(`${match.name}@${match.version}`))}  decided ${forTerminal(match.decidedAt)}`,
    ...match.reasons.flatMap((reason) => reasonLines('why', reason)),
    ...match.warnings.flatMap((reason) => reasonLines(toldAs(reason), reason)),
    ...match.audits.flatMap((reason) => reasonLines('audit', reason)),
    ...lines.flatMap(([title, text]) => (text === undefined ? [] : [labelled(title, text)])),
    ...(match.standsOn === undefined ? [] : foundationLines(match.standsOn, { inputs: false })),
    'checks',
    ...(checks.length === 0 ? ['  none: it was decided without its bytes'] : checks),
  ];
}

/** That there was nothing to verify is worth knowing, and no warning. */
function toldAs({ result }: ReasonShown): string {
  return result === 'not-available' || result === 'not-checked' ? 'note' : 'warning';
}

function reasonLines(title: string, reason: ReasonShown): readonly string[] {
  return [
    labelled(title, `${reason.why}  [${reason.rule}]`),
    ...(title === 'why' ? [labelled('to do', reason.remedy)] : []),
  ];
}

function labelled(title: string, text: string): string {
  return `${title.padEnd(9)} ${forTerminal(text, 1000)}`;
}
