/**
 * A fetch that upstream answered wrongly on purpose or by accident: wrong bytes, too many of them, or a way to
 * them that leads elsewhere. These are evidence of their own, an alarm, and a refusal without bytes. An upstream
 * that is merely down is not: that is an outage, and nothing is decided.
 */
import type { AlarmKind } from '../core/alarm.ts';
import { isAssayError } from '../core/errors.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Subject } from '../core/subject.ts';
import { rfc3339 } from '../core/time.ts';
import type { Rooms } from './rooms.ts';

interface Meaning {
  readonly kind: 'integrity' | 'origin';
  readonly alarm: AlarmKind;
}

const meanings: Readonly<Partial<Record<ErrorCode, Meaning>>> = {
  UPSTREAM_DIGEST_MISMATCH: { kind: 'integrity', alarm: 'upstream-lied' },
  UPSTREAM_TOO_LARGE: { kind: 'origin', alarm: 'upstream-lied' },
  UPSTREAM_HOST_REFUSED: { kind: 'origin', alarm: 'upstream-redirect-refused' },
  UPSTREAM_REDIRECT_REFUSED: { kind: 'origin', alarm: 'upstream-redirect-refused' },
};

/** The evidence of a refused fetch, its alarm raised; undefined when the error is something else. */
export async function refusedFetch(
  rooms: Rooms,
  subject: Subject,
  error: unknown,
): Promise<Evidence | undefined> {
  if (!isAssayError(error)) return undefined;
  const meaning = meanings[error.code];
  if (meaning === undefined) return undefined;
  const at = rfc3339(rooms.clock());
  const data = { code: error.code, file: subject.file, claimed: subject.claimedIntegrity.slice(0, 500) };
  const { message } = error;
  await rooms.store.raiseAlarm({
    kind: meaning.alarm,
    severity: 'critical',
    about: subject.purl,
    message,
    data,
    at,
  });
  return {
    kind: meaning.kind,
    scope: 'release',
    result: 'fail',
    summary: message,
    facts: { code: error.code },
    items: [{ id: `${meaning.kind}/${error.code.toLowerCase()}`, message }],
    tool: { name: 'assay/fetch', version: '1' },
    collectedAt: at,
  };
}
