/** One thing the strict reader refuses, and its honest neighbour. */
import type { TarLimits } from '../../../src/archive/tar-strict.ts';

export interface Refusal {
  readonly id: string;
  readonly what: string;
  readonly refused: Uint8Array;
  /** Nearly the same, and honest: it must be accepted. */
  readonly lookAlike: Uint8Array;
  readonly limits?: TarLimits;
}

export const tight: TarLimits = { entries: 3, pathBytes: 40, pathDepth: 4, manifestBytes: 1000 };
