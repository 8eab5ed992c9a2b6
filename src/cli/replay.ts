/** `assay replay`: derive a decision again from what is stored, and say whether it is the same. */
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import type { ReplayAnswer } from '../server/control/replay-protocol.ts';
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
import type { Terminal, Tone } from './terminal.ts';

type Options = GateOptions & { readonly format: Format };
type Replay = ReplayAnswer['replays'][number];

export function addReplay(program: Command, context: Context): void {
  const command = withGateOptions(
    program
      .command('replay')
      .description('Derive a decision again from what is stored, and say whether it is the same.'),
  )
    .argument(
      '<what>',
      'id of a decision; or a case id, package@version, package URL: the decisions in force',
    )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (what: string, options: Options) => replay(context, what, options));
  withExamples(command, ['assay replay left-pad@1.3.0', 'assay replay AS-7Q2M']).addHelpText(
    'after',
    '\nNothing is fetched. Exit codes: 0 the same, 1 something differs, 3 something could not be derived again (it says what and why).',
  );
}

async function replay(context: Context, what: string, options: Options): Promise<void> {
  const { terminal } = context;
  const { replays, more } = await (await running(context, options)).replay(what);
  if (options.format === 'json') printJson(terminal, { schema: 1, replays, more });
  else for (const one of replays) for (const line of linesOf(terminal, one)) terminal.out(line);
  if (more > 0) terminal.note(`+${more} more match; give the id of a decision, or a version`);
  const states = replays.map(({ state }) => state);
  if (states.includes('differs')) context.finish(exitCodes.violation);
  else if (states.includes('unable') || more > 0) context.finish(exitCodes.unverified);
}

const words: Readonly<Record<Replay['state'], readonly [string, Tone]>> = {
  same: ['SAME', 'good'],
  differs: ['DIFFERS', 'bad'],
  unable: ['NOT DERIVED', 'warn'],
};

function linesOf(terminal: Terminal, replay: Replay): readonly string[] {
  const { name, version, outcome, decidedAt, decisionId, state, differences, unable, checked } = replay;
  const [word, tone] = words[state];
  return [
    `${terminal.paint(tone, word)}  ${terminal.paint('bold', forTerminal(`${name}@${version}`))}  ${outcome}, decided ${forTerminal(decidedAt)} (${forTerminal(decisionId)})`,
    ...differences.flatMap((one) => [
      `  differs   ${forTerminal(one.what, 200)}`,
      `    recorded  ${forTerminal(one.recorded, 600)}`,
      `    derived   ${forTerminal(one.derived, 600)}`,
    ]),
    ...(replay.moreDifferences > 0 ? [`  + ${replay.moreDifferences} more differences`] : []),
    ...unable.map((why) => `  not done  ${forTerminal(why, 600)}`),
    ...checked.map((one) => `  derived   ${forTerminal(one, 600)}`),
  ];
}
