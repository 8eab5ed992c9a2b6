/** DSSE (secure-systems-lab/dsse, protocol.md): what the signature of an envelope is made over. */

/** Payloads of these types alone are read; a signature over anything else was not made for us. */
export const payloadTypes: readonly string[] = ['application/vnd.in-toto+json'];

/** The pre-authentication encoding. Lengths count bytes of UTF-8, not characters (@sigstore/core before 3.2.1). */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `, 'ascii'),
    type,
    Buffer.from(` ${payload.length} `, 'ascii'),
    payload,
  ]);
}
