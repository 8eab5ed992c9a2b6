/** `assay ledger erase`: makes a field of an entry unreadable for ever. The entry, and every proof over it, stay. */
import { Argument, type Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { AssayError } from '../../core/errors.ts';
import { entryFields } from '../../server/control/ledger-protocol.ts';
import { running, withExamples, withGateOptions, type Context, type GateOptions } from '../context.ts';

type Options = GateOptions & { readonly reason: string; readonly yes?: boolean };

export function addErase(ledger: Command, context: Context): void {
  const command = withGateOptions(
    ledger
      .command('erase')
      .description('Delete the salt of a field of an entry, so that nobody can open it again.'),
  )
    .argument('<event>', "the entry's id, as `assay ledger show` prints it")
    .addArgument(new Argument('<field>', 'what to erase').choices(entryFields))
    .requiredOption('--reason <text>', 'why; it stands in the entry that records the erasure')
    .option('--yes', 'do not ask')
    .action(async (event: string, field: string, options: Options) => erase(context, event, field, options));
  withExamples(command, ["assay ledger erase 7ZK3…  actor --reason 'request 2026-114'"]).addHelpText(
    'after',
    '\nThe erasure is an entry of its own. `actor` erases who acted from the entry; the statement names them too: erase both.\nThe gate keeps its own record of the decision, and copies that were disclosed or backed up keep what they have.',
  );
}

async function erase(context: Context, event: string, field: string, options: Options): Promise<void> {
  const { terminal } = context;
  const gate = await running(context, options);
  const question = `Erase ${field} of entry ${forTerminal(event)}? It cannot be undone.`;
  if (options.yes !== true && !(await terminal.confirm(question)))
    throw new AssayError('USAGE_INVALID', 'nothing was erased', { hint: 'Answer y, or add --yes.' });
  const { recordedAs } = await gate.erase(event, field, options.reason);
  terminal.note(`Erased. The entry ${forTerminal(recordedAs)} records it.`);
}
