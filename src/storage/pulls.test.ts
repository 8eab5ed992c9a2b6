import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { at, recordOf, temporaryDirectory } from '../../test/support/storage-records.ts';
import type { Pull, Puller } from '../core/pull.ts';
import type { ReleaseId } from '../core/subject.ts';
import { createAdmissionStore } from './admission-store.ts';
import { closeDatabase, openDatabase, type OpenDatabase } from './open.ts';
import { createPullStore, type NewPull, type PullStore } from './pulls.ts';

interface Opened {
  readonly database: OpenDatabase;
  readonly pulls: PullStore;
  readonly release: (name: string, version?: string) => Promise<ReleaseId>;
}

async function opened(context: TestContext, pullersAtMost?: number): Promise<Opened> {
  const database = await openDatabase(join(await temporaryDirectory(context), 'assay.db'));
  context.after(() => closeDatabase(database));
  const { db, queue } = database;
  const admission = createAdmissionStore(db, queue, () => {});
  const pulls = createPullStore(db, queue, pullersAtMost);
  await pulls.begin(at(0));
  const release: Opened['release'] = async (name, version = '1.0.0') => {
    const record = recordOf({ name, version, outcome: 'allow', event: false });
    await admission.recordDecision(record);
    return record.release.id;
  };
  return { database, pulls, release };
}

const ci: Puller = { kind: 'robot', name: 'ci' };
const desk: Puller = { kind: 'address', name: '192.0.2.7' };

function pull(releaseId: ReleaseId, puller: Puller, seconds: number, count = 1): NewPull {
  return { releaseId, puller, firstAt: at(seconds), lastAt: at(seconds), count };
}

let batches = 0;
function batch(pulls: readonly NewPull[], lost = 0) {
  batches += 1;
  return { id: `batch ${batches}`, pulls, lost };
}

function shown({ puller, firstAt, lastAt, count }: Pull): readonly unknown[] {
  return [puller.kind, puller.name, firstAt, lastAt, count];
}

test('each puller of a release has one row: its first time, its last, how often', async (context) => {
  const { pulls, release } = await opened(context);
  const [bad, other] = [await release('bad'), await release('other')];
  await pulls.record(batch([pull(bad, ci, 10), pull(bad, desk, 20, 3), pull(other, ci, 30)]));
  await pulls.record(batch([pull(bad, ci, 40, 2)]));
  await pulls.record(batch([pull(bad, ci, 5)]));
  const found = await pulls.of([bad], 10);
  assert.deepEqual(found.pulls.map(shown), [
    ['robot', 'ci', at(5), at(40), 4],
    ['address', '192.0.2.7', at(20), at(20), 3],
  ]);
  assert.deepEqual(
    found.pulls.map(({ purl, file, upstream }) => [purl, file, upstream]),
    Array.from({ length: 2 }, () => ['pkg:npm/bad@1.0.0', 'bad-1.0.0.tgz', 'npm']),
  );
  assert.equal(found.more, 0);
  assert.deepEqual((await pulls.of([bad, other, bad], 2)).more, 1);
  assert.deepEqual(
    (await pulls.of([other], 10)).pulls.map(({ releaseId }) => releaseId),
    [other],
  );
  assert.deepEqual(await pulls.of([], 10), { pulls: [], more: 0 });
});

test('a token and an address of the same name are two pullers', async (context) => {
  const { pulls, release } = await opened(context);
  const id = await release('bad');
  await pulls.record(batch([pull(id, ci, 1), pull(id, { kind: 'address', name: 'ci' }, 1)]));
  assert.equal((await pulls.of([id], 10)).pulls.length, 2);
});

test('a batch that is offered again is not counted again', async (context) => {
  const { pulls, release } = await opened(context);
  const id = await release('bad');
  const once = batch([pull(id, ci, 1, 5)], 2);
  await Promise.all([pulls.record(once), pulls.record(once)]);
  assert.equal((await pulls.of([id], 10)).pulls[0]?.count, 5);
  assert.deepEqual(await pulls.state(), { since: at(0), lost: 2 });
});

test('batches that are recorded at once lose nothing of each other', async (context) => {
  const { pulls, release } = await opened(context);
  const ids = await Promise.all(Array.from({ length: 70 }, (_, n) => release(`pkg-${n}`)));
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      pulls.record(
        batch(
          ids.map((id) => pull(id, ci, n), 1),
          1,
        ),
      ),
    ),
  );
  const { pulls: rows } = await pulls.of(ids, 1000);
  assert.equal(rows.length, 70);
  assert.ok(rows.every((row) => row.count === 20 && row.firstAt === at(0) && row.lastAt === at(19)));
  assert.equal((await pulls.state()).lost, 20);
});

