import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { CompiledQuery, sql } from 'kysely';
import { temporaryDirectory } from '../../test/support/storage-records.ts';
import { closeDatabase, openDatabase, type OpenDatabase } from './open.ts';
import { checkSqlite, openSqlite } from './sqlite-dialect.ts';
import { isDiskFault, sqliteCode, storageError } from './sqlite-errors.ts';

async function opened(context: TestContext): Promise<OpenDatabase> {
  const database = await openDatabase(join(await temporaryDirectory(context), 'assay.db'));
  context.after(() => closeDatabase(database));
  return database;
}

test('the database commits to disk, keeps references whole and cannot be damaged by SQL', async (context) => {
  const { sqlite } = await opened(context);
  const pragma = (name: string): unknown => Object.values(sqlite.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  assert.equal(pragma('journal_mode'), 'wal');
  assert.equal(pragma('synchronous'), 2);
  assert.equal(pragma('foreign_keys'), 1);
  assert.equal(pragma('busy_timeout') ?? pragma('timeout'), 5000);
  sqlite.exec('PRAGMA writable_schema = ON');
  assert.throws(() => sqlite.exec(`UPDATE sqlite_schema SET sql = ''`));
});

test('a database that contradicts itself is found damaged', async (context) => {
  const file = join(await temporaryDirectory(context), 'assay.db');
  const unguarded = new DatabaseSync(file, { defensive: false });
  unguarded.exec('CREATE TABLE t (x TEXT); INSERT INTO t VALUES (NULL); PRAGMA writable_schema = ON');
  unguarded.exec(`UPDATE sqlite_schema SET sql = 'CREATE TABLE t (x TEXT NOT NULL)'`);
  unguarded.close();
  const sqlite = openSqlite(file);
  context.after(() => sqlite.close());
  assert.throws(() => checkSqlite(sqlite, file), { code: 'STORAGE_CORRUPT', message: /NULL value in t\.x/ });
});

test('a database that cannot even be checked is an error with a code', async (context) => {
  const file = join(await temporaryDirectory(context), 'assay.db');
  const sqlite = openSqlite(file);
  checkSqlite(sqlite, file);
  sqlite.close();
  assert.throws(() => checkSqlite(sqlite, file), { code: 'STORAGE_FAILED' });
});

test('every table is strict', async (context) => {
  const { sqlite } = await opened(context);
  const rows = sqlite
    .prepare(`SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite%'`)
    .all();
  assert.ok(rows.length > 10);
  assert.deepEqual(
    rows.filter((row) => row['strict'] !== 1),
    [],
  );
});

test('transactions of concurrent callers never mix', async (context) => {
  const { db } = await opened(context);
  const add = (key: string, fail: boolean): Promise<void> =>
    db.transaction().execute(async (inside) => {
      await inside
        .insertInto('settings')
        .values({ key: `${key}1`, value: '' })
        .execute();
      await new Promise((resolve) => setImmediate(resolve));
      await inside
        .insertInto('settings')
        .values({ key: `${key}2`, value: '' })
        .execute();
      if (fail) throw new Error('undone');
    });
  await Promise.allSettled([add('a', false), add('b', true), add('c', false), add('d', true)]);
  const rows = await db.selectFrom('settings').select('key').orderBy('key').execute();
  assert.deepEqual(
    rows.map((row) => row.key),
    ['a1', 'a2', 'c1', 'c2'],
  );
});

test('more statement texts than are kept still all work', async (context) => {
  const { db } = await opened(context);
  for (let n = 0; n < 600; n += 1) {
    const { rows } = await db.executeQuery<{ n: number }>(CompiledQuery.raw(`SELECT ${n % 300} AS n`));
    assert.equal(rows[0]?.n, n % 300);
  }
});

test('values that are no column values are refused', async (context) => {
  const { db } = await opened(context);
  for (const value of [true, undefined, {}, 1n]) {
    await assert.rejects(sql`SELECT ${sql.val(value)}`.execute(db), { code: 'STORAGE_FAILED' });
  }
});

test('a statement that is no SQL is STORAGE_FAILED; queries are not streamed', async (context) => {
  const { db } = await opened(context);
  await assert.rejects(db.executeQuery(CompiledQuery.raw('NONSENSE')), { code: 'STORAGE_FAILED' });
  const stream = db.selectFrom('settings').selectAll().stream();
  await assert.rejects(stream.next(), { code: 'STORAGE_FAILED' });
});

test('what SQLite says becomes the code that tells a person what to do', () => {
  const sqliteError = (errcode: number): Error => Object.assign(new Error('said'), { errcode });
  const codeOf = (errcode: number): string => storageError(sqliteError(errcode), 'x').code;
  assert.equal(codeOf(13), 'STORAGE_FULL');
  assert.equal(codeOf(4874), 'STORAGE_FULL');
  assert.equal(codeOf(11 | (1 << 8)), 'STORAGE_CORRUPT');
  assert.equal(codeOf(26), 'STORAGE_CORRUPT');
  assert.equal(codeOf(10 | (4 << 8)), 'STORAGE_FAILED');
  assert.equal(codeOf(2067), 'STORAGE_FAILED');
  assert.equal(storageError('text', 'x').code, 'STORAGE_FAILED');
  assert.equal(sqliteCode(Object.assign(new Error('x'), { errcode: 'text' })), undefined);
  assert.equal(isDiskFault(storageError(sqliteError(10 | (4 << 8)), 'x')), true);
  assert.equal(isDiskFault(sqliteError(10)), true);
  assert.equal(isDiskFault(storageError(sqliteError(4874), 'x')), false);
  assert.equal(isDiskFault(storageError(sqliteError(13), 'x')), false);
});
