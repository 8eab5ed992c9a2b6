/** What tuf-js throws, as one of our codes. Some of its errors are known by their text alone: it wraps them (seen in 6.0.2). */
import {
  BadVersionError,
  DownloadHTTPError,
  DownloadLengthMismatchError,
  ExpiredMetadataError,
} from 'tuf-js/dist/error.js';
import type { ErrorCode } from '../core/error-codes.ts';
import { AssayError, isAssayError, messageOf } from '../core/errors.ts';
import { forTerminal } from '../core/encode.ts';

/** `reading` is what failed on the way to the repository, if anything did. */
export function tufProblem(error: unknown, reading: AssayError | undefined, url: string): AssayError {
  if (isAssayError(error) && error.code.startsWith('TRUST_')) return error;
  const cause = reading ?? error;
  return new AssayError(codeOf(error, reading), `${url}: ${forTerminal(messageOf(cause), 300)}`, { cause });
}

const texts: readonly (readonly [RegExp, ErrorCode])[] = [
  [/is expired/, 'TRUST_TUF_EXPIRED'],
  [
    /less than current version|does not match snapshot version|doesn't match timestamp|Expected version/,
    'TRUST_TUF_ROLLBACK',
  ],
  [/was signed by/, 'TRUST_TUF_UNSIGNED'],
  [/Max length reached/, 'TRUST_TUF_TOO_LARGE'],
  [/is not there/, 'TRUST_TUF_UNREACHABLE'],
];

function codeOf(error: unknown, reading: AssayError | undefined): ErrorCode {
  if (reading !== undefined)
    return reading.code === 'UPSTREAM_TOO_LARGE' ? 'TRUST_TUF_TOO_LARGE' : 'TRUST_TUF_UNREACHABLE';
  if (error instanceof ExpiredMetadataError) return 'TRUST_TUF_EXPIRED';
  if (error instanceof BadVersionError) return 'TRUST_TUF_ROLLBACK';
  if (error instanceof DownloadLengthMismatchError) return 'TRUST_TUF_TOO_LARGE';
  if (error instanceof DownloadHTTPError) return 'TRUST_TUF_UNREACHABLE';
  const message = messageOf(error);
  return texts.find(([pattern]) => pattern.test(message))?.[1] ?? 'TRUST_TUF_INVALID';
}
