/** The witnesses of the gate's own log, as `ledger.witnesses` names them. */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { AssayError, messageOf } from '../../core/errors.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import type { CheckpointSigner } from '../../ledger/log/deps.ts';
import { parsePolicy } from '../../ledger/verify/policy-file.ts';
import type { TrustPolicy } from '../../ledger/verify/policy.ts';
import { parseVkey } from '../../ledger/verify/vkey.ts';
import { createCosigner, type Cosigner } from '../../ledger/witness/client.ts';
import { createWitnessPost } from '../../upstream/witness-post.ts';
import type { LedgerSettings } from '../config/settings.ts';
import { assayVersion } from '../package-version.ts';

export interface OpenCosigner extends Cosigner {
  readonly close: () => void;
}

/** Undefined where no witnesses are configured. Throws CONFIG_UNREADABLE, CONFIG_INVALID. */
export async function openCosigner(
  { witnessesFile, witnessMode }: LedgerSettings,
  signer: Pick<CheckpointSigner, 'vkeys'>,
): Promise<OpenCosigner | undefined> {
  if (witnessesFile === undefined) return undefined;
  const policy = await readPolicy(witnessesFile);
  const post = createWitnessPost({ version: assayVersion });
  const cosigner = createCosigner({
    policy,
    mode: witnessMode,
    logKeys: async (origin) =>
      (await signer.vkeys(origin)).flatMap((vkey) => parseVkey(vkey, sha256Bytes) ?? []),
    post: post.postText,
    get: post.getText,
    monotonicMs: () => performance.now(),
  });
  return { ...cosigner, close: post.close };
}

async function readPolicy(path: string): Promise<TrustPolicy> {
  const text = await readFile(path).catch((cause: unknown) => {
    throw new AssayError('CONFIG_UNREADABLE', `${path}: ${messageOf(cause)}`, { cause });
  });
  const parsed = parsePolicy(text, sha256Bytes);
  if (parsed.ok) return parsed.policy;
  throw new AssayError('CONFIG_INVALID', `${path}:${parsed.line}: ${parsed.problem}`);
}
