/** Which keys are believed, and where the log's files are, as options of a command. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { AssayError } from '../../core/errors.ts';
import { sourceAtUrl, sourceInFolder, type LogSource } from '../../server/auditing/source.ts';
import { readTrust } from '../../server/auditing/trust.ts';
import { collected, load, running, type Context, type GateOptions } from '../context.ts';

export interface TrustFlags {
  readonly vkey?: readonly string[];
  readonly policy?: string;
}

export type Trust = NonNullable<Awaited<ReturnType<typeof readTrust>>>;

export function withTrustOptions(command: Command): Command {
  return command
    .option('--vkey <key>', "the log's public key, or a file with one a line; may be given again", collected)
    .option('--policy <file>', 'a C2SP tlog-policy: logs, witnesses and the quorum they must reach');
}

/** Throws USAGE_INVALID when no key was given: one that the log itself hands out proves nothing. */
export async function givenTrust({ around }: Context, flags: TrustFlags): Promise<Trust> {
  const trust = await readFlags(around.cwd, flags);
  if (trust !== undefined) return trust;
  throw new AssayError('USAGE_INVALID', 'whose signature is believed? Give --vkey or --policy', {
    hint: "Ask the log's operator for its vkey (`assay ledger status` prints it there).",
  });
}

/** Of this machine's own log the running gate may tell the key: whoever can ask it is the operator. */
export async function ownTrust(context: Context, flags: TrustFlags & GateOptions): Promise<Trust> {
  const trust = await readFlags(context.around.cwd, flags);
  if (trust !== undefined) return trust;
  const { vkeys } = await (await running(context, flags)).ledger();
  const own = await readFlags(context.around.cwd, { vkey: vkeys });
  if (own !== undefined) return own;
  throw new AssayError(
    'LEDGER_UNVERIFIED',
    'the running gate names no key of its log: its signer does not answer',
  );
}

function readFlags(cwd: string, { vkey, policy }: TrustFlags): Promise<Trust | undefined> {
  return readTrust({ cwd, vkeys: vkey ?? [], policyFile: policy });
}

export interface SourceFlags extends GateOptions, TrustFlags {
  readonly url?: string;
  readonly path?: string;
}

export interface TrustedSource {
  readonly source: LogSource;
  readonly trust: Trust;
}

/** A log at `--url` or in `--path`, with the keys given; else this machine's own. */
export async function trustedSource(context: Context, flags: SourceFlags): Promise<TrustedSource> {
  const { url, path } = flags;
  if (url !== undefined && path !== undefined)
    throw new AssayError('USAGE_INVALID', '--url and --path exclude each other');
  if (url !== undefined) return { trust: await givenTrust(context, flags), source: sourceAtUrl(url) };
  if (path !== undefined) {
    const folder = resolve(context.around.cwd, path);
    return { trust: await givenTrust(context, flags), source: sourceInFolder(folder) };
  }
  const { settings } = await load(context, { config: flags.config, data: flags.data }, 'none');
  const trust = await ownTrust(context, flags);
  return { trust, source: sourceInFolder(join(settings.dataDirectory, 'ledger')) };
}
