/** The loop around the sequencer: a round when there is something new, at most one every interval. */
import type { Log } from './sequencer.ts';

export interface RunOptions {
  /** From the start of one round to that of the next; a round that was full is followed by the next at once. */
  readonly intervalMs: number;
  /** Calls the listener when there is something new; returns what ends that. */
  readonly wake: (listener: () => void) => () => void;
}

export interface RunningLog {
  /** Resolves when the round under way has ended; there will be no other. */
  readonly stop: () => Promise<void>;
}

/**
 * The log must have been started. The first round is at once, the first one after a quiet interval too. A round that
 * could not end (`state().waiting`) is tried again after the interval; a stopped log ends the loop.
 */
export function runLog(log: Log, { intervalMs, wake }: RunOptions): RunningLog {
  let due = true;
  let pause: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;
  let ended = false;

  function advance(): void {
    if (ended || !due || pause !== undefined || round !== undefined) return;
    due = false;
    pause = setTimeout(() => {
      pause = undefined;
      advance();
    }, intervalMs);
    round = runRound();
  }

  async function runRound(): Promise<void> {
    try {
      if ((await log.sequence()) >= log.batch) {
        due = true;
        clearTimeout(pause);
        pause = undefined;
      }
    } catch {
      // What it was is in the log's state, and `onStop` was told.
      due = true;
      if (log.state().stopped !== undefined) end();
    }
    round = undefined;
    advance();
  }

  const leave = wake(() => {
    due = true;
    advance();
  });

  function end(): void {
    ended = true;
    leave();
    clearTimeout(pause);
  }

  advance();
  return {
    stop: async () => {
      end();
      await round;
    },
  };
}
