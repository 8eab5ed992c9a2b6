/** Why nothing of an archive is used. Each reason has a code of its own: a replay is not a damaged file. */
import type { ErrorCode } from '../../core/error-codes.ts';
import { AssayError } from '../../core/errors.ts';

/** What is signed, or named by a digest, is not in the form that it has to have. */
export function archiveError(why: string): AssayError {
  return refusal('DEBIAN_ARCHIVE_INVALID', why);
}

export function refusal(
  code: Extract<ErrorCode, `DEBIAN_${string}`>,
  why: string,
  cause?: unknown,
): AssayError {
  return new AssayError(code, why, cause === undefined ? {} : { cause });
}
