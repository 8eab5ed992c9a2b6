/** What every command has: its surroundings, a terminal, and the way to settings and to the running gate. */
import { InvalidArgumentError, type Command } from 'commander';
import { loadSettings, type Loaded } from '../server/config/load.ts';
import type { Surroundings } from '../server/config/surroundings.ts';
import type { UpstreamMode } from '../server/config/upstreams.ts';
import { controlClient, type ControlClient } from '../server/control/client.ts';
import type { Terminal } from './terminal.ts';

export const exitCodes = { pass: 0, violation: 1, usage: 2, unverified: 3, unreachable: 4 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface Context {
  readonly around: Surroundings;
  readonly terminal: Terminal;
  /** A command sets it; 0 when none does. */
  readonly finish: (code: ExitCode) => void;
}

/** Options that name a gate's configuration; every command that needs one has them. */
export function withGateOptions(command: Command): Command {
  return command
    .option('--config <file>', "read this configuration instead of the system's and the user's")
    .option('--data <directory>', 'data directory of the gate');
}

export interface GateOptions {
  readonly config?: string;
  readonly data?: string;
}

export async function load(
  context: Context,
  flags: Readonly<Record<string, string | undefined>>,
  upstreams: UpstreamMode,
): Promise<Loaded> {
  const { config, ...rest } = flags;
  const loaded = await loadSettings({
    flags: { ...rest, ...(config === undefined ? {} : { config }) },
    around: context.around,
    upstreams,
  });
  for (const note of loaded.notes) context.terminal.note(`assay: ${note}`);
  return loaded;
}

/** Control socket of the gate that these options mean. Upstreams are not asked for. */
export async function running(context: Context, { config, data }: GateOptions): Promise<ControlClient> {
  const { settings } = await load(context, { config, data }, 'none');
  return controlClient(settings.dataDirectory);
}

export const formats = ['table', 'json'] as const;
export type Format = (typeof formats)[number];

export function parseFormat(text: string): Format {
  const format = formats.find((known) => known === text);
  if (format === undefined) throw new InvalidArgumentError(`one of ${formats.join(', ')}`);
  return format;
}

export function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,4}$/.test(text) || limit < 1 || limit > 1000)
    throw new InvalidArgumentError('a number from 1 to 1000');
  return limit;
}

/** For an option that may be given again. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Examples below the help of a command. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(JSON.stringify(value, null, 2));
}
