/**
 * A circuit breaker: after some consecutive failures an upstream is left alone for a while, then one single
 * probe goes out, and everybody else is told at once when to come back. Time comes in as a number.
 */
import type { BreakerSettings, BreakerState } from './types.ts';

/** `neutral`: says nothing about the upstream (we gave up, 429, our own disk failed). */
export type AttemptOutcome = 'success' | 'failure' | 'neutral';

export type BreakerEntry =
  | { readonly state: 'enter'; readonly leave: (outcome: AttemptOutcome) => void }
  | { readonly state: 'refused'; readonly retryAfterMs: number };

export interface Breaker {
  readonly enter: () => BreakerEntry;
  readonly state: () => BreakerState;
  /** Milliseconds until it would let a probe through; 0 when it does now. */
  readonly retryAfterMs: () => number;
}

/** Waiting time told to callers while the probe of somebody else is under way. */
const whileProbingMs = 1000;

export function createBreaker(settings: BreakerSettings, nowMs: () => number, random: () => number): Breaker {
  let failures = 0;
  let openUntil: number | undefined;
  let probing = false;

  function open(): void {
    openUntil = nowMs() + settings.coolOffMs * (1 + random() / 2);
  }

  function leave(outcome: AttemptOutcome, probe: boolean): void {
    if (probe) probing = false;
    if (outcome === 'success') {
      failures = 0;
      openUntil = undefined;
    } else if (outcome === 'failure') {
      failures += 1;
      // Stragglers that entered before it opened must not push the opening out again and again.
      if (probe || (openUntil === undefined && failures >= settings.failures)) open();
    }
  }

  function retryAfterMs(): number {
    if (openUntil === undefined) return 0;
    const left = Math.max(0, openUntil - nowMs());
    return left === 0 && probing ? whileProbingMs : left;
  }

  function enter(): BreakerEntry {
    const waitMs = retryAfterMs();
    if (waitMs > 0) return { state: 'refused', retryAfterMs: waitMs };
    const probe = openUntil !== undefined;
    if (probe) probing = true;
    let left = false;
    return {
      state: 'enter',
      leave: (outcome) => {
        if (left) return;
        left = true;
        leave(outcome, probe);
      },
    };
  }

  function state(): BreakerState {
    if (openUntil === undefined) return 'closed';
    return openUntil > nowMs() ? 'open' : 'half-open';
  }

  return { enter, state, retryAfterMs };
}
