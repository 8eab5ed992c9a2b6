/** `assay feed import`: a feed of advisories, from a file on the gate's machine or a URL. */
import { setTimeout as wait } from 'node:timers/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { AssayError } from '../../core/errors.ts';
import { ecosystems, type Ecosystem } from '../../core/purl.ts';
import type { ControlClient } from '../../server/control/client.ts';
import type { FeedImported } from '../../server/control/feed-protocol.ts';
import {
  parseFormat,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from '../context.ts';

type Options = GateOptions & {
  readonly ecosystem: Ecosystem;
  readonly epss?: string;
  readonly kev?: string;
  readonly popular?: string;
  readonly delta?: string;
  readonly allowShrink?: boolean;
  readonly format: Format;
};

export function addImport(feed: Command, context: Context): void {
  const command = withGateOptions(
    feed.command('import').description('Import a feed of advisories in the OSV form, from a file or a URL.'),
  )
    .argument(
      '[file-or-url]',
      'all.zip of an ecosystem; with --delta also a folder of <id>.json; left out, only lists are imported',
    )
    .option('--ecosystem <ecosystem>', 'that it is about', parseEcosystem, 'npm')
    .option('--epss <file-or-url>', 'EPSS scores (CSV, also packed by gzip); without it the last ones stay')
    .option('--kev <file-or-url>', 'known exploited vulnerabilities (JSON); without it the last ones stay')
    .option('--popular <file-or-url>', 'names that many use (a JSON array); without it the last ones stay')
    .option('--delta <file-or-url>', 'modified_id.csv: take only what is newer than what is here')
    .option('--allow-shrink', 'take a feed that has lost records, or is older than the one in force')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (from: string | undefined, options: Options) => importFeed(context, from, options));
  withExamples(command, [
    'assay feed import all.zip',
    'assay feed import https://feeds.example.com/npm/all.zip --kev known_exploited_vulnerabilities.json',
    'assay feed import --popular popular-names.json',
    'assay feed import https://feeds.example.com/npm/ --delta https://feeds.example.com/npm/modified_id.csv',
  ]).addHelpText(
    'after',
    '\nFiles are read by the gate, on its machine. What is refused changes nothing: the feed before stays in force.\nExit codes: 0 done or nothing to do, 2 wrong usage, 3 the feed was refused, 4 no gate runs.',
  );
}

export function parseEcosystem(text: string): Ecosystem {
  const ecosystem = ecosystems.find((known) => known === text);
  if (ecosystem === undefined) throw new InvalidArgumentError(`one of ${ecosystems.join(', ')}`);
  return ecosystem;
}

async function importFeed(context: Context, from: string | undefined, options: Options): Promise<void> {
  const { terminal } = context;
  const { ecosystem, epss, kev, popular, delta } = options;
  const isListed = [epss, kev, popular].some((list) => list !== undefined);
  if (from === undefined && (delta !== undefined || !isListed))
    throw new AssayError('USAGE_INVALID', 'name a feed, or a list to join: --epss, --kev, --popular');
  const gate = await running(context, options);
  const place = (text: string): string =>
    /^https?:\/\//.test(text) ? text : resolve(context.around.cwd, text);
  const work = gate.importFeed({
    ecosystem,
    ...(from !== undefined && { from: place(from) }),
    ...(epss !== undefined && { epss: place(epss) }),
    ...(kev !== undefined && { kev: place(kev) }),
    ...(popular !== undefined && { popular: place(popular) }),
    ...(delta !== undefined && { delta: place(delta) }),
    allowShrink: options.allowShrink === true,
  });
  const done = await told(context, gate, work);
  if (options.format === 'json') return printJson(terminal, done);
  for (const line of linesOf(done)) terminal.out(line);
  for (const reason of done.reasons) terminal.note(`not read: ${forTerminal(reason, 300)}`);
}

const askAgainMs = 1000;

/** Says what the gate is at, each second until it is done. */
async function told(
  { terminal }: Context,
  gate: ControlClient,
  work: Promise<FeedImported>,
): Promise<FeedImported> {
  const ended = new AbortController();
  const watching = (async () => {
    while (!ended.signal.aborted) {
      await wait(askAgainMs, undefined, { signal: ended.signal }).catch(() => undefined);
      if (ended.signal.aborted) return;
      const { importing } = await gate.feeds().catch(() => ({ importing: undefined }));
      if (importing !== undefined) terminal.progress(`${importing.phase} the feed of ${importing.ecosystem}`);
    }
  })();
  try {
    return await work;
  } finally {
    ended.abort();
    await watching;
    terminal.progress('');
  }
}

function linesOf({ feed, isSame, changed }: FeedImported): readonly string[] {
  if (isSame) return [`Nothing changed: the feed of ${feed.ecosystem} is current.`];
  const { ecosystem, records, malicious, withdrawn, refused } = feed;
  return [
    `imported  ${ecosystem}: ${records} records, ${malicious} about malicious packages, ${withdrawn} withdrawn`,
    `newest    ${forTerminal(feed.newestAt)}`,
    `canary    ${feed.canary}`,
    `changed   ${changed} packages`,
    ...(refused === 0 ? [] : [`not read  ${refused} records`]),
    `snapshot  ${forTerminal(feed.digest)}`,
    `entry     ${forTerminal(feed.entry)}`,
  ];
}
