/** What a person asks of this machine before building: which walls hold, and which programs around the sandbox are there. */
import { mkdir, mkdtemp, chmod, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { IsolationReport } from '../../core/rebuild.ts';
import { messageOf } from '../../core/errors.ts';
import { findRunner, userOf, type SandboxOptions } from './machine.ts';
import { runProgram } from './programs.ts';
import { overlayCommand } from './steps.ts';
import { removeTree } from './workspace.ts';

export interface Survey {
  readonly isolation: IsolationReport;
  /** Who builds run as; undefined: as this process, which is not root. */
  readonly uid: number | undefined;
  /** First line of what the program says of its version; undefined: it is not there. */
  readonly programs: Readonly<Record<'strace' | 'mmdebstrap', string | undefined>>;
  /** Why no layers can be mounted over a base root; undefined: they can. */
  readonly noLayers: string | undefined;
  /** On the disk of the directory. */
  readonly freeBytes: number;
}

/**
 * Looks from a folder beside or above `directory`, which need not be there yet; leaves nothing behind. Throws what keeps
 * a folder from being made there.
 */
export async function survey(options: SandboxOptions): Promise<Survey> {
  const parent = await existing(options.directory);
  const folder = await mkdtemp(join(parent, '.assay-look-'));
  try {
    await chmod(folder, 0o711);
    const { isolation } = await findRunner({ ...options, directory: folder });
    const { bavail, bsize } = await statfs(folder);
    return {
      isolation,
      uid: userOf(options)?.uid,
      programs: { strace: await versionOf('strace'), mmdebstrap: await versionOf('mmdebstrap') },
      noLayers: await layersFail(folder, options),
      freeBytes: bavail * bsize,
    };
  } finally {
    await removeTree(folder);
  }
}

/** The folder itself, or the nearest one above it that is there. */
async function existing(directory: string): Promise<string> {
  for (let path = directory; ; path = dirname(path)) {
    const isThere = await statfs(path).then(
      () => true,
      () => false,
    );
    if (isThere || path === dirname(path)) return path;
  }
}

async function versionOf(program: string): Promise<string | undefined> {
  const { code, output } = await runProgram([program, '--version'], { timeoutMs: 10_000 });
  return code === 0 ? (output.trim().split('\n')[0] ?? '').slice(0, 80) : undefined;
}

/** Over an empty folder, as writable roots are made. */
async function layersFail(folder: string, options: SandboxOptions): Promise<string | undefined> {
  const user = userOf(options);
  try {
    const root = join(folder, 'lower');
    await mkdir(root, { mode: 0o755 });
    const command = await overlayCommand(root, folder, user);
    const { code, output } = await runProgram([...command, 'true'], { user, timeoutMs: 10_000 });
    return code === 0 ? undefined : output.trim().slice(-200) || 'it said nothing';
  } catch (error) {
    return messageOf(error);
  }
}
