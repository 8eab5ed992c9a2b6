/** `assay catalogue`: which packages are Secure here, and what share of a project is. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatPurl } from '../core/purl.ts';
import { lockfileOf } from '../server/checking/check-lockfile.ts';
import type { CatalogueAnswer } from '../server/control/rebuild-protocol.ts';
import {
  parseFormat,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from './context.ts';
import { tableLines } from './table.ts';

type Options = GateOptions & { readonly format: Format };

export function addCatalogue(program: Command, context: Context): void {
  const command = withGateOptions(
    program.command('catalogue').description('Which versions are Secure and which Community, and why.'),
  )
    .argument('[lockfile]', 'of a project: the share of its closure (default: all that is on record here)')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (lockfile: string | undefined, options: Options) => {
      const gate = await running(context, options);
      const answer = await gate.catalogue(
        lockfile === undefined ? undefined : await purlsIn(resolve(context.around.cwd, lockfile)),
      );
      if (options.format === 'json') return printJson(context.terminal, answer);
      return print(context, answer);
    });
  withExamples(command, ['assay catalogue', 'assay catalogue package-lock.json --format json']).addHelpText(
    'after',
    '\nSecure: built here from its approved source, and equal to what upstream published. Everything else is Community,\nalso what upstream attested.',
  );
}

async function purlsIn(path: string): Promise<readonly string[]> {
  const { entries } = await lockfileOf(path);
  const registry = entries.filter(({ source, version }) => source === 'registry' && version !== undefined);
  return [...new Set(registry.map(({ name, version }) => formatPurl('npm', name, version)))];
}

function print({ terminal }: Context, answer: CatalogueAnswer): void {
  const { packages, secure, community, unknown } = answer;
  const rows = packages.map((one) => [one.purl, `${one.class}/${one.grade}`, one.verdict ?? '', one.because]);
  const columns = [
    { title: 'PACKAGE', max: 80 },
    { title: 'CLASS', max: 24 },
    { title: 'BUILT', max: 20 },
    { title: 'WHY', max: 160 },
  ];
  if (rows.length > 0) for (const line of tableLines(columns, rows)) terminal.out(line);
  const all = secure + community;
  if (all === 0) return terminal.note('Nothing is on record here yet.');
  const more = unknown.length === 0 ? '' : `; ${unknown.length} of them never came through this gate`;
  return terminal.out(`${secure} of ${all} are Secure (${Math.floor((100 * secure) / all)} %)${more}.`);
}
