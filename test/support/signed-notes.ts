/** Keys and signed notes for tests: the same name has the same key on every run. */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { utf8 } from '../../src/ledger/verify/bytes.ts';
import { cosignedMessage, encodeTimestamped } from '../../src/ledger/verify/cosignature.ts';
import { formatNote, type NoteSignature } from '../../src/ledger/verify/note.ts';
import { formatVkey, makeVerifierKey, type VerifierKey } from '../../src/ledger/verify/vkey.ts';

export const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key. */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({
    key: Buffer.concat([publicPrefix, publicKey]),
    format: 'der',
    type: 'spki',
  });
  return verify(null, message, key, signature);
}

export interface TestSigner {
  readonly key: VerifierKey;
  readonly vkey: string;
  readonly sign: (text: string, time?: number) => NoteSignature;
}

/** `which` tells keys of one name apart. A witness signs with its time, 1,700,000,000 unless told. */
export function testSigner(
  name: string,
  type: 'ed25519' | 'cosignature' = 'ed25519',
  which = 'first',
): TestSigner {
  const seed = hash(utf8(`assay test key ${type} ${which} ${name}`));
  const secret = createPrivateKey({
    key: Buffer.concat([privatePrefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = Uint8Array.from(
    createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length),
  );
  const key = makeVerifierKey({ name, type, publicKey }, hash);
  const signatureOf = (text: string, time: number): Uint8Array => {
    if (type === 'ed25519') return sign(null, utf8(text), secret);
    return encodeTimestamped({ time, signature: sign(null, cosignedMessage(utf8(text), time), secret) });
  };
  return {
    key,
    vkey: formatVkey(key),
    sign: (text, time = 1_700_000_000) => ({ name, id: key.id, signature: signatureOf(text, time) }),
  };
}

export function signedNote(text: string, ...signers: readonly TestSigner[]): string {
  return formatNote({ text, signatures: signers.map((signer) => signer.sign(text)) });
}
