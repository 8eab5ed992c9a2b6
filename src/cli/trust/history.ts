/** `assay trust history`: every change of whom the gate trusts, newest first. */
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import {
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

export function addHistory(trust: Command, context: Context): void {
  const command = withGateOptions(
    trust.command('history').description('Show every change of the roots and keys, with its ledger entry.'),
  )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => history(context, options));
  withExamples(command, ['assay trust history', 'assay ledger prove <entry>']);
}

async function history(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const answer = await (await running(context, options)).trustHistory();
  if (options.format === 'json') return printJson(terminal, answer);
  if (answer.changes.length === 0) terminal.note('Nothing changed since the first start.');
  for (const { at, source, via, principal, before, after, changes, entry } of answer.changes) {
    terminal.out(
      terminal.paint(
        'bold',
        `${forTerminal(at)}  ${source}, by ${forTerminal(principal)}, from ${forTerminal(via, 300)}`,
      ),
    );
    for (const change of changes) terminal.out(`  ${forTerminal(change)}`);
    terminal.out(
      `  ${forTerminal(before.slice(0, 12))} → ${forTerminal(after.slice(0, 12))}  entry ${forTerminal(entry)}`,
    );
  }
}
