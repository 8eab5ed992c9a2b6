/** `assay ledger fsck`: every entry and every tile of a log, against its signed checkpoint. */
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { fsckLog, type Fsck } from '../../server/auditing/fsck.ts';
import {
  exitCodes,
  parseFormat,
  printJson,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
} from '../context.ts';
import type { Terminal } from '../terminal.ts';
import { trustedSource, withTrustOptions, type SourceFlags } from './trust.ts';

type Options = SourceFlags & { readonly format: Format };

export function addFsck(ledger: Command, context: Context): void {
  const command = withTrustOptions(
    withGateOptions(
      ledger.command('fsck').description('Check a whole log: every entry, every tile, the signature.'),
    ),
  )
    .option('--url <log>', 'a log somewhere: the address under which its `checkpoint` is')
    .option('--path <folder>', "a log in a folder (a data directory's `ledger`, or an export)")
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => fsck(context, options));
  withExamples(command, [
    'assay ledger fsck',
    'assay ledger fsck --url https://assay.example.com/-/ledger/ --vkey assay.example.com/log+…',
    'assay ledger fsck --path export --policy witnesses.policy',
  ]);
}

async function fsck(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const { source, trust } = await trustedSource(context, options);
  try {
    const result = await fsckLog(source, trust, (checked, size) =>
      terminal.progress(`checked ${checked} of ${size} entries`),
    );
    terminal.progress('');
    if (options.format === 'json')
      printJson(terminal, { ...result, types: Object.fromEntries(result.types) });
    else printFsck(terminal, result);
    if (result.findings.length > 0) context.finish(exitCodes.violation);
    else if (result.size === 0) context.finish(exitCodes.unverified);
  } finally {
    source.close();
  }
}

export function printFsck(
  terminal: Terminal,
  { origin, size, root, findings, types, witnesses }: Fsck,
): void {
  terminal.out(`log      ${forTerminal(origin)}`);
  terminal.out(`size     ${size} entries`);
  terminal.out(`root     ${root}`);
  for (const [type, count] of [...types].sort(([a], [b]) => (a < b ? -1 : 1)))
    terminal.out(`  ${forTerminal(type).padEnd(20)} ${String(count).padStart(10)}`);
  if (witnesses.length > 0) terminal.out(`cosigned ${witnesses.map((name) => forTerminal(name)).join(', ')}`);
  for (const { path, problem } of findings)
    terminal.out(terminal.paint('bad', `${forTerminal(path)}: ${forTerminal(problem)}`));
  terminal.out(
    findings.length === 0
      ? terminal.paint('good', 'every entry and tile is as it was signed')
      : terminal.paint('bad', `${findings.length} findings`),
  );
  if (size === 0 && findings.length === 0) terminal.note('The log is empty: there was nothing to verify.');
}
