import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '../core/digest.ts';
import { localOperator } from '../core/subject.ts';
import { openingsOf } from './disclose.ts';
import { newEventId } from './event-maker.ts';
import { makeFeedEvent, type FeedChange } from './feed-event.ts';
import { sha256Bytes } from './leaf.ts';
import { judgeStatement } from './signing/may-sign.ts';
import { leafFields, parseLeaf } from './verify/leaf.ts';
import { allOpened, verifyOpening } from './verify/opening.ts';

const imported = {
  action: 'import',
  ecosystem: 'npm',
  before: undefined,
  digest: sha256('snapshot'),
  records: 12_345,
  newestAt: '2026-11-20T09:00:00.000Z',
  source: 'all.zip',
  canary: 'matched',
  epss: undefined,
  kev: sha256('kev'),
  popular: undefined,
} as const;
const override = {
  id: 'MAL-2026-1',
  name: 'left-pad',
  version: undefined,
  by: 'operator (local)',
  reason: 'listed by mistake',
  from: '2026-11-20T10:00:00.000Z',
  until: '2026-12-20T10:00:00.000Z',
};
const changes: readonly FeedChange[] = [
  imported,
  { ...imported, before: sha256('older'), epss: sha256('epss'), popular: sha256('popular') },
  { action: 'override', override },
  { action: 'override-ended', override: { ...override, version: '1.0.0' } },
];

for (const change of changes)
  test(`${change.action}: an entry like any other, which the signer may sign, and which says what changed`, () => {
    for (const previousEventId of [undefined, newEventId(randomBytes)]) {
      const event = makeFeedEvent({
        change,
        principal: localOperator,
        time: '2026-11-20T10:00:00.000Z',
        eventId: newEventId(randomBytes),
        previousEventId,
        randomBytes,
      });
      const parsed = parseLeaf(event.leaf);
      assert.ok(parsed.ok);
      assert.equal(parsed.leaf.type, 'feed/v1');
      const { salts, statement } = event;
      const openings = openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, leafFields);
      assert.ok(allOpened(verifyOpening(parsed.leaf, openings, sha256Bytes), leafFields));
      assert.equal(Buffer.from(openings.subject?.payload ?? []).toString(), '{"feeds":"advisories"}');
      assert.deepEqual(judgeStatement(statement, 'assay.example.com/log'), { ok: true });
      const text = JSON.stringify(statement);
      const said =
        change.action === 'import'
          ? [change.digest, '12345', 'all.zip', '09:00', 'matched', sha256('kev')]
          : ['MAL-2026-1', 'left-pad', 'listed by mistake', override.until];
      for (const one of [...said, 'operator (local)']) assert.ok(text.includes(one), one);
    }
  });
