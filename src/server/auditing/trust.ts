/** Who is believed: vkeys given on the command line or in files, or a policy file (C2SP tlog-policy). */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { logOnlyPolicy, type TrustPolicy } from '../../ledger/verify/policy.ts';
import { parsePolicy } from '../../ledger/verify/policy-file.ts';
import { parseVkey, type VerifierKey } from '../../ledger/verify/vkey.ts';

export interface TrustOptions {
  readonly cwd: string;
  /** Each a vkey, or the path of a file with one a line. */
  readonly vkeys: readonly string[];
  readonly policyFile: string | undefined;
}

/** Undefined when nothing was given. Throws USAGE_INVALID. */
export async function readTrust({ cwd, vkeys, policyFile }: TrustOptions): Promise<TrustPolicy | undefined> {
  if (policyFile !== undefined && vkeys.length > 0)
    throw new AssayError('USAGE_INVALID', '--vkey and --policy exclude each other: a policy names its logs');
  if (policyFile !== undefined) return readPolicy(resolve(cwd, policyFile));
  if (vkeys.length === 0) return undefined;
  const keys = (await Promise.all(vkeys.map((text) => keysOf(cwd, text)))).flat();
  return logOnlyPolicy(keys);
}

async function readPolicy(path: string): Promise<TrustPolicy> {
  const parsed = parsePolicy(await read(path), sha256Bytes);
  if (parsed.ok) return parsed.policy;
  throw new AssayError('USAGE_INVALID', `${path}:${parsed.line}: ${parsed.problem}`);
}

async function keysOf(cwd: string, text: string): Promise<readonly VerifierKey[]> {
  const key = parseVkey(text, sha256Bytes);
  if (key !== undefined) return [key];
  const path = resolve(cwd, text);
  const lines = Buffer.from(await read(path))
    .toString('utf8')
    .split('\n');
  const wanted = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  const keys = wanted.flatMap((line) => parseVkey(line, sha256Bytes) ?? []);
  if (keys.length > 0 && keys.length === wanted.length) return keys;
  throw new AssayError('USAGE_INVALID', `${text} is no vkey, and no file with one vkey a line`);
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new AssayError('USAGE_INVALID', `${path}: ${messageOf(cause)}`, { cause });
  }
}
