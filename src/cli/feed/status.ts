/** `assay feed status`: which feeds are in force, how old they are, and what is set aside. */
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import type { FeedsAnswer } from '../../server/control/feed-protocol.ts';
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
} from '../context.ts';
import type { Terminal } from '../terminal.ts';
import { feedLines } from './feed-lines.ts';
import { overrideLines } from './override.ts';

type Options = GateOptions & { readonly format: Format };

export function addStatus(feed: Command, context: Context): void {
  const command = withGateOptions(
    feed.command('status').description('Show the feeds in force, their age, and what is set aside.'),
  )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => status(context, options));
  withExamples(command, ['assay feed status', 'assay feed status --format json']).addHelpText(
    'after',
    '\nExit codes: 0 all feeds can be relied on, 3 there is none, or one is lost, old, or could not be refreshed, 4 no gate runs.',
  );
}

async function status(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const answer = await (await running(context, options)).feeds();
  if (options.format === 'json') printJson(terminal, answer);
  else for (const line of linesOf(terminal, answer)) terminal.out(line);
  const isBad =
    answer.feeds.length === 0 ||
    answer.feeds.some(({ old, problem }) => old || problem !== undefined) ||
    answer.refreshed.some(({ problem }) => problem !== undefined);
  if (isBad) context.finish(exitCodes.unverified);
}

function linesOf(terminal: Terminal, answer: FeedsAnswer): readonly string[] {
  const { importing } = answer;
  return [
    ...feedLines(terminal, answer.feeds),
    ...answer.feeds.flatMap(detailsOf),
    ...(importing === undefined
      ? []
      : [`importing ${importing.ecosystem}: ${importing.phase}, since ${forTerminal(importing.since)}`]),
    ...answer.refreshed.map(({ ecosystem, url, at, problem }) =>
      problem === undefined
        ? `refreshed ${ecosystem} from ${forTerminal(url)} at ${forTerminal(at)}`
        : terminal.paint(
            'warn',
            `refresh   ${ecosystem} failed at ${forTerminal(at)}: ${forTerminal(problem.message)} (${forTerminal(problem.code)})`,
          ),
    ),
    ...overrideLines(answer.overrides),
  ];
}

function detailsOf(feed: FeedsAnswer['feeds'][number]): readonly string[] {
  const joined = [
    ...(feed.epss === undefined ? [] : ['EPSS']),
    ...(feed.kev === undefined ? [] : ['KEV']),
    ...(feed.popularNames === undefined ? [] : [`${feed.popularNames} popular names`]),
  ];
  return [
    `  ${feed.ecosystem}: ${feed.malicious} about malicious packages, ${feed.withdrawn} withdrawn, ${feed.refused} not read; canary ${feed.canary}; joined: ${joined.join(', ') || 'nothing'}`,
    `  imported ${forTerminal(feed.importedAt)} from ${forTerminal(feed.source, 300)}`,
    `  snapshot ${forTerminal(feed.digest)}, entry ${forTerminal(feed.entry)}`,
  ];
}
