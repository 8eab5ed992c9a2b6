/** `assay ledger`: the log of decisions, for its operator and for whoever checks it from outside. */
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { addBuilderKey } from './builder-key.ts';
import { addErase } from './erase.ts';
import { addExport } from './export.ts';
import { addFsck } from './fsck.ts';
import { addProve } from './prove.ts';
import { addRotateKey } from './rotate-key.ts';
import { addShow } from './show.ts';
import { addLedgerStatus } from './status.ts';
import { addReleaseKeys } from './release-keys.ts';
import { addSummary } from './summary.ts';
import { addVerify } from './verify.ts';
import { addWatch } from './watch.ts';
import { addWitness } from './witness.ts';

export function addLedger(program: Command, context: Context): void {
  const ledger = program
    .command('ledger')
    .description('The tamper-evident log of all decisions: show, prove, verify, watch.')
    .addHelpText(
      'after',
      '\nverify, fsck and watch need no gate: they check with the key that you give them (docs/auditing.md).',
    );
  for (const add of [
    addLedgerStatus,
    addShow,
    addProve,
    addVerify,
    addFsck,
    addWatch,
    addWitness,
    addExport,
    addErase,
    addRotateKey,
    addSummary,
    addReleaseKeys,
    addBuilderKey,
  ])
    add(ledger, context);
}
