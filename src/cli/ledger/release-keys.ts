/** `assay ledger release-keys`: the keys with which the gate signs what it admits, as a registry does. */
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

export function addReleaseKeys(ledger: Command, context: Context): void {
  const command = withGateOptions(
    ledger
      .command('release-keys')
      .description(
        'Show the keys that sign admitted releases for `audit signatures`, or change to a new one.',
      ),
  )
    .option('--rotate', 'make a new key, and destroy the private half of the present one')
    .option('--yes', 'do not ask')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => releaseKeys(context, options));
  withExamples(command, ['assay ledger release-keys', 'assay ledger release-keys --rotate']);
}

async function releaseKeys(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const gate = await running(context, options);
  const question =
    'Destroy the private half of the present key? What it signed is signed anew by the new one.';
  if (options.rotate === true && options.yes !== true && !(await terminal.confirm(question)))
    throw new AssayError('USAGE_INVALID', 'no key was changed', { hint: 'Answer y, or add --yes.' });
  const { keys } = await (options.rotate === true ? gate.rotateRegistryKey() : gate.registryKeys());
  if (options.format === 'json') return printJson(terminal, { schema: 1, keys });
  for (const { keyid, spki, expires } of keys)
    terminal.out(`${forTerminal(keyid)}  ${forTerminal(expires ?? 'signs')}  ${forTerminal(spki)}`);
  if (keys.length === 0) terminal.note('There is none yet: the first admitted release makes it.');
}
