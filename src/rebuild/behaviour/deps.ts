/** What watching needs of the outside. `rebuild/sandbox` fits; only `server` knows both sides. */
import type { BehaviourReport } from '../../core/behaviour.ts';
import type { Sha256 } from '../../core/digest.ts';
import type { Isolation } from '../../core/rebuild.ts';
import type { Sandbox } from '../../core/sandbox.ts';

export interface ObserveDeps {
  readonly sandbox: Sandbox;
  /** Of that sandbox, as it was probed. `none`: nothing is run. */
  readonly isolation: Isolation;
  /** Unguessable bytes: names and honeytokens of a run are made of them. */
  readonly random: (count: number) => Uint8Array;
  /** Milliseconds, never going back. */
  readonly monotonicMs: () => number;
}

/** A tarball on the host: its bytes are compared with the digest before it is unpacked. */
export interface GivenPackage {
  readonly path: string;
  readonly sha256: Sha256;
  readonly name: string;
  readonly version: string;
}

export interface InstalledDependency extends GivenPackage {
  /** From the top of the project: `node_modules/a`, `node_modules/a/node_modules/@scope/b`. */
  readonly folder: string;
}

export interface BundledPackage {
  /** From the top of the package: `node_modules/a`, `node_modules/@scope/b/node_modules/c`. */
  readonly folder: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly hasBindingGyp: boolean;
}

/** Folders of the host that runs may read, each as its tarball was unpacked. */
export interface ObserveToolchain {
  /** A base root with `sh`; with compilers where addons are to be built. */
  readonly base: string;
  /** With `bin/node` and the headers in `include`. */
  readonly node: string;
  /** Of the npm package: `bin/npm-cli.js`, and node-gyp within. */
  readonly npm: string;
  /** Versions, for what scripts are told of them. */
  readonly nodeVersion: string;
  readonly npmVersion: string;
}

export interface ObserveRequest {
  readonly package: GivenPackage;
  /** What is unpacked beside it. The package itself goes to `node_modules/<name>`. */
  readonly dependencies: readonly InstalledDependency[];
  /** From its manifest, uncut; `lifecycleScripts` chooses which of them npm runs. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Its top folder has a `binding.gyp`, and its manifest does not say `gypfile: false`. */
  readonly hasBindingGyp: boolean;
  /** Packages within its own archive: npm runs their scripts too. Before its own, here. Default: none. */
  readonly bundled?: readonly BundledPackage[];
  /** A dependency by git URL: `prepare` is run too. Default: false. */
  readonly fromGit?: boolean;
  readonly toolchain: ObserveToolchain;
  /** Host names of the configured registries: to ask for them is no contact with strangers. */
  readonly registryHosts: readonly string[];
  readonly signal?: AbortSignal;
  /** Each line that the scripts print: hostile, well-formed, at most 16 KiB. */
  readonly onLine?: (line: string) => void;
}

export type ObserveOutcome =
  | { readonly state: 'no-script' }
  | {
      readonly state: 'observed';
      readonly report: BehaviourReport;
      /** What was done, in order and by process: lines of JSON, clipped to 2 MiB. To be kept as a blob. */
      readonly events: string;
      /** From the first file that was made to the last line that was read. */
      readonly wallMs: number;
      /** The last 4 KiB of what the scripts printed: hostile, well-formed. */
      readonly output: string;
    }
  /** Nobody ran them: there is no sandbox. One sentence without a full stop. */
  | { readonly state: 'not-observed'; readonly why: string }
  | { readonly state: 'failed'; readonly code: string; readonly message: string };
