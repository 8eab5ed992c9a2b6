/** Programs of the host itself that the sandbox needs: their output taken in, with a limit of time. */
import { spawn } from 'node:child_process';
import { systemPath } from './launch.ts';
import { collectOutput } from './output.ts';
import type { User } from './workspace.ts';

export interface ProgramResult {
  /** Undefined: it was killed, or could not be started. */
  readonly code: number | undefined;
  /** stdout and stderr, mixed; the last 1 MiB. */
  readonly output: string;
  readonly missing: boolean;
}

export async function runProgram(
  command: readonly string[],
  options: {
    readonly user?: User | undefined;
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly timeoutMs: number;
  },
): Promise<ProgramResult> {
  const [program = '', ...rest] = command;
  return new Promise((resolve) => {
    const output = collectOutput(undefined);
    const child = spawn(program, rest, {
      cwd: options.cwd ?? '/',
      env: { PATH: systemPath, LC_ALL: 'C.UTF-8', ...options.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options.user,
    });
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, options.timeoutMs);
    child.stdout.on('data', output.take);
    child.stderr.on('data', output.take);
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ code: undefined, output: error.message, missing: error.code === 'ENOENT' });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, output: output.end(), missing: false });
    });
  });
}
