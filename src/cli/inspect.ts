/** `assay inspect`: what a bundle or a release's attestations say, in plain words. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { AssayError } from '../core/errors.ts';
import { readBundleFile, trustFrom } from '../server/verifying/file.ts';
import { inspectDocument, type InspectedBundle, type Inspection } from '../server/verifying/inspect.ts';
import { readReleaseName } from '../server/verifying/names.ts';
import { attestationsAt } from '../server/verifying/release.ts';
import {
  exitCodes,
  load,
  printJson,
  withExamples,
  withGateOptions,
  type Context,
  type GateOptions,
  parseFormat,
  type Format,
} from './context.ts';
import { gateTarget, reachable } from './gate-target.ts';
import type { Terminal, Tone } from './terminal.ts';

interface Options extends GateOptions {
  readonly trustedRoot?: string;
  readonly gate?: string;
  readonly format: Format;
}

export function addInspect(program: Command, context: Context): void {
  const command = withGateOptions(
    program
      .command('inspect')
      .description('Tell in plain words what a bundle says: who signed, from what source, when.'),
  )
    .argument(
      '<what>',
      'a Sigstore bundle or npm attestations (a file), package@version, or package URL (pkg:npm/…)',
    )
    .option('--trusted-root <file>', "use this trusted_root.json instead of the program's own")
    .option(
      '--gate <url>',
      'the gate to ask for the attestations of a release (default: the one that runs here, else the configured one)',
    )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (what: string, options: Options) => inspect(context, what, options));
  withExamples(command, [
    'assay inspect app.tgz.sigstore.json',
    'assay inspect sigstore@2.3.1 --format json',
  ]).addHelpText(
    'after',
    '\nIt judges nothing: whom to trust is said to `assay verify`.\n' +
      'Exit codes: 0 it was read, 1 nothing in it can be read, 2 usage, 3 the gate knows no attestations of the release, 4 gate unreachable.',
  );
}

async function inspect(context: Context, what: string, options: Options): Promise<void> {
  const { terminal, around } = context;
  const root = options.trustedRoot;
  const trust = await trustFrom(root === undefined ? undefined : resolve(around.cwd, root));
  const document = await documentOf(context, what, options);
  const found = inspectDocument(document, trust, new Date().toISOString());
  if (options.format === 'json') printJson(terminal, { schema: 1, about: what, ...found });
  else print(terminal, what, found);
  if (!found.bundles.some(({ lines }) => lines.length > 0)) context.finish(exitCodes.violation);
}

async function documentOf(
  context: Context,
  what: string,
  options: Options,
): Promise<Parameters<typeof inspectDocument>[0]> {
  const release = readReleaseName(what);
  if (release === undefined) return readBundleFile(resolve(context.around.cwd, what));
  const { settings } = await load(context, { config: options.config, data: options.data }, 'none');
  const target = await gateTarget(context, settings, options.gate);
  await reachable(target);
  const answer = await attestationsAt(target, release);
  if (answer.state === 'answered') return answer.document;
  throw new AssayError(
    'EXPLAIN_NOTHING_FOUND',
    answer.state === 'missing'
      ? `the registry has no attestations of ${what}`
      : `the attestations of ${what} cannot be read`,
    { hint: '`assay explain` tells what is known of the release.' },
  );
}

const tones: Readonly<Record<InspectedBundle['state'], Tone>> = {
  holds: 'good',
  refused: 'bad',
  'not-verified': 'warn',
};

function print(terminal: Terminal, what: string, { bundles, problem }: Inspection): void {
  if (problem !== undefined) terminal.out(`${forTerminal(what, 300)}: ${forTerminal(problem, 500)}`);
  for (const [at, { state, verdict, lines }] of bundles.entries()) {
    if (at > 0) terminal.out('');
    const title = bundles.length === 1 ? what : `${what}, ${at + 1} of ${bundles.length}`;
    terminal.out(terminal.paint('bold', forTerminal(title, 300)));
    terminal.out(terminal.paint(tones[state], forTerminal(verdict, 1000)));
    for (const { label, text } of lines)
      terminal.out(`  ${forTerminal(label, 20).padEnd(12)} ${forTerminal(text, 1000)}`);
  }
}
