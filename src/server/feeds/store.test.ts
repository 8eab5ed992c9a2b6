import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { canary, feedBench, feedZip, request } from '../../../test/support/feed-bench.ts';
import { osvJson, sampleModified, zipOf } from '../../../test/support/osv.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import type { Sha256 } from '../../core/digest.ts';
import { localOperator } from '../../core/subject.ts';
import { noLists } from './lists.ts';

const holed = osvJson('GHSA-aaaa-aaaa-aaaa', 'holed', { aliases: ['CVE-2026-1111'] });
const evil = osvJson('MAL-2026-1', 'evil', {
  affected: [{ package: { ecosystem: 'npm', name: 'evil' } }],
});
const ids = (matches: readonly { readonly id: string }[]): readonly string[] => matches.map(({ id }) => id);

test('an imported feed answers at once, after a restart as well, and is an entry of the ledger', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  assert.equal(feeds.current('npm').feed, undefined);
  const path = await bench.write('all.zip', feedZip([holed, evil]));
  const { feed, changed } = await feeds.importFrom(request(path), localOperator);
  assert.deepEqual(
    [feed.records, feed.malicious, feed.source, feed.canary, feed.newestAt, changed],
    [3, 1, 'all.zip', 'matched', sampleModified, 3],
  );
  assert.deepEqual(bench.changes, [{ ecosystem: 'npm', names: ['evil', 'holed', 'lodash'] }]);
  assert.deepEqual(await readdir(join(bench.directory, 'data', 'incoming-feeds')), []);
  const restarted = await bench.open();
  for (const one of [feeds, restarted]) {
    assert.equal(one.current('npm').feed?.digest, feed.digest);
    assert.deepEqual(ids(one.current('npm').match('evil', '1.0.0')), ['MAL-2026-1']);
    assert.deepEqual(ids(one.current('npm').match('holed', '2.0.0')), []);
    assert.equal(one.current('pypi').feed, undefined);
  }
  assert.equal(await bench.storage.events.newestOfChain(JSON.stringify(['feeds'])), feed.entry);
});

test('what cannot be the feed is refused with its code, and the one before stays in force', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const good = feedZip([holed, evil]);
  const { feed } = await feeds.importFrom(request(await bench.write('good.zip', good)), localOperator);
  const damaged = Buffer.from(good);
  damaged.fill(0, 60, 100);
  const other = osvJson('PYSEC-1', 'flask', {
    affected: [{ package: { ecosystem: 'PyPI', name: 'flask' }, versions: ['1.0'] }],
  });
  const member = (text: string): { readonly name: string; readonly text: string } => ({
    name: 'x.json',
    text,
  });
  const withdrawn = { ...canary, withdrawn: sampleModified };
  const older = { modified: '2020-01-01T00:00:00Z' };
  const cases: readonly (readonly [string, Uint8Array | string, ErrorCode])[] = [
    ['no archive', 'this is no archive', 'FEED_UNREADABLE'],
    ['nothing', '', 'FEED_UNREADABLE'],
    ['a damaged archive', damaged, 'FEED_UNREADABLE'],
    ['a truncated archive', good.subarray(0, good.length - 40), 'FEED_UNREADABLE'],
    ['half an archive', good.subarray(0, good.length / 2), 'FEED_UNREADABLE'],
    ['an archive of no records', zipOf([{ name: 'README.md', text: 'x' }]), 'FEED_EMPTY'],
    ['withdrawn records alone', zipOf([member(JSON.stringify(withdrawn))]), 'FEED_EMPTY'],
    ['another ecosystem', zipOf([member(JSON.stringify(other))]), 'FEED_ECOSYSTEM_WRONG'],
    ['records that are none', zipOf([member('{"id":')]), 'FEED_UNREADABLE'],
    ['deep JSON', zipOf([member('['.repeat(1_000_000))]), 'FEED_UNREADABLE'],
    [
      'no canary',
      zipOf([holed, evil].map((one, n) => ({ name: `${n}.json`, text: JSON.stringify(one) }))),
      'FEED_CANARY_MISSED',
    ],
    ['less than half', feedZip([]), 'FEED_SHRANK'],
    [
      'an older feed',
      zipOf(
        [canary, holed, evil].map((one, n) => ({
          name: `${n}.json`,
          text: JSON.stringify({ ...one, ...older }),
        })),
      ),
      'FEED_SHRANK',
    ],
  ];
  for (const [what, content, code] of cases) {
    const path = await bench.write('bad.zip', content);
    await assert.rejects(feeds.importFrom(request(path), localOperator), { code }, what);
    assert.equal(feeds.current('npm').feed?.digest, feed.digest, what);
  }
  await assert.rejects(feeds.importFrom(request('/nowhere/all.zip'), localOperator), {
    code: 'FEED_UNREADABLE',
  });
  await assert.rejects(feeds.importFrom(request('all.zip'), localOperator), { code: 'REQUEST_INVALID' });
  assert.equal(feeds.status().importing, undefined);
  assert.equal(await bench.storage.events.newestOfChain(JSON.stringify(['feeds'])), feed.entry);
  const small = await bench.write('small.zip', feedZip([]));
  await feeds.importFrom(request(small, { allowShrink: true }), localOperator);
  assert.equal(feeds.current('npm').feed?.records, 1);
});

