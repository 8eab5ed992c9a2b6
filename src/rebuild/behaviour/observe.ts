/** Runs the install scripts of one version in the sandbox, and tells what they did. Start here. */
import type { ObserveDeps, ObserveOutcome, ObserveRequest } from './deps.ts';
import { lifecycleScripts } from './lifecycle.ts';

/**
 * Never throws for what the package or the sandbox does: that is the outcome. A run that was cancelled is `failed` with
 * BEHAVIOUR_CANCELLED.
 */
export async function observeInstall(deps: ObserveDeps, request: ObserveRequest): Promise<ObserveOutcome> {
  if (lifecycleScripts(request).length === 0) return { state: 'no-script' };
  if (deps.isolation === 'none') return { state: 'not-observed', why: 'this machine has no sandbox' };
  return Promise.resolve({
    state: 'failed',
    code: 'SANDBOX_FAILED',
    message: 'not written yet',
  });
}
