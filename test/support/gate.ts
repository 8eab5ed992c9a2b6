/** Starts the gate as a user would (`bin/assay serve`, a child process) and stops it in every way it can end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { cleanEnvironment } from './clients.ts';

export const assayProgram = resolve(import.meta.dirname, '../../bin/assay');

export interface GateOptions {
  /** The default upstream for npm. */
  readonly upstream: string;
  /** Further content of the configuration file, as `assay.yaml` has it. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Keeps using an earlier gate's data (and port, so that lockfiles made through it stay true). */
  readonly after?: Pick<Gate, 'folder' | 'port'>;
  readonly env?: Readonly<Record<string, string>>;
  readonly startTimeoutMs?: number;
}

export interface Gate {
  /** Ends with `/`. */
  readonly url: string;
  readonly port: number;
  /** Holds `data/`, `home/` and `assay.yaml`. */
  readonly folder: string;
  readonly dataDirectory: string;
  readonly pid: number;
  /** What it printed so far, both streams. */
  readonly output: () => string;
  /** Runs another command of the CLI against the same data. */
  readonly command: (...args: readonly string[]) => Promise<CommandResult>;
  /** As Ctrl-C does; returns the exit code. */
  readonly stop: () => Promise<number | null>;
  readonly kill9: () => Promise<void>;
  /** Stops it when it still runs and removes its folder. */
  readonly remove: () => Promise<void>;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves when `/-/health` says ready. Throws with the gate's output when it ends or does not get there. */
export async function startGate(options: GateOptions): Promise<Gate> {
  const folder = options.after?.folder ?? (await mkdtemp(join(tmpdir(), 'assay-gate-')));
  const port = options.after?.port ?? (await freePort());
  await mkdir(join(folder, 'home'), { recursive: true });
  await writeFile(join(folder, 'assay.yaml'), JSON.stringify(configOf(options), null, 2));
  const env = {
    ...cleanEnvironment(join(folder, 'home')),
    ASSAY_PORT: String(port),
    ASSAY_CONSOLE_PORT: String(await freePort()),
    // Gates of tests run side by side.
    ASSAY_SECURE_CHANNEL: 'false',
    ASSAY_DATA: join(folder, 'data'),
    ASSAY_CONFIG: join(folder, 'assay.yaml'),
    ...options.env,
  };
  const child = spawn(assayProgram, ['serve'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collectOutput(child);
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  const gate = gateOf({ child, ended, folder, port, env, output });
  try {
    await untilReady(gate, child, options.startTimeoutMs ?? 60_000);
  } catch (error) {
    await gate.kill9();
    throw error;
  }
  return gate;
}

/** JSON is YAML. Short timeouts, so that a lie about time costs seconds; a fresh look at every index. */
function configOf({ upstream, config }: GateOptions): unknown {
  return {
    upstreams: { npm: { url: upstream, allowInsecure: true } },
    indexFreshSeconds: 0,
    trust: { refreshEvery: 'off' },
    // A base root and Node would be fetched for it.
    behaviour: { watch: 'off' },
    limits: { fetch: { connectMs: 2000, idleMs: 2000, totalMs: 30_000, retries: 1, fileBytes: '64MiB' } },
    ...config,
  };
}

interface Parts {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly folder: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly output: () => string;
}

function gateOf({ child, ended, folder, port, env, output }: Parts): Gate {
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (isRunning()) child.kill(signal);
    return ended;
  };
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    folder,
    dataDirectory: join(folder, 'data'),
    pid: child.pid ?? -1,
    output,
    command: (...args) => runAssay(args, { cwd: folder, env }),
    stop: () => end('SIGINT'),
    kill9: async () => void (await end('SIGKILL')),
    remove: async () => {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export function runAssay(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<CommandResult> {
  return new Promise((done, reject) => {
    const child = spawn(assayProgram, args, {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

/** A command that runs until it is stopped. */
export function startAssay(
  args: readonly string[],
  cwd: string,
): { readonly firstLine: Promise<string>; readonly stop: () => Promise<number | null> } {
  const child = spawn(assayProgram, args, {
    cwd,
    env: cleanEnvironment(cwd),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput(child);
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  const firstLine = new Promise<string>((resolve, reject) => {
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
    void ended.then((code) => reject(new Error(`it ended with ${code}:\n${output()}`)));
  });
  return {
    firstLine,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      return ended;
    },
  };
}

async function untilReady(gate: Gate, child: ChildProcess, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the gate ended with ${child.exitCode}:\n${gate.output()}`);
    const status = await fetch(`${gate.url}-/health`).then(
      ({ status }) => status,
      () => 0,
    );
    if (status === 200) return;
    await wait(50);
  }
  throw new Error(`the gate was not ready after ${timeoutMs} ms:\n${gate.output()}`);
}

function collectOutput(child: ChildProcess): () => string {
  let output = '';
  const collect = (chunk: Buffer): void => void (output += chunk.toString('utf8'));
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return () => output;
}

export function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