test('what records say is data: no control character reaches a terminal, and no name another meaning', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const nasty = osvJson('GHSA-nnnn-nnnn-nnnn', '__proto__', { summary: '\u001b[2J\u202e"],["lodash"\n' });
  const broken = osvJson('x\u001b]0;', 'y');
  const many = Array.from({ length: 20 }, (_, n) => osvJson(`GHSA-${n}`, `p${n}`));
  const path = await bench.write('\u202eall.zip', feedZip([nasty, broken, ...many]));
  const { feed, reasons } = await feeds.importFrom(request(path), localOperator);
  assert.equal(feed.refused, 1);
  assert.deepEqual(ids(feeds.current('npm').match('__proto__', '1.0.0')), ['GHSA-nnnn-nnnn-nnnn']);
  assert.deepEqual(ids(feeds.current('npm').match('constructor', '1.0.0')), []);
  for (const text of [feed.source, ...reasons]) assert.doesNotMatch(text, /[\p{Cc}\u202e]/u);
});

test('only one import at a time', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const many = Array.from({ length: 3000 }, (_, n) => osvJson(`GHSA-${n}`, `p${n}`));
  const path = await bench.write('all.zip', feedZip(many));
  const first = feeds.importFrom(request(path), localOperator);
  await assert.rejects(
    (async () => {
      while (feeds.status().importing === undefined) await Promise.resolve();
      return feeds.importFrom(request(path), localOperator);
    })(),
    { code: 'FEED_BUSY' },
  );
  await first;
  assert.equal(feeds.current('npm').feed?.records, 3001);
});

test('changes are taken alone: from records beside each other, or from an archive; a missing one refuses all', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  await feeds.importFrom(request(await bench.write('all.zip', feedZip([holed, evil]))), localOperator);
  const later = '2026-11-20T08:00:00.000Z';
  const fixed = { ...holed, modified: later, withdrawn: later };
  const fresh = osvJson('MAL-2026-2', 'worse', { modified: later, affected: evil['affected'] ?? [] });
  const delta = await bench.write(
    'modified_id.csv',
    `${later},GHSA-aaaa-aaaa-aaaa\n${later},MAL-2026-2\n${sampleModified},MAL-2026-1\n`,
  );
  await bench.write('GHSA-aaaa-aaaa-aaaa.json', JSON.stringify(fixed));
  await assert.rejects(feeds.importFrom(request(bench.directory, { delta }), localOperator), {
    code: 'FEED_UNREADABLE',
  });
  assert.deepEqual(ids(feeds.current('npm').match('holed', '1.0.0')), ['GHSA-aaaa-aaaa-aaaa']);
  await bench.write('MAL-2026-2.json', JSON.stringify(fresh));
  bench.changes.length = 0;
  await feeds.importFrom(request(bench.directory, { delta }), localOperator);
  assert.deepEqual(bench.changes, [{ ecosystem: 'npm', names: ['evil', 'holed'] }]);
  assert.deepEqual(ids(feeds.current('npm').match('holed', '1.0.0')), []);
  assert.deepEqual(ids(feeds.current('npm').match('evil', '1.0.0')), ['MAL-2026-1', 'MAL-2026-2']);
  const again = await feeds.importFrom(request(bench.directory, { delta }), localOperator);
  assert.equal(again.isSame, true);
});

