/** `assay ledger witness`: watches other people's logs and cosigns what only grows (C2SP tlog-witness). */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { AssayError } from '../../core/errors.ts';
import { userStateDirectory } from '../../server/config/surroundings.ts';
import { makeWitnessKey } from '../../server/witness/key.ts';
import { startWitness } from '../../server/witness/start.ts';
import { collected, withExamples, type Context } from '../context.ts';
import { untilAskedToStop } from '../signals.ts';

interface Options {
  readonly log: readonly string[];
  readonly name?: string;
  readonly directory?: string;
  readonly listen: string;
  readonly port: number;
}

export function addWitness(ledger: Command, context: Context): void {
  const command = ledger
    .command('witness')
    .description('Witness other logs: cosign their checkpoints, and refuse what takes something back.')
    .requiredOption('--log <vkey>', 'a log to witness, by its vkey; may be given again', collected)
    .option(
      '--name <name>',
      "the witness's name, such as witness.example.com/w1; makes its key at the first start",
    )
    .option(
      '--directory <folder>',
      "what it remembers, and its key (default: `witness` in the user's state folder)",
    )
    .option('--listen <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', parsePort, 4890)
    .action(async (options: Options) => witness(context, options));
  withExamples(command, [
    'assay ledger witness --name witness.example.com/w1 --log assay.example.org/log+…',
  ]).addHelpText(
    'after',
    '\nIt speaks plain http: put it behind something that speaks https. Back up its folder, and never put back an old copy.',
  );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port from 0 to 65535');
  return port;
}

async function witness(context: Context, options: Options): Promise<void> {
  const { terminal, around } = context;
  const directory = resolve(around.cwd, options.directory ?? join(userStateDirectory(around), 'witness'));
  const keyFile = join(directory, 'witness.key');
  if (!existsSync(keyFile)) await makeKey(keyFile, directory, options.name);
  const stopped = untilAskedToStop(terminal);
  const running = await startWitness({
    listen: options.listen,
    port: options.port,
    directory: join(directory, 'seen'),
    keyFile,
    logs: options.log,
    clock: () => new Date(),
    onProblem: (message) => terminal.note(`assay: ${forTerminal(message, 2000)}`),
  });
  terminal.note(`The witness is at ${running.url}`);
  terminal.out(running.vkey);
  await stopped;
  await running.close();
}

async function makeKey(keyFile: string, directory: string, name: string | undefined): Promise<void> {
  if (name === undefined)
    throw new AssayError('USAGE_INVALID', `there is no key at ${keyFile} yet: give the witness a --name`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await makeWitnessKey(keyFile, name);
}
