import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourMs, testUpstream } from '../../test/support/admission-bench.ts';
import { dayMs, startHistory, versionsOf, type HistoryBench } from '../../test/support/history-bench.ts';
import { formatPurl } from '../core/purl.ts';
import { anonymous } from '../core/subject.ts';
import { createAdmission } from './admit.ts';
import { recordExpectations } from './expect.ts';
import { createHistory } from './history.ts';

test('at first sight the nearest earlier versions with attestations are verified: of the line first, stable first, five', async (t) => {
  const bench = await startHistory(t);
  for (const [at, version] of ['1.0.0', '1.1.0', '2.0.0-rc.1', '2.0.0', '2.1.0', '2.2.0'].entries())
    bench.attest(version, 60 - at);
  bench.registry.publish({
    name: 'lib',
    version: '2.1.1',
    publishedAt: new Date(Date.now() - 50 * dayMs).toISOString(),
  });
  bench.attest('2.3.0', 40);
  assert.equal((await bench.admit('lib', '2.3.0')).state, 'allowed');
  assert.deepEqual(bench.asked.toSorted(), ['1.1.0', '2.0.0', '2.0.0-rc.1', '2.1.0', '2.2.0', '2.3.0']);
  assert.deepEqual(versionsOf(bench.told()), ['1.1.0', '2.0.0-rc.1', '2.0.0', '2.1.0', '2.2.0']);
});

test('a package that never had attestations costs no request', async (t) => {
  const bench = await startHistory(t);
  for (const version of ['1.0.0', '1.1.0']) bench.registry.publish({ name: 'lib', version });
  assert.equal((await bench.admit('lib', '1.1.0')).state, 'allowed');
  assert.deepEqual(bench.asked, []);
});

test('a version without attestations is compared with those before it that have them', async (t) => {
  const bench = await startHistory(t);
  bench.attest('1.0.0', 60);
  bench.registry.publish({
    name: 'lib',
    version: '1.0.1',
    publishedAt: new Date(Date.now() - 10 * dayMs).toISOString(),
  });
  await bench.admit('lib', '1.0.1');
  assert.deepEqual(bench.asked, ['1.0.0']);
  assert.deepEqual(versionsOf(bench.told()), ['1.0.0']);
});

test('versions asked for at once share one look at the past', async (t) => {
  const bench = await startHistory(t);
  for (const [at, version] of ['1.0.0', '1.1.0', '1.2.0'].entries()) bench.attest(version, 60 - at);
  const later = Array.from({ length: 6 }, (_, at) => `2.${at}.0`);
  for (const [at, version] of later.entries())
    bench.registry.publish({
      name: 'lib',
      version,
      publishedAt: new Date(Date.now() - (30 - at) * dayMs).toISOString(),
    });
  await Promise.all(later.map((version) => bench.admit('lib', version)));
  assert.deepEqual(bench.asked.toSorted(), ['1.0.0', '1.1.0', '1.2.0']);
});

test('what does not verify is not learned from, and not asked for again within the hour', async (t) => {
  const bench = await startHistory(t);
  bench.attest('1.0.0', 60, { valid: false });
  bench.attest('1.1.0', 50);
  bench.attest('1.2.0', 40);
  bench.attest('1.3.0', 30);
  await bench.admit('lib', '1.2.0');
  assert.deepEqual(versionsOf(bench.told()), ['1.1.0']);
  const before = bench.asked.length;
  await bench.admit('lib', '1.1.0');
  assert.deepEqual(bench.asked.slice(before), ['1.1.0'], 'its own, and no other');
  bench.pass(hourMs);
  assert.equal((await bench.storage.history.publications(testUpstream, 'lib')).length, 2);
  await bench.admit('lib', '1.3.0');
  assert.ok(bench.asked.slice(before + 1).includes('1.0.0'));
});