test('a release that is not on record is left out, and harms no other of its batch', async (context) => {
  const { pulls, release } = await opened(context);
  const id = await release('bad');
  const gone = 'ab'.repeat(20) as ReleaseId;
  await pulls.record(batch([pull(gone, ci, 1), pull(id, ci, 1)]));
  assert.equal((await pulls.of([id], 10)).pulls.length, 1);
  assert.deepEqual(await pulls.of([gone], 10), { pulls: [], more: 0 });
});

test('beyond its bound a release counts pullers as others, and goes on counting those it has', async (context) => {
  const { pulls, release } = await opened(context, 3);
  const [id, calm] = [await release('popular'), await release('calm')];
  const from = (n: number, seconds: number): NewPull =>
    pull(id, { kind: 'address', name: `192.0.2.${n}` }, seconds);
  await pulls.record(batch([from(1, 1), from(2, 2), from(3, 3), from(4, 4), pull(calm, ci, 4)]));
  await pulls.record(batch([from(5, 5), from(1, 6)]));
  await pulls.record(batch([from(2, 7)]));
  const found = await pulls.of([id], 10);
  assert.deepEqual(found.pulls.map(shown), [
    ['address', '192.0.2.2', at(2), at(7), 2],
    ['address', '192.0.2.1', at(1), at(6), 2],
    ['others', '', at(4), at(5), 2],
    ['address', '192.0.2.3', at(3), at(3), 1],
  ]);
  assert.equal(found.more, 0);
  assert.equal((await pulls.of([id], 1)).more, 3);
  assert.equal((await pulls.of([calm], 10)).pulls.length, 1);
});

test('when recording began is said once, and nothing is recorded before that', async (context) => {
  const database = await openDatabase(join(await temporaryDirectory(context), 'assay.db'));
  context.after(() => closeDatabase(database));
  const pulls = createPullStore(database.db, database.queue);
  assert.deepEqual(await pulls.state(), { since: undefined, lost: 0 });
  await assert.rejects(pulls.record(batch([])), { code: 'STORAGE_FAILED' });
  await pulls.begin(at(1));
  await pulls.begin(at(9));
  assert.equal((await pulls.state()).since, at(1));
});

test('rows live as long as their release', async (context) => {
  const { database, pulls, release } = await opened(context);
  const id = await release('bad');
  await pulls.record(batch([pull(id, ci, 1)]));
  await database.queue.write(async (db) => {
    await db.deleteFrom('decisions').where('release_id', '=', id).execute();
    await db.deleteFrom('releases').where('id', '=', id).execute();
  });
  for (const table of ['pulls', 'pulled_releases'] as const) {
    assert.deepEqual(await database.db.selectFrom(table).selectAll().execute(), [], table);
  }
});

test('however pulls are spread over batches, the sums are those of all of them', async (context) => {
  const { pulls, release, database } = await opened(context);
  const ids = await Promise.all(['a', 'b', 'c'].map((name) => release(name)));
  const arbitrary = fc.array(
    fc.dictionary(
      fc.constantFrom('0 x', '0 y', '1 x', '2 z'),
      fc.record({ seconds: fc.nat(1000), count: fc.integer({ min: 1, max: 9 }) }),
    ),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(arbitrary, async (given) => {
      for (const table of ['pulls', 'pulled_releases'] as const)
        await database.queue.write((db) => db.deleteFrom(table).execute());
      const expected = new Map<string, { first: string; last: string; count: number }>();
      for (const one of given) {
        const offered = Object.entries(one).map(([key, { seconds, count }]) => {
          const before = expected.get(key) ?? { first: at(seconds), last: at(seconds), count: 0 };
          expected.set(key, {
            first: at(seconds) < before.first ? at(seconds) : before.first,
            last: at(seconds) > before.last ? at(seconds) : before.last,
            count: before.count + count,
          });
          const id = ids[Number(key[0])];
          assert.ok(id !== undefined);
          return pull(id, { kind: 'robot', name: key.slice(2) }, seconds, count);
        });
        await pulls.record(batch(offered));
      }
      const found = await pulls.of(ids, 100);
      assert.deepEqual(
        new Map(
          found.pulls.map(({ releaseId, puller, firstAt, lastAt, count }) => [
            `${ids.indexOf(releaseId)} ${puller.name}`,
            { first: firstAt, last: lastAt, count },
          ]),
        ),
        expected,
      );
    }),
    { numRuns: 40 },
  );
});
