/** `assay ledger watch`: remembers the newest checkpoint it saw, and notices when the log takes something back. */
import { setTimeout as wait } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { isAssayError } from '../../core/errors.ts';
import { sourceAtUrl } from '../../server/auditing/source.ts';
import { watchOnce, type Watched } from '../../server/auditing/watch.ts';
import { userStateDirectory } from '../../server/config/surroundings.ts';
import { parseDurationMs } from '../../server/config/units.ts';
import { exitCodes, withExamples, type Context, type ExitCode } from '../context.ts';
import { tellError } from '../problem.ts';
import { givenTrust, withTrustOptions, type TrustFlags } from './trust.ts';

type Options = TrustFlags & { readonly every?: number };

export function addWatch(ledger: Command, context: Context): void {
  const command = withTrustOptions(
    ledger.command('watch').description('Check that a log only ever grows, compared with the last look.'),
  )
    .argument('<url>', 'where its `checkpoint` is')
    .option('--every <duration>', 'look again and again, such as 5m (default: once)', parseEvery)
    .action(async (url: string, options: Options) => watch(context, url, options));
  withExamples(command, [
    'assay ledger watch https://assay.example.com/-/ledger/ --vkey assay.example.com/log+…',
    'assay ledger watch https://assay.example.com/-/ledger/ --policy witnesses.policy --every 5m',
  ]).addHelpText(
    'after',
    "\nWhat was seen is kept in the user's state folder; of a fork or rollback both signed checkpoints are kept there as evidence.\nExit codes: 0 it only grew, 1 fork or rollback, 3 nothing could be shown, 4 the log cannot be reached.",
  );
}

function parseEvery(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < 1000) throw new InvalidArgumentError('a duration from 1s on, such as 5m');
  return ms;
}

async function watch(context: Context, url: string, options: Options): Promise<void> {
  const trust = await givenTrust(context, options);
  const source = sourceAtUrl(url);
  const state = userStateDirectory(context.around);
  try {
    for (;;) {
      const code = await look(context, () => watchOnce(source, trust, state), options.every !== undefined);
      context.finish(code);
      // A fork never heals: whoever watches must be told, and the evidence is kept.
      if (options.every === undefined || code === exitCodes.violation) return;
      await wait(options.every);
    }
  } finally {
    source.close();
  }
}

async function look(context: Context, ask: () => Promise<Watched>, isLoop: boolean): Promise<ExitCode> {
  try {
    const watched = await ask();
    tell(context, watched);
    if (watched.outcome === 'fork' || watched.outcome === 'rollback') return exitCodes.violation;
    return watched.outcome === 'invalid' ? exitCodes.unverified : exitCodes.pass;
  } catch (error) {
    if (!isLoop || !isAssayError(error)) throw error;
    tellError(context.terminal, error);
    return exitCodes.unverified;
  }
}

function tell({ terminal }: Context, { origin, outcome, seen, size, evidence }: Watched): void {
  const words: Readonly<Record<Watched['outcome'], string>> = {
    first: `remembered at ${size} entries; nothing was known of it before`,
    ok: `grew from ${seen} to ${size} entries and took nothing back`,
    rollback: `ROLLBACK: ${size} entries, where ${seen} were signed`,
    fork: `FORK: the log of ${size} entries does not contain the one of ${seen} that was signed`,
    invalid: `the log does not prove that its ${size} entries contain the ${seen} seen before`,
  };
  const isBad = outcome === 'fork' || outcome === 'rollback';
  terminal.out(`${forTerminal(origin)}: ${isBad ? terminal.paint('bad', words[outcome]) : words[outcome]}`);
  if (evidence !== undefined) terminal.out(`evidence: ${forTerminal(evidence)}`);
}
