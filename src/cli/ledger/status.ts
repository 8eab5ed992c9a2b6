/** `assay ledger status`: how the running gate's log stands. */
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import type { LedgerStatus } from '../../server/control/ledger-protocol.ts';
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

type Options = GateOptions & { readonly format: Format };

export function addLedgerStatus(ledger: Command, context: Context): void {
  const command = withGateOptions(
    ledger.command('status').description("Show the log's name, keys, size and newest checkpoint."),
  )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => status(context, options));
  withExamples(command, ['assay ledger status', 'assay ledger status --format json']);
}

async function status(context: Context, options: Options): Promise<void> {
  const answer = await (await running(context, options)).ledger();
  if (options.format === 'json') printJson(context.terminal, answer);
  else for (const line of linesOf(context, answer)) context.terminal.out(line);
  if (answer.state !== 'running') context.finish(exitCodes.unverified);
}

function linesOf({ terminal }: Context, answer: LedgerStatus): readonly string[] {
  const tone = answer.state === 'running' ? 'good' : answer.state === 'stopped' ? 'bad' : 'warn';
  return [
    `log         ${forTerminal(answer.origin)}  ${terminal.paint(tone, answer.state)}`,
    `size        ${answer.size} entries, ${answer.waiting} wait`,
    `root        ${forTerminal(answer.root)}`,
    `checkpoint  ${answer.checkpointAt === undefined ? 'none yet' : forTerminal(answer.checkpointAt)}`,
    ...answer.vkeys.map((vkey) => `vkey        ${forTerminal(vkey)}`),
    ...answer.witnesses.map(
      ({ name, cosigned, problem }) =>
        `witness     ${forTerminal(name)}  ${cosigned === undefined ? 'has not cosigned yet' : `cosigned ${cosigned}`}${problem === undefined ? '' : `  ${forTerminal(problem, 300)}`}`,
    ),
    ...(answer.problem === undefined
      ? []
      : [
          terminal.paint(
            'warn',
            `problem     ${forTerminal(answer.problem.message, 1000)} [${forTerminal(answer.problem.code)}]`,
          ),
        ]),
  ];
}
