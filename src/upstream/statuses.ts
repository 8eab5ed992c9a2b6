/** What an answer's status means when it is not the one that is due. */
import type { IncomingMessage } from 'node:http';
import { AssayError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import { StatusError } from './failures.ts';
import { retryAfterSeconds } from './retry.ts';

/** UPSTREAM_UNAUTHORIZED, UPSTREAM_PROTOCOL, or UPSTREAM_STATUS with the seconds of Retry-After. */
export function statusError(
  status: number,
  message: IncomingMessage,
  place: string,
  clock: Clock,
): AssayError {
  if (status === 401 || status === 403) {
    // Never "absent": a private package whose token expired must not look like a free name.
    return new AssayError('UPSTREAM_UNAUTHORIZED', `${place}: status ${status}`);
  }
  if (status < 400)
    return new AssayError('UPSTREAM_PROTOCOL', `${place}: status ${status} answers nothing we asked`);
  return new StatusError(
    status,
    `${place}: status ${status}`,
    retryAfterSeconds(message.headers['retry-after'], clock()),
  );
}

export function isGone(status: number): boolean {
  return status === 404 || status === 410;
}
