/** One run: its folders, its control group, bubblewrap, and why it ended. */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readlink, realpath } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import { makeGroup, type Cgroups, type Group } from './cgroups.ts';
import { environmentFor } from './clock.ts';
import { watchDisk } from './disk.ts';
import { launch, seccompFd, statusFd, type Launched, type LaunchEnd } from './launch.ts';
import { tasksOf, watchMemory } from './memory.ts';
import { frozenDateMount, identityMounts, placeNode, placeRelay } from './own-files.ts';
import { bubblewrapArguments, checkSpec, ownFolder, type Profile, type RootEntry } from './profile.ts';
import type { Mount, RunResult, RunSpec } from '../../core/sandbox.ts';
import { overlayCommand, traceCommand } from './steps.ts';
import { removeTree, type User } from './workspace.ts';

/** What was found once, for all runs. */
export interface Runner {
  readonly bwrapPath: string;
  readonly user: User | undefined;
  /** Where the sandbox's own files are; the uid of the runs reads and does not write there. */
  readonly ownPath: string;
  readonly seccompPath: string | undefined;
  readonly disableUserns: boolean;
  readonly masked: readonly string[];
  readonly cgroups: Cgroups | undefined;
  readonly clock: () => number;
}

/** The launcher's two shells, `cat`, bubblewrap's two processes; strace or the overlay's step. */
const ownProcesses = 8;
const relayProcesses = 32;
/** Of the relay's Node, over the limit of the run. */
const relayBytes = 256 << 20;

/** @throws SANDBOX_FAILED */
export async function runOne(runner: Runner, spec: RunSpec): Promise<RunResult> {
  checkSpec(spec);
  await checkMounts(spec);
  const id = randomUUID();
  const folder = join(runner.ownPath, `run-${id}`);
  let group: Group | undefined;
  try {
    await mkdir(folder, { mode: 0o755 });
    const { profile, clock } = await profileFor(runner, spec, folder);
    const before = await beforeBubblewrap(runner, spec, profile, folder);
    group = await groupFor(runner, spec, id);
    const launched = await launch({
      command: [...before, runner.bwrapPath, ...bubblewrapArguments(profile)],
      user: runner.user,
      seccompPath: runner.seccompPath,
      rlimits: await rlimitsFor(runner, spec),
      onOutput: spec.onOutput,
    });
    const layers = profile.mergedRoot === undefined ? [] : [join(folder, 'upper')];
    return { ...(await watch(runner, spec, launched, group, layers)), clock };
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw new AssayError('SANDBOX_FAILED', `the sandbox could not be set up: ${messageOf(cause)}`, { cause });
  } finally {
    await group?.remove();
    await removeTree(folder);
  }
}

async function groupFor(runner: Runner, spec: RunSpec, id: string): Promise<Group | undefined> {
  if (runner.cgroups === undefined) return undefined;
  const relay = spec.network.kind === 'proxy';
  return makeGroup(runner.cgroups, id, {
    memoryBytes: spec.limits.memoryBytes + (relay ? relayBytes : 0),
    processes: spec.limits.processes + ownProcesses + (relay ? relayProcesses : 0),
  });
}

async function rlimitsFor(runner: Runner, spec: RunSpec): Promise<Parameters<typeof launch>[0]['rlimits']> {
  const { limits } = spec;
  const has = runner.cgroups?.parents ?? {};
  const ours = limits.processes + ownProcesses + relayProcesses;
  return {
    cpuSeconds: limits.cpuSeconds,
    fileBytes: limits.diskBytes,
    dataBytes: has.memory === undefined ? limits.memoryBytes : undefined,
    // The kernel counts by uid, and this process may have the same.
    processes:
      has.pids === undefined
        ? ours + (await tasksOf(runner.user?.uid ?? process.getuid?.() ?? 0))
        : undefined,
  };
}

