import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { CompiledQuery, type Kysely } from 'kysely';
import { recordOf, temporaryDirectory } from '../../test/support/storage-records.ts';
import { AssayError } from '../core/errors.ts';
import { closeDatabase, openDatabase, openStorage, type OpenDatabase } from './open.ts';
import type { Schema } from './schema.ts';
import { createWriteQueue } from './write-queue.ts';

async function opened(context: TestContext, batch = 128): Promise<OpenDatabase> {
  const database = await openDatabase(join(await temporaryDirectory(context), 'assay.db'), { batch });
  context.after(() => closeDatabase(database));
  return database;
}

async function put(db: Kysely<Schema>, key: string, value = ''): Promise<void> {
  await db.insertInto('settings').values({ key, value }).execute();
}

async function keys(db: Kysely<Schema>): Promise<readonly string[]> {
  const rows = await db.selectFrom('settings').select('key').orderBy('key').execute();
  return rows.map((row) => row.key);
}

function raw(db: Kysely<Schema>, sql: string): Promise<unknown> {
  return db.executeQuery(CompiledQuery.raw(sql));
}

/** Counts the COMMITs that reach SQLite. */
function countCommits({ sqlite }: OpenDatabase): () => number {
  let commits = 0;
  const prepare = sqlite.prepare.bind(sqlite);
  sqlite.prepare = (sql, options) => {
    const statement = prepare(sql, options);
    if (sql !== 'COMMIT') return statement;
    const run = statement.run.bind(statement);
    statement.run = () => {
      commits += 1;
      return run();
    };
    return statement;
  };
  return () => commits;
}

test('writes that wait together share one commit', async (context) => {
  const database = await opened(context);
  const commits = countCommits(database);
  await Promise.all(Array.from({ length: 100 }, (_, n) => database.queue.write((db) => put(db, `k${n}`))));
  assert.equal(commits(), 1);
  assert.equal((await keys(database.db)).length, 100);
});

test('a batch holds no more than its limit', async (context) => {
  const database = await opened(context, 10);
  const commits = countCommits(database);
  await Promise.all(Array.from({ length: 25 }, (_, n) => database.queue.write((db) => put(db, `k${n}`))));
  assert.equal(commits(), 3);
});

test('writes run in the order they were asked for, each seeing those before it', async (context) => {
  const { queue } = await opened(context, 7);
  const seen = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      queue.write(async (db) => {
        await put(db, String(n).padStart(3, '0'));
        return (await keys(db)).length;
      }),
    ),
  );
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
});

test('whichever writes of a batch fail, exactly the others are stored', async (context) => {
  const { queue, db } = await opened(context, 8);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 20 }), async (fails) => {
      round += 1;
      const name = (n: number): string => `${round}-${n}`;
      const results = await Promise.allSettled(
        fails.map((fail, n) =>
          queue.write(async (inside) => {
            await put(inside, name(n));
            if (fail) throw new AssayError('TOKEN_NAME_TAKEN', 'refused by the write itself');
          }),
        ),
      );
      const stored = new Set(await keys(db));
      fails.forEach((fail, n) => {
        assert.equal(results[n]?.status, fail ? 'rejected' : 'fulfilled');
        assert.equal(stored.has(name(n)), !fail);
      });
    }),
    { numRuns: 30 },
  );
});

test('a write keeps the error it threw; any other error is STORAGE_FAILED with its cause', async (context) => {
  const { queue } = await opened(context);
  const own = new AssayError('TOKEN_NAME_TAKEN', 'mine');
  await assert.rejects(
    queue.write(() => Promise.reject(own)),
    (error) => error === own,
  );
  await assert.rejects(
    queue.write(() => Promise.reject(new TypeError('slip'))),
    { code: 'STORAGE_FAILED', message: /slip/ },
  );
});

test('nobody is answered before the commit', async (context) => {
  const { queue, sqlite } = await opened(context);
  let answered = 0;
  const count = (): void => {
    answered += 1;
  };
  const first = queue.write((db) => put(db, 'a')).then(count);
  const second = queue
    .write(async (db) => {
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(answered, 0);
      assert.equal(sqlite.isTransaction, true);
      await put(db, 'b');
    })
    .then(count);
  await Promise.all([first, second]);
  assert.equal(answered, 2);
});

test('readers see no write before its commit', async (context) => {
  const { queue, db } = await opened(context);
  let reading: Promise<readonly string[]> | undefined;
  await assert.rejects(
    queue.write(async (inside) => {
      await put(inside, 'never');
      reading = keys(db);
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('undone');
    }),
  );
  assert.deepEqual(await reading, []);
});

