/** `assay trust import`: roots and keys from a file, for a gate without a network or a registry of one's own. */
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import { readBoundedFile } from '../../server/bounded-file.ts';
import type { TrustImported } from '../../server/control/trust-protocol.ts';
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
  readonly host?: string;
  readonly name?: string;
  readonly tuf?: string;
  readonly yes?: boolean;
  readonly format: Format;
};

const maxFileBytes = 1024 * 1024;

export function addImport(trust: Command, context: Context): void {
  const command = withGateOptions(
    trust
      .command('import')
      .description("Import a trusted_root.json, a registry's keys.json, or a TUF root to start from."),
  )
    .argument('<file>', 'told apart by its content')
    .option('--host <host>', 'identity host of the registry whose keys these are')
    .option('--name <name>', 'of the Sigstore instance of a trusted_root.json (default: public-good)')
    .option('--tuf <name>', 'of the repository in trust.tuf that a TUF root is for (default: public-good)')
    .option('--yes', 'do not ask')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (file: string, options: Options) => importFile(context, file, options));
  withExamples(command, [
    'assay trust import trusted_root.json --name ours',
    'assay trust import keys.json --host registry.example.com',
    'assay trust import root.json --tuf ours',
  ]).addHelpText(
    'after',
    '\nShows what would change and asks. Where the file came from is for you to know: nothing else vouches for it.\nExit codes: 0 done or nothing to do, 2 not confirmed or no --host, 3 the file is none of these, 4 no gate runs.',
  );
}

async function importFile(context: Context, file: string, options: Options): Promise<void> {
  const { terminal } = context;
  const gate = await running(context, options);
  const name = options.tuf ?? options.name;
  const request = {
    content: await contentOf(resolve(context.around.cwd, file)),
    via: basename(file),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(name === undefined ? {} : { name }),
  };
  const preview = await gate.importTrust({ ...request, apply: false });
  const isNothing = preview.changes.length === 0;
  if (options.format === 'table') tell(context, preview);
  if (!isNothing && options.yes !== true && !(await terminal.confirm('Trust this from now on?')))
    throw new AssayError('USAGE_INVALID', 'nothing was imported', { hint: 'Answer y, or add --yes.' });
  // Also where nothing changes: a root that is imported anew is confirmed anew (`trust.maxAge`).
  const done = await gate.importTrust({ ...request, apply: true });
  if (options.format === 'json') printJson(terminal, done);
  else terminal.out(isNothing ? 'Nothing changes.' : `material  ${forTerminal(done.digest)}`);
}

function tell({ terminal }: Context, { changes, refused }: TrustImported): void {
  for (const change of changes) terminal.out(forTerminal(change));
  for (const one of refused) terminal.out(terminal.paint('warn', `note: ${forTerminal(one)}`));
}

async function contentOf(path: string): Promise<string> {
  try {
    return (await readBoundedFile(path, maxFileBytes)).toString('utf8');
  } catch (cause) {
    throw new AssayError('USAGE_INVALID', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
