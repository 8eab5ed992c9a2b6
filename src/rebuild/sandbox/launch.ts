/**
 * Starts bubblewrap, as an unprivileged uid, held by limits, and ends all of it. Nothing runs before it is in its
 * control group: the launcher waits for a word on a descriptor.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, readdir, readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { collectOutput } from './output.ts';

/** Where bubblewrap finds its descriptors. */
export const seccompFd = 3;
export const statusFd = 4;
const goFd = 5;
const timesFd = 6;

export interface Launch {
  /** Program and arguments: bubblewrap, or what starts it. */
  readonly command: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** File with the filter; undefined: none. */
  readonly seccompPath: string | undefined;
  readonly rlimits: {
    readonly cpuSeconds: number;
    readonly fileBytes: number;
    /** Only where no control group holds them. */
    readonly dataBytes: number | undefined;
    readonly processes: number | undefined;
  };
  readonly onOutput: ((line: string) => void) | undefined;
}

export interface LaunchEnd {
  /** As bubblewrap tells it: 128 + n for signal n. Undefined: it told nothing, so it was killed or never got so far. */
  readonly insideCode: number | undefined;
  readonly output: string;
  /** Of all that was waited for. */
  readonly cpuMs: number | undefined;
}

export interface Launched {
  readonly pid: number;
  /** Lets it begin. */
  readonly go: () => void;
  /** Ends it and everything in its pid namespace, now. */
  readonly kill: () => void;
  readonly ended: Promise<LaunchEnd>;
}

/**
 * Arguments arrive as positional parameters, never as shell text. The pipe to `cat` belongs to the uid of the run, so
 * that programs inside can open `/dev/stdout`; Node's own pipes are sockets, which nobody can open by path. When this
 * process dies, the descriptor of the word ends, and so does everything. A core limit of 1 byte is the only one that keeps
 * the kernel from starting the host's own reader of core dumps, as root (core(5)); the shell cannot count so finely.
 */
const launcher = `
read -r go <&5 || exit 97
{ read -r end <&5; kill -9 0; } </dev/null >/dev/null 2>&1 3<&- 4>&- 6>&- &
watch=$!
exec 5<&-
for fd in $5; do eval "exec $fd>&-"; done
umask 022
prlimit --pid $$ --core=1:1 2>/dev/null || ulimit -c 0 || exit 98
ulimit -t "$1" && ulimit -f "$2" && ulimit -n 8192 || exit 98
[ "$3" = - ] || ulimit -d "$3" || exit 98
[ "$4" = - ] || ulimit -p "$4" 2>/dev/null || ulimit -u "$4" || exit 98
shift 5
{ "$@" 6>&-; times >&6; } 2>&1 | cat 3<&- 4>&- 6>&-
kill "$watch"
`;

/** The folders that a system's own programs are in: no environment is taken over. */
export const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** @throws Error when `sh` cannot be started, or the filter not be read */
export async function launch(given: Launch): Promise<Launched> {
  const filter = given.seccompPath === undefined ? undefined : await open(given.seccompPath, 'r');
  try {
    const { rlimits } = given;
    const inherited = await inheritedFds();
    const child = spawn(
      // dash knows descriptors of one digit alone.
      inherited.length === 0 ? '/bin/sh' : '/bin/bash',
      [
        ...(inherited.length === 0 ? [] : ['--posix']),
        '-c',
        launcher,
        'sh',
        String(Math.ceil(rlimits.cpuSeconds)),
        // dash and bash in the POSIX mode count files in 512 bytes, data in KiB.
        String(Math.ceil(rlimits.fileBytes / 512)),
        rlimits.dataBytes === undefined ? '-' : String(Math.ceil(rlimits.dataBytes / 1024)),
        rlimits.processes === undefined ? '-' : String(rlimits.processes),
        inherited.join(' '),
        ...given.command,
      ],
      {
        cwd: '/',
        env: { PATH: systemPath, LC_ALL: 'C' },
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', filter?.fd ?? 'ignore', 'pipe', 'pipe', 'pipe'],
        ...given.user,
      },
    );
    return await started(child, given.onOutput);
  } finally {
    await filter?.close();
  }
}

/** O_CLOEXEC as `/proc/self/fdinfo` shows it. */
const closedOnExec = 0o2000000;

/**
 * Files that this process was started with and that every child would inherit, so that a build would have them open. Node
 * closes them to children only up to the first gap.
 */
async function inheritedFds(): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc/self/fd')) {
    const info = await readFile(`/proc/self/fdinfo/${name}`, 'utf8').catch(() => '');
    const flags = /^flags:\s+([0-7]+)$/m.exec(info)?.[1];
    if (Number(name) > timesFd && flags !== undefined && (parseInt(flags, 8) & closedOnExec) === 0)
      found.push(Number(name));
  }
  return found;
}

async function started(
  child: ChildProcess,
  onOutput: ((line: string) => void) | undefined,
): Promise<Launched> {
  const output = collectOutput(onOutput);
  child.stdout?.on('data', output.take);
  child.stderr?.on('data', output.take);
  // The types know the first five alone.
  const pipes = child.stdio as readonly unknown[];
  const status = textOf(pipes[statusFd] as Readable);
  const times = textOf(pipes[timesFd] as Readable);
  const goWord = pipes[goFd] as Writable;
  // A broken pipe is told by the end.
  goWord.on('error', () => undefined);
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
  let closed = false;
  const ended = new Promise<LaunchEnd>((resolve) => {
    child.once('exit', () => goWord.destroy());
    child.once('close', () => {
      closed = true;
      const end = { insideCode: insideCode(status()), output: output.end(), cpuMs: cpuMs(times()) };
      void gone(childPid(status())).then(
        () => resolve(end),
        () => resolve(end),
      );
    });
  });
  return {
    pid,
    go: () => void goWord.write('go\n'),
    kill: () => {
      if (closed) return;
      // bubblewrap's first process inside, whose end is the end of all in its pid namespace; then those outside.
      const first = childPid(status());
      if (first !== undefined) kill(first);
      kill(-pid);
    },
    ended,
  };
}

/** Waits until the first process inside is gone: it goes when everything in its namespace has gone. */
async function gone(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  for (let round = 0; round < 500; round += 1) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // A zombie waits for its new parent alone: its namespace is empty.
    if (!/^\d+ \(bwrap\) [^ZX]/.test(stat)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** The first 64 KiB of what comes. */
function textOf(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    if (text.length < 65536) text += chunk.toString('latin1');
  });
  stream.on('error', () => undefined);
  return () => text;
}

function childPid(status: string): number | undefined {
  const pid = /"child-pid": ([1-9]\d{0,9})\b/.exec(status)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** bubblewrap's status: one JSON object a line; the last one has the exit code of the command. */
function insideCode(status: string): number | undefined {
  const code = /"exit-code": (\d{1,3})/.exec(status)?.[1];
  return code === undefined ? undefined : Number(code);
}

/** `times` of the shell: own user and system time, then those of its children: `0m0.01s 0m0.00s`. */
function cpuMs(times: string): number | undefined {
  const second = times.split('\n')[1];
  if (second === undefined) return undefined;
  const parts = [...second.matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) return undefined;
  return Math.round(
    parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000, 0),
  );
}
