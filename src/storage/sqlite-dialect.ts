/**
 * Kysely over node:sqlite: the only module that touches the database library. One connection; Kysely's own
 * connection mutex hands it to one caller at a time, for the whole of a transaction, so that concurrent
 * callers never see or join each other's transactions.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteDialect, type Dialect, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { AssayError } from '../core/errors.ts';
import { storageError } from './sqlite-errors.ts';

const busyTimeoutMs = 5000;
/** SQLite's own default, 2 MB, is less than what one group of decisions changes, and would be written twice. */
const cacheKilobytes = 32 * 1024;
/** 16 MB of write-ahead log before it is copied into the database: pages that change often are copied once. */
const checkpointPages = 4096;
/** Compiled statements kept; texts vary only with the number of rows of an insert. */
const cachedStatements = 256;

/**
 * Opens (or makes) the database file. FULL synchronous in WAL mode: a transaction that was committed survives
 * power loss (https://www.sqlite.org/pragma.html#pragma_synchronous). `fullfsync` matters on macOS only, where
 * fsync alone does not reach the platter. `defensive` keeps SQL from damaging the file's structure.
 * Throws STORAGE_CORRUPT when the file is no database.
 */
export function openSqlite(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, {
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: true,
      defensive: true,
    });
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec(`PRAGMA cache_size = -${cacheKilobytes}`);
    database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
    database.exec('PRAGMA fullfsync = ON');
    database.exec('PRAGMA checkpoint_fullfsync = ON');
    return database;
  } catch (error) {
    database?.close();
    throw storageError(error, `cannot open ${file}`);
  }
}

/** Reads the structure of the whole file. Throws STORAGE_CORRUPT with the first fault found. */
export function checkSqlite(database: DatabaseSync, file: string): void {
  let found: string;
  try {
    found = String(database.prepare('PRAGMA quick_check(1)').all()[0]?.['quick_check']);
  } catch (error) {
    throw storageError(error, `cannot check ${file}`);
  }
  if (found !== 'ok') throw new AssayError('STORAGE_CORRUPT', `${file} is damaged: ${found}`);
}

export function sqliteDialect(database: DatabaseSync): Dialect {
  return new SqliteDialect({ database: adapt(database) });
}

function adapt(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = guarded('cannot prepare a statement', () => adaptStatement(database.prepare(sql)));
      const oldest = statements.keys().next();
      if (statements.size >= cachedStatements && oldest.done !== true) statements.delete(oldest.value);
      statements.set(sql, statement);
      return statement;
    },
  };
}

function adaptStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => guarded('a query failed', () => statement.all(...parameters.map(bindable))),
    run: (parameters) => guarded('a statement failed', () => statement.run(...parameters.map(bindable))),
    iterate: () => {
      // A cached statement has one cursor: a stream over it could be cut short by its next use.
      throw new AssayError('STORAGE_FAILED', 'queries are not streamed; ask for pages');
    },
  };
}

function guarded<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw storageError(error, what);
  }
}

/** Refuses what the database would change silently: lone surrogates become U+FFFD, and PostgreSQL takes no NUL in text. */
function bindable(value: unknown): SQLInputValue {
  if (typeof value === 'string') {
    if (value.isWellFormed() && !value.includes('\0')) return value;
    throw new AssayError('STORAGE_FAILED', `not storable as text: ${JSON.stringify(value.slice(0, 200))}`);
  }
  if (typeof value === 'number' || value === null) return value;
  throw new AssayError('STORAGE_FAILED', `a ${typeof value} is no value of a column`);
}
