import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { temporaryDirectory } from '../../test/support/storage-records.ts';
import { migrate, migrationDigest, toSqlite, type Migration } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import { openSqlite } from './sqlite-dialect.ts';

const clock = (): Date => new Date('2026-01-02T03:04:05.678Z');
const first: Migration = {
  id: 1,
  name: 'first',
  statements: ['CREATE TABLE a (x TEXT NOT NULL) {{strict}}'],
};
const second: Migration = {
  id: 2,
  name: 'second',
  statements: [
    'CREATE TABLE b (n {{sequence}}, y {{int}} NOT NULL) {{strict}}',
    'INSERT INTO b (y) VALUES (7)',
  ],
};

async function opened(context: TestContext) {
  const database = openSqlite(join(await temporaryDirectory(context), 'assay.db'));
  context.after(() => database.close());
  return database;
}

function tables(database: Awaited<ReturnType<typeof opened>>): readonly string[] {
  const rows = database.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1`,
  );
  return rows.all().map((row) => String(row['name']));
}

test('migrations are applied once, in order, and recorded with their digests', async (context) => {
  const database = await opened(context);
  migrate(database, [first], clock);
  migrate(database, [first, second], clock);
  migrate(database, [first, second], clock);
  const rows = database.prepare('SELECT * FROM migrations ORDER BY id').all();
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [first, second].map((each) => ({
      id: each.id,
      name: each.name,
      digest: migrationDigest(each),
      applied_at: '2026-01-02T03:04:05.678Z',
    })),
  );
  assert.deepEqual({ ...database.prepare('SELECT * FROM b').get() }, { n: 1, y: 7 });
});

test('a database of a newer version is refused and left as it is', async (context) => {
  const database = await opened(context);
  migrate(database, [first, second], clock);
  assert.throws(() => migrate(database, [first], clock), {
    code: 'STORAGE_TOO_NEW',
    message: /2 \(second\)/,
  });
  assert.deepEqual(tables(database), ['a', 'b', 'migrations']);
});

test('a migration that was applied with another text is refused', async (context) => {
  const database = await opened(context);
  migrate(database, [first], clock);
  const edited = { ...first, statements: ['CREATE TABLE a (x TEXT) {{strict}}'] };
  assert.throws(() => migrate(database, [edited, second], clock), { code: 'STORAGE_MIGRATION_CHANGED' });
  assert.deepEqual(tables(database), ['a', 'migrations']);
});

test('a migration that fails half-way leaves nothing of itself, and can be applied later', async (context) => {
  const database = await opened(context);
  const broken = { ...second, statements: [...second.statements, 'INSERT INTO b (y) VALUES (NULL)'] };
  assert.throws(() => migrate(database, [first, broken], clock), {
    code: 'STORAGE_FAILED',
    message: /2 \(second\)/,
  });
  assert.deepEqual(tables(database), ['a', 'migrations']);
  migrate(database, [first, second], clock);
  assert.deepEqual(tables(database), ['a', 'b', 'migrations']);
});

test('a migration whose transaction is gone is still an error of that migration', async (context) => {
  const database = await opened(context);
  const ending = { ...second, statements: ['ROLLBACK', 'NONSENSE'] };
  assert.throws(() => migrate(database, [first, ending], clock), {
    code: 'STORAGE_FAILED',
    message: /2 \(second\)/,
  });
});

/** Words of one database only, and shapes that PostgreSQL or STRICT tables refuse (migrations/README.md). */
const outsideTheSubset =
  /\b(AUTOINCREMENT|INTEGER|BIGINT|BLOB|REAL|BOOLEAN|DATETIME|TIMESTAMP|JSON|SERIAL|WITHOUT ROWID|TRIGGER|VIEW|COLLATE|PRAGMA|VIRTUAL|GENERATED|REPLACE|RETURNING|STRICT)\b|"|`|\[|\?|strftime|datetime\(|json_|glob/i;

test('every migration stays in the subset that PostgreSQL reads too, and the check can fail', () => {
  for (const statement of migrations.flatMap((migration) => migration.statements)) {
    assert.doesNotMatch(statement.replace(/\{\{(sequence|int|strict)\}\}/g, ''), outsideTheSubset);
    assert.doesNotMatch(statement, /;/);
    if (statement.startsWith('CREATE TABLE')) assert.match(statement, /\) \{\{strict\}\}$/);
    assert.doesNotMatch(toSqlite(statement), /\{\{/);
  }
  for (const planted of [
    'CREATE TABLE a (x INTEGER)',
    'CREATE TABLE a (x TEXT) WITHOUT ROWID',
    'SELECT "x"',
  ]) {
    assert.match(planted, outsideTheSubset);
  }
});

test('migrations are numbered from 1 without gaps', () => {
  assert.deepEqual(
    migrations.map((migration) => migration.id),
    migrations.map((_, index) => index + 1),
  );
});
