/**
 * One tar header block, by allow-list: POSIX ustar and GNU tar's format, nothing else. Where the bytes allow two
 * readings (ustar with another version, bytes behind a NUL, a link target on a file) the answer is a finding.
 */
import type { EvidenceItem } from '../core/evidence.ts';
import { finding, type FindingId } from './findings.ts';
import { checksumOf, isZero, nulTerminated, octal, octalOrBinary } from './tar-fields.ts';

export interface TarHeader {
  /** The type flag as a character; NUL (the old way to say "file") reads as `0`. */
  readonly flag: string;
  /** Prefix and name joined, still bytes: an extended header may replace it. Empty when the name is. */
  readonly rawPath: Uint8Array;
  readonly mode: number;
  readonly sizeBytes: number;
}

export type HeaderResult = { readonly header: TarHeader } | { readonly problem: EvidenceItem };

/** `block` is 512 bytes, not all zero. */
export function readTarHeader(block: Uint8Array): HeaderResult {
  if (octal(block.subarray(148, 156)) !== checksumOf(block)) return refuse('archive/checksum');
  const format = formatOf(block);
  if (format === undefined) return refuse('archive/format');
  const numbers = numbersOf(block);
  if (typeof numbers === 'string') return refuse('archive/number', numbers);
  const name = nulTerminated(block.subarray(0, 100));
  const prefix = format === 'ustar' ? ustarPrefix(block) : gnuPrefix(block);
  if (name === undefined) return refuse('archive/field-junk', 'name');
  if (prefix === undefined) return refuse('archive/field-junk', 'prefix');
  const flag = block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0);
  // On an extended header as well: Yarn Berry then drops the member that it describes.
  if ('05xgL'.includes(flag) && !isZero(block.subarray(157, 257))) return refuse('archive/linkname');
  return { header: { flag, rawPath: joined(prefix, name), ...numbers } };
}

function refuse(id: FindingId, detail = ''): HeaderResult {
  return { problem: finding(id, detail) };
}

/**
 * node-tar honours the prefix only after exactly `ustar\0` `00`, GNU tar after `ustar\0` with any version: other
 * versions are refused. v7 headers (no magic) are unknown to tar-stream, and no package we measured has them.
 */
function formatOf(block: Uint8Array): 'ustar' | 'gnu' | undefined {
  const magic = Buffer.from(block.subarray(257, 265)).toString('latin1');
  if (magic === 'ustar\u000000') return 'ustar';
  if (magic === 'ustar  \0') return 'gnu';
  return undefined;
}

/** The name of the malformed field, or the numbers that matter. Sizes are never base-256: that starts at 8 GiB. */
function numbersOf(block: Uint8Array): string | { readonly mode: number; readonly sizeBytes: number } {
  const mode = octal(block.subarray(100, 108));
  const sizeBytes = octal(block.subarray(124, 136));
  if (mode === undefined) return 'mode';
  if (sizeBytes === undefined) return 'size';
  if (octalOrBinary(block.subarray(108, 116)) === undefined) return 'user id';
  if (octalOrBinary(block.subarray(116, 124)) === undefined) return 'group id';
  if (octalOrBinary(block.subarray(136, 148)) === undefined) return 'time';
  if (octalOrBinary(block.subarray(329, 337)) === undefined) return 'device major';
  if (octalOrBinary(block.subarray(337, 345)) === undefined) return 'device minor';
  return { mode, sizeBytes };
}

/**
 * node-tar (and the fstream it replaced) writes access and change times into the last 24 bytes of the prefix, and
 * reads only 130 bytes of prefix when byte 475 is NUL. Both readings are the same when a NUL ends the prefix before.
 */
function ustarPrefix(block: Uint8Array): Uint8Array | undefined {
  if (!isZero(block.subarray(500, 512))) return undefined;
  if (block[475] !== 0) return nulTerminated(block.subarray(345, 500));
  return timesAreSound(block, 476) ? nulTerminated(block.subarray(345, 475)) : undefined;
}

/**
 * GNU headers have no prefix: there may be times, and fields of multi-volume and sparse archives. Readers that look for
 * a prefix whatever the magic says would take them for one, so all of it must be empty, as it is in what npm packs.
 */
function gnuPrefix(block: Uint8Array): Uint8Array | undefined {
  return isZero(block.subarray(345, 512)) ? new Uint8Array(0) : undefined;
}

function timesAreSound(block: Uint8Array, at: number): boolean {
  return (
    octalOrBinary(block.subarray(at, at + 12)) !== undefined &&
    octalOrBinary(block.subarray(at + 12, at + 24)) !== undefined
  );
}

function joined(prefix: Uint8Array, name: Uint8Array): Uint8Array {
  return prefix.length === 0 || name.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}
