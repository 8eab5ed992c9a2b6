/**
 * Cosignatures of checkpoints (C2SP tlog-cosignature, Ed25519): a witness states that at this time it had seen no
 * larger tree of this log, and that this one continues every one it had seen.
 */
import { concat, isCount, utf8 } from './bytes.ts';

export interface TimestampedSignature {
  /** POSIX time in seconds, up to 2^53 - 1. */
  readonly time: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

const timeBytes = 8;
const ed25519Bytes = 64;

/** What the witness signs: two lines before the text of the checkpoint's note, in UTF-8. */
export function cosignedMessage(checkpointText: Uint8Array, time: number): Uint8Array {
  if (!isCount(time)) throw new RangeError(`no time: ${time}`);
  return concat([utf8(`cosignature/v1\ntime ${time}\n`), checkpointText]);
}

/** The bytes of the signature line after the key id. Throws RangeError for a time or signature out of range. */
export function encodeTimestamped({ time, signature }: TimestampedSignature): Uint8Array {
  if (!isCount(time) || signature.length !== ed25519Bytes) throw new RangeError('no timestamped signature');
  const bytes = new Uint8Array(timeBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time));
  return concat([bytes, signature]);
}

/** Undefined for any other length, and a time over 2^53 - 1. */
export function parseTimestamped(bytes: Uint8Array): TimestampedSignature | undefined {
  if (bytes.length !== timeBytes + ed25519Bytes) return undefined;
  const time = Number(new DataView(bytes.buffer, bytes.byteOffset, timeBytes).getBigUint64(0));
  return isCount(time) ? { time, signature: bytes.subarray(timeBytes) } : undefined;
}
