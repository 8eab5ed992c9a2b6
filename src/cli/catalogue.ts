/** `assay catalogue`: which packages are Secure here, what share of a project is, and what a release stands on. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { findLockfiles, lockfileOf } from '../server/checking/check-lockfile.ts';
import type { ControlClient } from '../server/control/client.ts';
import { directDependencies, lockedIn } from '../server/rebuilding/project-closures.ts';
import { directLines, packageLines, releaseLines, summaryLines, type Shown } from './catalogue-lines.ts';
import {
  exitCodes,
  parseFormat,
  parseLimit,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from './context.ts';

interface Options extends GateOptions {
  readonly format: Format;
  readonly secure?: boolean;
  readonly community?: boolean;
  readonly inputs?: boolean;
  readonly minSecure?: number;
  readonly limit: number;
}

export function addCatalogue(program: Command, context: Context): void {
  const command = withGateOptions(
    program.command('catalogue').description('Which versions are Secure and which Community, and why.'),
  )
    .argument(
      '[what]',
      'a lockfile or its folder: the share of a project; a version (pkg:npm/name@1.0.0): what it stands on, and its closure; default: all that is on record here',
    )
    .option('--secure', 'list Secure ones only')
    .option('--community', 'list the others only')
    .option('--inputs', 'of a version: list every tool and package that went into its build')
    .option('--min-secure <percent>', 'exit with 1 when a smaller share is Secure', parsePercent)
    .option('--limit <number>', 'how many packages are listed', parseLimit, 50)
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (what: string | undefined, options: Options) => {
      const gate = await running(context, options);
      if (what !== undefined && (await isRelease(context, what)))
        return release(context, gate, what, options);
      return project(context, gate, what, options);
    });
  withExamples(command, [
    'assay catalogue',
    'assay catalogue package-lock.json --community',
    'assay catalogue . --min-secure 80',
    'assay catalogue pkg:npm/inherits@2.0.4 --inputs',
  ]).addHelpText(
    'after',
    '\nSecure: built here from its approved source, and equal to what upstream published. Everything else is Community,\nalso what upstream attested. What never came through this gate is unknown, and counts as not Secure.\nExit codes with --min-secure: 0 the share is reached, 1 it is not, 3 there was nothing to look at.',
  );
}

function parsePercent(text: string): number {
  const percent = Number(text);
  if (!/^\d{1,3}$/.test(text) || percent > 100) throw new InvalidArgumentError('a number from 0 to 100');
  return percent;
}

/** What is there as a file or folder is one; a package's name with a version is none. */
async function isRelease({ around }: Context, what: string): Promise<boolean> {
  if (what.startsWith('pkg:')) return true;
  const exists = await stat(resolve(around.cwd, what)).then(
    () => true,
    () => false,
  );
  return !exists && what.indexOf('@', 1) > 0 && !/\.(?:json|yaml|lock|lockb)$/.test(what);
}

async function project(
  context: Context,
  gate: ControlClient,
  what: string | undefined,
  options: Options,
): Promise<void> {
  const { terminal } = context;
  const lockfile = what === undefined ? undefined : await lockfileIn(resolve(context.around.cwd, what));
  const answer = await gate.catalogue(lockfile === undefined ? {} : lockedIn(lockfile));
  const direct = lockfile === undefined ? undefined : directDependencies(lockfile, answer.packages);
  const { securePercent } = answer.summary;
  judge(context, securePercent, options);
  if (options.format === 'json')
    return printJson(terminal, { ...answer, ...(direct === undefined ? {} : { direct }) });
  if (securePercent === undefined) return terminal.note('Nothing is on record here yet.');
  const shown = shownOf(options);
  const parts = [
    summaryLines(answer.summary),
    direct === undefined ? [] : directLines(direct, shown),
    packageLines(answer, shown),
  ].filter((lines) => lines.length > 0);
  for (const [place, lines] of parts.entries()) {
    if (place > 0) terminal.out('');
    for (const line of lines) terminal.out(line);
  }
  if (lockfile !== undefined && answer.summary.unknown > 0)
    terminal.note(
      'What never came through this gate is looked at by `assay check`, and with every install through it.',
    );
  if (lockfile !== undefined && direct === undefined)
    terminal.note(
      `Shares for each direct dependency are told of package-lock.json; this is ${lockfile.format}.`,
    );
}

async function lockfileIn(path: string): Promise<Awaited<ReturnType<typeof lockfileOf>>> {
  const [first = path] = await findLockfiles(path, path);
  return lockfileOf(first);
}

async function release(context: Context, gate: ControlClient, what: string, options: Options): Promise<void> {
  const answer = await gate.releaseCatalogue(what);
  const { closure } = answer;
  // Of a release the share is that of its closure; one without dependencies has nothing that is not Secure.
  if (options.minSecure !== undefined && closure?.total !== 0)
    judge(context, closure && Math.floor((100 * closure.secure) / closure.total), options);
  if (options.format === 'json') return printJson(context.terminal, answer);
  const shown = { ...shownOf(options), inputs: options.inputs === true };
  for (const line of releaseLines(answer, shown)) context.terminal.out(line);
  return undefined;
}

function shownOf({ secure, community, limit }: Options): Shown {
  return { only: secure === true ? 'secure' : community === true ? 'community' : undefined, limit };
}

function judge(context: Context, percent: number | undefined, { minSecure }: Options): void {
  if (minSecure === undefined) return;
  if (percent === undefined) return context.finish(exitCodes.unverified);
  if (percent >= minSecure) return;
  context.terminal.note(`${percent} % are Secure, and ${minSecure} % are asked for.`);
  context.finish(exitCodes.violation);
}
