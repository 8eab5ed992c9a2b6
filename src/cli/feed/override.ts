/** `assay feed override …`: an advisory that is wrong, or does not concern a package here, is set aside until a date. */
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { AssayError } from '../../core/errors.ts';
import type { FeedsAnswer } from '../../server/control/feed-protocol.ts';
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
import { parseUntil, untilHelp } from '../until.ts';

type Which = GateOptions & { readonly package: string };
type Adding = Which & { readonly until: string; readonly reason: string };
type Listing = GateOptions & { readonly format: Format };

const packageHelp = 'package, or package@version for one version alone';

export function addOverride(feed: Command, context: Context): void {
  const override = feed
    .command('override')
    .description('Set an advisory aside for a package, until a date: add, list, remove.');
  const add = withGateOptions(override.command('add').description('Set an advisory aside until a date.'))
    .argument('<id>', 'of the advisory, or one of its aliases')
    .requiredOption('--package <package>', packageHelp)
    .requiredOption('--until <date>', untilHelp, parseUntil)
    .requiredOption('--reason <text>', 'why; it is on record and in the ledger')
    .action(async (id: string, options: Adding) => addOne(context, id, options));
  withExamples(add, [
    'assay feed override add MAL-2026-1 --package left-pad --until 2027-01-31 --reason "listed by mistake, reported"',
  ]);
  const list = withGateOptions(
    override.command('list').description('Show what is set aside, and until when.'),
  )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Listing) => listAll(context, options));
  withExamples(list, ['assay feed override list']);
  const remove = withGateOptions(override.command('remove').description('End an override before its date.'))
    .argument('<id>', 'as it was given to add')
    .requiredOption('--package <package>', packageHelp)
    .action(async (id: string, options: Which) => removeOne(context, id, options));
  withExamples(remove, ['assay feed override remove MAL-2026-1 --package left-pad']);
}

export function overrideLines(overrides: FeedsAnswer['overrides']): readonly string[] {
  return overrides.map(
    ({ id, name, version, by, reason, until }) =>
      `aside     ${forTerminal(id)} for ${forTerminal(name)}${version === undefined ? '' : `@${forTerminal(version)}`} until ${forTerminal(until)}, by ${forTerminal(by)}: ${forTerminal(reason, 300)}`,
  );
}

/** The last `@` that does not begin a scope parts name and version. */
function named(text: string): { readonly name: string; readonly version?: string } {
  const at = text.lastIndexOf('@');
  if (at <= 0) return { name: text };
  const [name, version] = [text.slice(0, at), text.slice(at + 1)];
  if (version === '') throw new AssayError('USAGE_INVALID', `${text} names no version after its @`);
  return { name, version };
}

async function addOne(context: Context, id: string, options: Adding): Promise<void> {
  const gate = await running(context, options);
  const { until, reason } = options;
  const { override } = await gate.overrideAdvisory({ id, ...named(options.package), until, reason });
  for (const line of overrideLines([override])) context.terminal.out(line);
}

async function listAll(context: Context, options: Listing): Promise<void> {
  const { overrides } = await (await running(context, options)).feeds();
  if (options.format === 'json') return printJson(context.terminal, { overrides });
  if (overrides.length === 0) context.terminal.note('Nothing is set aside.');
  for (const line of overrideLines(overrides)) context.terminal.out(line);
}

async function removeOne(context: Context, id: string, options: Which): Promise<void> {
  const gate = await running(context, options);
  const { override } = await gate.endOverride({ id, ...named(options.package) });
  context.terminal.out(`${forTerminal(override.id)} counts again for ${forTerminal(override.name)}.`);
}
