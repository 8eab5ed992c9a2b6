/**
 * A place where programs of strangers run: builds, their package managers, git, install scripts. `rebuild/sandbox` is the
 * only one that makes it real; whoever needs runs is given this.
 */

export interface Sandbox {
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
