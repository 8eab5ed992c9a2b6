import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLru } from './lru.ts';
import { createSingleFlight } from './single-flight.ts';

test('work under way is shared by everyone who asks for the same key', async () => {
  const once = createSingleFlight();
  let runs = 0;
  const work = async (): Promise<number> => {
    runs += 1;
    await new Promise(setImmediate);
    return runs;
  };
  assert.deepEqual(await Promise.all([once('a', work), once('a', work), once('b', work)]), [2, 2, 2]);
  assert.equal(runs, 2);
});

test('a failure reaches everyone who waited, and the next one tries anew', async () => {
  const once = createSingleFlight();
  const failing = (): Promise<never> => Promise.reject(new Error('down'));
  const both = await Promise.allSettled([once('a', failing), once('a', failing)]);
  assert.deepEqual(
    both.map((one) => one.status),
    ['rejected', 'rejected'],
  );
  assert.equal(await once('a', () => Promise.resolve('up')), 'up');
});

test('what was used longest ago is forgotten first, and nothing heavier than the bound is kept', () => {
  const kept = createLru<string>(10, (value) => value.length);
  kept.set('a', '12345');
  kept.set('b', '1234');
  assert.equal(kept.get('a'), '12345');
  kept.set('c', '123');
  assert.equal(kept.get('b'), undefined);
  assert.equal(kept.get('a'), '12345');
  kept.set('d', 'x'.repeat(11));
  assert.equal(kept.get('d'), undefined);
  kept.set('a', '1');
  kept.set('e', '123456');
  assert.deepEqual([kept.get('a'), kept.get('c'), kept.get('e')], ['1', '123', '123456']);
});