test('a version that is young, or refused here, does not vouch for the next one', async (t) => {
  const bench = await startHistory(t, {
    deny: [{ ecosystem: 'npm', name: 'lib', versions: '1.0.0', reason: 'stolen' }],
    cooldownHours: 0,
  });
  bench.attest('1.0.0', 60, { repositoryId: '666' });
  bench.attest('1.0.1', 0.1, { repositoryId: '666' });
  bench.attest('1.0.2', 0);
  assert.equal((await bench.admit('lib', '1.0.0')).state, 'refused');
  await bench.admit('lib', '1.0.2');
  assert.deepEqual(bench.asked, ['1.0.2']);
  assert.deepEqual(bench.told().verified, []);
});

test('what was published within days of a version does not vouch for it, however long ago that was', async (t) => {
  const bench = await startHistory(t);
  bench.attest('1.0.0', 60);
  bench.attest('1.1.0', 30, { repositoryId: '666' });
  bench.attest('1.1.1', 29.9, { repositoryId: '666' });
  await bench.admit('lib', '1.1.1');
  assert.deepEqual(versionsOf(bench.told()), ['1.0.0']);
});

test('a version that an index makes older than its signature vouches for none', async (t) => {
  const bench = await startHistory(t);
  bench.attest('1.0.0', 60, { signedDaysAgo: 1 });
  bench.attest('1.0.1', 20);
  await bench.admit('lib', '1.0.1');
  assert.ok(bench.asked.includes('1.0.0'));
  assert.deepEqual(bench.told().verified, []);
});

test('releases that were allowed teach an expectation, which is an entry of the ledger', async (t) => {
  const bench = await startHistory(t);
  for (const [at, version] of ['1.0.0', '1.1.0', '1.2.0'].entries()) bench.attest(version, 60 - at);
  const { history, read } = bench.storage;
  for (const version of ['1.0.0', '1.1.0']) await bench.admit('lib', version);
  assert.deepEqual(await history.expectations(testUpstream, 'lib'), []);
  await bench.admit('lib', '1.2.0');
  const learned = await history.expectations(testUpstream, 'lib');
  assert.deepEqual(
    learned.map(({ line, revision, origin }) => [line, revision, origin]),
    [
      ['*', 1, 'learned'],
      ['1', 1, 'learned'],
    ],
  );
  assert.equal(learned[0]?.identity?.repositoryId, '42');
  assert.deepEqual(learned[0]?.learnedFrom, ['1.0.0', '1.1.0', '1.2.0']);
  const events = (await read.outboxAfter(0, 50)).filter(({ type }) => type === 'expectation/v1');
  assert.equal(events.length, 2);
  const logged = await Promise.all(events.map(({ eventId }) => bench.storage.events.byId(eventId)));
  assert.deepEqual(
    logged.map((event) => event?.previousEventId),
    [undefined, events[0]?.eventId],
  );
  bench.setPolicy({ cooldownHours: 71 });
  await bench.admit('lib', '1.2.0');
  assert.deepEqual(
    await history.expectations(testUpstream, 'lib'),
    learned,
    'asked again it learns nothing new',
  );
});

test('what is held teaches nothing', async (t) => {
  const bench = await startHistory(t, {
    deny: [{ ecosystem: 'npm', name: 'lib', versions: undefined, reason: 'stolen' }],
  });
  const versions = ['1.0.0', '1.1.0', '1.2.0'];
  for (const [at, version] of versions.entries()) bench.attest(version, 60 - at);
  for (const version of versions) assert.equal((await bench.admit('lib', version)).state, 'refused');
  assert.deepEqual(await bench.storage.history.publications(testUpstream, 'lib'), []);
  assert.deepEqual(await bench.storage.history.expectations(testUpstream, 'lib'), []);
});

test('what is refused after it was assessed, with provenance that is true, teaches nothing either', async (t) => {
  const bench = await startHistory(t);
  bench.attest('1.0.0', 60, { foreign: true });
  const refused = await bench.admit('lib', '1.0.0');
  assert.ok(refused.state === 'refused');
  assert.equal(refused.release.evidence.find(({ kind }) => kind === 'provenance')?.result, 'pass');
  assert.deepEqual(await bench.storage.history.publications(testUpstream, 'lib'), []);
});

