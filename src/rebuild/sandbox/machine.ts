/** What this machine has for a sandbox, and what it lacks. */
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { IsolationReport, LimitMeans } from '../../core/rebuild.ts';
import { findCgroups, removeOldGroups, type Cgroups } from './cgroups.ts';
import { placeFilter } from './own-files.ts';
import { probe } from './probe.ts';
import { maskedFiles } from './profile.ts';
import { runProgram } from './programs.ts';
import type { Runner } from './run.ts';
import { filterFor } from './seccomp/filter.ts';
import { machineNamed } from './seccomp/syscalls.ts';
import { removeTree, type User } from './workspace.ts';

export interface SandboxOptions {
  /**
   * A folder of the host for workspaces and the sandbox's own files. When Assay runs as root, the unprivileged uid must
   * be able to enter it: no parent may be closed to others (a data directory of mode 0700 is).
   */
  readonly directory: string;
  /** Who bubblewrap is started as when Assay runs as root: bubblewrap started by uid 0 is no sandbox. Default: an own one. */
  readonly uid?: number;
  readonly gid?: number;
  /** Default: `bwrap` in the system's own folders. */
  readonly bwrapPath?: string;
  /** False: no control groups, also where they could be made. Default: true. */
  readonly cgroups?: boolean;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
}

interface Found {
  readonly isolation: IsolationReport;
  /** Undefined: nothing can be run. */
  readonly runner: Runner | undefined;
}

const dayMs = 86_400_000;
/** A group that is still empty after it is nobody's: a run enters its own at once. */
const tenMinutesMs = 600_000;

/** Nothing on a usual machine has it: systemd's list of uids calls the range unused. */
const defaultUid = 1_900_000_001;

/** Who runs are started as; undefined: as this process, which is not root. */
export function userOf(options: Pick<SandboxOptions, 'uid' | 'gid'>): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: options.uid ?? defaultUid, gid: options.gid ?? options.uid ?? defaultUid };
}

export async function findRunner(options: SandboxOptions): Promise<Found> {
  const user = userOf(options);
  if (process.platform !== 'linux') return unusable('none', 'Builds run on Linux only.');
  if (user?.uid === 0 || user?.gid === 0)
    return unusable('none', 'Builds as uid 0 are refused: bubblewrap started by root is no sandbox.');
  const bwrapPath = options.bwrapPath ?? 'bwrap';
  const version = await runProgram([bwrapPath, '--version'], { timeoutMs: 10_000, user });
  if (version.code !== 0)
    return unusable(
      'none',
      version.missing
        ? 'bubblewrap is not installed (Debian, Ubuntu: `apt-get install bubblewrap`).'
        : `bubblewrap cannot be started: ${version.output.trim().slice(0, 200)}`,
    );
  const means = version.output.trim().split('\n')[0]?.slice(0, 60) ?? 'bubblewrap';
  try {
    return await probed(options, { bwrapPath, means, user });
  } catch (error) {
    return unusable(means, `The sandbox's folder cannot be used: ${messageOf(error)}`);
  }
}

async function probed(
  options: SandboxOptions,
  found: { readonly bwrapPath: string; readonly means: string; readonly user: User | undefined },
): Promise<Found> {
  const { bwrapPath, means, user } = found;
  const ownPath = join(options.directory, 'own');
  await mkdir(ownPath, { recursive: true, mode: 0o755 });
  if (!(await canEnter(ownPath, user)))
    return unusable(
      means,
      `uid ${user?.uid} cannot enter ${ownPath}: a folder above it is closed to others.`,
    );
  await removeOld(options.directory);
  const machine = machineNamed(process.arch);
  const seccompPath = machine === undefined ? undefined : await placeFilter(ownPath, filterFor(machine));
  const masked = await present(maskedFiles);
  const result = await probe({ bwrapPath, user, ownPath, seccompPath, masked });
  if (result.level === 'none') return unusable(means, ...result.missing);
  const cgroups = options.cgroups === false ? undefined : await findCgroups();
  if (cgroups !== undefined) await removeOldGroups(cgroups, tenMinutesMs);
  const { disableUserns } = result;
  return {
    isolation: { level: result.level, means, limits: limitsOf(cgroups), missing: result.missing },
    runner: {
      bwrapPath,
      user,
      ownPath,
      seccompPath,
      disableUserns,
      masked,
      cgroups,
      clock: options.clock,
    },
  };
}

/** A group of the kernel where there is one; else limits by process, with a watch over their sum. */
function limitsOf(
  cgroups: Cgroups | undefined,
): Readonly<Record<keyof IsolationReport['limits'], LimitMeans>> {
  const has = cgroups?.parents ?? {};
  const means = cgroups?.version ?? 'rlimit';
  return {
    memory: has.memory === undefined ? 'watchdog' : means,
    processes: has.pids === undefined ? 'rlimit' : means,
    cpu: has.cpu === undefined ? 'rlimit' : means,
    disk: 'watchdog',
    time: 'watchdog',
  };
}

function unusable(means: string, ...missing: readonly string[]): Found {
  const limits = { memory: 'none', processes: 'none', cpu: 'none', disk: 'none', time: 'none' } as const;
  return { isolation: { level: 'none', means, limits, missing }, runner: undefined };
}

/** What a crash left behind: nothing of a run is a day old. */
async function removeOld(directory: string): Promise<void> {
  for (const [folder, pattern] of [
    ['own', /^(?:run|probe)-/],
    ['runs', /./],
    ['bases', /^making-/],
  ] as const)
    for (const name of await readdir(join(directory, folder)).catch(() => [])) {
      const path = join(directory, folder, name);
      const stat = await lstat(path).catch(() => undefined);
      if (pattern.test(name) && stat !== undefined && Date.now() - stat.mtimeMs > dayMs)
        // What cannot be removed takes nobody's sandbox away.
        await removeTree(path).catch(() => undefined);
    }
}

async function canEnter(path: string, user: User | undefined): Promise<boolean> {
  if (user === undefined) return true;
  const { code } = await runProgram(['/bin/sh', '-c', 'cd "$1"', 'sh', path], { user, timeoutMs: 10_000 });
  return code === 0;
}

async function present(names: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of names)
    if ((await lstat(`/proc/${name}`).catch(() => undefined)) !== undefined) found.push(name);
  return found;
}