test('without a feed, changes are nothing to begin with', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const delta = await bench.write('modified_id.csv', '');
  await assert.rejects(feeds.importFrom(request(bench.directory, { delta }), localOperator), {
    code: 'FEED_UNREADABLE',
  });
});

test('EPSS and KEV are joined by CVE, stay when a feed comes without them, and survive a restart', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const csv =
    '#model_version:v2026.01.01,score_date:2026-11-19T00:00:00+0000\ncve,epss,percentile\nCVE-2026-1111,0.5,0.9\nCVE-2026-2222,0.1,0.2\n';
  const epss = await bench.write('epss.csv.gz', gzipSync(csv));
  const kev = await bench.write(
    'kev.json',
    JSON.stringify({
      catalogVersion: '2026.11.19',
      vulnerabilities: [{ cveID: 'CVE-2026-1111', dateAdded: '2026-11-18' }],
    }),
  );
  const path = await bench.write('all.zip', feedZip([holed, evil]));
  await feeds.importFrom(request(path), localOperator);
  bench.changes.length = 0;
  await feeds.importFrom(request(path, { lists: { epss, kev, popular: undefined } }), localOperator);
  assert.deepEqual(bench.changes, [{ ecosystem: 'npm', names: ['holed'] }]);
  await feeds.importFrom(request(path), localOperator);
  for (const one of [feeds, await bench.open()]) {
    const [match] = one.current('npm').match('holed', '1.0.0');
    assert.deepEqual(match?.epss, { score: 0.5, percentile: 0.9, model: 'v2026.01.01' });
    assert.equal(match?.kev?.added, '2026-11-18');
  }
  const wrong = await bench.write('kev.json', '{}');
  await assert.rejects(
    feeds.importFrom(request(path, { lists: { ...noLists, kev: wrong } }), localOperator),
    {
      code: 'FEED_UNREADABLE',
    },
  );
});

test('popular names are joined beside, come alone as well, and tell of the packages they concern', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const names = async (...all: readonly string[]): Promise<string> =>
    bench.write('popular.json', JSON.stringify(all));
  const lists = { ...noLists, popular: await names('evil', 'constructor') };
  const alone = request(undefined, { lists });
  await assert.rejects(feeds.importFrom(alone, localOperator), { code: 'REQUEST_INVALID' });
  assert.equal(feeds.popular('npm').size, 0);
  const path = await bench.write('all.zip', feedZip([holed, evil]));
  const { feed: plain } = await feeds.importFrom(request(path), localOperator);
  bench.changes.length = 0;
  bench.now.at = '2026-11-21T12:00:00.000Z';
  const { feed } = await feeds.importFrom(alone, localOperator);
  assert.deepEqual(bench.changes, [{ ecosystem: 'npm', names: ['evil'] }]);
  assert.notEqual(feed.entry, plain.entry);
  assert.deepEqual({ ...feed, entry: '', popular: undefined }, { ...plain, entry: '', popular: undefined });
  assert.equal((await feeds.importFrom(alone, localOperator)).isSame, true);
  await feeds.importFrom(request(path), localOperator);
  for (const one of [feeds, await bench.open()]) {
    assert.deepEqual([...one.popular('npm')], ['evil', 'constructor']);
    assert.equal(one.popular('npm').has('toString'), false);
    assert.equal(one.popular('pypi').size, 0);
    assert.equal(one.status().popular.get('npm'), 2);
  }
  await names('holed');
  bench.changes.length = 0;
  await feeds.importFrom(alone, localOperator);
  assert.deepEqual(bench.changes, [{ ecosystem: 'npm', names: ['evil', 'holed'] }]);
  await bench.write('popular.json', '[]');
  await assert.rejects(feeds.importFrom(alone, localOperator), { code: 'FEED_UNREADABLE' });
  assert.deepEqual([...feeds.popular('npm')], ['holed']);
});

test('a first import with every list tells of every package that it says something about', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const popular = await bench.write('popular.json', '["evil", "unheard-of"]');
  const path = await bench.write('all.zip', feedZip([holed, evil]));
  await feeds.importFrom(request(path, { lists: { ...noLists, popular } }), localOperator);
  assert.deepEqual(bench.changes, [{ ecosystem: 'npm', names: ['evil', 'holed', 'lodash'] }]);
});

