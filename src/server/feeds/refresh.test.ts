import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { feedBench, feedZip, request, type FeedBench } from '../../../test/support/feed-bench.ts';
import { osvJson, sampleModified } from '../../../test/support/osv.ts';
import { localOperator } from '../../core/subject.ts';
import type { FeedSettings } from '../config/settings.ts';
import type { Feeds } from './for-gate.ts';

const base = 'https://feeds.example.com/npm/';
const settings: FeedSettings = {
  ecosystem: 'npm',
  url: `${base}all.zip`,
  refreshEveryMs: 86_400_000,
  epssUrl: undefined,
  kevUrl: undefined,
  popular: undefined,
};
const holed = osvJson('GHSA-aaaa-aaaa-aaaa', 'holed');
const later = '2026-11-20T08:00:00.000Z';

async function refreshed(bench: FeedBench): Promise<Feeds> {
  const feeds = await bench.open([settings]);
  while (feeds.refreshed().length === 0) await wait(10);
  return feeds;
}

async function bench(t: TestContext): Promise<FeedBench> {
  const made = await feedBench(t);
  made.served.set(`${base}all.zip`, feedZip([holed]));
  return made;
}

test('a configured feed is fetched whole the first time, and then only what changed', async (t) => {
  const world = await bench(t);
  const first = await refreshed(world);
  assert.deepEqual(world.asked, [`${base}all.zip`]);
  assert.equal(first.current('npm').feed?.source, `${base}all.zip`);
  const fresh = osvJson('GHSA-bbbb-bbbb-bbbb', 'other', { modified: later });
  world.served.set(
    `${base}modified_id.csv`,
    Buffer.from(`${later},GHSA-bbbb-bbbb-bbbb\n${sampleModified},GHSA-aaaa-aaaa-aaaa\n`),
  );
  world.served.set(`${base}GHSA-bbbb-bbbb-bbbb.json`, Buffer.from(JSON.stringify(fresh)));
  world.asked.length = 0;
  const second = await refreshed(world);
  assert.deepEqual(world.asked, [`${base}modified_id.csv`, `${base}GHSA-bbbb-bbbb-bbbb.json`]);
  assert.equal(second.current('npm').feed?.newestAt, later);
  assert.equal(second.current('npm').match('other', '1.0.0').length, 1);
});

test('the lists that are configured come with it; one that did not change makes no entry', async (t) => {
  const world = await bench(t);
  const popular = `${base}names.json`;
  world.served.set(popular, Buffer.from('["holed"]'));
  world.served.set(`${base}modified_id.csv`, Buffer.from(`${sampleModified},GHSA-aaaa-aaaa-aaaa\n`));
  const open = async (): Promise<Feeds> => {
    const feeds = await world.open([{ ...settings, popular }]);
    while (feeds.refreshed().length === 0) await wait(10);
    return feeds;
  };
  const first = await open();
  assert.deepEqual([...first.popular('npm')], ['holed']);
  const entry = first.status().feeds[0]?.entry;
  assert.equal((await open()).status().feeds[0]?.entry, entry);
  world.served.set(popular, Buffer.from('["other"]'));
  const third = await open();
  assert.deepEqual([...third.popular('npm')], ['other']);
  assert.notEqual(third.status().feeds[0]?.entry, entry);
});

test('a refresh that fails changes nothing, and is told', async (t) => {
  const world = await bench(t);
  const first = await refreshed(world);
  const digest = first.current('npm').feed?.digest;
  world.served.clear();
  const second = await refreshed(world);
  assert.equal(second.refreshed()[0]?.problem?.code, 'FEED_UNREADABLE');
  assert.equal(second.current('npm').feed?.digest, digest);
  assert.match(second.problems().join(), /could not be refreshed \(FEED_UNREADABLE\)/);
});

test('a list of changes that cannot be read whole leads to the whole feed', async (t) => {
  const world = await bench(t);
  await refreshed(world);
  world.served.set(`${base}modified_id.csv`, Buffer.from('<html>\n'));
  world.asked.length = 0;
  await refreshed(world);
  assert.deepEqual(world.asked, [`${base}modified_id.csv`, `${base}all.zip`]);
});

test('a feed is not fetched over plain http, and one that is old is told by its newest record', async (t) => {
  const world = await bench(t);
  const feeds = await world.open();
  await assert.rejects(feeds.importFrom(request('http://feeds.example.com/all.zip'), localOperator), {
    code: 'REQUEST_INVALID',
  });
  assert.deepEqual(world.asked, []);
  await feeds.importFrom(request(await world.write('all.zip', feedZip([holed]))), localOperator);
  assert.deepEqual(feeds.problems(), []);
  world.now.at = '2026-11-25T06:00:00.001Z';
  assert.match(feeds.problems().join(), /newest record for npm is 5 days old/);
});
