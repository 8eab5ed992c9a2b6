/** `assay feed …`: what is publicly known of versions. */
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { addImport } from './import.ts';
import { addOverride } from './override.ts';
import { addStatus } from './status.ts';

export function addFeed(program: Command, context: Context): void {
  const feed = program
    .command('feed')
    .description('Feeds of advisories: import, status, and what is set aside for a while.');
  for (const add of [addImport, addStatus, addOverride]) add(feed, context);
}
