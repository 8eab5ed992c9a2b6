import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { at, temporaryDirectory, upstream } from '../../test/support/storage-records.ts';
import type { IndexLook, OutboxEvent } from '../admission/deps.ts';
import type { ExpectationRecord, PublicationRecord } from '../admission/history-deps.ts';
import { sha256 } from '../core/digest.ts';
import type { Expectation } from '../core/expectation.ts';
import type { SignerIdentity } from '../core/identity.ts';
import { localOperator, type UpstreamId } from '../core/subject.ts';
import { openStorage, type Storage } from './open.ts';

async function opened(context: TestContext): Promise<Storage> {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  return storage;
}

const versions = ['1.0.0', '1.1.0'];

function lookOf(seconds: number, overrides: Partial<IndexLook> = {}): IndexLook {
  return {
    upstream,
    name: 'left',
    body: sha256(`index ${seconds}`),
    validators: {},
    lookAt: at(seconds),
    absent: false,
    versions,
    replaced: [],
    attested: [],
    signed: [],
    published: [],
    ...overrides,
  };
}

const identity: SignerIdentity = {
  subject: { kind: 'uri', value: 'https://forge.example.com/o/left/.github/workflows/r.yml@refs/heads/main' },
  issuer: 'https://token.example.com',
  buildSignerUri: undefined,
  buildSignerDigest: undefined,
  runnerEnvironment: 'github-hosted',
  sourceRepositoryUri: 'https://forge.example.com/o/left',
  sourceRepositoryDigest: 'c0ffee',
  sourceRepositoryRef: 'refs/heads/main',
  sourceRepositoryId: '42',
  ownerUri: undefined,
  ownerId: '7',
  buildConfigUri: undefined,
  buildConfigDigest: undefined,
  buildTrigger: 'push',
  runInvocationUri: undefined,
  visibility: undefined,
  deploymentEnvironment: undefined,
};

function publicationOf(
  version: string,
  seconds: number,
  change: Partial<PublicationRecord> = {},
): PublicationRecord {
  return {
    upstream,
    name: 'left',
    publication: { version, identity, signedTime: at(seconds), workflow: 'r.yml', predicateType: 'slsa' },
    owner: 'owner-7',
    document: sha256(version),
    recordedAt: at(seconds + 1),
    ...change,
  };
}

function expectationOf(change: Partial<Expectation> = {}): Expectation {
  return {
    upstream,
    name: 'left',
    line: '*',
    revision: 1,
    origin: 'learned',
    standing: 'provisional',
    identity: {
      issuer: 'https://token.example.com',
      repositoryUri: undefined,
      repositoryId: '42',
      ownerUri: undefined,
      ownerId: '7',
      workflows: ['r.yml'],
      signers: [],
      refs: [],
      triggers: [],
      runners: [],
      predicateTypes: [],
    },
    rank: 'provenance',
    tagTemplate: undefined,
    installScripts: [],
    publishers: ['jane'],
    intervalMs: undefined,
    learnedFrom: versions,
    reason: undefined,
    principal: localOperator,
    at: at(0),
    ...change,
  };
}

function recordOf(previousEventId: string | undefined, change: Partial<Expectation> = {}): ExpectationRecord {
  const eventId = randomUUID();
  const event: OutboxEvent = {
    eventId,
    type: 'expectation/v1',
    time: at(0),
    leaf: JSON.stringify({ eventId }),
    salts: { subject: 'aa'.repeat(32) },
    statement: { predicateType: 'expectation' },
    previousEventId,
  };
  return { expectation: expectationOf(change), event };
}

test('what is not on record reads as nothing', async (context) => {
  const { history } = await opened(context);
  assert.deepEqual(await history.advertised(upstream, 'left', '1.0.0'), {
    attestedAt: undefined,
    signedAt: undefined,
  });
  assert.deepEqual(await history.publications(upstream, 'left'), []);
  assert.deepEqual(await history.expectations(upstream, 'left'), []);
  assert.deepEqual(await history.expectationHistory(upstream, 'left'), []);
  assert.equal(await history.previousExpectationEvent(upstream, 'left'), undefined);
  await history.recordPublications([]);
});

test('the first look that saw a version attested or signed is kept, whatever later looks see', async (context) => {
  const { admission, history } = await opened(context);
  await admission.recordLook(lookOf(0, { signed: ['1.0.0'] }));
  await admission.recordLook(lookOf(10, { signed: ['1.0.0', '1.1.0'], attested: ['1.0.0'] }));
  await admission.recordLook(lookOf(20, { attested: ['1.0.0'] }));
  await admission.recordLook(lookOf(30));
  assert.deepEqual(await history.advertised(upstream, 'left', '1.0.0'), {
    attestedAt: at(10),
    signedAt: at(0),
  });
  assert.deepEqual(await history.advertised(upstream, 'left', '1.1.0'), {
    attestedAt: undefined,
    signedAt: at(10),
  });
});

