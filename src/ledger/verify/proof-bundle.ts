/**
 * Proofs that are checked without a network (C2SP tlog-proof, `.tlog-proof`): an entry's index, its inclusion proof
 * and the cosigned checkpoint, in one text.
 */
import { fromBase64, fromUtf8, isCount, isPlainText, parseDecimal, toBase64, utf8 } from './bytes.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { maxNoteBytes, parseNote, type VerifySignature } from './note.ts';
import { openUnderPolicy, type PolicyOpening, type TrustPolicy } from './policy.ts';
import { verifyInclusion } from './proofs.ts';
import { hashBytes, type Hash } from './rfc6962.ts';

export interface ProofBundle {
  /** Vouched for by nobody. Undefined when there is none: no bundle has an empty one. */
  readonly extra: Uint8Array | undefined;
  readonly index: number;
  /** At most 63 hashes, from the leaf's sibling up. */
  readonly proof: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
}

const header = 'c2sp.org/tlog-proof@v1';
const maxHashes = 63;
/** Room for a note of any size, and for as much extra data. */
const maxBundleBytes = 2 * maxNoteBytes;

/** Undefined for anything else. Strict: `formatProofBundle` of the result is the input, byte for byte. */
export function parseProofBundle(raw: Uint8Array | string): ProofBundle | undefined {
  if (raw.length > maxBundleBytes) return undefined;
  const text = typeof raw === 'string' ? raw : fromUtf8(raw);
  if (text === undefined || !isPlainText(text)) return undefined;
  const split = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(split, 0)).split('\n');
  const checkpoint = text.slice(split + 2);
  const extra = valueAfter('extra ', lines[1]);
  const [indexLine, ...hashLines] = lines.slice(extra === undefined ? 1 : 2);
  const index = parseDecimal(valueAfter('index ', indexLine) ?? '');
  const proof = hashLines.slice(0, maxHashes + 1).map(fromBase64);
  const extraBytes = extra === undefined ? undefined : fromBase64(extra);
  if (lines[0] !== header || index === undefined || !isCheckpointNote(checkpoint)) return undefined;
  if (extra !== undefined && (extraBytes === undefined || extraBytes.length === 0)) return undefined;
  return areHashes(proof) ? { extra: extraBytes, index, proof, checkpoint } : undefined;
}

/** Throws RangeError for what `parseProofBundle` would not read back. */
export function formatProofBundle({ extra, index, proof, checkpoint }: ProofBundle): string {
  if (!isCount(index) || !areHashes(proof) || extra?.length === 0 || !isCheckpointNote(checkpoint))
    throw new RangeError('no proof bundle');
  const lines = [
    header,
    ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...proof.map(toBase64),
    '',
    checkpoint,
  ];
  const text = lines.join('\n');
  if (utf8(text).length > maxBundleBytes) throw new RangeError('a proof bundle has 2 MiB at most');
  return text;
}

/** `not-included`: the checkpoint is believed, but the proof does not lead from this leaf to its root. */
export type BundleVerdict =
  | (Extract<PolicyOpening, { ok: true }> & {
      readonly index: number;
      readonly extra: Uint8Array | undefined;
    })
  | {
      readonly ok: false;
      readonly problem: Extract<PolicyOpening, { ok: false }>['problem'] | 'not-included';
    };

/** What must be known from elsewhere to check a bundle: the leaf, and who is believed. */
export interface BundleTrust {
  /** RFC 6962 leaf hash of the entry (`hashLeaf`). */
  readonly leafHash: Uint8Array;
  readonly policy: TrustPolicy;
}

export function verifyProofBundle(
  raw: Uint8Array | string,
  trust: BundleTrust,
  means: { readonly hash: Hash; readonly verify: VerifySignature },
): BundleVerdict {
  const bundle = parseProofBundle(raw);
  if (bundle === undefined) return { ok: false, problem: 'malformed' };
  const { index, proof, extra } = bundle;
  const opening = openUnderPolicy(bundle.checkpoint, trust.policy, means.verify);
  if (!opening.ok) return opening;
  const { size, root } = opening.checkpoint;
  const isIncluded = verifyInclusion({ index, size, leafHash: trust.leafHash, root, proof }, means.hash);
  return isIncluded ? { ...opening, index, extra } : { ok: false, problem: 'not-included' };
}

function valueAfter(keyword: string, line: string | undefined): string | undefined {
  return line?.startsWith(keyword) === true ? line.slice(keyword.length) : undefined;
}

function areHashes(proof: readonly (Uint8Array | undefined)[]): proof is readonly Uint8Array[] {
  return proof.length <= maxHashes && proof.every((each) => each?.length === hashBytes);
}

function isCheckpointNote(text: string): boolean {
  return parseCheckpoint(parseNote(text)?.text ?? '') !== undefined;
}
