/** `assay rebuild`: build a published version from its source, compare, and read what came of it. */
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { AssayError, messageOf } from '../core/errors.ts';
import type { ControlClient } from '../server/control/client.ts';
import type { JobShown, OutcomeShown, ReportForm } from '../server/control/rebuild-protocol.ts';
import {
  exitCodes,
  parseFormat,
  parseLimit,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type ExitCode,
  type Format,
  type GateOptions,
} from './context.ts';
import { foundationLines } from './foundation-lines.ts';
import { jobLines } from './job-lines.ts';

interface RebuildOptions extends GateOptions {
  readonly watch?: boolean;
  readonly list?: boolean;
  readonly cancel?: string;
  readonly limit: number;
  readonly recipe?: string;
  readonly format: Format;
}

interface ReportOptions extends GateOptions {
  readonly html?: string;
  readonly json?: boolean;
  readonly recipe?: boolean;
  readonly log?: boolean;
  readonly inputs?: boolean;
}

export function addRebuild(program: Command, context: Context): void {
  const command = withGateOptions(
    program.command('rebuild').description('Build a version from its source, here, and compare it.'),
  )
    .argument('[purl]', 'pkg:npm/name@version, pkg:deb/debian/name, or name@version of npm')
    .option('--watch', 'follow it to its end, and print what came of it')
    .option('--recipe <file>', 'YAML that corrects how it is built, or names its source')
    .option('--list', 'what waits, runs and ended, by cause; also `assay rebuild list`')
    .option('--cancel <id>', 'end a job')
    .option('--limit <number>', 'how many jobs --list shows', parseLimit, 30)
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (purl: string | undefined, options: RebuildOptions) => {
      const gate = await running(context, options);
      if (options.list === true) return list(context, gate, options);
      if (options.cancel !== undefined) return cancel(context, gate, options.cancel);
      if (purl === undefined)
        throw new AssayError('USAGE_INVALID', 'nothing to build was named', {
          hint: '`assay rebuild pkg:npm/inherits@2.0.4 --watch`',
        });
      return build(context, gate, purl, options);
    });
  withExamples(command, [
    'assay rebuild pkg:npm/inherits@2.0.4 --watch',
    'assay rebuild list',
    'assay rebuild report pkg:npm/inherits@2.0.4',
    'assay rebuild report inherits@2.0.4 --html report.html',
    'assay rebuild proof inherits@2.0.4 --output inherits.json',
  ]).addHelpText(
    'after',
    '\nIt runs in a sandbox without a network, from the commit or archive that was published from. Every outcome is signed and\nin the ledger. A version becomes Secure when it equals what was built here, and a person approved its source.\nExit codes with --watch: 0 it is what upstream published, 1 it differs, 3 it could not be built.',
  );
  addQueue(command, context);
  addReport(command, context);
  addProof(command, context);
}

function addQueue(rebuild: Command, context: Context): void {
  const listing = withGateOptions(
    rebuild.command('list').description('What waits, runs and ended, grouped by cause.'),
  )
    .option('--limit <number>', 'how many jobs', parseLimit, 30)
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: RebuildOptions) => list(context, await running(context, options), options));
  withExamples(listing, ['assay rebuild list', 'assay rebuild list --limit 100 --format json']);
  const ending = withGateOptions(rebuild.command('cancel').description('End a job that waits or runs.'))
    .argument('<id>', 'as `assay rebuild list` shows it')
    .action(async (id: string, options: GateOptions) => cancel(context, await running(context, options), id));
  withExamples(ending, ['assay rebuild cancel 4f0c2a6e-…']);
}

async function build(
  context: Context,
  gate: ControlClient,
  purl: string,
  options: RebuildOptions,
): Promise<void> {
  const recipe = options.recipe === undefined ? {} : { recipe: await textOf(options.recipe) };
  const job = await gate.rebuild({ purl, ...recipe });
  if (options.watch === true) return watch(context, gate, job, options.format);
  if (options.format === 'json') return printJson(context.terminal, job);
  context.terminal.out(`${job.id}  ${job.purl}  ${job.state}`);
  return context.terminal.note(`Follow it: assay rebuild ${job.purl} --watch`);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AssayError('USAGE_INVALID', `${path}: ${messageOf(cause)}`, { cause });
  }
}

const lookEveryMs = 400;

async function watch(
  context: Context,
  gate: ControlClient,
  { id, attempt }: JobShown,
  format: Format,
): Promise<void> {
  const { terminal } = context;
  let last = 0;
  for (;;) {
    const { job, lines, outcome } = await gate.watchRebuild(id, last);
    for (const { number, text } of lines) {
      last = number;
      if (format === 'table') terminal.note(forTerminal(text, 2000));
    }
    const isOver = job.state !== 'waiting' && job.state !== 'running';
    const isPut = job.state === 'waiting' && job.attempt > attempt;
    if (isOver || isPut) {
      context.finish(exitOf(job, outcome));
      if (format === 'json') return printJson(terminal, { job, outcome });
      return tellEnd(context, job, outcome);
    }
    await wait(lookEveryMs);
  }
}

function exitOf({ state }: JobShown, outcome: OutcomeShown | undefined): ExitCode {
  if (state !== 'done' || outcome === undefined) return exitCodes.unverified;
  return outcome.verdict === 'unexplained' || outcome.verdict === 'suspicious'
    ? exitCodes.violation
    : exitCodes.pass;
}

