/** `assay ledger builder-key`: the key that signs what is said of builds, and changing to a new one. */
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { AssayError } from '../../core/errors.ts';
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

type Options = GateOptions & { readonly rotate?: boolean; readonly yes?: boolean; readonly format: Format };

export function addBuilderKey(ledger: Command, context: Context): void {
  const command = withGateOptions(
    ledger
      .command('builder-key')
      .description('Show the keys that sign what is said of builds, or change to a new one.'),
  )
    .option('--rotate', 'make a new key, and destroy the private half of the present one')
    .option('--yes', 'do not ask')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => builderKey(context, options));
  withExamples(command, ['assay ledger builder-key', 'assay ledger builder-key --rotate']).addHelpText(
    'after',
    '\nA new key signs once its entry is in the log. What earlier keys signed stays provable (docs/rebuild.md).',
  );
}

async function builderKey(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const gate = await running(context, options);
  const question = 'Destroy the private half of the present key? What it signed stays provable.';
  if (options.rotate === true && options.yes !== true && !(await terminal.confirm(question)))
    throw new AssayError('USAGE_INVALID', 'no key was changed', { hint: 'Answer y, or add --yes.' });
  const { keys } = await (options.rotate === true ? gate.rotateBuilderKey() : gate.builderKeys());
  if (options.format === 'json') return printJson(terminal, { schema: 1, keys });
  for (const { vkey, recordedAs, at, inForce } of keys)
    terminal.out(
      `${inForce ? 'signs ' : 'before'}  ${forTerminal(vkey)}  since ${forTerminal(at)}, entry ${forTerminal(recordedAs)}`,
    );
  if (keys.length === 0) terminal.note('There is none yet: the first build makes it.');
}
