/** `assay ledger verify`: what an operator disclosed, checked with a key alone: no network, no gate. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AssayError } from '../../core/errors.ts';
import { forTerminal } from '../../core/encode.ts';
import {
  historyWords,
  outcomeOf,
  readBundle,
  verifyBundle,
  type BundleOutcome,
  type BundleVerdict,
  type Disclosure,
} from '../../server/auditing/bundle.ts';
import { stillThere } from '../../server/auditing/still-there.ts';
import { sourceAtUrl } from '../../server/auditing/source.ts';
import {
  exitCodes,
  parseFormat,
  printJson,
  withExamples,
  type Context,
  type ExitCode,
  type Format,
} from '../context.ts';
import type { Terminal, Tone } from '../terminal.ts';
import { entryLines } from './entry-lines.ts';
import { givenTrust, withTrustOptions, type Trust, type TrustFlags } from './trust.ts';

interface Options extends TrustFlags {
  readonly offline?: boolean;
  readonly url?: string;
  readonly format: Format;
}

const codes: Readonly<Record<BundleOutcome, ExitCode>> = {
  proven: exitCodes.pass,
  refuted: exitCodes.violation,
  unverified: exitCodes.unverified,
};

export function addVerify(ledger: Command, context: Context): void {
  const command = withTrustOptions(
    ledger.command('verify').description('Check what `assay ledger prove` wrote, with nothing but a key.'),
  )
    .argument('<bundle>', 'the folder, or its disclosure.json')
    .option('--url <log>', 'also ask the log whether its newest checkpoint continues the proven ones')
    .option('--offline', 'no network (that is so without --url anyway)')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (bundle: string, options: Options) => verify(context, bundle, options));
  withExamples(command, [
    'assay ledger verify left-pad.proof --vkey assay.example.com/log+…',
    'assay ledger verify left-pad.proof --policy witnesses.policy --url https://assay.example.com/-/ledger/',
  ]).addHelpText(
    'after',
    '\nExit codes: 0 all of it is proven, 1 something is refuted or an entry was withheld, 3 it could not be judged (another key, a field that was not disclosed, nothing in it).',
  );
}

async function verify(context: Context, bundle: string, options: Options): Promise<void> {
  const { terminal, around } = context;
  if (options.offline === true && options.url !== undefined)
    throw new AssayError('USAGE_INVALID', '--offline and --url exclude each other');
  const trust = await givenTrust(context, options);
  const disclosure = await readBundle(resolve(around.cwd, bundle));
  const verdict = verifyBundle(disclosure, trust);
  const outcome = worst(outcomeOf(disclosure, verdict), await onlineOutcome(verdict, trust, options));
  if (options.format === 'json') printJson(terminal, jsonOf(disclosure, verdict, outcome));
  else printTable(terminal, disclosure, verdict, outcome);
  context.finish(codes[outcome]);
}

async function onlineOutcome(verdict: BundleVerdict, trust: Trust, { url }: Options): Promise<BundleOutcome> {
  if (url === undefined) return 'proven';
  const source = sourceAtUrl(url);
  try {
    return await stillThere(source, trust, verdict);
  } finally {
    source.close();
  }
}

function worst(a: BundleOutcome, b: BundleOutcome): BundleOutcome {
  const order: readonly BundleOutcome[] = ['refuted', 'unverified', 'proven'];
  return order.find((outcome) => outcome === a || outcome === b) ?? 'unverified';
}

const tones: Readonly<Record<BundleOutcome, readonly [string, Tone]>> = {
  proven: ['PROVEN', 'good'],
  refuted: ['REFUTED', 'bad'],
  unverified: ['NOT VERIFIED', 'warn'],
};

function printTable(
  terminal: Terminal,
  disclosure: Disclosure,
  verdict: BundleVerdict,
  outcome: BundleOutcome,
): void {
  for (const finding of verdict.entries) for (const line of entryLines(terminal, finding)) terminal.out(line);
  for (const { subject, indexes, problems } of verdict.histories) {
    const title = `history of ${forTerminal(subject.purl)} (${forTerminal(subject.file)})`;
    const isWhole = problems.length === 0;
    terminal.out(
      isWhole
        ? `${title}: whole up to entry ${Math.max(...indexes)}`
        : `${title}: ${problems.map(historyWords).join('; ')}`,
    );
  }
  if (disclosure.claim === 'entries')
    terminal.out('No claim is made about other entries of the same releases.');
  for (const { origin, size } of verdict.forks)
    terminal.out(terminal.paint('bad', `${forTerminal(origin)} signed two different trees of size ${size}`));
  const [word, tone] = tones[outcome];
  terminal.out(terminal.paint(tone, `${word}: ${verdict.entries.length} entries`));
}

function jsonOf(disclosure: Disclosure, verdict: BundleVerdict, outcome: BundleOutcome): unknown {
  return {
    schema: 1,
    outcome,
    claim: disclosure.claim,
    entries: verdict.entries.map(({ index, leaf, fields, envelope, summary, subject, proof }) => ({
      index,
      id: leaf?.id ?? null,
      type: leaf?.type ?? null,
      time: leaf?.time ?? null,
      proof: proof.ok ? 'included' : proof.problem,
      origin: proof.ok ? proof.checkpoint.origin : null,
      size: proof.ok ? proof.checkpoint.size : null,
      fields: fields ?? null,
      statement: envelope,
      summary,
      subject: subject ?? null,
    })),
    histories: verdict.histories,
    forks: verdict.forks,
  };
}
