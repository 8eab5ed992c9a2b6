/** Who was given the bytes of a release: what an operator must know once it turns out to be malicious. */
import type { ReleaseId, Principal } from './subject.ts';

/**
 * A caller with a token is its name, wherever it calls from. One without is the address it connected from: a proxy's, where
 * one stands in between, since what a client says of itself is not believed.
 */
export type Puller =
  | { readonly kind: Exclude<Principal['kind'], 'anonymous'>; readonly name: string }
  | { readonly kind: 'address'; readonly name: string };

/** `others`: all who came after `pullersPerRelease` were on record for the release, as one. */
export type PullerShown = Puller | { readonly kind: 'others'; readonly name: '' };

export interface Pull {
  readonly releaseId: ReleaseId;
  readonly puller: PullerShown;
  /** RFC 3339 UTC; both within the seconds that records are gathered. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** How often the whole file was sent. */
  readonly count: number;
}

export const pullersPerRelease = 10_000;
