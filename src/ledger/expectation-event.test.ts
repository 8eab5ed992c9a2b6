import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Expectation } from '../core/expectation.ts';
import { formatPurl } from '../core/purl.ts';
import { localOperator, type UpstreamId } from '../core/subject.ts';
import { openingsOf } from './disclose.ts';
import { newEventId } from './event-maker.ts';
import { makeExpectationEvent } from './expectation-event.ts';
import { sha256Bytes } from './leaf.ts';
import { judgeStatement } from './signing/may-sign.ts';
import { leafFields, parseLeaf } from './verify/leaf.ts';
import { allOpened, verifyOpening } from './verify/opening.ts';

const purl = formatPurl('npm', '@scope/left');
const expectation: Expectation = {
  upstream: 'npm' as UpstreamId,
  name: '@scope/left',
  line: '*',
  revision: 2,
  origin: 'set',
  standing: 'firm',
  identity: {
    issuer: 'https://token.example.com',
    repositoryUri: undefined,
    repositoryId: '42',
    ownerUri: undefined,
    ownerId: '7',
    workflows: ['.github/workflows/release.yml'],
    signers: [],
    refs: ['refs/tags/*'],
    triggers: ['push'],
    runners: ['github-hosted'],
    predicateTypes: [],
  },
  rank: 'provenance',
  tagTemplate: undefined,
  installScripts: [],
  publishers: [],
  intervalMs: undefined,
  learnedFrom: [],
  reason: 'the repository moved',
  principal: localOperator,
  at: '2026-11-20T10:00:00.000Z',
};

test('an expectation is an entry about its package: what is stored of it opens every field', () => {
  for (const previousEventId of [undefined, newEventId(randomBytes)]) {
    for (const one of [expectation, { ...expectation, identity: undefined }]) {
      const eventId = newEventId(randomBytes);
      const event = makeExpectationEvent({ eventId, expectation: one, purl, previousEventId, randomBytes });
      const parsed = parseLeaf(event.leaf);
      assert.ok(parsed.ok);
      assert.equal(parsed.leaf.type, 'expectation/v1');
      assert.equal(parsed.leaf.time, expectation.at);
      const { salts, statement } = event;
      const openings = openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, leafFields);
      assert.ok(allOpened(verifyOpening(parsed.leaf, openings, sha256Bytes), leafFields));
      assert.equal(
        Buffer.from(openings.subject?.payload ?? []).toString(),
        `{"package":"${purl}","upstream":"npm"}`,
      );
    }
  }
});

test('the signer may sign it, and it holds what was expected and why', () => {
  const input = { eventId: newEventId(randomBytes), expectation, purl, previousEventId: undefined };
  const { statement } = makeExpectationEvent({ ...input, randomBytes });
  assert.deepEqual(judgeStatement(statement, 'assay.example.com/log'), { ok: true });
  const text = JSON.stringify(statement);
  for (const said of ['"ownerId":"7"', '"repositoryId":"42"', 'the repository moved', '"revision":2'])
    assert.ok(text.includes(said), said);
});
