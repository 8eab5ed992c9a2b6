/** From a judged statement to its DSSE envelope (secure-systems-lab/dsse envelope.md), for every key that signs such. */
import { canonicalBytes } from '../../core/canonical-json.ts';
import { AssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { SigningKey } from '../../ledger/signing/key-file.ts';
import { maxStatementBytes, type Judgement } from '../../ledger/signing/may-sign.ts';
import { toBase64 } from '../../ledger/verify/bytes.ts';
import { preAuthEncoding, statementPayloadType, type Envelope } from '../../ledger/verify/dsse.ts';

/** Throws what the judgement says. */
export function demand(judgement: Judgement): void {
  if (!judgement.ok) throw new AssayError(judgement.code, judgement.why);
}

/** The bytes that are signed. Throws LEDGER_SIGNER_REFUSED when they are too many. */
export function payloadOf(statement: JsonObject): Uint8Array {
  const payload = canonicalBytes(statement);
  if (payload.length <= maxStatementBytes) return payload;
  throw new AssayError('LEDGER_SIGNER_REFUSED', `refused: a statement of ${payload.length} bytes`);
}

export function envelopeOf(payload: Uint8Array, keys: readonly SigningKey[]): Envelope {
  const message = preAuthEncoding(statementPayloadType, payload);
  return {
    payloadType: statementPayloadType,
    payload: toBase64(payload),
    signatures: keys.map(({ verifier, sign }) => ({ keyid: verifier.id, sig: toBase64(sign(message)) })),
  };
}
