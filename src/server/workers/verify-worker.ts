/** The thread: verifies one Sigstore bundle after the other. */
import { verifyBundle } from '../../sigstore/verify.ts';
import type { BundleRequest } from '../../sigstore/types.ts';
import { answerJobs } from './thread-side.ts';

/** As `verify-pool.ts` sends it: roots are the same for nearly every bundle, and reading them anew takes longer than one. */
export interface VerifyJob {
  readonly request: Omit<BundleRequest, 'roots'>;
  /** JSON of `roots`. */
  readonly roots: string;
}

let lastRoots: { readonly text: string; readonly roots: BundleRequest['roots'] } | undefined;

function rootsOf(text: string): BundleRequest['roots'] {
  if (lastRoots?.text !== text) lastRoots = { text, roots: JSON.parse(text) as BundleRequest['roots'] };
  return lastRoots.roots;
}

answerJobs('BUNDLE_VERIFIER_FAILED', (job) => {
  const { request, roots } = job as VerifyJob;
  return verifyBundle({ ...request, roots: rootsOf(roots) });
});
