/**
 * The one place where programs of strangers run: builds, their package managers, install scripts. Start here.
 * What a run may touch is its `RunSpec`, wholly; nothing of the host is inside but what is named there.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import type { IsolationReport } from '../../core/rebuild.ts';
import { findRunner, userOf } from './machine.ts';
import { runOne } from './run.ts';
import { makeWorkspace } from './workspace.ts';

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

export interface Sandbox {
  /** What was probed at the start. `none`: `run` refuses. */
  readonly isolation: IsolationReport;
  /** A new empty folder of the host that runs may mount, and that is theirs to write. */
  readonly workspace: () => Promise<Workspace>;
  /**
   * Runs one command to its end, or to a limit; then nothing of it is alive.
   * @throws SANDBOX_UNAVAILABLE (isolation is `none`), SANDBOX_FAILED (it could not be set up: nothing was run)
   */
  readonly run: (spec: RunSpec) => Promise<RunResult>;
}

/**
 * Once a run could write to a folder, nothing of Assay writes there: what looks like a file can be a link to one of the
 * host. Reading goes through `outputs.ts`.
 */
export interface Workspace {
  readonly path: string;
  /** Makes a folder in it that a run may write to when it is mounted writable. `name`: one path segment. */
  readonly folder: (name: string) => Promise<string>;
  /** Gives a tree that was written here by Assay to the uid of the runs. Links are not followed. */
  readonly give: (path: string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

export interface Mount {
  /** Absolute, on the host: a folder, a file or a UNIX socket that the uid of the runs can reach. */
  readonly from: string;
  /** Absolute, inside. */
  readonly to: string;
  readonly writable: boolean;
}

export interface RunLimits {
  readonly memoryBytes: number;
  readonly processes: number;
  readonly cpuSeconds: number;
  readonly wallMs: number;
  /** Of all that writable mounts hold, together, also from before; each entry counts 4 KiB at least. */
  readonly diskBytes: number;
}

export type RunNetwork =
  | { readonly kind: 'none' }
  /** `http://127.0.0.1:3128` inside leads to this UNIX socket of the host, and nothing else leads anywhere. */
  | { readonly kind: 'proxy'; readonly socketPath: string };

export interface RunSpec {
  /** A base root on the host (`bases.ts`); mounted read-only. */
  readonly root: string;
  /** Lets the run write everywhere in `/`, into a layer that is thrown away. Default: false. */
  readonly writableRoot?: boolean;
  readonly mounts: readonly Mount[];
  /** `/tmp` and `/dev/shm` are there always. They count as memory. */
  readonly tmpfs?: readonly { readonly to: string; readonly sizeBytes: number }[];
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** All of it; PATH, HOME, TZ, LC_ALL and SOURCE_DATE_EPOCH have defaults. */
  readonly env: Readonly<Record<string, string>>;
  readonly network: RunNetwork;
  /** Seconds. */
  readonly sourceDateEpoch: number;
  /** The clock stands still at `sourceDateEpoch`, for dynamically linked programs (libfaketime in the base) and Node. */
  readonly freezeClock: boolean;
  readonly limits: RunLimits;
  /** Inside names of the host and of the user; for install scripts that look whether they are watched. */
  readonly identity?: { readonly hostname: string; readonly user: string };
  /** Each line of stdout and stderr as it comes: hostile, well-formed, at most 16 KiB. */
  readonly onOutput?: (line: string) => void;
  /** strace's log of all processes, written from outside; `toPath` on the host, in a workspace, mounted nowhere inside. */
  readonly trace?: { readonly toPath: string };
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly ended: 'exit' | 'signal' | 'timeout' | 'memory' | 'cancelled' | 'disk';
  /** With `exit`. */
  readonly exitCode: number | undefined;
  /** With `signal`. */
  readonly signal: string | undefined;
  /** The last 1 MiB of stdout and stderr, mixed as they came: hostile, well-formed. */
  readonly output: string;
  /** Undefined: not measured. */
  readonly cpuMs: number | undefined;
  readonly peakBytes: number | undefined;
  readonly wallMs: number;
  /** What the clock inside was, in fact. `node`: frozen in Node alone, because the base has no libfaketime. */
  readonly clock: 'running' | 'frozen' | 'node';
}

/** Probes what this machine can do. Never throws for a weak machine: `isolation` says what is missing. */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { isolation, runner } = await findRunner(options);
  const runsPath = join(options.directory, 'runs');
  return {
    isolation,
    workspace: async () => {
      await mkdir(runsPath, { recursive: true, mode: 0o711 });
      return makeWorkspace(runsPath, userOf(options));
    },
    run: async (spec) => {
      if (runner === undefined)
        throw new AssayError(
          'SANDBOX_UNAVAILABLE',
          `no sandbox on this machine: ${isolation.missing.join(' ')}`,
        );
      return runOne(runner, spec);
    },
  };
}
