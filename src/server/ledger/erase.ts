/** The operator erases a field of an entry; an entry of its own says that it was done, by whom and why. */
import type { ReleaseRecord } from '../../admission/deps.ts';
import { AssayError } from '../../core/errors.ts';
import { localOperator } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import { erasureStatement, statementRemains } from '../../ledger/erasure.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import { makeEvent } from '../../ledger/leaf.ts';
import type { LeafField } from '../../ledger/verify/leaf.ts';
import type { LedgerEvent } from '../../storage/events.ts';
import type { Storage } from '../../storage/open.ts';

export interface EraseDeps {
  readonly storage: Pick<Storage, 'events' | 'admission' | 'blobs'>;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
}

export interface EraseRequest {
  readonly eventId: string;
  readonly field: LeafField;
  readonly reason: string;
}

const attempts = 5;

/**
 * The id of the entry that records it. Throws LEDGER_ERASE_NOTHING when there is no such entry, or the field was erased
 * before.
 */
export async function eraseField(deps: EraseDeps, request: EraseRequest): Promise<string> {
  const { storage } = deps;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const event = await storage.events.byId(request.eventId);
    const release = event?.releaseId && (await storage.admission.release(event.releaseId));
    if (event === undefined || release === undefined) break;
    const record = await recordOf(deps, request, event, release);
    const isStatement = request.field === 'statement';
    const outcome = await storage.events.erase({
      eventId: event.eventId,
      saltsOf: request.field,
      statement: isStatement ? statementRemains(event.statement) : undefined,
      forgetEnvelope: isStatement,
      record,
    });
    if (outcome === 'nothing') break;
    if (outcome === 'moved') continue;
    for (const blob of isStatement ? [event.envelope, event.summary?.envelope] : [])
      if (blob !== undefined) await storage.blobs.remove(blob);
    return record.eventId;
  }
  throw new AssayError(
    'LEDGER_ERASE_NOTHING',
    `there is no ${request.field} to erase in an entry ${JSON.stringify(request.eventId.slice(0, 80))}`,
  );
}

async function recordOf(
  { storage, clock, randomBytes }: EraseDeps,
  { field, reason }: EraseRequest,
  { eventId, leaf }: Pick<LedgerEvent, 'eventId' | 'leaf'>,
  { id, subject }: Pick<ReleaseRecord, 'id' | 'subject'>,
): Promise<ReturnType<typeof makeEvent>> {
  const time = rfc3339(clock());
  const principal = localOperator;
  return makeEvent({
    type: 'erasure/v1',
    eventId: newEventId(randomBytes),
    time,
    subject,
    actor: principal,
    statement: erasureStatement({ event: eventId, leaf, field, reason, erasedAt: time, principal, subject }),
    evidence: [],
    previousEventId: await storage.admission.previousEvent(id),
    randomBytes,
  });
}
