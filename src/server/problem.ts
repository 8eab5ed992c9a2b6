/** Errors as answers of our own JSON routes: the status follows from the code. */
import type { ErrorCode } from '../core/error-codes.ts';
import { isAssayError } from '../core/errors.ts';
import type { ErrorAnswer } from './control/protocol.ts';
import { jsonAnswer, type Answer } from './gateway/answer.ts';

const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  CASE_UNKNOWN: 404,
  CHECK_TOO_LARGE: 413,
  EXPECTATION_NO_UPSTREAM: 400,
  EXPECTATION_UNKNOWN: 404,
  EXPLAIN_NOTHING_FOUND: 404,
  FEED_BUSY: 409,
  FEED_CANARY_MISSED: 400,
  FEED_ECOSYSTEM_WRONG: 400,
  FEED_EMPTY: 400,
  FEED_OVERRIDE_UNKNOWN: 404,
  FEED_SHRANK: 400,
  FEED_UNREADABLE: 400,
  GATE_BUSY: 503,
  HOST_REFUSED: 421,
  LEDGER_ERASE_NOTHING: 404,
  LEDGER_INDEX_UNKNOWN: 404,
  LEDGER_ROTATION_REFUSED: 409,
  PURL_INVALID: 400,
  REQUEST_INVALID: 400,
  REQUEST_TOO_LARGE: 413,
  TOKEN_NAME_TAKEN: 409,
  TOKEN_REQUIRED: 401,
  TOKEN_UNKNOWN: 404,
  TOKEN_UPSTREAM_UNKNOWN: 400,
  TRUST_INVALID: 400,
  TRUST_TUF_INVALID: 400,
  TRUST_TUF_UNSIGNED: 400,
  USAGE_INVALID: 400,
  VEX_EXPIRED: 400,
  VEX_FOREIGN: 400,
  VEX_FULL: 409,
  VEX_INVALID: 400,
  VEX_OLDER: 409,
  VEX_SIGNATURE_INVALID: 400,
  VEX_SIGNER_UNKNOWN: 404,
  VEX_UNKNOWN: 404,
  VEX_UNSIGNED: 400,
};

export function errorAnswerOf(error: unknown): Answer {
  if (!isAssayError(error)) return problem(500, 'INTERNAL', 'the gate failed to answer', 'The log says why.');
  const { code, message, hint, retryAfterSeconds } = error;
  const status = statuses[code] ?? (code.startsWith('UPSTREAM_') ? 503 : 500);
  return problem(status, code, message, hint, retryAfterSeconds);
}

function problem(
  status: number,
  code: string,
  message: string,
  hint: string,
  retryAfterSeconds?: number,
): Answer {
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const body: ErrorAnswer = { error: { code, message, hint, ...retry } };
  return jsonAnswer(
    status,
    body,
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  );
}
