import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '../core/digest.ts';
import { formatPurl } from '../core/purl.ts';
import { localOperator } from '../core/subject.ts';
import { openingsOf } from './disclose.ts';
import { newEventId } from './event-maker.ts';
import { sha256Bytes } from './leaf.ts';
import { makeRebuildEvent } from './rebuild-event.ts';
import { judgeStatement } from './signing/may-sign.ts';
import { leafFields, parseLeaf } from './verify/leaf.ts';
import { allOpened, verifyOpening } from './verify/opening.ts';

test('the outcome of a build becomes an entry that the signer signs and a disclosure opens wholly', () => {
  for (const built of [true, false]) {
    const event = makeRebuildEvent({
      eventId: newEventId(randomBytes),
      build: 'b1',
      purl: formatPurl('npm', '@a/b', '1.0.0'),
      artifact: sha256('upstream'),
      verdict: built ? 'equivalent' : 'not-built',
      cause: built ? undefined : 'no-source',
      isolation: 'full',
      record: sha256('record'),
      comparison: sha256('comparison'),
      provenance: built ? sha256('provenance') : undefined,
      builder: 'log.example.com/builder+00000000+AAAA',
      principal: localOperator,
      time: '2026-11-20T10:00:00.000Z',
      previousEventId: undefined,
      randomBytes,
    });
    assert.equal(judgeStatement(event.statement, 'log.example.com').ok, true);
    const parsed = parseLeaf(event.leaf);
    assert.ok(parsed.ok && parsed.leaf.type === 'rebuild/v1');
    const { statement, salts, previousEventId } = event;
    const shown = openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, leafFields);
    assert.ok(allOpened(verifyOpening(parsed.leaf, shown, sha256Bytes), leafFields));
  }
});
