/**
 * The real package managers, installed once from the npm registry into `.cache/clients/`, and run as a user
 * with an empty home would run them: no configuration, cache or store but their own.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { machineRegistry } from './machine.ts';

const root = resolve(import.meta.dirname, '../..');
const platform = `${process.platform}-${process.arch}`;

/** `native`: the program itself; otherwise a script for the pinned Node. Paths are below `node_modules`. */
interface ClientSource {
  readonly install: string;
  readonly program: string;
  readonly native: boolean;
}

const bunPlatform = platform.replace('arm64', 'aarch64');

const sources = {
  npm11: { install: 'npm@11.21.2', program: 'npm/bin/npm-cli.js', native: false },
  npm12: { install: 'npm@12.2.0', program: 'npm/bin/npm-cli.js', native: false },
  pnpm10: { install: 'pnpm@10.34.8', program: 'pnpm/bin/pnpm.cjs', native: false },
  pnpm11: { install: 'pnpm@11.28.10', program: 'pnpm/bin/pnpm.mjs', native: false },
  // pnpm 12 and Bun are native programs in a package per platform; their install scripts only move them.
  pnpm12: { install: 'pnpm@12.21.0', program: `@pnpm/exe.${platform}/pnpm`, native: true },
  yarn1: { install: 'yarn@1.22.22', program: 'yarn/bin/yarn.js', native: false },
  yarn4: { install: '@yarnpkg/cli-dist@4.18.1', program: '@yarnpkg/cli-dist/bin/yarn.js', native: false },
  bun: {
    install: `@oven/bun-${bunPlatform}@1.4.4`,
    program: `@oven/bun-${bunPlatform}/bin/bun`,
    native: true,
  },
} as const satisfies Record<string, ClientSource>;

export type Client = keyof typeof sources;
export const clients = Object.keys(sources) as readonly Client[];

/** For tests' names and documents, for example `pnpm@12.21.0`. */
export function clientTitle(client: Client): string {
  const { install } = sources[client];
  return client === 'bun' ? `bun@${install.slice(install.lastIndexOf('@') + 1)}` : install;
}

export interface ClientRun {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order they were printed, without terminal escapes. */
  readonly output: string;
  readonly timedOut: boolean;
}

export interface ClientRunOptions {
  readonly cwd: string;
  /** Emptied by nobody: a test that wants a cold cache gives a fresh folder. */
  readonly home: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the child's process id, so that a test can kill it. */
  readonly onStart?: (pid: number) => void;
}

const installing = new Map<Client, Promise<string>>();

/** Path of the client's program; installs it first when it is not there. Throws when the registry is out of reach. */
export function clientProgram(client: Client): Promise<string> {
  const known = installing.get(client);
  if (known !== undefined) return known;
  const fresh = installClient(client);
  installing.set(client, fresh);
  return fresh;
}

async function installClient(client: Client): Promise<string> {
  const { install, program } = sources[client];
  const folder = join(root, '.cache/clients', install.replaceAll('/', '+'));
  const path = join(folder, 'node_modules', program);
  if (existsSync(path)) return path;
  await mkdir(dirname(folder), { recursive: true });
  // Another test process may install the same client: each makes its own folder, the first rename wins.
  const temporary = await mkdtemp(`${folder}.part-`);
  try {
    await writeFile(join(temporary, 'package.json'), '{"private":true}\n');
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--no-save'];
    const run = await runProgram('npm', ['install', ...quiet, install], {
      cwd: temporary,
      env: process.env,
      timeoutMs: 180_000,
    });
    if (run.code !== 0) throw new Error(`installing ${install} failed:\n${run.output}`);
    await rename(temporary, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  if (!existsSync(path)) throw new Error(`${install} has no ${program} for ${platform}`);
  return path;
}

/** Why the client can't be used on this machine, or undefined: tests skip with it. */
export async function clientMissing(client: Client): Promise<string | undefined> {
  try {
    await clientProgram(client);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return `${clientTitle(client)} could not be installed from the npm registry: ${message.split('\n').slice(0, 3).join(' ')}`;
  }
}

export async function runClient(
  client: Client,
  args: readonly string[],
  options: ClientRunOptions,
): Promise<ClientRun> {
  const program = await clientProgram(client);
  const command = sources[client].native ? [program] : [process.execPath, program];
  const [first = '', ...rest] = [...command, ...args];
  await mkdir(options.home, { recursive: true });
  return runProgram(first, rest, {
    cwd: options.cwd,
    env: { ...cleanEnvironment(options.home), ...options.env },
    timeoutMs: options.timeoutMs ?? 120_000,
    ...(options.onStart === undefined ? {} : { onStart: options.onStart }),
  });
}

/** Nothing of ours: no npm_config_*, no CI markers, no proxies, no tokens. */
export function cleanEnvironment(home: string): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    TMPDIR: process.env['TMPDIR'] ?? '/tmp',
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    NO_UPDATE_NOTIFIER: '1',
    npm_config_update_notifier: 'false',
    YARN_ENABLE_TELEMETRY: '0',
    // For root, Yarn 1 keeps its cache outside the home.
    YARN_CACHE_FOLDER: join(home, 'yarn-cache'),
    YARN_IGNORE_PATH: '1',
    DO_NOT_TRACK: '1',
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  };
}

/** What a client needs to reach the machine's own registry directly, where the machine has its own certificates. */
export async function directEnvironment(): Promise<Record<string, string>> {
  const { cafile } = await machineRegistry();
  if (cafile === undefined) return {};
  return {
    NODE_EXTRA_CA_CERTS: cafile,
    SSL_CERT_FILE: cafile,
    npm_config_cafile: cafile,
    YARN_HTTPS_CA_FILE_PATH: cafile,
  };
}

interface ProgramOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly onStart?: (pid: number) => void;
}

function runProgram(program: string, args: readonly string[], options: ProgramOptions): Promise<ClientRun> {
  return new Promise((resolve, reject) => {
    // Its own process group: a client's helpers die with it when it hangs.
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const pid = child.pid;
    if (pid !== undefined) options.onStart?.(pid);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (pid !== undefined) killGroup(pid);
    }, options.timeoutMs);
    const text = { stdout: '', stderr: '', output: '' };
    const collect =
      (stream: 'stdout' | 'stderr') =>
      (chunk: Buffer): void => {
        const plain = withoutEscapes(chunk.toString('utf8'));
        text[stream] += plain;
        text.output += plain;
      };
    child.stdout.on('data', collect('stdout'));
    child.stderr.on('data', collect('stderr'));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...text, timedOut });
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}

function withoutEscapes(text: string): string {
  return stripVTControlCharacters(text).replace(/\r(?!\n)/g, '\n');
}
