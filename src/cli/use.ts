/** `assay use`: points a package manager at the gate, and proves it with a bait. */
import { Argument, type Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { AssayError } from '../core/errors.ts';
import { userConfigDirectory } from '../server/config/surroundings.ts';
import { diffLines, withoutSecrets } from '../server/package-managers/rc/diff.ts';
import { baitSpec, selfTest, type SelfTestStep } from '../server/package-managers/self-test.ts';
import { clients, type Client } from '../server/package-managers/undo-record.ts';
import { applyPlan, applyUndo, planUndo, planUse, type UsePlan } from '../server/package-managers/use.ts';
import { exitCodes, load, withExamples, withGateOptions, type Context, type GateOptions } from './context.ts';
import { channelTarget, gateTarget, reachable } from './gate-target.ts';
import type { Settings } from '../server/config/settings.ts';
import type { GatewayTarget } from '../server/control/gateway-client.ts';
import type { Terminal } from './terminal.ts';

interface Options extends GateOptions {
  readonly gate?: string;
  readonly undo?: boolean;
  readonly project?: boolean;
  readonly yes?: boolean;
  readonly with?: string;
  readonly secure?: boolean;
}

export function addUse(program: Command, context: Context): void {
  const command = withGateOptions(
    program
      .command('use')
      .description(
        'Point a package manager at the gate (shows the change first), then prove that a bait is refused.',
      ),
  )
    .addArgument(new Argument('<client>', 'the package manager').choices(clients))
    .option('--undo', 'go back to what was there before')
    .option('--project', "edit this folder's configuration instead of the user's")
    .option('--yes', 'do not ask')
    .option('--gate <url>', 'the gate to use (default: the one that runs here, else the configured one)')
    .option('--secure', 'its Secure channel instead: only what was built here')
    .option(
      '--with <name@version>',
      'the good package of the proof (default: is-number@7.0.0; none on the Secure channel)',
    )
    .action(async (client: Client, options: Options) =>
      options.undo === true ? undo(context, client, options) : use(context, client, options),
    );
  withExamples(command, [
    'assay use npm',
    'assay use pnpm --project --yes',
    'assay use yarn --gate https://assay.example.com/',
    'assay use npm --secure --project --with inherits@2.0.4',
    'assay use npm --undo',
  ]).addHelpText(
    'after',
    '\nExit codes: 0 the good package came and the bait was refused, 1 the bait was not refused, 3 the proof could not be made, 4 gate unreachable (then nothing is written).',
  );
}

async function use(context: Context, client: Client, options: Options): Promise<void> {
  const { terminal, around } = context;
  const good = options.with ?? (options.secure === true ? undefined : 'is-number@7.0.0');
  if (good !== undefined && !/^(?:@[\w.~-]+\/)?[\w.~][\w.~-]*@[\w.+-]+$/.test(good))
    throw new AssayError('USAGE_INVALID', `--with ${good} is no name@version`);
  const { settings } = await load(context, { config: options.config, data: options.data }, 'none');
  const target = await targetOf(context, settings, options);
  await reachable(target);
  const plan = await planUse({
    client,
    gate: target.url,
    project: options.project === true,
    around,
    now: new Date().toISOString(),
  });
  if (plan.record === undefined) terminal.note(`${plan.file} points at ${target.url} already.`);
  else {
    printDiff(terminal, plan.file, plan.before, plan.after);
    if (!(await agreed(terminal, options, `Write this to ${plan.file}?`)))
      return context.finish(exitCodes.usage);
    await applyPlan(plan, around);
    terminal.note(
      `Written. To go back: assay use ${client} --undo${options.project === true ? ' --project' : ''}`,
    );
    terminal.note(`(what was there before is kept in ${userConfigDirectory(around)})`);
  }
  warnOfScopes(terminal, plan);
  await prove(context, plan, good, options);
}

function targetOf(context: Context, settings: Settings, { gate, secure }: Options): Promise<GatewayTarget> {
  return secure === true && gate === undefined
    ? channelTarget(context, settings)
    : gateTarget(context, settings, gate);
}

function warnOfScopes(terminal: Terminal, plan: UsePlan): void {
  for (const { scope, url, file } of plan.bypass)
    terminal.note(
      `warning: ${forTerminal(scope)} still goes to ${forTerminal(url)}, past the gate (${file})`,
    );
}

async function agreed(terminal: Terminal, options: Options, question: string): Promise<boolean> {
  if (options.yes === true) return true;
  if (!terminal.interactive)
    throw new AssayError('USAGE_INVALID', 'there is nobody to ask', {
      hint: 'Add --yes to write without asking.',
    });
  if (await terminal.confirm(question)) return true;
  terminal.note('Nothing was written.');
  return false;
}

function printDiff(terminal: Terminal, file: string, before: string, after: string): void {
  terminal.out(forTerminal(file, 1000));
  for (const { mark, text } of diffLines(before, after)) {
    const line = `${mark} ${forTerminal(withoutSecrets(text), 500)}`;
    terminal.out(
      mark === ' ' ? terminal.paint('dim', line) : terminal.paint(mark === '+' ? 'good' : 'bad', line),
    );
  }
}

async function prove(
  context: Context,
  plan: UsePlan,
  good: string | undefined,
  options: Options,
): Promise<void> {
  const { terminal, around } = context;
  const wanted =
    good === undefined ? `tries to install ${baitSpec}` : `installs ${good} and then ${baitSpec}`;
  terminal.note(`Proof: ${plan.client} ${forTerminal(plan.version)} ${wanted}, in a folder of its own.`);
  terminal.progress('installing');
  const projectFile = options.project === true ? plan.file : undefined;
  const { client, version } = plan;
  const { good: came, bait } = await selfTest({ client, version, good, projectFile, around });
  terminal.progress('');
  if (came !== undefined) {
    terminal.out(stepLine(terminal, came, 'installed'));
    if (came.outcome !== 'installed') printOutput(terminal, came);
  }
  terminal.out(stepLine(terminal, bait, 'refused'));
  printOutput(terminal, bait);
  if (bait.outcome === 'installed') return context.finish(exitCodes.violation);
  if (bait.outcome === 'failed') {
    terminal.note(
      'The bait did not come in, but it was not the gate that refused it: is another setting (project, environment, another registry) in force?',
    );
    return context.finish(exitCodes.violation);
  }
  if (came !== undefined && came.outcome !== 'installed') return context.finish(exitCodes.unverified);
}

function stepLine(terminal: Terminal, step: SelfTestStep, wanted: SelfTestStep['outcome']): string {
  return `${terminal.paint(step.outcome === wanted ? 'good' : 'bad', step.outcome.toUpperCase().padEnd(9))}  ${step.spec}`;
}

/** What a developer would see. */
function printOutput(terminal: Terminal, step: SelfTestStep): void {
  const lines = step.output.split('\n').filter((line) => line.trim() !== '');
  for (const line of lines.slice(-25)) terminal.out(`  | ${forTerminal(line, 400)}`);
}

async function undo(context: Context, client: Client, options: Options): Promise<void> {
  const { terminal, around } = context;
  const { settings } = await load(context, { config: options.config, data: options.data }, 'none');
  const target = await targetOf(context, settings, options);
  const plan = await planUndo({ client, gate: target.url, project: options.project === true, around });
  if (plan === undefined) {
    terminal.note(
      `There is nothing to undo for ${client}${options.project === true ? ' in this folder' : ''}.`,
    );
    return context.finish(exitCodes.unverified);
  }
  printDiff(terminal, plan.record.file, plan.before, plan.after ?? '');
  if (plan.how === 'settings')
    terminal.note('The file was changed since: only the settings that Assay made go back.');
  if (
    !(await agreed(
      terminal,
      options,
      plan.after === undefined ? `Remove ${plan.record.file}?` : `Write this to ${plan.record.file}?`,
    ))
  )
    return context.finish(exitCodes.usage);
  await applyUndo(plan, around);
  terminal.note(plan.after === undefined ? 'Removed: it was not there before.' : 'Back to what it was.');
}
