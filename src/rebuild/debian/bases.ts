/** What a build needs of whoever makes base roots. */
import type { Suite } from './archive.ts';

/** The first one gives the essential packages, and its name. */
export type BaseSuites = readonly [Suite, ...Suite[]];

/** Base roots by digest, made of the packages of these suites and no other. `rebuild/sandbox/bases.ts` makes them. Throws BASE_UNAVAILABLE. */
export interface DebianBases {
  readonly base: (
    packages: readonly string[],
    suites: BaseSuites,
  ) => Promise<{
    readonly path: string;
    readonly digest: string;
    readonly packages: readonly {
      readonly name: string;
      readonly version: string;
      readonly architecture: string;
    }[];
  }>;
}
