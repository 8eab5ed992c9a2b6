/** `assay ledger show`: one entry, with everything that the gate still can open of it. */
import { InvalidArgumentError, type Command } from 'commander';
import { verifyBundle, disclosureOf } from '../../server/auditing/bundle.ts';
import { entryFields } from '../../server/control/ledger-protocol.ts';
import {
  exitCodes,
  parseFormat,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from '../context.ts';
import { entryLines } from './entry-lines.ts';
import { ownTrust, withTrustOptions, type TrustFlags } from './trust.ts';

type Options = GateOptions & TrustFlags & { readonly format: Format };

export function addShow(ledger: Command, context: Context): void {
  const command = withTrustOptions(
    withGateOptions(ledger.command('show').description('Show one entry and what it says.')),
  )
    .argument('<n>', 'its index, from 0', parseIndex)
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (index: string, options: Options) => show(context, index, options));
  withExamples(command, ['assay ledger show 0', 'assay ledger show 12 --format json']);
}

function parseIndex(text: string): string {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a number from 0');
  return text;
}

async function show(context: Context, index: string, options: Options): Promise<void> {
  const { terminal } = context;
  const gate = await running(context, options);
  const { disclosure: text } = await gate.disclose(index, entryFields);
  if (options.format === 'json') return terminal.out(text.trimEnd());
  const verdict = verifyBundle(disclosureOf(text, 'the answer'), await ownTrust(context, options));
  for (const finding of verdict.entries) {
    for (const line of entryLines(terminal, finding)) terminal.out(line);
    if (!finding.proof.ok) context.finish(exitCodes.violation);
  }
}
