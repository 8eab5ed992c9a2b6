/** `assay expect`: what the gate has learned to expect of a package's publications, and what was set by hand. */
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { AssayError } from '../core/errors.ts';
import {
  expectSet,
  type ExpectChanged,
  type ExpectationShown,
  type ExpectSet,
} from '../server/control/expect-protocol.ts';
import {
  collected,
  parseFormat,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from './context.ts';
import { expectationLines } from './expect-lines.ts';

type Options = GateOptions & { readonly upstream?: string; readonly format: Format };
type ReasonOptions = Options & { readonly reason: string };

interface SetOptions extends ReasonOptions {
  readonly line?: string;
  readonly issuer?: string;
  readonly repository?: string;
  readonly repositoryId?: string;
  readonly owner?: string;
  readonly ownerId?: string;
  readonly workflow?: readonly string[];
  readonly signer?: readonly string[];
  readonly ref?: readonly string[];
  readonly trigger?: readonly string[];
  readonly runner?: readonly string[];
}

export function addExpect(program: Command, context: Context): void {
  const expect = program
    .command('expect')
    .description('What is expected of how a package is published: show, set, forget.')
    .addHelpText(
      'after',
      '\nExpectations are learned from three versions that were allowed and agree; every revision is an entry of the ledger.\nWhat is set by hand takes effect at once, and is never changed by learning.',
    );
  addShow(expect, context);
  addHistory(expect, context);
  addSet(expect, context);
  addForget(expect, context);
}

function addShow(expect: Command, context: Context): void {
  const command = common(expect.command('show').description('What is expected of a package now.')).action(
    async (name: string, options: Options) => {
      const { terminal } = context;
      const gate = await running(context, options);
      const answer = await gate.expectations(queryOf(name, options));
      if (options.format === 'json') return printJson(terminal, answer);
      for (const one of answer.expectations) print(context, one);
      if (answer.expectations.length === 0)
        terminal.note(
          `Nothing is expected of ${forTerminal(answer.name, 300)} yet; provenance of ${answer.verified.length} versions was verified.`,
        );
      return undefined;
    },
  );
  withExamples(command, ['assay expect show left-pad', 'assay expect show @scope/name --format json']);
}

function addHistory(expect: Command, context: Context): void {
  const command = common(
    expect.command('history').description('Every revision, newest first: who changed what, when and why.'),
  ).action(async (name: string, options: Options) => {
    const gate = await running(context, options);
    const answer = await gate.expectationHistory(queryOf(name, options));
    if (options.format === 'json') return printJson(context.terminal, answer);
    for (const one of answer.revisions) print(context, one);
    if (answer.revisions.length === 0)
      context.terminal.note(`Nothing was ever expected of ${forTerminal(answer.name, 300)}.`);
    return undefined;
  });
  withExamples(command, ['assay expect history left-pad']);
}

function addSet(expect: Command, context: Context): void {
  const command = common(
    expect.command('set').description('Say by hand what to expect, for instance after a repository moved.'),
  )
    .option('--line <line>', 'only this release line (5, or 0.30); without it the package and all its lines')
    .option('--repository-id <id>', "the repository's immutable id (certificate field .15)")
    .option('--owner-id <id>', "the owner's immutable id (.17)")
    .option('--repository <url>', 'URL of the repository (.12), for certificates without ids')
    .option('--owner <url>', 'URL of the owner (.16)')
    .option('--issuer <url>', 'issuer of the identity (.8)')
    .option('--workflow <path>', 'path of the workflow in the repository; may be given again', collected)
    .option(
      '--signer <url>',
      'URL of the reusable workflow, without its ref (.9); may be given again',
      collected,
    )
    .option('--ref <ref>', 'refs/heads/main, or refs/tags/*; may be given again', collected)
    .option('--trigger <event>', 'event that starts the run, such as push; may be given again', collected)
    .option('--runner <kind>', 'github-hosted or self-hosted; may be given again', collected)
    .requiredOption('--reason <text>', 'why; it stands in the ledger')
    .action(async (name: string, options: SetOptions) => {
      const request = requestOf(name, options);
      const gate = await running(context, options);
      tell(context, options, await gate.setExpectation(request));
    });
  withExamples(command, [
    "assay expect set left-pad --repository-id 1296269 --owner-id 583231 --workflow .github/workflows/release.yml --reason 'moved, see issue 12'",
  ]).addHelpText(
    'after',
    '\nWhat is not given is not compared. `assay inspect PACKAGE@VERSION` tells who published a version, from where.\nExit codes: 0 done, 2 the command line is wrong, 4 no gate runs.',
  );
}

function addForget(expect: Command, context: Context): void {
  const command = common(
    expect
      .command('forget')
      .description(
        'Expect nothing of a package any more, until it is learned anew from what is published from now on.',
      ),
  )
    .requiredOption('--reason <text>', 'why; it stands in the ledger')
    .action(async (name: string, options: ReasonOptions) => {
      const gate = await running(context, options);
      const answer = await gate.forgetExpectations({ ...queryOf(name, options), reason: options.reason });
      tell(context, options, answer);
    });
  withExamples(command, ["assay expect forget left-pad --reason 'new maintainers, see issue 12'"]);
}

function common(command: Command): Command {
  return withGateOptions(command)
    .argument('<package>', 'name of the package')
    .option('--upstream <id>', 'the upstream it comes from; without it the one that answers for the name')
    .option('--format <format>', 'table or json', parseFormat, 'table');
}

function queryOf(name: string, { upstream }: Options): { name: string; upstream?: string } {
  return upstream === undefined ? { name } : { name, upstream };
}

/** Throws USAGE_INVALID where the gate would not take it. */
function requestOf(name: string, options: SetOptions): ExpectSet {
  const { line, reason, issuer, repository, repositoryId, owner, ownerId } = options;
  const { workflow, signer, ref, trigger, runner } = options;
  const given = {
    issuer,
    repositoryUri: repository,
    repositoryId,
    ownerUri: owner,
    ownerId,
    workflows: workflow,
    signers: signer,
    refs: ref,
    triggers: trigger,
    runners: runner,
  };
  const identity = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const of = line === undefined ? {} : { line };
  const parsed = expectSet.safeParse({ ...queryOf(name, options), ...of, identity, reason });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AssayError(
    'USAGE_INVALID',
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'that cannot be expected'}`,
    { hint: '`assay expect set --help` tells what can be given.' },
  );
}

function tell(context: Context, { format }: Options, answer: ExpectChanged): void {
  if (format === 'json') return printJson(context.terminal, answer);
  for (const one of answer.changed) print(context, one);
  return context.terminal.note('In force at once; what was refused is asked again when somebody wants it.');
}

function print({ terminal }: Context, one: ExpectationShown): void {
  for (const line of expectationLines(terminal, one)) terminal.out(line);
}
