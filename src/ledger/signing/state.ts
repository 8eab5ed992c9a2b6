/**
 * What the signer remembers of one log, and its form on disk: two slots of 4,096 bytes, written in turn, so that a
 * write which a crash tears never harms the slot before it. The newest whole slot counts. A torn one belongs to a
 * signature that was not handed out, since the write comes first.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import { sha256 } from '../../core/digest.ts';
import { isJsonObject, own, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { fromHex, isCount } from '../verify/bytes.ts';
import { hashBytes } from '../verify/rfc6962.ts';
import { isOrigin } from './origin.ts';

export interface KeyInForce {
  readonly vkey: string;
  /** Size of the log signed last before this key was made. */
  readonly since: number;
}

export interface SignerState {
  readonly origin: string;
  /** Of the checkpoint signed last. */
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** Of the last signature, milliseconds since 1970. */
  readonly timeMs: number;
  /** Newest first; two while one replaces the other. */
  readonly keys: readonly KeyInForce[];
}

/** Rises by one with each write; its parity names the slot. */
export interface RememberedState {
  readonly state: SignerState;
  readonly counter: number;
}

export const slotBytes = 4096;
export const maxKeysInForce = 2;

/** Exactly 4,096 bytes: the SHA-256 of the rest, canonical JSON, spaces and a line feed. */
export function encodeSlot({ state, counter }: RememberedState): Uint8Array {
  const { origin, size, root, timeMs, keys } = state;
  const listed = keys.map(({ vkey, since }) => ({ vkey, since }));
  const json = canonicalJson({ v: 1, counter, origin, size, root, timeMs, keys: listed });
  const rest = ` ${json}`.padEnd(slotBytes - 65, ' ');
  const slot = Buffer.from(`${sha256(rest)}${rest}\n`, 'utf8');
  if (slot.length !== slotBytes) throw new RangeError('the state does not fit its slot');
  return slot;
}

/** Where the slot with this counter begins. */
export function slotPosition(counter: number): number {
  return (counter % 2) * slotBytes;
}

/** Both slots as they are made at a log's inception: the second one is empty until it is written first. */
export function firstStateFile(state: SignerState): Uint8Array {
  return Buffer.concat([encodeSlot({ state, counter: 0 }), Buffer.alloc(slotBytes, ' ')]);
}

/** The newest whole slot; undefined when neither is whole, or the file is none of ours. */
export function readStateFile(file: Uint8Array): RememberedState | undefined {
  if (file.length !== 2 * slotBytes) return undefined;
  const [a, b] = [0, 1].map((n) => readSlot(file.subarray(slotPosition(n), slotPosition(n) + slotBytes), n));
  if (a === undefined || b === undefined) return a ?? b;
  return a.counter > b.counter ? a : b;
}

function readSlot(slot: Uint8Array, parity: number): RememberedState | undefined {
  const text = Buffer.from(slot).toString('utf8');
  const rest = text.slice(64, -1);
  if (text.slice(0, 64) !== sha256(rest) || !text.endsWith('\n')) return undefined;
  const remembered = rememberedFrom(parsed(rest));
  return remembered !== undefined && remembered.counter % 2 === parity ? remembered : undefined;
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function rememberedFrom(value: JsonObject | undefined): RememberedState | undefined {
  if (value === undefined || own(value, 'v') !== 1) return undefined;
  const origin = ownString(value, 'origin') ?? '';
  const root = ownString(value, 'root') ?? '';
  const [counter, size, timeMs] = ['counter', 'size', 'timeMs'].map((key) => own(value, key));
  const keys = keysFrom(own(value, 'keys'));
  if (!isCountValue(counter) || !isCountValue(size) || !isCountValue(timeMs)) return undefined;
  if (!isOrigin(origin) || fromHex(root, hashBytes) === undefined || keys === undefined) return undefined;
  return { counter, state: { origin, size, root, timeMs, keys } };
}

function keysFrom(value: Json | undefined): readonly KeyInForce[] | undefined {
  if (!Array.isArray(value) || value.length < 1 || value.length > maxKeysInForce) return undefined;
  const keys = value.flatMap((item: unknown): readonly KeyInForce[] => {
    const vkey = isJsonObject(item) ? ownString(item, 'vkey') : undefined;
    const since = isJsonObject(item) ? own(item, 'since') : undefined;
    return vkey !== undefined && isCountValue(since) ? [{ vkey, since }] : [];
  });
  return keys.length === value.length ? keys : undefined;
}

function isCountValue(value: unknown): value is number {
  return typeof value === 'number' && isCount(value);
}
