import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBreaker, type AttemptOutcome, type Breaker } from './breaker.ts';

const settings = { failures: 3, coolOffMs: 1000 };

function attempt(breaker: Breaker, outcome: AttemptOutcome): boolean {
  const entry = breaker.enter();
  if (entry.state === 'enter') entry.leave(outcome);
  return entry.state === 'enter';
}

test('a success in between starts the count anew, a neutral end does not', () => {
  const breaker = createBreaker(
    settings,
    () => 0,
    () => 0,
  );
  for (const outcome of ['failure', 'failure', 'success', 'failure', 'neutral', 'failure'] as const)
    attempt(breaker, outcome);
  assert.equal(breaker.state(), 'closed');
  attempt(breaker, 'failure');
  assert.equal(breaker.state(), 'open');
});

test('a probe that says nothing leaves the way free for the next', () => {
  let now = 0;
  const breaker = createBreaker(
    settings,
    () => now,
    () => 0,
  );
  for (let n = 0; n < 3; n += 1) attempt(breaker, 'failure');
  now = 1000;
  assert.ok(attempt(breaker, 'neutral'));
  assert.equal(breaker.state(), 'half-open');
  assert.ok(attempt(breaker, 'success'));
  assert.equal(breaker.state(), 'closed');
});

test('stragglers that fail after it opened do not push the opening out', () => {
  let now = 0;
  const breaker = createBreaker(
    settings,
    () => now,
    () => 0,
  );
  const entries = Array.from({ length: 10 }, () => breaker.enter());
  for (const entry of entries) {
    if (entry.state === 'enter') entry.leave('failure');
    now += 50;
  }
  // The third failure, at 100, opened it.
  now = 1100;
  assert.equal(breaker.retryAfterMs(), 0);
});

test('leaving twice counts once', () => {
  const breaker = createBreaker(
    { ...settings, failures: 2 },
    () => 0,
    () => 0,
  );
  const entry = breaker.enter();
  if (entry.state === 'enter') {
    entry.leave('failure');
    entry.leave('failure');
  }
  assert.equal(breaker.state(), 'closed');
});

test('jitter lengthens the cool-off by less than half', () => {
  const breaker = createBreaker(
    { failures: 1, coolOffMs: 1000 },
    () => 0,
    () => 0.999,
  );
  attempt(breaker, 'failure');
  assert.ok(breaker.retryAfterMs() > 1000 && breaker.retryAfterMs() < 1500);
});

test('whatever happens: never two probes at once, always a positive wait when refused, and never stuck', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('enter' as const) }),
    fc.record({
      kind: fc.constant('leave' as const),
      outcome: fc.constantFrom<AttemptOutcome>('success', 'failure', 'neutral'),
    }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let now = 0;
      const breaker = createBreaker(
        settings,
        () => now,
        () => 0.5,
      );
      const inside: { readonly probe: boolean; readonly leave: (outcome: AttemptOutcome) => void }[] = [];
      for (const one of steps) {
        if (one.kind === 'wait') now += one.ms;
        else if (one.kind === 'leave') inside.shift()?.leave(one.outcome);
        else {
          const before = breaker.state();
          const entry = breaker.enter();
          if (entry.state === 'refused') assert.ok(entry.retryAfterMs > 0);
          else inside.push({ probe: before === 'half-open', leave: entry.leave });
          if (before === 'open') assert.equal(entry.state, 'refused');
        }
        if (breaker.state() === 'half-open') assert.ok(inside.filter(({ probe }) => probe).length <= 1);
      }
      for (const entry of inside) entry.leave('neutral');
      now += 10_000;
      assert.equal(breaker.enter().state, 'enter');
    }),
  );
});
