/** What SQLite says, in the words of the error catalogue. Result codes: https://www.sqlite.org/rescode.html */
import type { ErrorCode } from '../core/error-codes.ts';
import { AssayError, messageOf } from '../core/errors.ts';

const sqlite = { busy: 5, ioError: 10, corrupt: 11, full: 13, notADatabase: 26 } as const;
/** SQLITE_IOERR_SHMSIZE: the disk has no room for the WAL's index. An I/O error by name only. */
const noRoomForSharedMemory = 4874;

/** The primary result code of an error of node:sqlite (the low byte of the extended one); undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  const extended = extendedCode(error);
  return extended === undefined ? undefined : extended & 0xff;
}

function extendedCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : undefined;
}

/** STORAGE_FULL, STORAGE_CORRUPT or STORAGE_FAILED; an AssayError stays what it is. */
export function storageError(error: unknown, what: string): AssayError {
  if (error instanceof AssayError) return error;
  const message = `${what}: ${messageOf(error)}`;
  return new AssayError(errorCode(error), message, { cause: error });
}

function errorCode(error: unknown): ErrorCode {
  const code = sqliteCode(error);
  if (code === sqlite.full || extendedCode(error) === noRoomForSharedMemory) return 'STORAGE_FULL';
  if (code === sqlite.corrupt || code === sqlite.notADatabase) return 'STORAGE_CORRUPT';
  return 'STORAGE_FAILED';
}

/**
 * An I/O error of the disk under the database. After one, what a later fsync reports can no longer be believed
 * (the kernel may have dropped the dirty pages: "fsyncgate", PostgreSQL 2018), so writing stops until a restart.
 */
export function isDiskFault(error: unknown): boolean {
  const fault = error instanceof AssayError ? error.cause : error;
  return sqliteCode(fault) === sqlite.ioError && extendedCode(fault) !== noRoomForSharedMemory;
}

/** Another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === sqlite.busy;
}