function tellEnd({ terminal }: Context, job: JobShown, outcome: OutcomeShown | undefined): void {
  if (outcome !== undefined) return tellOutcome(terminal, outcome);
  const why = job.message === undefined ? '' : `: ${forTerminal(job.message, 500)}`;
  terminal.out(`${job.purl}: ${job.state} (${job.cause ?? job.phase})${why}`);
  if (job.state === 'waiting')
    terminal.note(`It is tried again at ${job.notBefore}; asked for once more, it does not wait.`);
}

function tellOutcome(terminal: Context['terminal'], outcome: OutcomeShown): void {
  const { purl, verdict, cause, sentence, isolation, missing, source } = outcome;
  const { class: grade, because } = {
    ...outcome.class,
    class: `${outcome.class.class}/${outcome.class.grade}`,
  };
  terminal.out(`${forTerminal(purl)}: ${verdict}${cause === undefined ? '' : ` (${cause})`}`);
  terminal.out(forTerminal(sentence, 1000));
  if (source !== undefined) terminal.out(`source     ${forTerminal(source, 500)}`);
  terminal.out(
    `isolation  ${isolation}${missing.length === 0 ? '' : `: ${forTerminal(missing.join(' '), 500)}`}`,
  );
  terminal.out(
    `class      ${outcome.class.class === 'secure' ? grade : 'community'}: ${forTerminal(because, 500)}`,
  );
  terminal.out(`ledger     entry ${outcome.eventId}`);
  terminal.note(`The report: assay rebuild report ${forTerminal(purl)}`);
}

async function list(context: Context, gate: ControlClient, options: RebuildOptions): Promise<void> {
  const { jobs } = await gate.rebuilds(options.limit);
  if (options.format === 'json') return printJson(context.terminal, { jobs });
  if (jobs.length === 0) return context.terminal.note('Nothing was asked for yet: assay rebuild PURL');
  for (const line of jobLines(jobs)) context.terminal.out(line);
  return undefined;
}

async function cancel(context: Context, gate: ControlClient, id: string): Promise<void> {
  const { cancelled } = await gate.cancelRebuild(id);
  if (!cancelled)
    throw new AssayError('REBUILD_NOT_FOUND', `no job ${id} waits or runs`, {
      hint: '`assay rebuild list` shows the jobs.',
    });
  context.terminal.out(`cancelled ${id}`);
}

function addReport(rebuild: Command, context: Context): void {
  const command = withGateOptions(
    rebuild.command('report').description('What came of the newest build of a version.'),
  )
    .argument('<purl>', 'the version, its package, or the id of a build')
    .option('--html <file>', 'write it as one HTML file')
    .option('--json', "diffoscope's JSON")
    .option('--recipe', 'the recipe that was used, as YAML')
    .option('--log', 'the log of the build')
    .option('--inputs', 'list every tool and package that went in, with its class')
    .action(async (purl: string, options: ReportOptions) => {
      const gate = await running(context, options);
      const { outcome, text, standsOn } = await gate.rebuildReport(purl, formOf(options));
      if (options.html !== undefined) {
        await writeFile(options.html, text);
        return context.terminal.out(`wrote ${options.html}`);
      }
      if (options.json === true) return context.terminal.out(text);
      for (const line of text.split('\n')) context.terminal.out(forTerminal(line, 4000));
      if (formOf(options) !== 'text') return undefined;
      context.terminal.out('');
      tellOutcome(context.terminal, outcome);
      if (standsOn === undefined) return undefined;
      const lines = foundationLines(standsOn, { inputs: options.inputs === true });
      for (const line of lines) context.terminal.out(line);
      return undefined;
    });
  withExamples(command, [
    'assay rebuild report pkg:npm/inherits@2.0.4',
    'assay rebuild report inherits@2.0.4 --inputs',
    'assay rebuild report inherits --html report.html',
  ]);
}

function formOf({ html, json, recipe, log }: ReportOptions): ReportForm {
  if (html !== undefined) return 'html';
  if (json === true) return 'json';
  if (recipe === true) return 'recipe';
  return log === true ? 'log' : 'text';
}

function addProof(rebuild: Command, context: Context): void {
  const command = withGateOptions(
    rebuild
      .command('proof')
      .description('Signed attestations and the ledger entry of a build, for `assay verify --build`.'),
  )
    .argument('<purl>', 'the version, its package, or the id of a build')
    .requiredOption('--output <file>', 'where to write it')
    .action(async (purl: string, options: GateOptions & { readonly output: string }) => {
      const gate = await running(context, options);
      const { outcome, comparison, provenance, eventId, builderEventId } = await gate.rebuildProof(purl);
      const shown = ['subject', 'statement'] as const;
      const { disclosure, waiting } = await gate.disclose(eventId, [...shown]);
      const builder =
        builderEventId === undefined ? undefined : await gate.disclose(builderEventId, [...shown]);
      if (waiting > 0)
        throw new AssayError(
          'LEDGER_INDEX_UNKNOWN',
          'its entry is not in the log yet; try again in a second',
        );
      const file = {
        purl: outcome.purl,
        comparison,
        ...(provenance === undefined ? {} : { provenance }),
        disclosure,
        ...(builder === undefined ? {} : { builderKey: builder.disclosure }),
      };
      await writeFile(options.output, `${JSON.stringify(file, null, 2)}\n`);
      context.terminal.out(`wrote ${options.output}`);
    });
  withExamples(command, ['assay rebuild proof inherits@2.0.4 --output inherits.json']);
}
