import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { at, temporaryDirectory } from '../../test/support/storage-records.ts';
import { formatPurl } from '../core/purl.ts';
import type { SourceIdentity } from '../core/rebuild.ts';
import type { SourceApproval, TagSight } from '../core/source-approval.ts';
import { gateItself, localOperator } from '../core/subject.ts';
import { newEventId } from '../ledger/event-maker.ts';
import { makeSourceEvent, type SourceChange } from '../ledger/source-event.ts';
import { openStorage, type Storage } from './open.ts';

const name = '@a/b';
const purl = formatPurl('npm', name);
const repository = 'https://git.example.com/a/b';

async function opened(context: TestContext): Promise<Storage> {
  const storage = await openStorage({ directory: join(await temporaryDirectory(context), 'data') });
  context.after(storage.close);
  return storage;
}

function identityOf(more: Partial<SourceIdentity> = {}): SourceIdentity {
  return { repository, repositoryId: undefined, ownerId: undefined, keys: [], ...more };
}

function eventOf(change: SourceChange, n: number, previousEventId: string | undefined) {
  const eventId = newEventId(randomBytes);
  const principal = change.action === 'tags' ? gateItself : localOperator;
  return makeSourceEvent({ eventId, purl, change, principal, time: at(n), previousEventId, randomBytes });
}

async function say(
  { sources }: Storage,
  n: number,
  action: SourceApproval['action'],
  identity: SourceIdentity,
): Promise<SourceApproval | 'unchanged'> {
  const reason = `reason ${n}`;
  return sources.record(
    { ecosystem: 'npm', name, action, identity, reason, principal: localOperator, at: at(n) },
    (previous) => eventOf({ action, identity, reason }, n, previous),
  );
}

test('what was approved is in force until it is taken back, and each word has its entry in one chain', async (t) => {
  const storage = await opened(t);
  const { sources, events } = storage;
  const [one, two] = [identityOf(), identityOf({ repositoryId: '7', keys: ['B', 'A'] })];
  const first = await say(storage, 1, 'approve', one);
  const second = await say(storage, 2, 'approve', two);
  assert.ok(first !== 'unchanged' && second !== 'unchanged');
  assert.deepEqual(
    (await sources.approved('npm', name)).map(({ identity }) => identity),
    [one, { ...two, keys: ['A', 'B'] }],
  );
  assert.equal(await say(storage, 3, 'approve', { ...two, keys: ['A', 'B', 'A'] }), 'unchanged');
  const third = await say(storage, 4, 'revoke', one);
  assert.ok(third !== 'unchanged');
  assert.equal(await say(storage, 5, 'revoke', one), 'unchanged');
  assert.deepEqual(
    (await sources.allApproved()).map(({ eventId, reason }) => [eventId, reason]),
    [[second.eventId, 'reason 2']],
  );
  assert.deepEqual(await sources.approved('npm', 'other'), []);
  const said = await sources.history('npm', name);
  assert.deepEqual(
    said.map(({ action }) => action),
    ['revoke', 'approve', 'approve'],
  );
  const entry = await events.byId(third.eventId);
  assert.equal(entry?.previousEventId, second.eventId);
});

test('an approval and its entry are written together or not at all', async (t) => {
  const storage = await opened(t);
  await say(storage, 1, 'approve', identityOf());
  const other = identityOf({ ownerId: '2' });
  const change = {
    ecosystem: 'npm',
    name,
    action: 'approve',
    identity: other,
    reason: 'x',
    principal: localOperator,
    at: at(2),
  } as const;
  const stale = () => eventOf({ action: 'approve', identity: other, reason: 'x' }, 2, undefined);
  await assert.rejects(storage.sources.record(change, stale), /another event of this chain/);
  assert.equal((await storage.sources.approved('npm', name)).length, 1);
});

test('the first commit of a tag stays, and every commit it was seen at has one entry', async (t) => {
  const { sources, history } = await opened(t);
  const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(40));
  const asked: (readonly TagSight[])[] = [];
  const see = (n: number, commits: Readonly<Record<string, string>>) =>
    sources.seeTags({ purl, repository, commits, at: at(n) }, (tags, previous) => {
      asked.push(tags);
      return eventOf({ action: 'tags', repository, tags }, n, previous);
    });
  // Somebody saw it before any rebuild did: the entry says when.
  await history.seeTags(repository, { old: a ?? '' }, at(1));
  const first = await see(2, { old: b ?? '', new: c ?? '' });
  assert.deepEqual(
    [first.get('old'), first.get('new')],
    [
      { commit: a, at: at(1) },
      { commit: c, at: at(2) },
    ],
  );
  assert.deepEqual(asked, [
    [
      { tag: 'old', commit: a, firstCommit: a, firstAt: at(1) },
      { tag: 'old', commit: b, firstCommit: a, firstAt: at(1) },
      { tag: 'new', commit: c, firstCommit: c, firstAt: at(2) },
    ],
  ]);
  await see(3, { old: b ?? '', new: c ?? '' });
  assert.equal(asked.length, 1);
  await see(4, { new: a ?? '' });
  assert.deepEqual(asked[1], [{ tag: 'new', commit: a, firstCommit: c, firstAt: at(2) }]);
  assert.deepEqual([...(await see(5, {}))], []);
});
