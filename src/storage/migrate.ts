/** Brings the database to this version's schema, one migration after the other, each in its own transaction. */
import type { DatabaseSync } from 'node:sqlite';
import { sha256, type Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { rfc3339, type Clock } from '../core/time.ts';
import { storageError } from './sqlite-errors.ts';

/** `statements` are in the subset of `migrations/README.md`, one statement each. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** Of the text before it is put in a database's own words. */
export function migrationDigest(migration: Migration): Sha256 {
  return sha256(`${migration.id} ${migration.name}\n${migration.statements.join(';\n')}`);
}

/** What the placeholders of the subset mean in SQLite. */
export function toSqlite(statement: string): string {
  return statement
    .replaceAll('{{sequence}}', 'INTEGER PRIMARY KEY AUTOINCREMENT')
    .replaceAll('{{int}}', 'INTEGER')
    .replaceAll('{{strict}}', 'STRICT');
}

const appliedTable = `CREATE TABLE IF NOT EXISTS migrations (
  id {{int}} NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  applied_at TEXT NOT NULL
) {{strict}}`;

/**
 * Throws STORAGE_TOO_NEW when a migration is applied that this version does not know, STORAGE_MIGRATION_CHANGED
 * when one was applied with another text, STORAGE_FAILED or STORAGE_FULL when one cannot be applied; then the
 * database stands as after the migration before it.
 */
export function migrate(database: DatabaseSync, migrations: readonly Migration[], clock: Clock): void {
  try {
    database.exec(toSqlite(appliedTable));
    const applied = appliedMigrations(database);
    for (const [id, row] of applied) {
      const known = migrations.find((migration) => migration.id === id);
      if (known === undefined) throw tooNew(id, row.name);
      if (migrationDigest(known) !== row.digest) throw changed(known);
    }
    for (const migration of migrations) {
      if (!applied.has(migration.id)) apply(database, migration, clock);
    }
  } catch (error) {
    throw storageError(error, 'the database could not be brought to this version');
  }
}

function appliedMigrations(database: DatabaseSync): ReadonlyMap<number, { name: string; digest: string }> {
  const rows = database.prepare('SELECT id, name, digest FROM migrations ORDER BY id').all();
  return new Map(
    rows.map((row) => [Number(row['id']), { name: String(row['name']), digest: String(row['digest']) }]),
  );
}

function apply(database: DatabaseSync, migration: Migration, clock: Clock): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const statement of migration.statements) database.exec(toSqlite(statement));
    database
      .prepare('INSERT INTO migrations (id, name, digest, applied_at) VALUES (?, ?, ?, ?)')
      .run(migration.id, migration.name, migrationDigest(migration), rfc3339(clock()));
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw storageError(error, `migration ${migration.id} (${migration.name})`);
  }
}

function tooNew(id: number, name: string): AssayError {
  return new AssayError(
    'STORAGE_TOO_NEW',
    `the database has migration ${id} (${name}), which this version does not know`,
  );
}

function changed(migration: Migration): AssayError {
  const { id, name } = migration;
  return new AssayError(
    'STORAGE_MIGRATION_CHANGED',
    `migration ${id} (${name}) was applied with another text`,
  );
}
