/**
 * Who signed a VEX document? Its signature lies beside it, over its very bytes, or the document is inside a DSSE envelope
 * (secure-systems-lab/dsse, protocol.md). Only the signer's own key counts: what an envelope says of keys is not read.
 */
import type { VexForm } from '../../advisories/vex/document.ts';
import { AssayError } from '../../core/errors.ts';
import { isJsonObject, own, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { preAuthEncoding } from '../../sigstore/dsse.ts';
import { strictBase64 } from '../../sigstore/fields.ts';
import { readPublicKey, signatureHolds, type PublicKey } from '../../sigstore/keys.ts';

export interface Signed {
  readonly bytes: Uint8Array;
  /** As it came, base64 or not; undefined: an envelope. */
  readonly signature: Uint8Array | undefined;
}

const mostSignatures = 16;
/** By the type that was signed along: a signature over something else was not made for this. */
const forms: Readonly<Record<string, VexForm>> = {
  'application/vnd.in-toto+json': 'in-toto',
  'application/vnd.openvex+json': 'document',
  'application/vnd.cyclonedx+json': 'document',
};

/** `key`: SubjectPublicKeyInfo, base64. Throws VEX_UNSIGNED, VEX_SIGNATURE_INVALID, VEX_INVALID. */
export function verifiedText(signed: Signed, key: string): { readonly text: string; readonly form: VexForm } {
  const publicKey = readPublicKey(Buffer.from(key, 'base64'), 'signature', 'a signer of VEX');
  const { bytes, signature } = signed;
  if (signature === undefined) return textInEnvelope(textOf(bytes), publicKey);
  if (!signaturesIn(signature).some((one) => signatureHolds(publicKey, bytes, one))) throw foreign();
  return { text: textOf(bytes), form: 'document' };
}

/** Tools write a signature as it is, or in base64 with a line feed. */
function signaturesIn(file: Uint8Array): readonly Uint8Array[] {
  const decoded = strictBase64(Buffer.from(file).toString('latin1').replace(/\s+/g, ''));
  return decoded === undefined ? [file] : [file, decoded];
}

function textInEnvelope(text: string, key: PublicKey): { readonly text: string; readonly form: VexForm } {
  const envelope = jsonOf(text);
  const signatures = envelope === undefined ? undefined : own(envelope, 'signatures');
  if (envelope === undefined || !Array.isArray(signatures))
    throw new AssayError('VEX_UNSIGNED', 'the document has no signature beside it, and is in no envelope');
  const type = ownString(envelope, 'payloadType') ?? '';
  const payload = strictBase64(ownString(envelope, 'payload') ?? '');
  const form = Object.hasOwn(forms, type) ? forms[type] : undefined;
  if (payload === undefined || form === undefined || signatures.length > mostSignatures)
    throw new AssayError('VEX_INVALID', 'a VEX document cannot be used: its envelope holds something else');
  const encoded = preAuthEncoding(type, payload);
  if (!signatures.some((one: Json) => holds(one, encoded, key))) throw foreign();
  return { text: textOf(payload), form };
}

function holds(signature: Json, encoded: Uint8Array, key: PublicKey): boolean {
  const bytes = isJsonObject(signature) ? strictBase64(ownString(signature, 'sig') ?? '') : undefined;
  return bytes !== undefined && signatureHolds(key, encoded, bytes);
}

function jsonOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AssayError('VEX_INVALID', 'a VEX document cannot be used: it is not UTF-8', { cause });
  }
}

function foreign(): AssayError {
  return new AssayError(
    'VEX_SIGNATURE_INVALID',
    'no signature over the document is by the key of that signer',
  );
}
