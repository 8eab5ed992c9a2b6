/** `assay vex …`: what signers who are named, and the operator, state about vulnerabilities in packages. */
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { addImport } from './import.ts';
import { addList } from './list.ts';
import { addStatement } from './statement.ts';

export function addVex(program: Command, context: Context): void {
  const vex = program
    .command('vex')
    .description('Statements about vulnerabilities (OpenVEX, CycloneDX): import, add, list, remove.');
  for (const add of [addImport, addStatement, addList]) add(vex, context);
}
