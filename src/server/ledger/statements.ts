/**
 * The signed statements: what an entry commits to, and the verification summary that goes with a decision, each in a DSSE
 * envelope in the blob store. They follow the log, so that neither a decision nor a checkpoint waits for them.
 */
import { canonicalBytes } from '../../core/canonical-json.ts';
import type { Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Envelope } from '../../ledger/verify/dsse.ts';
import type { SignedStatement } from '../../storage/events.ts';
import type { Storage } from '../../storage/open.ts';

export interface StatementDeps {
  readonly storage: Pick<Storage, 'events' | 'blobs'>;
  readonly attest: (origin: string, statement: JsonObject) => Promise<Envelope>;
}

const together = 32;
const maxEnvelopeBytes = 8 * 1024 * 1024;

/**
 * Signs what the log took in since the last call; how many it looked at. Throws LEDGER_SIGNER_*, STORAGE_*: what was
 * not recorded is signed again by the next call.
 */
export async function signStatements({ storage, attest }: StatementDeps, origin: string): Promise<number> {
  const waiting = await storage.events.unsigned(together);
  const last = waiting.at(-1);
  if (last === undefined) return 0;
  const envelopes: SignedStatement[] = [];
  const signed = async (statement: JsonObject): Promise<Sha256> =>
    keepEnvelope(storage.blobs, await attest(origin, statement));
  for (const { eventId, statement, summary } of waiting) {
    if (statement === undefined) continue;
    envelopes.push({
      eventId,
      envelope: await signed(statement),
      summary: summary === undefined ? undefined : await signed(summary),
    });
  }
  const unwanted = await storage.events.recordEnvelopes(envelopes, last.index);
  for (const envelope of unwanted) await storage.blobs.remove(envelope);
  return waiting.length;
}

/** The blob that it became. */
export async function keepEnvelope(blobs: Storage['blobs'], envelope: Envelope): Promise<Sha256> {
  const { payloadType, payload, signatures } = envelope;
  const listed: readonly Json[] = signatures.map(({ keyid, sig }) => ({ keyid, sig }));
  const writer = await blobs.create();
  try {
    await writer.write(canonicalBytes({ payloadType, payload, signatures: listed }));
    return (await writer.commit()).sha256;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** JSON text of the envelope; undefined when it is not there. */
export async function envelopeText(
  blobs: Storage['blobs'],
  digest: Sha256 | undefined,
): Promise<string | undefined> {
  if (digest === undefined) return undefined;
  try {
    return Buffer.from(await blobs.read(digest, maxEnvelopeBytes)).toString('utf8');
  } catch (error) {
    if (isAssayError(error, 'BLOB_MISSING')) return undefined;
    throw error;
  }
}
