/** `assay config`: what is in force, and where each value came from. */
import type { Command } from 'commander';
import { isAssayError } from '../core/errors.ts';
import { controlClient } from '../server/control/client.ts';
import {
  exitCodes,
  load,
  parseFormat,
  printJson,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from './context.ts';
import { tableLines } from './table.ts';

type Options = GateOptions & { readonly format: Format };

export function addConfig(program: Command, context: Context): void {
  const command = withGateOptions(
    program.command('config').description('Print the settings in force and where each came from.'),
  )
    .enablePositionalOptions()
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .option('--running', 'ask the running gate instead of reading the configuration')
    .action(async (options: Options & { readonly running?: boolean }) => show(context, options));
  withExamples(command, [
    'assay config',
    'assay config --running --format json',
    'assay config upstreams --refresh',
  ]);
  const upstreams = withGateOptions(
    command
      .command('upstreams')
      .description('Print the upstreams; --refresh asks the package managers of this machine anew.'),
  )
    .option(
      '--refresh',
      'resolve them anew and store the answer; a running gate takes it up at its next start',
    )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options & { readonly refresh?: boolean }) => showUpstreams(context, options));
  withExamples(upstreams, ['assay config upstreams', 'assay config upstreams --refresh']);
}

async function show(context: Context, options: Options & { readonly running?: boolean }): Promise<void> {
  const { config, data } = options;
  if (options.running === true) {
    const { settings } = await load(context, { config, data }, 'none');
    return print(context, options.format, (await controlClient(settings.dataDirectory).config()).settings);
  }
  try {
    print(context, options.format, (await load(context, { config, data }, 'look')).shown);
  } catch (error) {
    if (!isAssayError(error, 'UPSTREAM_NOT_CONFIGURED') && !isAssayError(error, 'UPSTREAM_IS_ASSAY'))
      throw error;
    // The rest is still worth seeing when only the upstream is missing.
    print(context, options.format, (await load(context, { config, data }, 'none')).shown);
    context.terminal.note(`assay: ${error.message}. ${error.hint}`);
    context.finish(exitCodes.usage);
  }
}

async function showUpstreams(
  context: Context,
  options: Options & { readonly refresh?: boolean },
): Promise<void> {
  const { config, data } = options;
  const { shown, settings } = await load(
    context,
    { config, data },
    options.refresh === true ? 'refresh' : 'look',
  );
  print(
    context,
    options.format,
    shown.filter((one) => one.key.startsWith('upstreams.')),
  );
  if (options.refresh !== true) return;
  const isRunning = await controlClient(settings.dataDirectory)
    .status()
    .then(
      () => true,
      () => false,
    );
  context.terminal.note(
    `Stored in ${settings.dataDirectory}.${isRunning ? ' Start the gate again for it to take effect.' : ''}`,
  );
}

interface Shown {
  readonly key: string;
  readonly value: string;
  readonly source: string;
  readonly where?: string | undefined;
}

function print({ terminal }: Context, format: Format, settings: readonly Shown[]): void {
  if (format === 'json') return printJson(terminal, { settings });
  const columns = [
    { title: 'SETTING', max: 60 },
    { title: 'VALUE', max: 100 },
    { title: 'FROM', max: 20 },
    { title: 'WHERE', max: 200 },
  ];
  for (const line of tableLines(
    columns,
    settings.map((one) => [one.key, one.value, one.source, one.where ?? '']),
  ))
    terminal.out(line);
}
