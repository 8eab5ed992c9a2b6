/**
 * Every error a person can meet has a stable code. The catalogue in `error-codes.ts` says what each
 * means and what to do; `docs/errors.md` is generated from it.
 */
import { errorCodes, type ErrorCode } from './error-codes.ts';

export interface ErrorOptions {
  /** The next step for the person who sees this, when it is more exact than the catalogue's. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Seconds after which trying again makes sense (becomes Retry-After). */
  readonly retryAfterSeconds?: number;
}

export class AssayError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryAfterSeconds: number | undefined;

  /** `message` names the offending value; secrets in URLs are removed here, where the error is made. */
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(redactSecrets(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AssayError';
    this.code = code;
    this.hint = options.hint ?? errorCodes[code].remedy;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export function isAssayError(error: unknown, code?: ErrorCode): error is AssayError {
  return error instanceof AssayError && (code === undefined || error.code === code);
}

/** Removes user info and token-like query parameters from URLs, and bearer or basic credentials. */
export function redactSecrets(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1[redacted]@')
    .replace(/([?&](?:token|auth|password|secret|key|signature)[^=&\s]*=)[^&\s]+/gi, '$1[redacted]')
    .replace(/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [redacted]')
    .replace(/(_authToken|_auth|_password)\s*=\s*\S+/g, '$1=[redacted]');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
