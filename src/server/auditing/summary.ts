/** Reading a signed verification summary, with the log's keys: signature first, then what it says. */
import { sha256 } from '../../core/digest.ts';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { summaryPredicateType } from '../../ledger/summary.ts';
import { openEnvelope, type Envelope } from '../../ledger/verify/dsse.ts';
import { parseVkey } from '../../ledger/verify/vkey.ts';

export interface OpenedSummary {
  /** By one of the keys, over a payload of this digest, of the right type. What follows is empty otherwise. */
  readonly signed: boolean;
  readonly digest: string;
  readonly result: string;
  readonly levels: string;
  readonly resource: string;
  readonly verifier: string;
  readonly time: string;
}

/** `digest`: what the entry's statement names, hex. Never throws. */
export function openedSummary(envelope: string, digest: string, vkeys: readonly string[]): OpenedSummary {
  const keys = vkeys.flatMap((vkey) => parseVkey(vkey, sha256Bytes) ?? []);
  const value = objectFrom(envelope);
  const opened = isEnvelope(value) ? openEnvelope(value, keys, verifyEd25519) : undefined;
  const payload = opened !== undefined && sha256(opened.payload) === digest ? opened.payload : undefined;
  const statement = payload && objectFrom(Buffer.from(payload).toString('utf8'));
  const isSummary = statement !== undefined && ownString(statement, 'predicateType') === summaryPredicateType;
  const predicate = (isSummary ? ownObject(statement, 'predicate') : undefined) ?? {};
  const levels = own(predicate, 'verifiedLevels');
  return {
    signed: isSummary,
    digest,
    result: ownString(predicate, 'verificationResult') ?? '',
    levels: Array.isArray(levels) ? levels.map(String).join(' ') : '',
    resource: ownString(predicate, 'resourceUri') ?? '',
    verifier: ownString(ownObject(predicate, 'verifier') ?? {}, 'id') ?? '',
    time: ownString(predicate, 'timeVerified') ?? '',
  };
}

function isEnvelope(value: unknown): value is Envelope {
  if (!isJsonObject(value)) return false;
  const signatures = own(value, 'signatures');
  const areSound =
    Array.isArray(signatures) &&
    signatures.every(
      (one: unknown) =>
        isJsonObject(one) && typeof own(one, 'keyid') === 'string' && typeof own(one, 'sig') === 'string',
    );
  return areSound && ['payload', 'payloadType'].every((key) => typeof own(value, key) === 'string');
}

function objectFrom(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