test('when the database gives the transaction up for one write, only that write is refused', async (context) => {
  const { queue, db } = await opened(context);
  const results = await Promise.allSettled([
    queue.write((inside) => put(inside, 'before')),
    queue.write(async (inside) => {
      await raw(inside, 'ROLLBACK');
      throw new Error('the transaction is gone');
    }),
    queue.write((inside) => put(inside, 'after')),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(await keys(db), ['after', 'before']);
});

test('a write that ends the transaction and says nothing is refused, and harms no other', async (context) => {
  const { queue, db } = await opened(context);
  const results = await Promise.allSettled([
    queue.write((inside) => put(inside, 'before')),
    queue.write((inside) => raw(inside, 'ROLLBACK')),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected'],
  );
  assert.deepEqual(await keys(db), ['before']);
});

test('a commit that fails refuses its whole batch, stores none of it, and the next batch goes on', async (context) => {
  const { queue, db, sqlite } = await opened(context);
  sqlite.exec('PRAGMA foreign_keys = ON');
  sqlite.exec('CREATE TABLE parents (id INTEGER PRIMARY KEY) STRICT');
  sqlite.exec(
    'CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED) STRICT',
  );
  const results = await Promise.allSettled([
    queue.write((inside) => put(inside, 'a')),
    queue.write((inside) => raw(inside, 'INSERT INTO children (parent) VALUES (7)')),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'rejected'],
  );
  assert.deepEqual(await keys(db), []);
  await queue.write((inside) => put(inside, 'b'));
  assert.deepEqual(await keys(db), ['b']);
});

test('a full disk is STORAGE_FULL, harms no write that fits, and passes by itself', async (context) => {
  const { queue, sqlite, db } = await opened(context);
  const pages = Number(sqlite.prepare('PRAGMA page_count').get()?.['page_count']);
  sqlite.exec(`PRAGMA max_page_count = ${pages + 1}`);
  const big = 'x'.repeat(200_000);
  const [small, large] = await Promise.allSettled([
    queue.write((inside) => put(inside, 'small')),
    queue.write((inside) => put(inside, 'large', big)),
  ]);
  assert.equal(small.status, 'fulfilled');
  assert.ok(large.status === 'rejected' && large.reason.code === 'STORAGE_FULL');
  sqlite.exec('PRAGMA max_page_count = 1000000');
  await queue.write((inside) => put(inside, 'large', big));
  assert.deepEqual(await keys(db), ['large', 'small']);
  assert.equal(queue.failure(), undefined);
});

test('after an I/O error of the disk every write is refused until the storage is opened anew', async (context) => {
  const { queue, db } = await opened(context);
  const fault = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('disk I/O error'), { errcode: 10 | (4 << 8) }));
  const results = await Promise.allSettled([
    queue.write((inside) => put(inside, 'same batch')),
    queue.write(fault),
    queue.write((inside) => put(inside, 'behind it')),
  ]);
  assert.ok(
    results.every((result) => result.status === 'rejected' && result.reason.code === 'STORAGE_FAILED'),
  );
  assert.equal(queue.failure()?.code, 'STORAGE_FAILED');
  await assert.rejects(
    queue.write((inside) => put(inside, 'later')),
    (error) => error === queue.failure(),
  );
  assert.deepEqual(await keys(db), []);
});

test('writes that wait behind the batch of an I/O error are refused with it', async (context) => {
  const { queue } = await opened(context, 1);
  const fault = Object.assign(new Error('disk I/O error'), { errcode: 10 });
  const results = await Promise.allSettled([
    queue.write(() => Promise.reject(fault)),
    queue.write((inside) => put(inside, 'behind')),
  ]);
  assert.ok(results.every((result) => result.status === 'rejected' && result.reason === queue.failure()));
});

test('a transaction that cannot begin refuses its batch', async (context) => {
  const { queue, sqlite, db } = await opened(context);
  sqlite.exec('BEGIN');
  await assert.rejects(
    queue.write((inside) => put(inside, 'a')),
    { code: 'STORAGE_FAILED' },
  );
  assert.equal(sqlite.isTransaction, true);
  sqlite.exec('ROLLBACK');
  await queue.write((inside) => put(inside, 'b'));
  assert.deepEqual(await keys(db), ['b']);
});

test('closing waits for the writes under way and refuses later ones', async (context) => {
  const { db, sqlite } = await opened(context);
  const queue = createWriteQueue({ db, inTransaction: () => sqlite.isTransaction, batch: 2 });
  const writes = ['a', 'b', 'c', 'd', 'e'].map((key) => queue.write((inside) => put(inside, key)));
  await queue.close();
  await Promise.all(writes);
  assert.equal((await keys(db)).length, 5);
  await assert.rejects(
    queue.write((inside) => put(inside, 'late')),
    { code: 'STORAGE_FAILED' },
  );
  await queue.close();
});

test('hundreds of simultaneous decisions are all recorded, each whole', async (context) => {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  const records = Array.from({ length: 300 }, (_, n) =>
    recordOf({ name: `p${n % 50}`, version: `1.0.${n}` }),
  );
  await Promise.all(records.map((record) => storage.admission.recordDecision(record)));
  for (const record of records) {
    const back = await storage.admission.release(record.release.id);
    assert.deepEqual(back?.decision, record.decision);
    assert.deepEqual(back?.evidence, record.evidence);
  }
  assert.equal((await storage.read.outboxAfter(0, 1000)).length, 300);
});
