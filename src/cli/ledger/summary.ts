/** `assay ledger summary`: the signed SLSA verification summaries of what was decided. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { openedSummary, type OpenedSummary } from '../../server/auditing/summary.ts';
import { writeFileDurably } from '../../server/durable-file.ts';
import {
  exitCodes,
  parseFormat,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from '../context.ts';

type Options = GateOptions & { readonly all?: boolean; readonly out?: string; readonly format: Format };

export function addSummary(ledger: Command, context: Context): void {
  const command = withGateOptions(
    ledger
      .command('summary')
      .description('Hand out the verification summary (SLSA VSA, in-toto, DSSE) of a decision.'),
  )
    .argument('<what>', 'an entry by index or id, SHA-256 of a file, case id, package@version, package URL')
    .option('--all', 'of every decision, not only of the newest')
    .option('--out <file>', 'write the envelopes there, one a line (by custom: name.intoto.jsonl)')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (what: string, options: Options) => summary(context, what, options));
  withExamples(command, [
    'assay ledger summary left-pad@1.3.0',
    'assay ledger summary left-pad@1.3.0 --out left-pad-1.3.0.vsa.intoto.jsonl',
  ]).addHelpText(
    'after',
    '\nExit codes: 0 the newest one says PASSED, 1 it says FAILED, 3 there is none (yet), or it does not hold.',
  );
}

async function summary(context: Context, what: string, options: Options): Promise<void> {
  const { terminal, around } = context;
  const gate = await running(context, options);
  const [{ summaries, waiting }, { vkeys }] = [await gate.summaries(what), await gate.ledger()];
  if (waiting > 0) terminal.note(`${waiting} more wait for their signature: ask again in a second.`);
  const wanted = options.all === true ? summaries : summaries.slice(-1);
  const opened = wanted.map(({ envelope, digest }) => openedSummary(envelope, digest, vkeys));
  const newest = opened.at(-1);
  if (newest === undefined) {
    terminal.note('There is no verification summary of it.');
    return context.finish(exitCodes.unverified);
  }
  if (options.out !== undefined) {
    const text = wanted.map(({ envelope }) => `${envelope.trim()}\n`).join('');
    await writeFileDurably(resolve(around.cwd, options.out), text, 0o644);
  }
  if (options.format === 'json') printJson(terminal, { schema: 1, summaries: wanted.map(jsonOf) });
  else
    for (const [n, one] of opened.entries())
      for (const line of linesOf(one, wanted[n]?.index)) terminal.out(line);
  if (opened.some(({ signed }) => !signed)) context.finish(exitCodes.unverified);
  else context.finish(newest.result === 'PASSED' ? exitCodes.pass : exitCodes.violation);
}

function jsonOf({
  eventId,
  index,
  digest,
  envelope,
}: {
  readonly eventId: string;
  readonly index?: number | undefined;
  readonly digest: string;
  readonly envelope: string;
}): unknown {
  return { eventId, index: index ?? null, digest, envelope: JSON.parse(envelope) as unknown };
}

function linesOf(opened: OpenedSummary, index: number | undefined): readonly string[] {
  const { result, levels, resource, verifier, time, digest, signed } = opened;
  return [
    `${forTerminal(result)}  ${forTerminal(resource)}  ${forTerminal(levels)}`,
    `  verified  ${forTerminal(time)} by ${forTerminal(verifier)}`,
    `  sha256    ${forTerminal(digest)}${index === undefined ? '' : `, named by entry ${index}`}`,
    `  signed    ${signed ? "yes, by the log's key" : 'NO: it does not hold'}`,
  ];
}
