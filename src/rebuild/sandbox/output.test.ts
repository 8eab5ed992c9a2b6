import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { collectOutput } from './output.ts';

/** What comes, cut at any places. */
const cutText = fc
  .array(fc.oneof(fc.string(), fc.constant('\n'), fc.string({ unit: 'binary' })), { maxLength: 30 })
  .map((parts) => Buffer.from(parts.join('')))
  .chain((bytes) =>
    fc
      .array(fc.nat(bytes.length), { maxLength: 8 })
      .map((cuts) => ({ bytes, cuts: [...cuts].sort((a, b) => a - b) })),
  );

it('gives the same lines and the same whole however the bytes were cut', () => {
  fc.assert(
    fc.property(cutText, ({ bytes, cuts }) => {
      const lines: string[] = [];
      const log = collectOutput((line) => void lines.push(line));
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        log.take(bytes.subarray(from, cut));
        from = cut;
      }
      const whole = log.end();
      const text = bytes.toString('utf8').toWellFormed();
      assert.equal(whole, text);
      assert.deepEqual(lines, text === '' ? [] : text.replace(/\n$/, '').split('\n'));
    }),
  );
});

it('cuts a line that does not end, and goes on after it', () => {
  const lines: string[] = [];
  const log = collectOutput((line) => void lines.push(line));
  for (let at = 0; at < 100; at += 1) log.take(Buffer.alloc(10_000, 'x'));
  log.take(Buffer.from('\nnext'));
  log.end();
  assert.equal(lines.length, 2);
  assert.ok((lines[0] ?? '').length >= 16 * 1024 && (lines[0] ?? '').length < 32 * 1024);
  assert.equal(lines[1], 'next');
});

it('keeps the last mebibyte alone', () => {
  const log = collectOutput(undefined);
  for (let at = 0; at < 300; at += 1) log.take(Buffer.alloc(20_000, String(at % 10)));
  log.take(Buffer.from('the end'));
  const kept = log.end();
  assert.equal(kept.length, 1 << 20);
  assert.ok(kept.endsWith('the end'));
});
