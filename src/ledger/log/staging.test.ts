import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encodeStaged, parseStaged, parseStagedName, stagedName, type StagedBatch } from './staging.ts';

const roots = fc.stringMatching(/^[0-9a-f]{64}$/);
const batches: fc.Arbitrary<StagedBatch> = fc
  .record(
    {
      origin: fc.stringMatching(/^[!-~]{1,40}$/),
      oldSize: fc.nat(),
      oldRoot: roots,
      root: roots,
      entries: fc.array(
        fc.record(
          {
            eventId: fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
            entry: fc.uint8Array({ maxLength: 300 }),
          },
          { noNullPrototype: true },
        ),
        { maxLength: 20 },
      ),
    },
    { noNullPrototype: true },
  )
  .map((batch) => ({ ...batch, size: batch.oldSize + batch.entries.length }));

test('a staged batch is read back as it was', () => {
  fc.assert(
    fc.property(batches, (batch) => {
      assert.deepEqual(parseStaged(encodeStaged(batch)), batch);
      assert.deepEqual(parseStagedName(stagedName(batch)), { size: batch.size, root: batch.root });
    }),
  );
});

test('no other bytes are a staged batch: one that was cut, lengthened or changed in any bit is none', () => {
  fc.assert(
    fc.property(batches, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 }), (batch, where, more) => {
      const whole = encodeStaged(batch);
      const flipped = Uint8Array.from(whole);
      const at = Math.floor(where / 8) % whole.length;
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (where % 8));
      for (const bytes of [
        flipped,
        whole.subarray(0, where % whole.length),
        Buffer.concat([whole, more]),
        more,
      ])
        assert.equal(parseStaged(bytes), undefined);
    }),
  );
});

test('a batch whose numbers do not add up, or an id that does not fit, is none', () => {
  const batch: StagedBatch = {
    origin: 'log.example',
    oldSize: 3,
    oldRoot: 'a'.repeat(64),
    size: 4,
    root: 'b'.repeat(64),
    entries: [{ eventId: 'e', entry: Buffer.from('x') }],
  };
  assert.ok(parseStaged(encodeStaged(batch)));
  for (const wrong of [
    { size: 5 },
    { size: 3 },
    { oldRoot: 'A'.repeat(64) },
    { root: 'short' },
    { origin: '' },
  ])
    assert.equal(parseStaged(encodeStaged({ ...batch, ...wrong })), undefined);
  for (const eventId of ['', 'x'.repeat(256)])
    assert.throws(() => encodeStaged({ ...batch, entries: [{ eventId, entry: Buffer.from('x') }] }), {
      code: 'LEDGER_ENTRY_INVALID',
    });
  for (const name of [
    '',
    '1',
    `01-${'a'.repeat(64)}`,
    `1-${'A'.repeat(64)}`,
    `1-${'a'.repeat(63)}`,
    `-1-${'a'.repeat(64)}`,
  ])
    assert.equal(parseStagedName(name), undefined);
});
