/** A small log with a key: checkpoints of any size, honest or not, as its signer would make them. */
import { createHash } from 'node:crypto';
import { signingKey, type SigningKey } from '../../src/ledger/signing/key-file.ts';
import { utf8 } from '../../src/ledger/verify/bytes.ts';
import { formatCheckpoint } from '../../src/ledger/verify/checkpoint.ts';
import { formatNote } from '../../src/ledger/verify/note.ts';
import { formatVkey } from '../../src/ledger/verify/vkey.ts';
import { smallLog, type SmallLog } from './small-log.ts';

export interface SignedLog extends SmallLog {
  readonly origin: string;
  readonly key: SigningKey;
  readonly vkey: string;
  /** The signed note for the first `size` entries, all when absent. */
  readonly checkpoint: (size?: number) => string;
}

/** A key from a name, the same each time. */
export function testKey(name: string, purpose: 'ed25519' | 'cosignature', salt = ''): SigningKey {
  return signingKey(name, purpose, createHash('sha256').update(`${name} ${purpose} ${salt}`).digest());
}

/** With another `history` the same key tells of other entries. */
export function signedLog(origin: string, history = '', keySalt = ''): SignedLog {
  const log = smallLog(history);
  const key = testKey(origin, 'ed25519', keySalt);
  return {
    ...log,
    origin,
    key,
    vkey: formatVkey(key.verifier),
    checkpoint: (size = log.size()) =>
      noteBy([key], formatCheckpoint({ origin, size, root: Buffer.from(log.root(size), 'hex') })),
  };
}

export function noteBy(keys: readonly SigningKey[], text: string): string {
  const signatures = keys.map(({ verifier: { name, id }, sign }) => ({
    name,
    id,
    signature: sign(utf8(text)),
  }));
  return formatNote({ text, signatures });
}
