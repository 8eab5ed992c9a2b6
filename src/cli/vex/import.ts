/** `assay vex import`: a signed document of a signer whom the configuration names. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import type { VexImported } from '../../server/control/vex-protocol.ts';
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
import { parseUntil } from '../until.ts';

type Options = GateOptions & {
  readonly signer: string;
  readonly signature?: string;
  readonly until?: string;
  readonly format: Format;
};

export function addImport(vex: Command, context: Context): void {
  const command = withGateOptions(
    vex.command('import').description('Import a signed OpenVEX or CycloneDX document, from a file or a URL.'),
  )
    .argument('<file-or-url>', 'the document; without --signature a DSSE envelope around it')
    .requiredOption('--signer <name>', 'whose it is, as the configuration names them (vex.signers)')
    .option('--signature <file-or-url>', "over the document's bytes, as it is or in base64")
    .option('--until <date>', "end it sooner than the signer's statements end: 2027-01-31", parseUntil)
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (from: string, options: Options) => importDocument(context, from, options));
  withExamples(command, [
    'assay vex import vex.json --signature vex.json.sig --signer security@example.com',
    'assay vex import https://example.com/vex.dsse.json --signer security@example.com --until 2027-01-31',
  ]).addHelpText(
    'after',
    '\nFiles are read by the gate, on its machine. A newer version of a document takes the place of the earlier one.\nExit codes: 0 done or nothing to do, 2 wrong usage or no such signer, 3 the document was refused, 4 no gate runs.',
  );
}

async function importDocument(context: Context, from: string, options: Options): Promise<void> {
  const gate = await running(context, options);
  const place = (text: string): string =>
    /^https?:\/\//.test(text) ? text : resolve(context.around.cwd, text);
  const { signer, signature, until } = options;
  const done = await gate.importVex({
    from: place(from),
    signer,
    ...(signature !== undefined && { signature: place(signature) }),
    ...(until !== undefined && { until }),
  });
  if (options.format === 'json') return printJson(context.terminal, done);
  for (const line of linesOf(done)) context.terminal.out(line);
}

function linesOf({ document, isSame, packages }: VexImported): readonly string[] {
  const { id, signer, statements, inForce, passedOver, ends, entry } = document;
  if (isSame) return [`Nothing changed: the document ${forTerminal(id)} is in force.`];
  return [
    `imported  ${forTerminal(id)}: ${statements} statements by ${forTerminal(signer)} about ${packages} packages, ${inForce} in force`,
    `until     ${forTerminal(ends)}`,
    ...(passedOver === 0 ? [] : [`not taken ${passedOver} statements that say nothing here, or not in full`]),
    `entry     ${forTerminal(entry)}`,
  ];
}
