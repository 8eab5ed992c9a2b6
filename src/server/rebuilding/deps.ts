/** What building of one ecosystem is, to everything around it. `npm.ts` and the like implement it. */
import type { ArtifactDigests } from '../../core/digest.ts';
import type { Ecosystem, Purl } from '../../core/purl.ts';
import type { RebuildRecord } from '../../core/rebuild.ts';

/** What a build is compared with. */
export interface BuildTarget {
  /** With its version. */
  readonly purl: Purl;
  /** Upstream's bytes, in a blob. */
  readonly artifact: ArtifactDigests;
  /**
   * `recipe`: the text of one that a person wrote. Whatever the package, its source or the sandbox do is the outcome.
   * Throws for our own faults only.
   */
  readonly rebuild: (recipe: string | undefined, watch: BuildWatch) => Promise<Rebuilt>;
}

/** In the order in which they come; `attest` and `record` follow for every outcome. */
export const buildPhases = ['locate', 'source', 'recipe', 'fetch', 'build', 'pack', 'compare'] as const;
export type BuildPhase = (typeof buildPhases)[number];

export interface BuildWatch {
  readonly phase: (phase: BuildPhase) => void;
  /** A line of output, or of what is done: hostile. */
  readonly line: (text: string) => void;
  readonly signal: AbortSignal;
}

export type Rebuilt = Pick<
  RebuildRecord,
  'recipe' | 'recipeText' | 'correction' | 'log' | 'source' | 'isolation' | 'inputs' | 'inputMode' | 'outcome'
>;

export interface Rebuilder {
  readonly ecosystem: Ecosystem;
  /** A purl without a version means the newest one. Throws AssayErrors: then there is nothing to compare with. */
  readonly locate: (purl: Purl, watch: BuildWatch) => Promise<BuildTarget>;
}
