/** At most so many at once, at most so many waiting, first come first served. */
import { AssayError } from '../core/errors.ts';

export interface Slots {
  /** Resolves with the function that gives the slot back. Throws UPSTREAM_BUSY, or the signal's reason. */
  readonly take: (signal: AbortSignal) => Promise<() => void>;
}

export function createSlots(concurrency: number, queueLimit: number, about: string): Slots {
  let free = concurrency;
  // Insertion order is the queue's order; a waiter that gives up leaves in O(1).
  const waiting = new Set<() => void>();

  function release(): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const [next] = waiting;
      if (next === undefined) {
        free += 1;
      } else {
        waiting.delete(next);
        next();
      }
    };
  }

  async function take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return release();
    }
    if (waiting.size >= queueLimit) {
      throw new AssayError('UPSTREAM_BUSY', `${about}: ${queueLimit} requests are waiting already`, {
        retryAfterSeconds: 1,
      });
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve(release());
      };
      const giveUp = (): void => {
        waiting.delete(start);
        reject(signal.reason);
      };
      waiting.add(start);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  return { take };
}
