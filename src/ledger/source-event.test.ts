import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '../core/digest.ts';
import { formatPurl } from '../core/purl.ts';
import { localOperator } from '../core/subject.ts';
import { openingsOf } from './disclose.ts';
import { newEventId } from './event-maker.ts';
import { sha256Bytes } from './leaf.ts';
import { judgeStatement } from './signing/may-sign.ts';
import { makeSourceEvent, type SourceChange } from './source-event.ts';
import { leafFields, parseLeaf } from './verify/leaf.ts';
import { allOpened, verifyOpening } from './verify/opening.ts';

const identity = {
  repository: 'https://git.example.com/a/b',
  repositoryId: '1',
  ownerId: undefined,
  keys: ['B', 'A'],
};
const changes: readonly SourceChange[] = [
  { action: 'approve', identity, reason: 'ours' },
  { action: 'revoke', identity, reason: 'sold' },
  {
    action: 'approve-recipe',
    correction: sha256('a correction'),
    author: 'Ann',
    reviewer: 'Ben',
    reason: 'only adds make',
  },
  {
    action: 'tags',
    repository: identity.repository,
    tags: [
      {
        tag: 'v1.0.0',
        commit: 'b'.repeat(40),
        firstCommit: 'a'.repeat(40),
        firstAt: '2026-11-20T10:00:00.000Z',
      },
    ],
  },
];

for (const change of changes) {
  test(`the entry about a source (${change.action}) is one the signer signs and a disclosure opens wholly`, () => {
    const event = makeSourceEvent({
      eventId: newEventId(randomBytes),
      purl: formatPurl('npm', '@a/b'),
      change,
      principal: localOperator,
      time: '2026-11-20T10:00:00.000Z',
      previousEventId: undefined,
      randomBytes,
    });
    assert.equal(judgeStatement(event.statement, 'log.example.com').ok, true);
    const parsed = parseLeaf(event.leaf);
    assert.ok(parsed.ok && parsed.leaf.type === 'source/v1');
    const { statement, salts, previousEventId } = event;
    const shown = openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, leafFields);
    assert.ok(allOpened(verifyOpening(parsed.leaf, shown, sha256Bytes), leafFields));
  });
}
