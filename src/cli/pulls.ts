/** `assay pulls`: who was given a release, for the day on which it turns out to be malicious. */
import { InvalidArgumentError, type Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { AssayError } from '../core/errors.ts';
import { explainedLength } from '../server/control/protocol.ts';
import type { PullsAnswer, PullShown } from '../server/control/pull-protocol.ts';
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
import { tableLines } from './table.ts';

type Options = GateOptions & { readonly format: Format; readonly limit: number };

export function addPulls(program: Command, context: Context): void {
  const command = withGateOptions(
    program.command('pulls').description('List who pulled a package through the gate, and when.'),
  )
    .argument(
      '<what>',
      'package URL or package, with a version or for all of them; or a case id, or the URL that was printed',
    )
    .option('--limit <n>', 'how many, last pulled first', parseRows, 1000)
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (what: string, options: Options) => pulls(context, what, options));
  withExamples(command, [
    'assay pulls pkg:npm/left-pad@1.3.0',
    'assay pulls pkg:npm/left-pad',
    'assay pulls @scope/name@2.0.1 --format json',
  ]).addHelpText(
    'after',
    '\nA caller with a token is listed by its name, one without by the address it connected from.\nExit codes: 0 listed, or nobody pulled it; 3 the gate has no record of it, or the list may be incomplete.',
  );
}

function parseRows(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,5}$/.test(text) || limit < 1 || limit > 10_000)
    throw new InvalidArgumentError('a number from 1 to 10000');
  return limit;
}

async function pulls(context: Context, what: string, options: Options): Promise<void> {
  const { terminal } = context;
  const query = what.trim();
  if (query === '' || query.length > explainedLength)
    throw new AssayError('USAGE_INVALID', `nothing can be called so in ${query.length} characters`, {
      hint: 'Give a package URL such as pkg:npm/left-pad@1.3.0, or package@version.',
    });
  const answer = await (await running(context, options)).pulls({ query, limit: options.limit });
  if (options.format === 'json') printJson(terminal, { schema: 1, ...answer });
  else {
    if (answer.pulls.length > 0)
      for (const line of tableLines(columns, answer.pulls.map(row))) terminal.out(line);
    for (const note of notes(forTerminal(query, 300), answer)) terminal.note(note);
  }
  if (answer.releases === 0 || answer.lost > 0) context.finish(exitCodes.unverified);
}

const columns = [
  { title: 'LAST', max: 24 },
  { title: 'FIRST', max: 24 },
  { title: 'TIMES', max: 10 },
  { title: 'WHO', max: 210 },
  { title: 'PACKAGE', max: 300 },
];

function row({ puller, name, version, firstAt, lastAt, count }: PullShown): readonly string[] {
  return [lastAt, firstAt, String(count), who(puller), `${name}@${version}`];
}

function who({ kind, name }: PullShown['puller']): string {
  if (kind === 'others') return 'others, not kept by name';
  return kind === 'robot' ? `token ${name}` : `${kind} ${name}`;
}

function notes(what: string, { releases, pulls: shown, since, lost, more }: PullsAnswer): readonly string[] {
  const from = forTerminal(since);
  const story =
    releases === 0
      ? `This gate has no record of ${what}: nobody was given it here since ${from}. Is it written right?`
      : shown.length === 0
        ? `Nobody pulled ${what} through this gate since ${from}.`
        : `Recorded since ${from}.`;
  return [
    ...(more > 0 ? [`+${more} more: --limit`] : []),
    `${story} What was pulled before that is on no record.`,
    ...(lost > 0 ? [`The list may be incomplete: ${lost} pulls of any package could not be recorded.`] : []),
  ];
}
