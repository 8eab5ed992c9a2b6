/** Why a bundle is refused, thrown by the steps of `verify.ts` and caught there alone. */
import type { BundleFailure } from './types.ts';

export class BundleRefused extends Error {
  readonly failure: BundleFailure;
  constructor(failure: BundleFailure, why: string) {
    super(why);
    this.name = 'BundleRefused';
    this.failure = failure;
  }
}

export function refuse(failure: BundleFailure, why: string): never {
  throw new BundleRefused(failure, why);
}

/** Runs what may throw anything over hostile bytes (a DER parser, a key reader); such an error is the given failure. */
export function step<T>(failure: BundleFailure, why: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof BundleRefused) throw error;
    throw new BundleRefused(failure, why);
  }
}

const maxQuoted = 100;

/** Hostile text inside a sentence: quoted, escaped, clipped. */
export function quote(text: string): string {
  const clipped = text.length <= maxQuoted ? text : `${text.slice(0, maxQuoted)}…`;
  return JSON.stringify(clipped.toWellFormed());
}
