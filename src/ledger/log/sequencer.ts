/**
 * The log's one writer. A round: read what waits, work out the new tree, stage the batch, have it signed (and
 * cosigned), commit the head, write the files, publish. Start reading at `sequence`.
 */
import { AssayError, isAssayError, messageOf } from '../../core/errors.ts';
import type { Clock } from '../../core/time.ts';
import { proveConsistency, proveEntry, type EntryProof } from './prove.ts';
import { recover } from './recover.ts';
import {
  commitRound,
  cosignRound,
  planRound,
  publishRound,
  signRound,
  type Round,
  type RoundDeps,
  type Standing,
} from './round.ts';
import { encodeStaged, stagedName } from './staging.ts';

export interface LogOptions extends RoundDeps {
  readonly clock: Clock;
  /** Most entries in a round. */
  readonly batch?: number;
  /** Called once, when a round ended the log; `start` throws instead. */
  readonly onStop?: (error: AssayError) => void;
}

export interface LogState {
  /** Of the newest published checkpoint; size 0 and empty texts before the start. */
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  readonly checkpoint: string;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** Why nothing is signed any more until a restart. */
  readonly stopped: AssayError | undefined;
  /** Why the last round has not ended, and is taken up again by the next. */
  readonly waiting: AssayError | undefined;
}

export interface PublishedProof extends EntryProof {
  /** Of the checkpoint. */
  readonly size: number;
  /** The signed note. */
  readonly checkpoint: string;
}

export interface Log {
  /** Recovers. Throws a LEDGER_* code when it cannot, or when the log must not go on; see `recover`. */
  readonly start: () => Promise<void>;
  /**
   * One round; how many entries it sequenced and published. Throws LEDGER_SIGNER_UNAVAILABLE, LEDGER_NO_QUORUM,
   * LEDGER_CLOCK_BACK: call it again later. Any other error has stopped the log (`state().stopped`).
   */
  readonly sequence: () => Promise<number>;
  /** For an entry under the published checkpoint. Throws LEDGER_INDEX_UNKNOWN, LEDGER_CORRUPT. */
  readonly prove: (index: number) => Promise<PublishedProof>;
  /** Hex; empty where there is nothing to prove. Throws LEDGER_INDEX_UNKNOWN, LEDGER_CORRUPT. */
  readonly consistency: (oldSize: number, newSize: number) => Promise<readonly string[]>;
  readonly state: () => LogState;
  /** A round that sequenced so many probably left some. */
  readonly batch: number;
}

const defaultBatch = 4096;

/** What passes by itself: the batch is kept, and the next round takes it up where it was. */
const passing = ['LEDGER_SIGNER_UNAVAILABLE', 'LEDGER_NO_QUORUM', 'LEDGER_CLOCK_BACK'] as const;

export function createLog(options: LogOptions): Log {
  const { tiles, heads, clock, batch = defaultBatch } = options;
  const inTurn = createTurns();
  let standing: Standing | undefined;
  /** Staged, perhaps signed: nothing else may be signed before it. */
  let inHand: Round | undefined;
  let stopped: AssayError | undefined;
  let waiting: AssayError | undefined;

  async function start(): Promise<void> {
    const recovered = await recover(options);
    standing = recovered.standing;
    inHand = recovered.carryOn;
    // A log begins with a checkpoint of its empty tree: what the signer remembers from then on.
    if (standing.head.checkpoint === '') inHand ??= planRound(standing, []);
    if (inHand === undefined) return;
    try {
      await finish(standing, inHand);
    } catch (error) {
      // The log stands; what is in hand comes with the next round.
      if (!isPassing(error)) throw error;
      waiting = error;
    }
  }

  async function sequence(standing: Standing): Promise<number> {
    checkClock(standing);
    if (inHand === undefined) {
      const entries = await heads.pending(batch);
      waiting = undefined;
      if (entries.length === 0) return 0;
      const round = planRound(standing, entries);
      await tiles.stage(stagedName(round.batch), encodeStaged(round.batch));
      inHand = round;
    }
    return finish(standing, inHand);
  }

  async function finish(from: Standing, round: Round): Promise<number> {
    const timeMs = checkClock(from);
    const note = await signRound(options, round);
    const checkpoint = await cosignRound(options, round, note);
    const next = await commitRound(options, from, round, { checkpoint, timeMs });
    await publishRound(options, next, round);
    standing = next;
    inHand = undefined;
    waiting = undefined;
    return round.batch.entries.length;
  }

  function checkClock({ head }: Standing): number {
    const timeMs = clock().getTime();
    if (timeMs >= head.timeMs) return timeMs;
    const [now, then] = [timeMs, head.timeMs].map((ms) => new Date(ms).toISOString());
    throw new AssayError('LEDGER_CLOCK_BACK', `it is ${now}, but the newest checkpoint is of ${then}`);
  }

  /** Any error but the passing ones is the end: what is on the disk is not known any more, only a restart can tell. */
  async function guarded<T>(step: () => Promise<T>): Promise<T> {
    if (stopped !== undefined) throw stopped;
    try {
      return await step();
    } catch (error) {
      if (isPassing(error)) waiting = error;
      else stopped = asStop(error);
      throw stopped ?? error;
    }
  }

  function published(): Standing['head'] {
    if (standing === undefined) throw new AssayError('LEDGER_INDEX_UNKNOWN', 'the log was not started');
    return standing.head;
  }

  return {
    start: () => inTurn(() => guarded(start)),
    sequence: () =>
      inTurn(async () => {
        if (stopped !== undefined) throw stopped;
        const from = standing;
        if (from === undefined) throw new AssayError('LEDGER_STOPPED', 'the log was not started');
        try {
          return await guarded(() => sequence(from));
        } catch (error) {
          if (stopped !== undefined) options.onStop?.(stopped);
          throw error;
        }
      }),
    prove: async (index) => {
      const { size, root, checkpoint } = published();
      return { ...(await proveEntry(tiles.read, { size, root }, index)), size, checkpoint };
    },
    consistency: async (oldSize, newSize) => proveConsistency(tiles.read, published(), oldSize, newSize),
    state: () => {
      const { origin = '', size = 0, root = '', checkpoint = '', timeMs = 0 } = standing?.head ?? {};
      return { origin, size, root, checkpoint, timeMs, stopped, waiting };
    },
    batch,
  };
}

function isPassing(error: unknown): error is AssayError {
  return passing.some((code) => isAssayError(error, code));
}

function asStop(error: unknown): AssayError {
  if (error instanceof AssayError && error.code.startsWith('LEDGER_')) return error;
  return new AssayError('LEDGER_STOPPED', `the log stopped: ${messageOf(error)}`, { cause: error });
}

/** One after the other, in the order of the calls; one that fails does not harm the next. */
function createTurns(): <T>(call: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (call) => {
    const turn = last.then(call, call);
    last = turn;
    return turn;
  };
}
