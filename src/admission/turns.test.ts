import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from './turns.ts';

test('work about one thing never overlaps, keeps its order, and a failure stops nobody else', async () => {
  const inTurn = createTurns();
  const told: string[] = [];
  const work =
    (name: string, fails = false) =>
    async (): Promise<string> => {
      told.push(`${name} begins`);
      await new Promise(setImmediate);
      told.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  const all = await Promise.allSettled([
    inTurn('a', work('first')),
    inTurn('a', work('second', true)),
    inTurn('a', work('third')),
  ]);
  assert.deepEqual(
    all.map((one) => (one.status === 'fulfilled' ? one.value : 'failed')),
    ['first', 'failed', 'third'],
  );
  assert.deepEqual(
    told,
    ['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
  assert.equal(await inTurn('a', work('later')), 'later');
});

test('work about other things does not wait', async () => {
  const inTurn = createTurns();
  let free = (): void => undefined;
  const blocked = inTurn('a', () => new Promise<void>((resolve) => (free = resolve)));
  assert.equal(await inTurn('b', () => Promise.resolve('done')), 'done');
  free();
  await blocked;
});
