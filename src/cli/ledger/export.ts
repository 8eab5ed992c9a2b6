/** `assay ledger export`: a copy of the log that anybody can serve or check. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { exportLog } from '../../server/auditing/export.ts';
import { exitCodes, withExamples, withGateOptions, type Context } from '../context.ts';
import { printFsck } from './fsck.ts';
import { trustedSource, withTrustOptions, type SourceFlags } from './trust.ts';

export function addExport(ledger: Command, context: Context): void {
  const command = withTrustOptions(
    withGateOptions(
      ledger
        .command('export')
        .description('Copy checkpoint, tiles, bundles and vkeys to a folder, and check the copy.'),
    ),
  )
    .argument('<folder>', 'new or empty')
    .option('--url <log>', "copy a log from there (default: this machine's own)")
    .action(async (folder: string, options: SourceFlags) => copy(context, folder, options));
  withExamples(command, ['assay ledger export backup/ledger-2026-11']);
}

async function copy(context: Context, folder: string, options: SourceFlags): Promise<void> {
  const { terminal, around } = context;
  const { source, trust } = await trustedSource(context, options);
  try {
    const result = await exportLog(source, trust, resolve(around.cwd, folder), (files) =>
      terminal.progress(`copied ${files} files`),
    );
    terminal.progress('');
    printFsck(terminal, result);
    if (result.findings.length > 0) context.finish(exitCodes.violation);
  } finally {
    source.close();
  }
}
