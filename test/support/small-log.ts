/** A log in memory, straight from the definitions of RFC 6962 section 2.1: slow, and easy to believe. */
import { sha256Bytes } from '../../src/ledger/leaf.ts';
import { toHex } from '../../src/ledger/verify/bytes.ts';
import { treeRoot } from '../../src/ledger/verify/rfc6962.ts';

export interface SmallLog {
  readonly grow: (entries: number) => void;
  readonly add: (entry: string) => void;
  readonly size: () => number;
  /** Hex; of the first `size` entries, all of them when absent. */
  readonly root: (size?: number) => string;
  /** PROOF(oldSize, D[newSize]) of section 2.1.2, hex; none from the empty tree. */
  readonly proof: (oldSize: number, newSize?: number) => readonly string[];
  /** PATH(index, D[all]) of section 2.1.1, hex. */
  readonly inclusion: (index: number) => readonly string[];
}

/** Logs with the same `salt` have the same entries. */
export function smallLog(salt = ''): SmallLog {
  const entries: Uint8Array[] = [];
  const root = (from: number, to: number): Uint8Array => treeRoot(entries.slice(from, to), sha256Bytes);

  function subProof(oldSize: number, from: number, to: number, whole: boolean): readonly Uint8Array[] {
    const size = to - from;
    if (oldSize === size) return whole ? [] : [root(from, to)];
    let split = 1;
    while (split * 2 < size) split *= 2;
    return oldSize <= split
      ? [...subProof(oldSize, from, from + split, whole), root(from + split, to)]
      : [...subProof(oldSize - split, from + split, to, false), root(from, from + split)];
  }

  function path(index: number, from: number, to: number): readonly Uint8Array[] {
    const size = to - from;
    if (size === 1) return [];
    let split = 1;
    while (split * 2 < size) split *= 2;
    return index < split
      ? [...path(index, from, from + split), root(from + split, to)]
      : [...path(index - split, from + split, to), root(from, from + split)];
  }

  return {
    add: (entry) => void entries.push(Buffer.from(entry)),
    inclusion: (index) => path(index, 0, entries.length).map(toHex),
    grow: (count) => {
      for (let n = 0; n < count; n += 1) entries.push(Buffer.from(`entry ${entries.length} ${salt}`));
    },
    size: () => entries.length,
    root: (size = entries.length) => toHex(root(0, size)),
    proof: (oldSize, newSize = entries.length) =>
      oldSize === 0 ? [] : subProof(oldSize, 0, newSize, true).map(toHex),
  };
}
