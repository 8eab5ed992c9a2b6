/** Runs one of the machine's own tools: argument list, no shell, bounded time and output, its whole process group ended. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';

export type ToolEnv = Readonly<Record<string, string | undefined>>;

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: ToolEnv;
  readonly timeoutMs: number;
}

export interface ToolResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const maxOutputBytes = 8 * 1024 * 1024;

/** Throws PACKAGE_MANAGER_MISSING when it is not on the PATH, PACKAGE_MANAGER_FAILED on a timeout or endless output. */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.command, run.args, {
      cwd: run.cwd,
      env: { ...run.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    let bytes = 0;
    let failure: AssayError | undefined;
    const line = [run.command, ...run.args].join(' ');
    const end = (why: string): void => {
      failure ??= new AssayError('PACKAGE_MANAGER_FAILED', `\`${line}\` ${why}`);
      endGroup(child.pid);
    };
    const timer = setTimeout(
      () => end(`took longer than ${Math.round(run.timeoutMs / 1000)} s`),
      run.timeoutMs,
    );
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxOutputBytes) end('wrote more than 8 MiB');
        else chunks[name].push(chunk);
      });
    }
    child.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const missing = cause.code === 'ENOENT';
      reject(
        new AssayError(
          missing ? 'PACKAGE_MANAGER_MISSING' : 'PACKAGE_MANAGER_FAILED',
          missing ? `${run.command} is not on the PATH` : `\`${line}\`: ${messageOf(cause)}`,
          { cause },
        ),
      );
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (failure !== undefined) reject(failure);
      else
        resolve({
          code,
          stdout: Buffer.concat(chunks.stdout).toString('utf8'),
          stderr: Buffer.concat(chunks.stderr).toString('utf8'),
        });
    });
  });
}

/** Negative: the whole process group, so that no grandchild keeps the pipes open. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/**
 * The environment without what a surrounding `npm start` or `npm run` put there: npm exports the settings it
 * read, those of the project's own `.npmrc` among them, as `npm_config_*`. Outside of npm they are the person's own.
 * NODE_OPTIONS is for this process, not for another program.
 */
export function toolEnv(env: ToolEnv): ToolEnv {
  const underNpm = env['npm_lifecycle_event'] !== undefined || env['npm_execpath'] !== undefined;
  const dropped = (name: string): boolean =>
    name === 'NODE_OPTIONS' || name === 'INIT_CWD' || (underNpm && name.startsWith('npm_'));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !dropped(name)));
}

/** An empty directory of its own (with a package.json, so that no tool walks further up), removed afterwards. */
export async function inNeutralDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-'));
  try {
    await writeFile(
      join(directory, 'package.json'),
      '{"name":"assay-neutral","version":"0.0.0","private":true}\n',
    );
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