test('a version that goes away, or is given other bytes, and comes back bare was advertised all the same', async (context) => {
  const { admission, history } = await opened(context);
  await admission.recordLook(lookOf(0, { signed: versions, attested: versions }));
  await admission.recordLook(lookOf(10, { versions: ['1.1.0'], replaced: ['1.1.0'], signed: ['1.1.0'] }));
  await admission.recordLook(lookOf(20, { signed: versions }));
  for (const version of versions)
    assert.deepEqual(await history.advertised(upstream, 'left', version), {
      attestedAt: at(0),
      signedAt: at(0),
    });
  assert.deepEqual((await admission.appearances(upstream, 'left')).get('1.0.0'), {
    absentAt: at(10),
    presentAt: at(20),
  });
  await admission.recordLook(lookOf(30, { versions: [], body: undefined, absent: true }));
  assert.equal((await history.advertised(upstream, 'left', '1.0.0')).attestedAt, at(0));
});

test('thousands of versions that become attested at once are all noticed', async (context) => {
  const { admission, history } = await opened(context);
  const many = Array.from({ length: 1301 }, (_, index) => `1.0.${index}`);
  await admission.recordLook(lookOf(0, { versions: many }));
  await admission.recordLook(lookOf(10, { versions: many, attested: many }));
  for (const version of ['1.0.0', '1.0.500', '1.0.1300'])
    assert.equal((await history.advertised(upstream, 'left', version)).attestedAt, at(10));
});

test('a verified publication is read back as it was first recorded, newest signed time first, at most 200', async (context) => {
  const { history } = await opened(context);
  const first = publicationOf('1.0.0', 0);
  await history.recordPublications([first, publicationOf('1.1.0', 10)]);
  await history.recordPublications([publicationOf('1.0.0', 99, { owner: 'somebody else' })]);
  const read = await history.publications(upstream, 'left');
  assert.deepEqual(
    read.map(({ publication }) => publication.version),
    ['1.1.0', '1.0.0'],
  );
  assert.equal(JSON.stringify(read[1]), JSON.stringify(first));
  await history.recordPublications(
    Array.from({ length: 250 }, (_, index) => publicationOf(`2.0.${index}`, 100 + index)),
  );
  const newest = await history.publications(upstream, 'left');
  assert.equal(newest.length, 200);
  assert.equal(newest[0]?.publication.version, '2.0.249');
  assert.deepEqual(await history.publications('other' as UpstreamId, 'left'), []);
});

test('sightings are found by account and by owner, within the times asked for, and never of the package itself', async (context) => {
  const { admission, history } = await opened(context);
  const sighted = (name: string, seconds: number, publisher: string | undefined): Promise<void> =>
    admission.recordLook(
      lookOf(0, { name, published: [{ version: '1.0.0', publisher, publishedAt: at(seconds) }] }),
    );
  await sighted('left', 0, 'jane');
  await sighted('by-jane', 5, 'jane');
  await sighted('too-late', 500, 'jane');
  await sighted('by-joe', 5, 'joe');
  await sighted('owned', 7, undefined);
  await history.recordPublications([publicationOf('0.9.0', -9999, { name: 'owned' })]);
  const query = { upstream, except: 'left', from: at(-100), until: at(100) };
  const found = async (publisher: string | undefined, owner: string | undefined) =>
    (await history.sightings({ ...query, publisher, owner })).map(({ name, version, publishedAt }) => [
      name,
      version,
      publishedAt,
    ]);
  assert.deepEqual(await found('jane', undefined), [['by-jane', '1.0.0', at(5)]]);
  assert.deepEqual(await found(undefined, 'owner-7'), [['owned', '1.0.0', at(7)]]);
  assert.deepEqual(await found('jane', 'owner-7'), [
    ['by-jane', '1.0.0', at(5)],
    ['owned', '1.0.0', at(7)],
  ]);
  assert.deepEqual(await found(undefined, undefined), []);
});

test('a verified publication is a sighting at its signed time', async (context) => {
  const { history } = await opened(context);
  await history.recordPublications([publicationOf('1.0.0', 3, { name: 'owned' })]);
  const query = { upstream, except: 'left', from: at(0), until: at(10), publisher: undefined };
  assert.deepEqual(
    (await history.sightings({ ...query, owner: 'owner-7' })).map(({ publishedAt }) => publishedAt),
    [at(3)],
  );
});