test('a list whose bytes were lost is told, and is mended by its next import', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const lists = { ...noLists, popular: await bench.write('popular.json', '["evil"]') };
  const whole = request(await bench.write('all.zip', feedZip([evil])), { lists });
  const { feed } = await feeds.importFrom(whole, localOperator);
  assert.ok(feed.popular !== undefined);
  await bench.storage.blobs.remove(feed.popular);
  const lost = await bench.open();
  assert.match(lost.problems().join(), /the feed of npm is lost/);
  await lost.importFrom(request(undefined, { lists }), localOperator);
  assert.deepEqual(lost.problems(), []);
  assert.deepEqual([...(await bench.open()).popular('npm')], ['evil']);
});

test('a snapshot whose bytes were lost or changed is no feed, and the gate says so', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const { feed } = await feeds.importFrom(
    request(await bench.write('all.zip', feedZip([evil]))),
    localOperator,
  );
  const path = await bench.storage.blobs.path(feed.digest);
  assert.ok(path !== undefined);
  await bench.storage.blobs.remove(feed.digest);
  const lost = await bench.open();
  assert.equal(lost.current('npm').feed, undefined);
  assert.match(lost.problems().join(), /the feed of npm is lost \(FEED_SNAPSHOT_INVALID/);
  await writeFile(path, randomBytes(100));
  const changed = await bench.open();
  assert.equal(changed.current('npm').feed, undefined);
  assert.match(changed.problems().join(), /is lost/);
  // An import mends it, whatever the state on record says.
  await bench.storage.blobs.remove(feed.digest);
  await changed.importFrom(request(await bench.write('all.zip', feedZip([evil]))), localOperator);
  assert.deepEqual(changed.problems(), []);
});

test('an override ends by itself, is on record with its reason, and can be ended before', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const which = { id: 'MAL-2026-1', name: 'evil', version: undefined };
  const until = '2026-12-01T00:00:00.000Z';
  await feeds.addOverride({ ...which, reason: 'listed by mistake', until }, localOperator);
  assert.deepEqual(bench.changes, [{ ecosystem: undefined, names: ['evil'] }]);
  const [override] = (await bench.open()).overrides();
  assert.deepEqual(override, {
    ...which,
    reason: 'listed by mistake',
    by: localOperator.name,
    from: bench.now.at,
    until,
  });
  await feeds.addOverride({ ...which, reason: 'longer', until: '2027-01-01T00:00:00.000Z' }, localOperator);
  assert.equal(feeds.overrides().length, 1);
  bench.now.at = '2027-01-01T00:00:00.000Z';
  assert.deepEqual(feeds.overrides(), []);
  await assert.rejects(feeds.endOverride(which, localOperator), { code: 'FEED_OVERRIDE_UNKNOWN' });
  for (const wrong of ['2027-01-01T00:00:00.000Z', '2029-01-01T00:00:00.000Z', 'tomorrow'])
    await assert.rejects(feeds.addOverride({ ...which, reason: 'x', until: wrong }, localOperator), {
      code: 'REQUEST_INVALID',
    });
  await feeds.addOverride({ ...which, reason: 'x', until: '2027-02-01T00:00:00.000Z' }, localOperator);
  await feeds.endOverride(which, localOperator);
  assert.deepEqual(feeds.overrides(), []);
});

test('a snapshot that was in force stays for a while, and not for ever; one that is in force again stays', async (t) => {
  const bench = await feedBench(t);
  const feeds = await bench.open();
  const digests: Sha256[] = [];
  for (let n = 0; n < 11; n += 1) {
    const record = osvJson(`GHSA-${n === 10 ? 3 : n}`, 'one');
    const path = await bench.write('all.zip', feedZip([record]));
    digests.push((await feeds.importFrom(request(path), localOperator)).feed.digest);
  }
  assert.equal(digests[10], digests[3]);
  const kept = await Promise.all(digests.map((digest) => bench.storage.blobs.path(digest)));
  assert.deepEqual(
    kept.map((path) => path !== undefined),
    [false, true, ...Array.from({ length: 9 }, () => true)],
  );
});
