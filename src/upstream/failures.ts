/** From what Node throws to our codes, and what each code says about the upstream itself. */
import type { ErrorCode } from '../core/error-codes.ts';
import { AssayError, messageOf } from '../core/errors.ts';
import type { AttemptOutcome } from './breaker.ts';

/**
 * An AssayError with what only this room needs to know. `transient`: the same request may well succeed soon.
 */
export interface Failure {
  readonly error: AssayError;
  readonly transient: boolean;
  readonly outcome: AttemptOutcome;
}

const about: Partial<Readonly<Record<ErrorCode, Omit<Failure, 'error'>>>> = {
  UPSTREAM_UNREACHABLE: { transient: true, outcome: 'failure' },
  UPSTREAM_TIMEOUT: { transient: true, outcome: 'failure' },
  UPSTREAM_TRUNCATED: { transient: true, outcome: 'failure' },
  UPSTREAM_PROTOCOL: { transient: false, outcome: 'failure' },
  UPSTREAM_BUSY: { transient: false, outcome: 'neutral' },
  // It answered, however badly: these are about one package or one setting, not about reaching it.
  UPSTREAM_DIGEST_MISMATCH: { transient: false, outcome: 'success' },
  UPSTREAM_FILE_ABSENT: { transient: false, outcome: 'success' },
  UPSTREAM_INVALID_ENCODING: { transient: false, outcome: 'success' },
  UPSTREAM_NOT_JSON: { transient: false, outcome: 'success' },
  UPSTREAM_REDIRECT_REFUSED: { transient: false, outcome: 'success' },
  UPSTREAM_TOO_LARGE: { transient: false, outcome: 'success' },
  UPSTREAM_UNAUTHORIZED: { transient: false, outcome: 'success' },
};

/** Anything unknown is our own trouble (a full disk, a bug): it is passed on and never held against the upstream. */
export function judge(error: unknown): Failure | undefined {
  if (!(error instanceof AssayError)) return undefined;
  if (error instanceof StatusError) return { error, ...statusMeaning(error.status) };
  return { error, ...(about[error.code] ?? { transient: false, outcome: 'neutral' }) };
}

/** UPSTREAM_STATUS with the number, for the decision whether to try again. */
export class StatusError extends AssayError {
  readonly status: number;
  constructor(status: number, message: string, retryAfterSeconds: number | undefined) {
    super('UPSTREAM_STATUS', message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    this.status = status;
  }
}

function statusMeaning(status: number): Omit<Failure, 'error'> {
  if (status === 429) return { transient: true, outcome: 'neutral' };
  if (status >= 500) return { transient: true, outcome: 'failure' };
  return { transient: false, outcome: 'success' };
}

/** An error of the connection, the TLS handshake or the HTTP parser. `answering`: the headers had arrived. */
export function connectionError(error: unknown, place: string, answering: boolean): AssayError {
  if (error instanceof AssayError) return error;
  const code = codeOf(error);
  const what = `${place}: ${code ?? messageOf(error)}`;
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new AssayError('UPSTREAM_TOO_LARGE', `${place}: the headers do not end`, { cause: error });
  }
  if (code?.startsWith('HPE_') === true) {
    // An unfinished chunked body is told as a parse error; so is a body that is not chunked as it says.
    const truncated = code === 'HPE_INVALID_EOF_STATE';
    return new AssayError(truncated ? 'UPSTREAM_TRUNCATED' : 'UPSTREAM_PROTOCOL', what, { cause: error });
  }
  if (answering) return new AssayError('UPSTREAM_TRUNCATED', what, { cause: error });
  const tls = code !== undefined && /CERT|TLS|SSL|SELF_SIGNED|ISSUER|VERIFY/.test(code);
  return new AssayError('UPSTREAM_UNREACHABLE', `${what} ${tls ? messageOf(error) : ''}`.trim(), {
    cause: error,
    ...(tls && {
      hint: 'Its TLS certificate is not trusted here: name the authority with the `ca` setting.',
    }),
  });
}

export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
