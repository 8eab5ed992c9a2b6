/** When to try again, and for how long to wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from './failures.ts';

const firstWaitMs = 200;
const longestWaitMs = 5000;
/** Longest wait passed on to a client. */
const maxRetryAfterSeconds = 3600;

export interface RetryPlan {
  readonly retries: number;
  /** Longest Retry-After that is waited for here; a longer one is passed on at once. */
  readonly patienceMs: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** False ends the attempts: the breaker has opened. */
  readonly mayRetry: () => boolean;
}

/** Runs `attempt` until it succeeds, fails for good, or has failed `retries` times more. Throws its last error. */
export async function withRetries<T>(
  plan: RetryPlan,
  attempt: () => Promise<T>,
  judge: (error: unknown) => Failure | undefined,
): Promise<T> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      const failure = judge(error);
      const waitMs = failure?.transient === true ? waitFor(failure, tried, plan) : undefined;
      if (waitMs === undefined || tried >= plan.retries || plan.signal.aborted || !plan.mayRetry())
        throw error;
      await pause(waitMs, plan.signal);
    }
  }
}

/** Undefined: upstream asks for more patience than a waiting client has. */
function waitFor({ error }: Failure, tried: number, plan: RetryPlan): number | undefined {
  const asked = (error.retryAfterSeconds ?? 0) * 1000;
  if (asked > plan.patienceMs) return undefined;
  // Full jitter: spreads the clients that failed together.
  const backoff = plan.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** (tried + 1));
  return Math.max(asked, backoff);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}

/** Retry-After, RFC 9110 section 10.2.3: seconds or an HTTP date. Undefined when it is neither. */
export function retryAfterSeconds(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Math.min(maxRetryAfterSeconds, Number(text));
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return Math.min(maxRetryAfterSeconds, Math.max(0, Math.ceil((at - now.getTime()) / 1000)));
}
