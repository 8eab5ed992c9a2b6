/** A watcher remembers the newest checkpoint it saw of a log, and notices when the log takes something back. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { originFolder } from '../../ledger/signing/origin.ts';
import type { Checkpoint } from '../../ledger/verify/checkpoint.ts';
import { judgeGrowth, type Growth } from '../../ledger/verify/monitor.ts';
import { formatNote } from '../../ledger/verify/note.ts';
import { openUnderPolicy, type TrustPolicy } from '../../ledger/verify/policy.ts';
import { writeFileDurably } from '../durable-file.ts';
import { readCheckpoint } from './fsck.ts';
import type { LogSource } from './source.ts';
import { proofFrom } from './still-there.ts';

export interface Watched {
  readonly origin: string;
  /** `first`: nothing was remembered of this log; it is from now on. */
  readonly outcome: Growth | 'first';
  /** Size that was remembered. */
  readonly seen: number | undefined;
  readonly size: number;
  /** Folder with both signed checkpoints, when the log forked or rolled back. */
  readonly evidence: string | undefined;
}

/**
 * Remembers the checkpoint only when the log has grown as it may. Throws LEDGER_UNVERIFIED (not signed as the policy
 * asks, or what is remembered cannot be read), and what the source throws.
 */
export async function watchOnce(
  source: LogSource,
  policy: TrustPolicy,
  stateDirectory: string,
): Promise<Watched> {
  const next = await readCheckpoint(source, policy);
  const { origin, size, root } = next.checkpoint;
  const folder = join(stateDirectory, 'watch', originFolder(origin));
  const file = join(folder, 'checkpoint');
  const raw = formatNote(next.note);
  const seenRaw = await remembered(file);
  const seen = seenRaw === undefined ? undefined : openRemembered(seenRaw, policy, file);
  const outcome = judgeGrowth(
    seen,
    { size, root },
    await proofFrom(source, seen?.size ?? 0, next.checkpoint),
    sha256Bytes,
  );
  const known = { origin, seen: seen?.size, size };
  if (outcome === 'ok') {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (raw !== seenRaw) await writeFileDurably(file, raw, 0o600);
    return { ...known, outcome: seen === undefined ? 'first' : 'ok', evidence: undefined };
  }
  if (outcome === 'invalid') return { ...known, outcome, evidence: undefined };
  const evidence = join(folder, `${outcome}-${seen?.size ?? 0}-${size}`);
  await mkdir(evidence, { recursive: true, mode: 0o700 });
  await writeFileDurably(join(evidence, 'seen'), seenRaw ?? '', 0o600);
  await writeFileDurably(join(evidence, 'shown'), raw, 0o600);
  return { ...known, outcome, evidence };
}

function openRemembered(raw: string, policy: TrustPolicy, file: string): Checkpoint {
  // Which witnesses signed then does not matter: it was believed when it was remembered.
  const opening = openUnderPolicy(raw, { ...policy, quorum: 'none' }, verifyEd25519);
  if (opening.ok) return opening.checkpoint;
  throw new AssayError(
    'LEDGER_UNVERIFIED',
    `${file} is not signed by a key that was given (${opening.problem})`,
    {
      hint: 'After a change of the log key give the old one too, until a checkpoint signed by both was seen.',
    },
  );
}

async function remembered(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AssayError('LEDGER_UNVERIFIED', `${file}: ${messageOf(cause)}`, { cause });
  }
}
