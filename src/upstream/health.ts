/** What is known of an upstream from the calls that were made anyway; nothing is asked for its own sake. */
import type { AssayError } from '../core/errors.ts';
import { rfc3339, type Clock } from '../core/time.ts';
import type { BreakerState, UpstreamHealth, UpstreamSource } from './types.ts';
import type { AttemptOutcome } from './breaker.ts';

export interface HealthRecord {
  readonly note: (outcome: AttemptOutcome, error: AssayError | undefined) => void;
  readonly report: (breaker: BreakerState) => UpstreamHealth;
}

export function createHealthRecord(upstream: UpstreamSource, clock: Clock): HealthRecord {
  let lastSuccessAt: string | undefined;
  let lastError: UpstreamHealth['lastError'];
  let last: 'unknown' | 'up' | 'degraded' = 'unknown';

  function note(outcome: AttemptOutcome, error: AssayError | undefined): void {
    const at = rfc3339(clock());
    if (error !== undefined && (outcome === 'failure' || turnsUsAway(error))) {
      lastError = { code: error.code, message: error.message, at };
      last = 'degraded';
    } else if (outcome === 'success') {
      lastSuccessAt = at;
      last = 'up';
    }
  }

  function report(breaker: BreakerState): UpstreamHealth {
    const state = breaker === 'closed' ? last : 'down';
    return { id: upstream.id, state, lastSuccessAt, lastError, breaker };
  }

  return { note, report };
}

function turnsUsAway(error: AssayError): boolean {
  return (
    error.code === 'UPSTREAM_UNAUTHORIZED' ||
    error.code === 'UPSTREAM_STATUS' ||
    error.code === 'UPSTREAM_NOT_JSON'
  );
}
