/** `assay trust refresh`: ask the TUF repositories now. */
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
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

export function addRefresh(trust: Command, context: Context): void {
  const command = withGateOptions(
    trust
      .command('refresh')
      .description('Refresh Sigstore roots and registry keys from the configured TUF repositories, now.'),
  )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => refresh(context, options));
  withExamples(command, ['assay trust refresh']).addHelpText(
    'after',
    '\nWhat cannot be verified is not taken, and what is in use stays.\nExit codes: 0 all were refreshed, 3 one was not, 4 no gate runs.',
  );
}

async function refresh(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const gate = await running(context, options);
  terminal.progress('asking the TUF repositories');
  const { repositories, digest } = await gate.refreshTrust();
  terminal.progress('');
  if (options.format === 'json') printJson(terminal, { repositories, digest });
  else {
    for (const { name, url, changes, refused, problem } of repositories) {
      const nothing = changes.length + refused.length === 0 ? 'is current' : 'was refreshed';
      terminal.out(
        `${forTerminal(name)}  ${problem === undefined ? nothing : terminal.paint('bad', 'FAILED')}  ${forTerminal(url)}`,
      );
      for (const change of changes) terminal.out(`  ${forTerminal(change)}`);
      for (const one of refused) terminal.out(terminal.paint('warn', `  not taken: ${forTerminal(one)}`));
      if (problem !== undefined)
        terminal.out(
          terminal.paint('bad', `  ${forTerminal(problem.message)} (${forTerminal(problem.code)})`),
        );
    }
    terminal.out(`material  ${forTerminal(digest)}`);
  }
  if (repositories.some(({ problem }) => problem !== undefined)) context.finish(exitCodes.unverified);
}
