/** `assay ledger prove`: entries for an auditor, each with its proof and what opens it. */
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { disclosureOf, outcomeOf, verifyBundle, writeBundle } from '../../server/auditing/bundle.ts';
import { entryFields } from '../../server/control/ledger-protocol.ts';
import {
  exitCodes,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type GateOptions,
} from '../context.ts';
import { entryLines } from './entry-lines.ts';
import { ownTrust, withTrustOptions, type TrustFlags } from './trust.ts';

type Options = GateOptions & TrustFlags & { readonly out?: string; readonly fields: readonly string[] };

export function addProve(ledger: Command, context: Context): void {
  const command = withTrustOptions(
    withGateOptions(
      ledger.command('prove').description('Prove that entries are in the log, and open them for an auditor.'),
    ),
  )
    .argument(
      '<what>',
      "an entry's index or id; or a whole history by SHA-256, case id, package@version, package URL; or the log's name: the changes of its key",
    )
    .option('--out <folder>', 'write it there: disclosure.json, and each entry with its .tlog-proof')
    .option('--fields <names>', 'disclose only these, separated by commas', parseFields, entryFields)
    .action(async (what: string, options: Options) => prove(context, what, options));
  withExamples(command, [
    'assay ledger prove left-pad@1.3.0 --out left-pad.proof',
    'assay ledger prove AS-7Q2M --fields subject,statement,prev --out case.proof',
    'assay ledger prove 12',
  ]).addHelpText(
    'after',
    `\nFields: ${entryFields.join(', ')}. Without subject and prev no history can be checked.`,
  );
}

function parseFields(text: string): readonly string[] {
  const fields = text.split(',').map((field) => field.trim());
  const unknown = fields.find((field) => !entryFields.some((known) => known === field));
  if (unknown !== undefined) throw new InvalidArgumentError(`some of ${entryFields.join(', ')}`);
  return fields;
}

async function prove(context: Context, what: string, options: Options): Promise<void> {
  const { terminal, around } = context;
  const gate = await running(context, options);
  const { disclosure: text, waiting } = await gate.disclose(what, options.fields);
  const disclosure = disclosureOf(text, 'the answer');
  const verdict = verifyBundle(disclosure, await ownTrust(context, options));
  for (const finding of verdict.entries) for (const line of entryLines(terminal, finding)) terminal.out(line);
  if (waiting > 0) terminal.note(`${waiting} more wait for the next checkpoint: ask again in a second.`);
  if (disclosure.entries.length === 0) terminal.note('Nothing of it is in the log yet.');
  else if (options.out !== undefined) {
    await writeBundle(resolve(around.cwd, options.out), text);
    terminal.note(`Written to ${options.out}: assay ledger verify ${options.out} --vkey <the log's vkey>`);
  }
  const outcome = outcomeOf(disclosure, verdict);
  // A proof that does not hold here is one nobody should be handed; a closed field is what was asked for.
  if (outcome === 'refuted') context.finish(exitCodes.violation);
  else if (disclosure.entries.length === 0) context.finish(exitCodes.unverified);
}
