import assert from 'node:assert/strict';
import { mock, test, type TestContext } from 'node:test';
import { addEvents, assertWhole, memoryWorld, startedLog } from '../../../test/support/log/world.ts';
import { AssayError } from '../../core/errors.ts';
import { runLog } from './run.ts';
import type { Log } from './sequencer.ts';

interface Driven {
  readonly log: Log;
  readonly rounds: () => number;
  readonly most: () => number;
  /** Lets a round that waits go on: with this many entries, or with an error. */
  readonly answer: (outcome: number | AssayError) => Promise<void>;
}

/** A log whose rounds end when the test says so. */
function drivenLog(): Driven {
  const waiting: PromiseWithResolvers<number>[] = [];
  let [rounds, running, most] = [0, 0, 0];
  let stopped: AssayError | undefined;
  const unused = (): never => assert.fail('not asked for');
  const log: Log = {
    start: unused,
    prove: unused,
    consistency: unused,
    batch: 10,
    state: () => ({ origin: '', size: 0, root: '', checkpoint: '', timeMs: 0, waiting: undefined, stopped }),
    sequence: async () => {
      rounds += 1;
      running += 1;
      most = Math.max(most, running);
      const round = Promise.withResolvers<number>();
      waiting.push(round);
      try {
        return await round.promise;
      } finally {
        running -= 1;
      }
    },
  };
  return {
    log,
    rounds: () => rounds,
    most: () => most,
    answer: async (outcome) => {
      const round = waiting.shift();
      assert.ok(round, 'no round is running');
      if (typeof outcome === 'number') round.resolve(outcome);
      else {
        if (outcome.code === 'LEDGER_STOPPED') stopped = outcome;
        round.reject(outcome);
      }
      await settled();
    },
  };
}

async function settled(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await Promise.resolve();
}

function bell() {
  const listeners = new Set<() => void>();
  return {
    ring: () => {
      for (const listener of listeners) listener();
    },
    wake: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    listeners: () => listeners.size,
  };
}

function withTimers(context: TestContext): void {
  mock.timers.enable({ apis: ['setTimeout'] });
  context.after(() => mock.timers.reset());
}

test('a first round at once, then one an interval while there is something new, and none while there is not', async (context) => {
  withTimers(context);
  const { log, rounds, answer } = drivenLog();
  const { ring, wake } = bell();
  const running = runLog(log, { intervalMs: 1000, wake });
  assert.equal(rounds(), 1);
  await answer(0);
  mock.timers.tick(5000);
  assert.equal(rounds(), 1, 'nothing new');
  ring();
  assert.equal(rounds(), 2, 'at once after a quiet interval');
  await answer(1);
  ring();
  ring();
  mock.timers.tick(999);
  assert.equal(rounds(), 2);
  mock.timers.tick(1);
  assert.equal(rounds(), 3);
  await answer(2);
  mock.timers.tick(5000);
  assert.equal(rounds(), 3);
  await running.stop();
});

test('never two rounds at once, however long one takes; what came meanwhile is taken right after it', async (context) => {
  withTimers(context);
  const { log, rounds, most, answer } = drivenLog();
  const { ring, wake } = bell();
  const running = runLog(log, { intervalMs: 1000, wake });
  ring();
  mock.timers.tick(10_000);
  ring();
  assert.equal(rounds(), 1);
  await answer(3);
  assert.equal(rounds(), 2);
  await answer(0);
  assert.equal(most(), 1);
  await running.stop();
});

test('a full round is followed by the next without a pause', async (context) => {
  withTimers(context);
  const { log, rounds, answer } = drivenLog();
  const running = runLog(log, { intervalMs: 1000, wake: bell().wake });
  await answer(10);
  assert.equal(rounds(), 2);
  await answer(10);
  assert.equal(rounds(), 3);
  await answer(9);
  mock.timers.tick(5000);
  assert.equal(rounds(), 3);
  await running.stop();
});

test('a round that could not end is tried again after the interval, unasked; a stopped log ends the loop', async (context) => {
  withTimers(context);
  const { log, rounds, answer } = drivenLog();
  const { ring, wake, listeners } = bell();
  runLog(log, { intervalMs: 1000, wake });
  await answer(new AssayError('LEDGER_NO_QUORUM', 'no'));
  assert.equal(rounds(), 1);
  mock.timers.tick(1000);
  assert.equal(rounds(), 2);
  await answer(new AssayError('LEDGER_STOPPED', 'no'));
  ring();
  mock.timers.tick(10_000);
  assert.equal(rounds(), 2);
  assert.equal(listeners(), 0);
});

test('stopping waits for the round under way, and nothing runs afterwards', async (context) => {
  withTimers(context);
  const { log, rounds, answer } = drivenLog();
  const { ring, wake } = bell();
  const running = runLog(log, { intervalMs: 1000, wake });
  let hasStopped = false;
  const stopping = running.stop().then(() => (hasStopped = true));
  await settled();
  assert.equal(hasStopped, false);
  await answer(10);
  await stopping;
  ring();
  mock.timers.tick(10_000);
  assert.equal(rounds(), 1);
});

test('with a real log, everything that was announced is published', async () => {
  const world = memoryWorld();
  const log = await startedLog(world, { batch: 50 });
  const { ring, wake } = bell();
  addEvents(world, 120);
  const running = runLog(log, { intervalMs: 1, wake });
  while (log.state().size < 120) await new Promise((resolve) => setImmediate(resolve));
  addEvents(world, 3);
  ring();
  while (log.state().size < 123) await new Promise((resolve) => setImmediate(resolve));
  await running.stop();
  await assertWhole(world);
});