async function profileFor(
  runner: Runner,
  spec: RunSpec,
  folder: string,
): Promise<{ readonly profile: Profile; readonly clock: RunResult['clock'] }> {
  const { env, clock } = await environmentFor(spec);
  const proxied = await proxyParts(runner, spec, env);
  const frozen = clock === 'node' ? [await frozenDateMount(folder, spec)] : [];
  const profile: Profile = {
    root: spec.root,
    rootEntries: await entriesOf(spec.root),
    mergedRoot: spec.writableRoot === true ? join(folder, 'merged') : undefined,
    mounts: [
      ...(await identityMounts(join(folder, 'etc'), spec)),
      ...frozen,
      ...proxied.mounts,
      ...spec.mounts,
    ],
    tmpfs: [...(await variableFolders(spec)), ...(spec.tmpfs ?? [])],
    tmpBytes: Math.min(spec.limits.memoryBytes, spec.limits.diskBytes),
    hostname: spec.identity?.hostname ?? 'localhost',
    user: spec.identity?.user ?? 'build',
    cwd: spec.cwd,
    env: proxied.env,
    command: proxied.command,
    seccompFd: runner.seccompPath === undefined ? undefined : seccompFd,
    statusFd,
    disableUserns: runner.disableUserns,
    masked: runner.masked,
  };
  return { profile, clock };
}

/** `/var/tmp`, where the base has it and it can not be written to anyway. */
async function variableFolders(spec: RunSpec): Promise<Profile['tmpfs']> {
  if (spec.writableRoot === true) return [];
  const stat = await lstat(join(spec.root, 'var/tmp')).catch(() => undefined);
  return stat?.isDirectory() === true ? [{ to: '/var/tmp', sizeBytes: spec.limits.diskBytes }] : [];
}

/** With a proxy the relay is started first, with nothing of the run's environment, and starts the command. */
async function proxyParts(
  runner: Runner,
  spec: RunSpec,
  env: Readonly<Record<string, string>>,
): Promise<Pick<Profile, 'env' | 'command' | 'mounts'>> {
  if (spec.network.kind === 'none') return { env, command: spec.command, mounts: [] };
  const inside = (name: string): string => `${ownFolder}/${name}`;
  const given = { socketPath: inside('proxy.sock'), command: spec.command, env };
  return {
    env: { PATH: '/usr/bin:/bin' },
    command: [inside('node'), '--no-warnings', inside('relay.mts'), JSON.stringify(given)],
    mounts: [
      { from: await placeNode(runner.ownPath), to: inside('node'), writable: false },
      { from: await placeRelay(runner.ownPath), to: inside('relay.mts'), writable: false },
      { from: spec.network.socketPath, to: inside('proxy.sock'), writable: false },
    ],
  };
}

async function entriesOf(root: string): Promise<readonly RootEntry[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(async (entry) => ({
        name: entry.name,
        link: entry.isSymbolicLink() ? await readlink(join(root, entry.name)) : undefined,
      })),
  );
}

async function beforeBubblewrap(
  runner: Runner,
  spec: RunSpec,
  profile: Profile,
  folder: string,
): Promise<readonly string[]> {
  const trace = spec.trace === undefined ? [] : await traceCommand(spec.trace.toPath, runner.user);
  const overlay =
    profile.mergedRoot === undefined ? [] : await overlayCommand(spec.root, folder, runner.user);
  return [...overlay, ...trace];
}

/**
 * What an earlier run left in a folder can lead elsewhere: every source is a path without links, and what lies between
 * a mount and one within it is real folders. The places are made by bubblewrap, which would follow.
 */
async function checkMounts(spec: RunSpec): Promise<void> {
  const sockets = spec.network.kind === 'proxy' ? [spec.network.socketPath] : [];
  for (const from of [spec.root, ...sockets, ...spec.mounts.map((mount) => mount.from)])
    if ((await realpath(from).catch(() => undefined)) !== from)
      throw new AssayError(
        'SANDBOX_FAILED',
        `${JSON.stringify(from)} is not there, or is reached over a link`,
      );
  for (const outer of spec.mounts)
    for (const inner of spec.mounts)
      if (inner.to.startsWith(`${outer.to}/`)) await checkBetween(outer, posix.relative(outer.to, inner.to));
}

