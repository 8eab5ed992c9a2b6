/** `assay doctor`: what stands between this machine and a working gate. */
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { isAssayError } from '../core/errors.ts';
import { examine } from '../server/doctor/examine.ts';
import type { Finding } from '../server/doctor/finding.ts';
import {
  exitCodes,
  load,
  parseFormat,
  printJson,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from './context.ts';
import type { Tone } from './terminal.ts';

type Options = GateOptions & { readonly format: Format };

export function addDoctor(program: Command, context: Context): void {
  const command = withGateOptions(
    program
      .command('doctor')
      .description(
        'Examine this machine: Node, npm, data, port, gate, upstream, builds, clients. Changes nothing.',
      ),
  )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => doctor(context, options));
  withExamples(command, ['assay doctor', 'assay doctor --format json']).addHelpText(
    'after',
    '\nExit codes: 0 nothing is bad (there may be warnings), 1 something is.',
  );
}

async function doctor(context: Context, options: Options): Promise<void> {
  const { terminal, around } = context;
  terminal.progress('asking the package managers');
  const { loaded, problem } = await loadOrProblem(context, options);
  const findings = await examine({
    around,
    settings: loaded.settings,
    upstreamProblem: problem,
    nodeVersion: process.version,
  });
  terminal.progress('');
  if (options.format === 'json') printJson(terminal, { findings });
  else for (const finding of findings) print(context, finding);
  if (findings.some((finding) => finding.state === 'bad')) context.finish(exitCodes.violation);
}

async function loadOrProblem(
  context: Context,
  { config, data }: Options,
): Promise<{ readonly loaded: Awaited<ReturnType<typeof load>>; readonly problem: unknown }> {
  try {
    return { loaded: await load(context, { config, data }, 'look'), problem: undefined };
  } catch (problem) {
    if (!isAssayError(problem)) throw problem;
    // A broken configuration is thrown again here; a missing upstream is a finding among others.
    return { loaded: await load(context, { config, data }, 'none'), problem };
  }
}

const marks: Readonly<Record<Finding['state'], readonly [string, Tone]>> = {
  good: ['ok', 'good'],
  warning: ['warning', 'warn'],
  bad: ['BAD', 'bad'],
};

function print({ terminal }: Context, { state, about, message, remedy }: Finding): void {
  const [mark, tone] = marks[state];
  terminal.out(`${terminal.paint(tone, mark.padEnd(8))} ${about.padEnd(9)} ${forTerminal(message, 500)}`);
  if (remedy !== '') terminal.out(`${' '.repeat(19)}to do: ${forTerminal(remedy, 500)}`);
}
