/**
 * Programs in Go that check our log and share no line with it: ours around golang.org/x/mod (`test/conformance/go`)
 * and others' own. Built once into `.cache/go/`; modules come as the machine's Go is set to get them (GOPROXY).
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, '.cache/go');
export const goSource = join(root, 'test/conformance/go');

export interface GoRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of the machine's Go but the program and where modules come from; sources of modules stay removable. */
function goEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GOPATH: join(cache, 'path'),
    GOCACHE: join(cache, 'build'),
    GOFLAGS: '-modcacherw -buildvcs=false',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
  };
}

export function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
): Promise<GoRun> {
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 120_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString('utf8')));
    child.on('error', (error) => done({ code: null, stdout, stderr: `${stderr}${error.message}` }));
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

export type Tool = { readonly program: string } | { readonly missing: string };

const built = new Map<string, Promise<Tool>>();

/** The checker of `test/conformance/go`, or why its modules cannot be had here. Throws when it does not compile. */
export function goChecker(): Promise<Tool> {
  return programOf('checker', '.');
}

/** The program of `test/conformance/go/judge`, which answers what it is asked, or why it cannot be had here. */
export function goJudge(): Promise<Tool> {
  return programOf('judge', './judge');
}

function programOf(name: string, folder: string): Promise<Tool> {
  const files = ['go.mod', 'go.sum', join(folder, 'main.go')].map((file) =>
    readFileSync(join(goSource, file)),
  );
  const digest = createHash('sha256').update(Buffer.concat(files)).digest('hex').slice(0, 16);
  return once(
    `${name}-${digest}`,
    (target) => runGo(['build', '-o', target, folder], goSource),
    'golang.org/x/mod',
  );
}

export function runGo(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<GoRun> {
  return runProgram('go', args, { cwd, env: { ...goEnvironment(), ...env }, timeoutMs: 420_000 });
}

/** Built at most once, and kept for the next run under this name. */
export function once(name: string, build: (target: string) => Promise<GoRun>, what: string): Promise<Tool> {
  const known = built.get(name);
  if (known !== undefined) return known;
  const fresh = builtTool(name, build, what);
  built.set(name, fresh);
  return fresh;
}

/** Another test process may build the same: each builds under a name of its own, and the rename is the same bytes. */
async function builtTool(
  name: string,
  build: (target: string) => Promise<GoRun>,
  what: string,
): Promise<Tool> {
  const target = join(cache, 'bin', name);
  if (existsSync(target)) return { program: target };
  await mkdir(join(cache, 'bin'), { recursive: true });
  const part = `${target}.${process.pid}`;
  let run = await build(part);
  for (let attempt = 1; run.code !== 0 && attempt < 3; attempt += 1) {
    await wait(1000 * attempt);
    run = await build(part);
  }
  if (run.code === 0) {
    await rename(part, target);
    return { program: target };
  }
  const output = `${run.stdout}${run.stderr}`.trim();
  // The compiler names a line of a file; everything else is about getting Go or the modules.
  if (/^\S*main\.go:\d+:\d+:/m.test(output)) throw new Error(`${what}:\n${output}`);
  const why = output.split('\n').slice(-2).join(' ').slice(0, 300);
  return { missing: `Go cannot build ${what} here: ${why}` };
}
