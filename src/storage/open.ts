/** Opens everything that is kept on disk. Start reading here. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { AdmissionStore } from '../admission/deps.ts';
import type { BehaviourStore } from '../admission/behaviour-deps.ts';
import type { ScanStore } from '../admission/scan-deps.ts';
import type { HistoryStore } from '../admission/history-deps.ts';
import { AssayError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import { createAdmissionStore } from './admission-store.ts';
import { createBehaviourJobStore, type BehaviourJobStore } from './behaviour-jobs.ts';
import { createBehaviourStore } from './behaviours.ts';
import { createBuildJobStore, type BuildJobStore } from './build-jobs.ts';
import { createBuildStore, type BuildStore } from './builds.ts';
import { openBlobStore, type FileBlobStore } from './blobs.ts';
import { lockDirectory, makeDataDirectory, makePrivateFile, tidyDirectory } from './directory.ts';
import { fileError, nodeFileSystem, replaceFile, syncDirectory, type FileSystem } from './durable.ts';
import { migrate, type Migration } from './migrate.ts';
import { migrations as allMigrations } from './migrations/all.ts';
import { createLedgerStore, type LedgerStore } from './ledger.ts';
import { openTileStore } from './log-files.ts';
import { createEventStore, type EventStore } from './events.ts';
import { createHistoryStore } from './history-store.ts';
import { createPullStore, type PullStore } from './pulls.ts';
import { createReadStore, type ReadStore } from './read-store.ts';
import { createRegistrySignatureStore, type RegistrySignatureStore } from './registry-signatures.ts';
import { createScanStore } from './scans.ts';
import type { Schema } from './schema.ts';
import { createSettingsStore, type SettingsStore } from './settings.ts';
import { createRecipeReviewStore, type RecipeReviewStore } from './recipe-reviews.ts';
import { createSourceStore, type SourceStore } from './sources.ts';
import { checkSqlite, openSqlite, sqliteDialect } from './sqlite-dialect.ts';
import { createTokenStore, type TokenStore } from './tokens.ts';
import { createWriteQueue, type WriteQueue } from './write-queue.ts';

export interface StorageOptions {
  /** Made with mode 0700 if missing. */
  readonly directory: string;
  /** Only for the time at which a migration was applied. */
  readonly clock?: Clock;
  readonly migrations?: readonly Migration[];
  /** For fault tests: the file-system calls of blobs and of small files (not SQLite's own). */
  readonly fs?: FileSystem;
  /** Most writes that share one transaction. */
  readonly batch?: number;
}

export interface Storage {
  readonly admission: AdmissionStore;
  readonly history: HistoryStore;
  readonly blobs: FileBlobStore;
  readonly tokens: TokenStore;
  readonly read: ReadStore;
  readonly settings: SettingsStore;
  readonly ledger: LedgerStore;
  readonly events: EventStore;
  readonly registrySignatures: RegistrySignatureStore;
  readonly pulls: PullStore;
  readonly scans: ScanStore;
  readonly behaviours: BehaviourStore;
  readonly behaviourJobs: BehaviourJobStore;
  readonly builds: BuildStore;
  readonly buildJobs: BuildJobStore;
  readonly sources: SourceStore;
  readonly recipeReviews: RecipeReviewStore;
  /** Set after an I/O error of the disk under the database: writes are refused until a restart, reads go on. */
  readonly failure: () => AssayError | undefined;
  /** Waits for the writes under way; later ones are refused. */
  readonly close: () => Promise<void>;
}

const defaultBatch = 128;

/**
 * Throws DATA_DIRECTORY_LOCKED, STORAGE_CORRUPT, STORAGE_TOO_NEW, STORAGE_MIGRATION_CHANGED, STORAGE_FAILED,
 * STORAGE_FULL; then nothing stays open or locked.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  await makeDataDirectory(options.directory);
  const lock = lockDirectory(options.directory);
  try {
    await tidyDirectory(options.directory);
    const blobs = await openBlobStore(join(options.directory, 'blobs'), options.fs);
    const tiles = await openTileStore(join(options.directory, 'ledger'), options.fs);
    const database = await openOnlyDatabase(options);
    const { db, queue } = database;
    const ledger = createLedgerStore(db, queue, tiles);
    return {
      admission: createAdmissionStore(db, queue, ledger.announce),
      history: createHistoryStore(db, queue, ledger.announce),
      blobs,
      tokens: createTokenStore(db, queue),
      read: createReadStore(db),
      settings: createSettingsStore(db, queue),
      ledger,
      events: createEventStore(db, queue, ledger.announce),
      registrySignatures: createRegistrySignatureStore(db, queue),
      pulls: createPullStore(db, queue),
      scans: createScanStore(db, queue),
      behaviours: createBehaviourStore(db, queue),
      behaviourJobs: createBehaviourJobStore(db, queue),
      builds: createBuildStore(db, queue, ledger.announce),
      buildJobs: createBuildJobStore(db, queue),
      sources: createSourceStore(db, queue, ledger.announce),
      recipeReviews: createRecipeReviewStore(db, queue, ledger.announce),
      failure: queue.failure,
      close: async () => {
        await closeDatabase(database);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

export interface OpenDatabase {
  readonly db: Kysely<Schema>;
  readonly queue: WriteQueue;
  /** For tests that make SQLite itself fail. */
  readonly sqlite: DatabaseSync;
}

/** The database alone, checked and brought to this version's schema. */
export async function openDatabase(
  file: string,
  options: Omit<StorageOptions, 'directory'> = {},
): Promise<OpenDatabase> {
  makePrivateFile(file);
  const sqlite = openSqlite(file);
  try {
    checkSqlite(sqlite, file);
    migrate(sqlite, options.migrations ?? allMigrations, options.clock ?? (() => new Date()));
    await syncDirectory(nodeFileSystem, dirname(file));
  } catch (error) {
    sqlite.close();
    throw fileError(error, `cannot open ${file}`);
  }
  const db = new Kysely<Schema>({ dialect: sqliteDialect(sqlite) });
  const inTransaction = (): boolean => sqlite.isTransaction;
  return { db, queue: createWriteQueue({ db, inTransaction, batch: options.batch ?? defaultBatch }), sqlite };
}

export async function closeDatabase({ db, queue, sqlite }: OpenDatabase): Promise<void> {
  await queue.close();
  await db.destroy();
  // Kysely closes only what it used.
  if (sqlite.isOpen) sqlite.close();
}

/**
 * A directory that had a database must still have it: an emptied or deleted file would otherwise become a new,
 * empty record of everything, without a word (peers lost theirs so: verdaccio#1236, sinopia#487).
 */
async function openOnlyDatabase(options: StorageOptions): Promise<OpenDatabase> {
  const file = join(options.directory, 'assay.db');
  const marker = join(options.directory, 'assay.db.made');
  if (existsSync(marker)) {
    if (sizeOf(file) === 0)
      throw new AssayError('STORAGE_CORRUPT', `${file} is empty or gone, though a database was made here`);
    return openDatabase(file, options);
  }
  const database = await openDatabase(file, options);
  try {
    await replaceFile(marker, Buffer.from('The database assay.db was made in this directory.\n'), {
      fs: options.fs ?? nodeFileSystem,
    });
    return database;
  } catch (error) {
    await closeDatabase(database);
    throw error;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
