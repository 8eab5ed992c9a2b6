/** `assay trust show`: every root and key, from whom it is, from when and until when. */
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import type { TrustAnswer } from '../../server/control/trust-protocol.ts';
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
import { tableLines } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { expiryLines } from './expiry-lines.ts';

type Options = GateOptions & { readonly format: Format };

export function addShow(trust: Command, context: Context): void {
  const command = withGateOptions(
    trust.command('show').description('Show every root and key, its source, window, expiry and age.'),
  )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => show(context, options));
  withExamples(command, ['assay trust show', 'assay trust show --format json']);
}

async function show(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const answer = await (await running(context, options)).trust();
  if (options.format === 'json') printJson(terminal, answer);
  else for (const line of linesOf(terminal, answer)) terminal.out(line);
}

function linesOf(terminal: Terminal, answer: TrustAnswer): readonly string[] {
  return [
    `material  ${forTerminal(answer.digest)}`,
    ...answer.sigstore.flatMap((root) => ['', ...rootLines(terminal, root, answer.at)]),
    ...answer.registries.flatMap((registry) => ['', ...registryLines(terminal, registry, answer.at)]),
    '',
    ...expiryLines(terminal, answer.expiries),
    ...answer.refreshed.map(({ name, url, at, problem }) =>
      problem === undefined
        ? `refreshed ${forTerminal(name)} from ${forTerminal(url)} at ${forTerminal(at)}`
        : terminal.paint(
            'warn',
            `refresh   ${forTerminal(name)} failed at ${forTerminal(at)}: ${forTerminal(problem.message)} (${forTerminal(problem.code)})`,
          ),
    ),
  ];
}

type Root = TrustAnswer['sigstore'][number];
type Registry = TrustAnswer['registries'][number];

function rootLines(terminal: Terminal, root: Root, now: string): readonly string[] {
  const vouched =
    root.tufRoot === undefined
      ? 'no TUF root vouches for it'
      : `TUF root ${root.tufRoot.version}, until ${forTerminal(root.tufRoot.expires)}`;
  const confirmed =
    root.confirmedAt === undefined
      ? 'never confirmed here'
      : `confirmed ${forTerminal(root.confirmedAt)} (${daysBetween(root.confirmedAt, now)} days ago)`;
  const stale = root.staleAt === undefined ? '' : `, stale from ${forTerminal(root.staleAt)}`;
  return [
    terminal.paint('bold', `Sigstore ${forTerminal(root.name)}  ${root.source}`),
    `  ${vouched}; ${confirmed}${stale}`,
    ...tableLines(
      [
        { title: '  PART', max: 90 },
        { title: 'FROM', max: 24 },
        { title: 'UNTIL', max: 24 },
      ],
      root.parts.map(({ what, from, until }) => [`  ${what}`, from ?? 'ever', until ?? 'open']),
    ),
  ];
}

function registryLines(terminal: Terminal, { host, keys }: Registry, now: string): readonly string[] {
  const rows = keys.flatMap(({ keyid, algorithm, source, uses }) =>
    uses.map(({ what, from, until }) => [
      `  ${keyid}`,
      algorithm,
      source,
      what,
      from ?? 'ever',
      until ?? 'open',
      until !== undefined && until < now ? 'retired' : '',
    ]),
  );
  const titles = ['  KEY', 'ALGORITHM', 'SOURCE', 'FOR', 'FROM', 'UNTIL', ''];
  return [
    terminal.paint('bold', `Registry ${forTerminal(host)}`),
    ...tableLines(
      titles.map((title) => ({ title, max: 100 })),
      rows,
    ),
  ];
}

function daysBetween(from: string, to: string): number {
  return Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 86_400_000));
}