async function checkBetween(outer: Mount, relative: string): Promise<void> {
  let path = outer.from;
  for (const segment of relative.split('/')) {
    path = join(path, segment);
    const stat = await lstat(path).catch(() => undefined);
    if (stat === undefined && outer.writable) return;
    if (stat === undefined || stat.isSymbolicLink())
      throw new AssayError(
        'SANDBOX_FAILED',
        `${JSON.stringify(path)} is no place for a mount within another`,
      );
  }
}

type Stopped = 'timeout' | 'memory' | 'cancelled' | 'disk';

async function watch(
  runner: Runner,
  spec: RunSpec,
  launched: Launched,
  group: Group | undefined,
  layers: readonly string[],
): Promise<Omit<RunResult, 'clock'>> {
  const { limits, signal } = spec;
  const start = runner.clock();
  let stopped: Stopped | undefined;
  const stop = (why: Stopped): void => {
    stopped ??= why;
    launched.kill();
  };
  const cancel = (): void => stop('cancelled');
  const folders = [...layers, ...spec.mounts.filter(({ writable }) => writable).map(({ from }) => from)];
  const disk = await watchDisk(folders, limits.diskBytes, () => stop('disk'));
  const memory = watchMemory(
    runner.cgroups?.parents.memory === undefined ? launched.pid : undefined,
    limits.memoryBytes,
    () => stop('memory'),
  );
  const wall = setTimeout(() => stop('timeout'), limits.wallMs);
  const leaveGroup = watchGroup(group, limits.cpuSeconds * 1000, stop);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    await group?.add(launched.pid);
    if (signal?.aborted === true) cancel();
    launched.go();
    const end = await launched.ended;
    const wallMs = runner.clock() - start;
    if (stopped === undefined && (await disk.isOver())) stopped = 'disk';
    if (stopped === undefined && ((await group?.memoryKills()) ?? 0) > 0) stopped = 'memory';
    return {
      ...howItEnded(end, stopped),
      output: end.output,
      cpuMs: (await group?.cpuMs()) ?? end.cpuMs,
      peakBytes: await group?.peakBytes(),
      wallMs,
    };
  } catch (error) {
    launched.kill();
    await launched.ended;
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
    clearTimeout(wall);
    leaveGroup();
    memory();
    disk.stop();
  }
}

const signalNames: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

function howItEnded(
  end: LaunchEnd,
  stopped: Stopped | undefined,
): Pick<RunResult, 'ended' | 'exitCode' | 'signal'> {
  if (stopped !== undefined) return { ended: stopped, exitCode: undefined, signal: undefined };
  const code = end.insideCode;
  if (code === undefined)
    throw new AssayError(
      'SANDBOX_FAILED',
      `bubblewrap did not start the command: ${end.output.trim().slice(-500)}`,
    );
  const signal = signalNames[code - 128];
  if (signal === 'SIGXCPU') return { ended: 'timeout', exitCode: undefined, signal: undefined };
  return signal === undefined
    ? { ended: 'exit', exitCode: code, signal: undefined }
    : { ended: 'signal', exitCode: undefined, signal };
}

/**
 * RLIMIT_CPU holds each process by itself, this all together. And when the kernel killed one for memory, the others are
 * not left to go on without it.
 */
function watchGroup(
  group: Group | undefined,
  cpuMs: number,
  stop: (why: 'timeout' | 'memory') => void,
): () => void {
  if (group === undefined) return () => undefined;
  const look = async (): Promise<void> => {
    if (((await group.cpuMs()) ?? 0) > cpuMs) stop('timeout');
    if ((await group.memoryKills()) > 0) stop('memory');
  };
  const timer = setInterval(() => void look(), 250);
  return () => clearInterval(timer);
}
