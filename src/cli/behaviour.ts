/** `assay behaviour`: what a version's install scripts do, seen by running them in the sandbox. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import type { BehaviourShown, WatchShown } from '../server/control/behaviour-protocol.ts';
import type { ControlClient } from '../server/control/client.ts';
import { behaviourLines } from './behaviour-lines.ts';
import {
  exitCodes,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type ExitCode,
  type GateOptions,
} from './context.ts';

interface BehaviourOptions extends GateOptions {
  readonly watch?: boolean;
  readonly events?: boolean;
  readonly json?: boolean;
}

export function addBehaviour(program: Command, context: Context): void {
  const command = withGateOptions(
    program
      .command('behaviour')
      .description('What the install scripts of a version do, seen in the sandbox.'),
  )
    .argument('<purl>', 'pkg:npm/name@version, or name@version')
    .option('--watch', 'run them now, follow that to its end, and show what they did')
    .option('--events', 'everything they did, in order, as lines of JSON')
    .option('--json', 'the report as JSON')
    .action(async (purl: string, options: BehaviourOptions) => {
      const gate = await running(context, options);
      if (options.watch === true) await follow(context, gate, await gate.watchBehaviour(purl), options);
      if (options.events === true) {
        const { text } = await gate.behaviourEvents(purl);
        for (const line of text.split('\n')) if (line !== '') context.terminal.out(forTerminal(line, 8000));
        return undefined;
      }
      const shown = await gate.behaviour(purl);
      context.finish(exitOf(shown));
      if (options.json === true) return printJson(context.terminal, shown);
      for (const line of behaviourLines(context.terminal, shown)) context.terminal.out(line);
      return undefined;
    });
  withExamples(command, [
    'assay behaviour esbuild@0.27.0 --watch',
    'assay behaviour pkg:npm/core-js@3.46.0',
    'assay behaviour core-js@3.46.0 --events',
  ]).addHelpText(
    'after',
    '\nThe scripts run in a sandbox without a network, among bait that looks like credentials. Nothing of yours is in it.\nExit codes: 0 nothing suspicious was seen, 1 something was, 3 nobody saw what they do.',
  );
}

const lookEveryMs = 400;

async function follow(
  { terminal }: Context,
  gate: ControlClient,
  { purl, attempt }: WatchShown,
  { json, events }: BehaviourOptions,
): Promise<void> {
  let last = 0;
  for (;;) {
    const { job, lines } = await gate.followBehaviour(purl, last);
    for (const { number, text } of lines) {
      last = number;
      if (json !== true && events !== true) terminal.note(forTerminal(text, 2000));
    }
    const isOver = job.state === 'done' || job.state === 'failed';
    const isPut = job.state === 'waiting' && (job.attempt > attempt || job.message !== undefined);
    if (isOver || isPut) return;
    await wait(lookEveryMs);
  }
}

function exitOf({ report }: BehaviourShown): ExitCode {
  if (report === undefined) return exitCodes.unverified;
  return report.findings.some(({ severity }) => severity === 'high' || severity === 'critical')
    ? exitCodes.violation
    : exitCodes.pass;
}
