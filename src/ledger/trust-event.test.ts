import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '../core/digest.ts';
import { localOperator } from '../core/subject.ts';
import { openingsOf } from './disclose.ts';
import { newEventId } from './event-maker.ts';
import { sha256Bytes } from './leaf.ts';
import { judgeStatement } from './signing/may-sign.ts';
import { makeTrustEvent } from './trust-event.ts';
import { leafFields, parseLeaf } from './verify/leaf.ts';
import { allOpened, verifyOpening } from './verify/opening.ts';

const change = {
  before: sha256('before'),
  after: sha256('after'),
  source: 'imported',
  via: 'keys.json',
  changes: ['registry.example.com: key SHA256:abc added'],
  principal: localOperator,
  time: '2026-11-20T10:00:00.000Z',
  randomBytes,
} as const;

test('a change of trust is an entry like any other: what is stored of it opens every field', () => {
  for (const previousEventId of [undefined, newEventId(randomBytes)]) {
    const event = makeTrustEvent({ ...change, eventId: newEventId(randomBytes), previousEventId });
    const parsed = parseLeaf(event.leaf);
    assert.ok(parsed.ok);
    assert.equal(parsed.leaf.type, 'trust-material/v1');
    const { salts, statement } = event;
    const openings = openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, leafFields);
    assert.ok(allOpened(verifyOpening(parsed.leaf, openings, sha256Bytes), leafFields));
    assert.equal(Buffer.from(openings.subject?.payload ?? []).toString(), '{"trust":"roots and keys"}');
  }
});

test('the signer may sign it, and it holds what changed, from where and by whom', () => {
  const { statement } = makeTrustEvent({
    ...change,
    eventId: newEventId(randomBytes),
    previousEventId: undefined,
  });
  assert.deepEqual(judgeStatement(statement, 'assay.example.com/log'), { ok: true });
  const text = JSON.stringify(statement);
  for (const said of [change.before, change.after, 'imported', 'keys.json', 'SHA256:abc', 'operator (local)'])
    assert.ok(text.includes(said), said);
});