test('what policy only watches, and would have refused, teaches nothing', async (t) => {
  const bench = await startHistory(t, { preset: 'observe' });
  const versions = ['1.0.0', '1.1.0', '1.2.0'];
  const foreign = [false, true, 'warn'] as const;
  for (const [at, version] of versions.entries())
    bench.attest(version, 60 - at, { foreign: foreign[at] ?? false });
  for (const version of versions) assert.equal((await bench.admit('lib', version)).state, 'allowed');
  const taught = await bench.storage.history.publications(testUpstream, 'lib');
  assert.deepEqual(
    taught.map(({ publication }) => publication.version),
    ['1.0.0'],
  );
});

test('a learning that was lost is made up for by the next decision about the release', async (t) => {
  const bench = await startHistory(t);
  bench.attest('1.0.0', 60);
  let fails = true;
  const records: typeof bench.storage.history = {
    ...bench.storage.history,
    recordPublications: (given) =>
      fails ? Promise.reject(new Error('killed')) : bench.storage.history.recordPublications(given),
  };
  const rooms = { ...bench.rooms, collectors: bench.rooms.collectors, records };
  const admission = createAdmission({ ...rooms, history: createHistory(rooms) });
  const request = {
    upstream: testUpstream,
    name: 'lib',
    file: bench.file('lib', '1.0.0'),
    principal: anonymous,
  };
  await assert.rejects(admission.admit(request), /killed/);
  fails = false;
  assert.equal((await admission.admit(request)).state, 'allowed', 'the decision itself is on record');
  assert.deepEqual(await records.publications(testUpstream, 'lib'), []);
  bench.setPolicy({ cooldownHours: 71 });
  assert.equal((await bench.admit('lib', '1.0.0')).state, 'allowed');
  assert.equal((await records.publications(testUpstream, 'lib')).length, 1);
});

test('what an index advertised once is remembered after it was stripped', async (t) => {
  const bench = await startHistory(t);
  bench.attest('1.0.0', 60);
  bench.attest('1.1.0', 50);
  await bench.admit('lib', '1.0.0');
  bench.registry.strip('lib', '1.1.0', ['attestations', 'signatures']);
  bench.pass(hourMs);
  await bench.admit('lib', '1.1.0');
  const { advertised } = bench.told();
  assert.ok(advertised.attestedAt !== undefined && advertised.signedAt !== undefined);
  assert.ok(bench.asked.includes('1.1.0'), 'and asked for all the same');
});

test('what the same account published within a day is told, but not what everybody publishes from CI', async (t) => {
  const bench = await startHistory(t, { cooldownHours: 0 });
  const publish = (name: string, hoursAgo: number, ci: boolean): void => {
    const at = (hours: number): string => new Date(Date.now() - hours * hourMs).toISOString();
    const trusted = ci ? { trustedPublisher: { id: 'github', oidcConfigId: 'x' } } : {};
    bench.registry.publish({ name, version: '1.0.0', publishedAt: at(900) });
    const publisher = { name: ci ? 'the CI' : 'jane', ...trusted };
    bench.registry.publish({ name, version: '1.0.1', publishedAt: at(hoursAgo), publisher });
  };
  publish('one', 10, false);
  publish('two', 9, false);
  publish('far', 100, false);
  publish('three', 10, true);
  publish('four', 9, true);
  for (const name of ['one', 'two', 'far', 'three']) await bench.admit(name, '1.0.1');
  await bench.admit('one', '1.0.0');
  await bench.admit('two', '1.0.0');
  publish('last', 8, false);
  await bench.admit('last', '1.0.1');
  assert.deepEqual(
    bench.told().ofSamePublisher.map(({ name }) => name),
    ['one', 'two'],
  );
  await bench.admit('four', '1.0.1');
  assert.deepEqual(bench.told().ofSamePublisher, []);
});

