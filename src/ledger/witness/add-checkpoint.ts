/** The body of `POST <prefix>/add-checkpoint` (C2SP tlog-witness): old size, consistency proof, empty line, checkpoint. */
import { fromBase64, fromHex, parseDecimal, toBase64 } from '../verify/bytes.ts';
import { hashBytes } from '../verify/rfc6962.ts';

export interface AddCheckpoint {
  readonly oldSize: number;
  /** RFC 6962 consistency proof from `oldSize`, 32 bytes each. */
  readonly proof: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

export const maxProofLines = 63;
/** A checkpoint with a hundred post-quantum signatures fits. */
export const maxRequestBytes = 512 * 1024;

/** Throws RangeError for a proof that is too long or not of hashes. `proof` is in hex. */
export function formatAddCheckpoint(oldSize: number, proof: readonly string[], checkpoint: string): string {
  if (proof.length > maxProofLines) throw new RangeError(`a proof of ${proof.length} hashes`);
  const lines = proof.map((hex) => {
    const hash = fromHex(hex, hashBytes);
    if (hash === undefined) throw new RangeError('a proof that is not of hashes');
    return `${toBase64(hash)}\n`;
  });
  return `old ${oldSize}\n${lines.join('')}\n${checkpoint}`;
}

/** Undefined for anything else. Strict: `formatAddCheckpoint` of the result is the text. The checkpoint is not read yet. */
export function parseAddCheckpoint(text: string): AddCheckpoint | undefined {
  if (text.length > maxRequestBytes) return undefined;
  // The first empty line: a checkpoint has one of its own.
  const split = text.indexOf('\n\n');
  const [old = '', ...proofLines] = text.slice(0, Math.max(0, split)).split('\n', maxProofLines + 2);
  const oldSize = old.startsWith('old ') ? parseDecimal(old.slice(4)) : undefined;
  if (split < 0 || oldSize === undefined || proofLines.length > maxProofLines) return undefined;
  const proof = proofLines.flatMap((line) => {
    const hash = fromBase64(line);
    return hash?.length === hashBytes ? [hash] : [];
  });
  if (proof.length !== proofLines.length) return undefined;
  return { oldSize, proof, checkpoint: text.slice(split + 2) };
}
