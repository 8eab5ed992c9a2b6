/** A real sandbox for tests, and a base root for it that is made once for this machine. */
import { lstatSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAssayError } from '../../src/core/errors.ts';
import type { RunResult, RunSpec } from '../../src/core/sandbox.ts';
import { openBases, type Base, type Bases } from '../../src/rebuild/sandbox/bases.ts';
import type { SandboxOptions } from '../../src/rebuild/sandbox/machine.ts';
import { createSandbox, type MachineSandbox } from '../../src/rebuild/sandbox/sandbox.ts';
import { ownTestFolder } from './own-folder.ts';

let bases: Bases | undefined;

export interface TestSandbox {
  readonly sandbox: MachineSandbox;
  readonly base: Base;
  /** Runs a command, with limits that suit a test. */
  readonly run: (command: readonly string[], changes?: Partial<RunSpec>) => Promise<RunResult>;
  /** Runs words of `sh` and gives what they printed. */
  readonly sh: (words: string, changes?: Partial<RunSpec>) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Debian's release that tests build in; what more than the essential packages they need. */
const suite = 'bookworm';
const packages = ['gcc', 'libc6-dev', 'libfaketime'];
export const testLimits: RunSpec['limits'] = {
  memoryBytes: 1 << 30,
  processes: 128,
  cpuSeconds: 60,
  wallMs: 60_000,
  diskBytes: 256 << 20,
};

/** Where the uid of the runs can go, whoever runs the tests. */
export function reachableFolder(): string {
  return ownTestFolder('assay-box-');
}

/** Why nothing can be built in a sandbox here; undefined: it can. For the `skip` of a test. */
export const noSandbox: string | undefined = await probeOnce();

async function probeOnce(): Promise<string | undefined> {
  const directory = reachableFolder();
  const { isolation } = await createSandbox({ directory, clock: () => performance.now() });
  await rm(directory, { recursive: true });
  if (isolation.level !== 'full') return `no full sandbox here: ${isolation.missing.join(' ')}`;
  return testBase().then(
    () => undefined,
    (error: unknown) => {
      if (isAssayError(error, 'BASE_UNAVAILABLE')) return error.message;
      throw error;
    },
  );
}

/** Kept between runs of the tests: made anew it takes a minute or two. */
export function testBase(more: readonly string[] = []): Promise<Base> {
  const directory = join(tmpdir(), `assay-test-bases-${process.getuid?.() ?? 0}`);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.())
    throw new Error(`${directory} is somebody else's`);
  bases ??= openBases({ directory });
  return bases.base([...packages, ...more], suite);
}

export async function openTestSandbox(options: Partial<SandboxOptions> = {}): Promise<TestSandbox> {
  const directory = options.directory ?? reachableFolder();
  const sandbox = await createSandbox({ clock: () => performance.now(), ...options, directory });
  const base = await testBase();
  const run: TestSandbox['run'] = (command, changes = {}) =>
    sandbox.run({
      root: base.path,
      mounts: [],
      command,
      cwd: '/tmp',
      env: {},
      network: { kind: 'none' },
      sourceDateEpoch: 1_700_000_000,
      freezeClock: false,
      limits: testLimits,
      ...changes,
    });
  return {
    sandbox,
    base,
    run,
    sh: async (words, changes) => (await run(['/bin/sh', '-c', words], changes)).output.trim(),
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
