/**
 * Signed statements: the DSSE envelope (secure-systems-lab/dsse, protocol 1.0.0) around an in-toto Statement. The payload
 * is bytes, and only these very bytes were signed: check first, then parse.
 */
import { concat, fromBase64, utf8 } from './bytes.ts';
import type { VerifySignature } from './note.ts';
import { signatureTypes, type VerifierKey } from './vkey.ts';

export const statementPayloadType = 'application/vnd.in-toto+json';

export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly {
    /** The signer's vkey id; a hint which key to try, and nothing to trust. */
    readonly keyid: string;
    /** Base64. */
    readonly sig: string;
  }[];
}

/** More signatures than this are refused rather than tried. */
const maxSignatures = 100;

/** What is signed: `DSSEv1`, and type and payload each after its length in bytes. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concat([utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload]);
}

/**
 * The payload and which of the keys signed it; undefined when none did, or the envelope is none of a statement. A
 * signature that names a known key by its id and does not verify refutes the envelope, as in a signed note.
 */
export function openEnvelope(
  envelope: Envelope,
  keys: readonly VerifierKey[],
  verify: VerifySignature,
): { readonly payload: Uint8Array; readonly signers: readonly VerifierKey[] } | undefined {
  const payload = fromBase64(envelope.payload);
  const { payloadType, signatures } = envelope;
  if (payload === undefined || payloadType !== statementPayloadType || signatures.length > maxSignatures)
    return undefined;
  const message = preAuthEncoding(payloadType, payload);
  const signers = new Set<VerifierKey>();
  for (const { keyid, sig } of signatures) {
    const signature = fromBase64(sig);
    const known = keys.filter((key) => key.id === keyid && key.type === signatureTypes.ed25519);
    for (const key of known) {
      if (signature?.length !== 64 || !verify(key.publicKey, message, signature)) return undefined;
      signers.add(key);
    }
  }
  return signers.size === 0 ? undefined : { payload, signers: [...signers] };
}
