/** `assay trust …`: whom the gate trusts to sign. */
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { addHistory } from './history.ts';
import { addImport } from './import.ts';
import { addRefresh } from './refresh.ts';
import { addShow } from './show.ts';

export function addTrust(program: Command, context: Context): void {
  const trust = program
    .command('trust')
    .description('The roots and keys that signatures are judged by: show, refresh, import, history.');
  for (const add of [addShow, addRefresh, addImport, addHistory]) add(trust, context);
}