/** As an operator does: `identity` undefined is forgetting. */
async function decree(bench: HistoryBench, repositoryId: string | undefined): Promise<void> {
  const rooms = { ...bench.rooms, records: bench.storage.history };
  const of = { upstream: testUpstream, name: 'lib', purl: formatPurl('npm', 'lib') };
  const recorded = await recordExpectations(rooms, of, (inForce) =>
    inForce.map((one) => ({
      ...one,
      revision: one.revision + 1,
      origin: 'set',
      standing: 'provisional',
      identity: repositoryId === undefined ? undefined : one.identity && { ...one.identity, repositoryId },
      at: bench.rooms.clock().toISOString(),
    })),
  );
  assert.ok(recorded.length > 0);
}

test('what a person sets is what the next decision about a refused release goes by', async (t) => {
  const bench = await startHistory(t);
  for (const [at, version] of ['1.0.0', '1.1.0', '1.2.0'].entries()) bench.attest(version, 60 - at);
  bench.attest('1.3.0', 10, { repositoryId: '43' });
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) await bench.admit('lib', version);
  const refused = await bench.admit('lib', '1.3.0');
  assert.ok(refused.state === 'refused');
  assert.ok(refused.release.decision.reasons.some(({ rule }) => rule === 'npm/source-changed'));
  await decree(bench, '43');
  bench.setPolicy({ cooldownHours: 71 });
  assert.equal((await bench.admit('lib', '1.3.0')).state, 'allowed');
  assert.equal((await bench.admit('lib', '1.2.0')).state, 'allowed', 'what was admitted stays so');
  const { publications, expectations } = bench.storage.history;
  assert.equal((await publications(testUpstream, 'lib')).length, 4);
  assert.ok((await expectations(testUpstream, 'lib')).every(({ origin }) => origin === 'set'));
});

test('what was forgotten is neither compared with nor fetched again, and learned anew from what is published later', async (t) => {
  const bench = await startHistory(t);
  // One more than are asked for at once: it stays unknown, and must stay so.
  const early = ['0.1.0', '0.2.0', '0.3.0', '0.4.0', '0.5.0', '0.6.0'];
  for (const [at, version] of early.entries()) bench.attest(version, 90 - at);
  for (const [at, version] of ['1.0.0', '1.1.0', '1.2.0'].entries()) bench.attest(version, 60 - at);
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) await bench.admit('lib', version);
  assert.ok(!bench.asked.includes('0.1.0'));
  await decree(bench, undefined);
  for (const [at, version] of ['2.0.0', '2.1.0', '2.2.0'].entries())
    bench.attest(version, -1 - at, { repositoryId: '43' });
  bench.pass(30 * dayMs);
  const before = bench.asked.length;
  for (const version of ['2.0.0', '2.1.0', '2.2.0'])
    assert.equal((await bench.admit('lib', version)).state, 'allowed');
  assert.deepEqual(bench.asked.slice(before), ['2.0.0', '2.1.0', '2.2.0']);
  assert.deepEqual(versionsOf(bench.told()), ['2.0.0', '2.1.0']);
  const [whole] = await bench.storage.history.expectations(testUpstream, 'lib');
  assert.deepEqual([whole?.line, whole?.identity?.repositoryId, whole?.revision], ['*', '43', 3]);
});

test('decisions that learn at once leave one chain of revisions', async (t) => {
  const bench = await startHistory(t);
  const versions = Array.from({ length: 8 }, (_, at) => `1.${at}.0`);
  for (const [at, version] of versions.entries()) bench.attest(version, 60 - at);
  await Promise.all(versions.map((version) => bench.admit('lib', version)));
  const revisions = await bench.storage.history.expectationHistory(testUpstream, 'lib');
  const events = await Promise.all(revisions.map(({ eventId }) => bench.storage.events.byId(eventId)));
  assert.ok(events.length >= 2);
  assert.equal(new Set(events.map((event) => event?.previousEventId)).size, events.length);
});