test('the newest revision of each line is in force, every revision stays, and each has its entry', async (context) => {
  const { history, events } = await opened(context);
  const one = recordOf(undefined);
  const line = recordOf(one.event.eventId, { line: '1' });
  assert.equal(await history.recordExpectations([one, line]), 'recorded');
  const next = recordOf(line.event.eventId, { revision: 2, identity: undefined, reason: 'new', at: at(5) });
  assert.equal(await history.recordExpectations([next]), 'recorded');
  assert.deepEqual(await history.expectations(upstream, 'left'), [next.expectation, line.expectation]);
  assert.deepEqual(await history.expectationHistory(upstream, 'left'), [
    { expectation: next.expectation, eventId: next.event.eventId },
    { expectation: one.expectation, eventId: one.event.eventId },
    { expectation: line.expectation, eventId: line.event.eventId },
  ]);
  assert.equal(await history.previousExpectationEvent(upstream, 'left'), next.event.eventId);
  assert.equal((await events.byId(next.event.eventId))?.previousEventId, line.event.eventId);
  assert.equal((await events.byId(one.event.eventId))?.previousEventId, undefined);
  assert.deepEqual(await events.ofLog(), [], 'they are not about the log itself');
});

test('a revision that does not follow the one in force, or the newest entry, is not recorded, nor anything with it', async (context) => {
  const { history, read } = await opened(context);
  const one = recordOf(undefined);
  await history.recordExpectations([one]);
  const { eventId } = one.event;
  const late: readonly (readonly [ExpectationRecord, ...ExpectationRecord[]])[] = [
    [recordOf(eventId)],
    [recordOf(eventId, { revision: 3 })],
    [recordOf(undefined, { revision: 2 })],
    [recordOf(eventId, { revision: 2 }), recordOf(eventId, { line: '1' })],
    [recordOf(eventId, { line: '1', revision: 2 })],
  ];
  for (const records of late) assert.equal(await history.recordExpectations(records), 'moved');
  assert.deepEqual(await history.expectations(upstream, 'left'), [one.expectation]);
  assert.equal((await read.outboxAfter(0, 10)).length, 1);
});

test('of many who revise the same expectation at once, one does', async (context) => {
  const { history } = await opened(context);
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => history.recordExpectations([recordOf(undefined)])),
  );
  assert.equal(outcomes.filter((outcome) => outcome === 'recorded').length, 1);
  assert.equal((await history.expectationHistory(upstream, 'left')).length, 1);
});

test('packages of one name in two upstreams, and names that look like others, have chains of their own', async (context) => {
  const { history } = await opened(context);
  const corp = 'corp' as UpstreamId;
  await history.recordExpectations([recordOf(undefined)]);
  assert.equal(await history.recordExpectations([recordOf(undefined, { upstream: corp })]), 'recorded');
  for (const name of ['left"]', `left'; DROP TABLE expectations; --`])
    assert.equal(await history.recordExpectations([recordOf(undefined, { name })]), 'recorded');
  assert.equal((await history.expectations(upstream, 'left')).length, 1);
});

test('the log hears of an expectation as soon as it is recorded', async (context) => {
  const { history, ledger } = await opened(context);
  let heard = 0;
  ledger.onEvent(() => (heard += 1));
  await history.recordExpectations([recordOf(undefined)]);
  await history.recordExpectations([recordOf(undefined)]);
  assert.equal(heard, 1);
});

test('a tag keeps the first commit it was seen at', async (context) => {
  const { history } = await opened(context);
  const repository = 'https://forge.example.com/o/left';
  const see = (commits: Record<string, string>, seconds: number) =>
    history.seeTags(repository, commits, at(seconds));
  assert.deepEqual(await see({ 'v1.0.0': 'a' }, 0), new Map([['v1.0.0', { commit: 'a', at: at(0) }]]));
  assert.deepEqual(
    await see({ 'v1.0.0': 'b', '1.0.0': 'c' }, 9),
    new Map([
      ['1.0.0', { commit: 'c', at: at(9) }],
      ['v1.0.0', { commit: 'a', at: at(0) }],
    ]),
  );
  assert.deepEqual(await see({}, 9), new Map());
  const other = await history.seeTags(`${repository}-fork`, { 'v1.0.0': 'z' }, at(9));
  assert.equal(other.get('v1.0.0')?.commit, 'z');
});

test('what was recorded is there after a restart', async (context) => {
  const directory = await temporaryDirectory(context);
  const storage = await openStorage({ directory });
  const record = recordOf(undefined);
  await storage.history.recordExpectations([record]);
  await storage.history.recordPublications([publicationOf('1.0.0', 0)]);
  await storage.close();
  const again = await openStorage({ directory });
  context.after(() => again.close());
  assert.deepEqual(await again.history.expectations(upstream, 'left'), [record.expectation]);
  assert.equal((await again.history.publications(upstream, 'left')).length, 1);
});
