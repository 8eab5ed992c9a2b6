/**
 * A staged batch: the entries about to be the log's, kept on the disk under the size and root they lead to before
 * anything is signed. From it and the tree it continues, everything that follows can be done again.
 *
 *   assay-staged/v1\n <origin>\n <old size>\n <old root>\n <size>\n <root>\n \n
 *   for each entry: 1 byte length, event id, 2 bytes length, entry        then SHA-256 of all that, 32 bytes
 */
import { AssayError } from '../../core/errors.ts';
import { concat, equalBytes, fromHex, fromUtf8, parseDecimal, utf8 } from '../verify/bytes.ts';
import { hashBytes } from '../verify/rfc6962.ts';
import type { PendingEntry } from './deps.ts';
import { sha256 } from './sha256.ts';

export interface StagedBatch {
  readonly origin: string;
  readonly oldSize: number;
  /** Roots are in hex. */
  readonly oldRoot: string;
  readonly size: number;
  readonly root: string;
  /** `size - oldSize` of them. */
  readonly entries: readonly PendingEntry[];
}

const format = 'assay-staged/v1';

export function stagedName({ size, root }: { readonly size: number; readonly root: string }): string {
  return `${size}-${root}`;
}

/** Undefined for what `stagedName` does not make. */
export function parseStagedName(name: string): { readonly size: number; readonly root: string } | undefined {
  const match = /^(?<size>[0-9]+)-(?<root>[0-9a-f]{64})$/.exec(name);
  const size = parseDecimal(match?.groups?.['size'] ?? '');
  const root = match?.groups?.['root'];
  return size === undefined || root === undefined ? undefined : { size, root };
}

/** Throws LEDGER_ENTRY_INVALID for an event id that is empty or has more than 255 bytes. */
export function encodeStaged(batch: StagedBatch): Uint8Array {
  const { origin, oldSize, oldRoot, size, root, entries } = batch;
  const header = utf8(`${[format, origin, oldSize, oldRoot, size, root].join('\n')}\n\n`);
  const body = entries.flatMap(({ eventId, entry }) => {
    const id = utf8(eventId);
    if (id.length === 0 || id.length > 255 || entry.length > 0xffff)
      throw new AssayError('LEDGER_ENTRY_INVALID', 'an event id or an entry is too long');
    return [Uint8Array.of(id.length), id, Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
  });
  const whole = concat([header, ...body]);
  return concat([whole, sha256(whole)]);
}

/** Undefined for anything `encodeStaged` did not make, or that was changed since. */
export function parseStaged(bytes: Uint8Array): StagedBatch | undefined {
  if (bytes.length < hashBytes) return undefined;
  const whole = bytes.subarray(0, bytes.length - hashBytes);
  if (!equalBytes(sha256(whole), bytes.subarray(whole.length))) return undefined;
  const headerEnd = whole.findIndex((byte, n) => byte === 0x0a && whole[n - 1] === 0x0a);
  const [name, origin = '', oldSizeText = '', oldRoot = '', sizeText = '', root = '', ...rest] =
    fromUtf8(whole.subarray(0, headerEnd + 1))?.split('\n') ?? [];
  const [oldSize, size] = [parseDecimal(oldSizeText), parseDecimal(sizeText)];
  const entries = parseEntries(whole.subarray(headerEnd + 1));
  if (name !== format || origin === '' || rest.join('\n') !== '\n' || entries === undefined) return undefined;
  if (oldSize === undefined || size === undefined || size !== oldSize + entries.length) return undefined;
  if ([oldRoot, root].some((hex) => fromHex(hex, hashBytes) === undefined)) return undefined;
  return { origin, oldSize, oldRoot, size, root, entries };
}

function parseEntries(bytes: Uint8Array): readonly PendingEntry[] | undefined {
  const entries: PendingEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const idEnd = at + 1 + (bytes[at] ?? 0);
    const eventId = fromUtf8(bytes.subarray(at + 1, idEnd));
    const [high, low] = bytes.subarray(idEnd, idEnd + 2);
    if (eventId === undefined || eventId === '' || high === undefined || low === undefined) return undefined;
    const end = idEnd + 2 + high * 256 + low;
    if (end > bytes.length) return undefined;
    entries.push({ eventId, entry: bytes.subarray(idEnd + 2, end) });
    at = end;
  }
  return entries;
}
