import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { testKey } from '../../test/support/signed-log.ts';
import { localOperator } from '../core/subject.ts';
import { openingsOf } from './disclose.ts';
import { newEventId } from './event-maker.ts';
import { sha256Bytes } from './leaf.ts';
import { makeRotationEvent } from './rotation-event.ts';
import { rotationStatement } from './signing/rotation.ts';
import { leafFields, parseLeaf } from './verify/leaf.ts';
import { allOpened, verifyOpening } from './verify/opening.ts';

const origin = 'assay.example.com/log';
const statement = rotationStatement({
  origin,
  step: 'begin',
  older: testKey(origin, 'ed25519').verifier,
  newer: testKey(origin, 'ed25519', 'new').verifier,
  size: 7,
  principal: localOperator,
  time: '2026-11-20T10:00:00.000Z',
});

test('a change of key is an entry like any other: what is stored of it opens every field', () => {
  for (const previousEventId of [undefined, newEventId(randomBytes)]) {
    const event = makeRotationEvent({
      eventId: newEventId(randomBytes),
      statement,
      previousEventId,
      randomBytes,
    });
    const parsed = parseLeaf(event.leaf);
    assert.ok(parsed.ok);
    assert.equal(parsed.leaf.type, 'key-rotation/v1');
    assert.equal(parsed.leaf.time, '2026-11-20T10:00:00.000Z');
    const { salts } = event;
    const openings = openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, leafFields);
    assert.ok(allOpened(verifyOpening(parsed.leaf, openings, sha256Bytes), leafFields));
    assert.equal(Buffer.from(openings.subject?.payload ?? []).toString(), `{"log":"${origin}"}`);
  }
});

test('any other statement makes no such entry', () => {
  const eventId = newEventId(randomBytes);
  for (const wrong of [{}, { ...statement, predicateType: 'x' }, { ...statement, predicate: { origin } }])
    assert.throws(
      () => makeRotationEvent({ eventId, statement: wrong, previousEventId: undefined, randomBytes }),
      RangeError,
    );
});
