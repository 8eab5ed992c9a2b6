/**
 * One child process for untrusted input: started through `sh`, which sets resource limits and then becomes Node under
 * its permission model (files: read only what is named; no network, no children, no addons, no workers), with nothing of
 * our environment and its own process group. It talks in lines of JSON over pipes; this side bounds what it takes in.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface ProcessOptions {
  readonly nodePath: string;
  /** The script to run. */
  readonly entry: string;
  /** Directories and files the child may read. */
  readonly readable: readonly string[];
  /** Whether it may load native addons. */
  readonly addons: boolean;
  readonly environment: Readonly<Record<string, string>>;
  /** For the whole life of the process (RLIMIT_CPU). */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Longest line taken from the child. */
  readonly lineBytes: number;
}

export interface ChildEvents {
  readonly line: (text: string) => void;
  /** The child's output broke the protocol's bounds. */
  readonly overflow: () => void;
  readonly exit: (exit: ChildExit) => void;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The first of what it wrote to stderr, at most 8,000 characters: V8 gives its reason before it fills screens. Hostile. */
  readonly stderr: string;
}

export interface ChildHandle {
  readonly pid: number | undefined;
  readonly send: (line: string) => void;
  /** Ends the whole process group, now. */
  readonly kill: () => void;
}

/**
 * Options arrive as positional parameters, never as shell text. No core files, no file writes, few descriptors. The
 * data limit may be refused where the platform has none (macOS) or has a lower one already: both are no loosening.
 */
const launcher =
  'set -e; ulimit -c 0; ulimit -f 0; ulimit -n 64; ulimit -t "$1"; ulimit -d "$2" 2>/dev/null || :; shift 2; exec "$@"';

/** Node 26 starts only with at least 600 MB of data limit; the watchdog holds the child to what it really uses. */
const nodeDataBytes = 768 * 1024 * 1024;

export function startChild(options: ProcessOptions, events: ChildEvents): ChildHandle {
  const dataKiB = Math.ceil((nodeDataBytes + options.residentBytes) / 1024);
  const shell = [
    '-c',
    launcher,
    'sh',
    String(Math.ceil(options.cpuSeconds)),
    String(dataKiB),
    options.nodePath,
  ];
  const child = spawn('/bin/sh', [...shell, ...nodeFlags(options), options.entry], {
    cwd: '/',
    env: { ...options.environment },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  let exited = false;
  const exit = (code: number | null, signal: NodeJS.Signals | null): void => {
    if (exited) return;
    exited = true;
    events.exit({ code, signal, stderr });
  };
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString('utf8')).slice(0, 8000)));
  child.on('error', (error) => {
    stderr = error.message;
    exit(null, null);
  });
  child.on('close', exit);
  // A broken pipe is told by `close`.
  child.stdin.on('error', () => undefined);
  readLines(child.stdout, options.lineBytes, events);
  return {
    pid: child.pid,
    send: (line) => void child.stdin.write(`${line}\n`),
    kill: () => {
      if (child.pid !== undefined && !exited) killGroup(child.pid);
    },
  };
}

function nodeFlags(options: ProcessOptions): readonly string[] {
  return [
    '--permission',
    ...options.readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${Math.max(64, Math.floor(options.residentBytes / 2 / 1024 / 1024))}`,
    '--disallow-code-generation-from-strings',
    '--disable-proto=delete',
    options.addons ? '--allow-addons' : '--no-addons',
    '--no-warnings',
  ];
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function readLines(stdout: Readable, lineBytes: number, events: ChildEvents): void {
  let pieces: Buffer[] = [];
  let held = 0;
  let over = false;
  stdout.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length && !over;) {
      const newline = chunk.indexOf(0x0a, at);
      const piece = chunk.subarray(at, newline === -1 ? chunk.length : newline);
      held += piece.length;
      if (held > lineBytes) {
        over = true;
        pieces = [];
        events.overflow();
        return;
      }
      pieces.push(piece);
      if (newline === -1) return;
      const line = Buffer.concat(pieces).toString('utf8');
      pieces = [];
      held = 0;
      at = newline + 1;
      events.line(line);
    }
  });
}
