/**
 * The LZMA2 data within an `.xz` file, decoded (specification: xz, "The .xz File Format" 5.3.1, and the LZMA SDK's "LZMA
 * specification"). Pure. What it writes is bounded by its caller's limit, what it reads by the bytes that are there.
 */
import { archiveError } from './refusals.ts';

/** Where a decoder writes. `bytes` grows; it is never longer than `most`. */
export interface Output {
  bytes: Uint8Array;
  length: number;
  readonly most: number;
}

interface Input {
  readonly bytes: Uint8Array;
  at: number;
  /** Of the chunk that is being read. */
  end: number;
}

interface RangeDecoder extends Input {
  range: number;
  code: number;
}

/** What outlives a chunk. */
interface State {
  readonly dictionaryBytes: number;
  /** Where in the output the dictionary begins: nothing before is copied from. */
  from: number;
  lc: number;
  lp: number;
  pb: number;
  state: number;
  readonly distances: [number, number, number, number];
  readonly odds: Uint16Array;
}

function invalid(): never {
  throw archiveError('an index has LZMA data that is none');
}

// ---- output ----

function reserve(out: Output, count: number): void {
  const wanted = out.length + count;
  if (wanted > out.most) throw archiveError(`an index is larger than ${out.most} bytes when unpacked`);
  if (wanted <= out.bytes.length) return;
  const larger = new Uint8Array(Math.min(out.most, Math.max(wanted, out.bytes.length * 2)));
  larger.set(out.bytes.subarray(0, out.length));
  out.bytes = larger;
}

/** Its room is reserved. The bytes may overlap: then what was just written is copied on. */
function copyBack(out: Output, distance: number, length: number): void {
  const { bytes } = out;
  let at = out.length;
  for (const end = at + length; at < end; at += 1) bytes[at] = bytes[at - distance] ?? 0;
  out.length = at;
}

// ---- chunks ----

/**
 * One run of chunks, up to its end mark; returns where that ends. Lets others run between chunks, of at most 2 MiB each. Throws
 * DEBIAN_ARCHIVE_INVALID.
 */
export async function decodeLzma2(
  bytes: Uint8Array,
  at: number,
  dictionaryBytes: number,
  out: Output,
): Promise<number> {
  const input: RangeDecoder = { bytes, at, end: bytes.length, range: 0, code: 0 };
  const state = newState(dictionaryBytes, out.length);
  let [hasDictionary, hasProperties] = [false, false];
  for (;;) {
    const control = byteOf(input);
    if (control === 0) return input.at;
    if (control > 2 && control < 0x80) invalid();
    const resets = control === 1 || control >= 0xe0;
    if (!resets && !hasDictionary) invalid();
    if (resets) [state.from, hasDictionary, hasProperties] = [out.length, true, false];
    if (control < 0x80) copyPlain(input, out);
    else {
      const size = ((control & 0x1f) << 16) + shortOf(input) + 1;
      const packed = shortOf(input) + 1;
      if (control >= 0xc0) {
        setProperties(state, byteOf(input));
        hasProperties = true;
      }
      if (!hasProperties) invalid();
      if (control >= 0xa0) reset(state);
      decodeChunk(input, state, out, size, packed);
    }
    await new Promise((next) => setImmediate(next));
  }
}

function copyPlain(input: Input, out: Output): void {
  const size = shortOf(input) + 1;
  const plain = input.bytes.subarray(input.at, input.at + size);
  if (plain.length !== size) invalid();
  reserve(out, size);
  out.bytes.set(plain, out.length);
  out.length += size;
  input.at += size;
}

function decodeChunk(input: RangeDecoder, state: State, out: Output, size: number, packed: number): void {
  const end = input.at + packed;
  if (packed < 5 || end > input.bytes.length) invalid();
  reserve(out, size);
  input.end = end;
  if (byteOf(input) !== 0) invalid();
  input.range = 0xffffffff;
  input.code = 0;
  for (let count = 0; count < 4; count += 1) input.code = ((input.code << 8) | byteOf(input)) >>> 0;
  const until = out.length + size;
  while (out.length < until) decodeSymbol(input, state, out, until);
  normalize(input);
  if (input.at !== end || input.code !== 0) invalid();
  input.end = input.bytes.length;
}

function byteOf(input: Input): number {
  const byte = input.at < input.end ? input.bytes[input.at] : undefined;
  if (byte === undefined) return invalid();
  input.at += 1;
  return byte;
}

function shortOf(input: Input): number {
  return byteOf(input) * 256 + byteOf(input);
}

// ---- state ----

/** Where in `odds` what is: as the specification's own tables, one behind the other. */
const isMatch = 0;
const isRepeat = isMatch + 192;
const isRepeat0 = isRepeat + 12;
const isRepeat1 = isRepeat0 + 12;
const isRepeat2 = isRepeat1 + 12;
const isRepeat0Long = isRepeat2 + 12;
const slots = isRepeat0Long + 192;
const special = slots + 256;
const alignment = special + 128;
const matchLength = alignment + 16;
const repeatLength = matchLength + 514;
const literals = repeatLength + 514;
const literalsEach = 0x300;

function newState(dictionaryBytes: number, from: number): State {
  return {
    dictionaryBytes,
    from,
    lc: 0,
    lp: 0,
    pb: 0,
    state: 0,
    distances: [0, 0, 0, 0],
    odds: new Uint16Array(literals + literalsEach * 16),
  };
}

function setProperties(state: State, byte: number): void {
  if (byte >= 225) invalid();
  state.lc = byte % 9;
  state.lp = Math.trunc(byte / 9) % 5;
  state.pb = Math.trunc(byte / 45);
  if (state.lc + state.lp > 4) invalid();
}

function reset(state: State): void {
  state.state = 0;
  state.distances.fill(0);
  state.odds.fill(1024);
}

// ---- range decoder ----

function normalize(input: RangeDecoder): void {
  if (input.range >= 0x1000000) return;
  input.range = (input.range << 8) >>> 0;
  input.code = ((input.code << 8) | byteOf(input)) >>> 0;
}

function bit(input: RangeDecoder, odds: Uint16Array, at: number): number {
  normalize(input);
  const odd = odds[at] ?? 0;
  const bound = (input.range >>> 11) * odd;
  if (input.code < bound) {
    input.range = bound;
    odds[at] = odd + ((2048 - odd) >> 5);
    return 0;
  }
  input.range -= bound;
  input.code -= bound;
  odds[at] = odd - (odd >> 5);
  return 1;
}

/** Both halves are as likely. */
function plainBits(input: RangeDecoder, count: number): number {
  let value = 0;
  for (let left = count; left > 0; left -= 1) {
    normalize(input);
    input.range >>>= 1;
    const one = input.code >= input.range;
    if (one) input.code -= input.range;
    value = value * 2 + (one ? 1 : 0);
  }
  return value;
}

function tree(input: RangeDecoder, odds: Uint16Array, from: number, bits: number): number {
  let node = 1;
  for (let left = bits; left > 0; left -= 1) node = node * 2 + bit(input, odds, from + node);
  return node - 2 ** bits;
}

function reverseTree(input: RangeDecoder, odds: Uint16Array, from: number, bits: number): number {
  let [node, value] = [1, 0];
  for (let index = 0; index < bits; index += 1) {
    const one = bit(input, odds, from + node);
    node = node * 2 + one;
    value += one * 2 ** index;
  }
  return value;
}

// ---- symbols ----

function decodeSymbol(input: RangeDecoder, state: State, out: Output, until: number): void {
  const { odds, distances } = state;
  const position = (out.length - state.from) & (2 ** state.pb - 1);
  const now = state.state;
  if (bit(input, odds, isMatch + now * 16 + position) === 0) return decodeLiteral(input, state, out);
  let length: number;
  if (bit(input, odds, isRepeat + now) === 0) {
    length = decodeLength(input, odds, matchLength, position);
    distances.unshift(decodeDistance(input, odds, length));
    distances.pop();
    state.state = now < 7 ? 7 : 10;
  } else {
    const short = chooseRepeat(input, state, position);
    length = short ? 1 : decodeLength(input, odds, repeatLength, position);
    state.state = short ? (now < 7 ? 9 : 11) : now < 7 ? 8 : 11;
  }
  const distance = distances[0] + 1;
  if (distance > out.length - state.from || distance > state.dictionaryBytes) invalid();
  if (length > until - out.length) invalid();
  return copyBack(out, distance, length);
}

/** Moves one of the last distances to the front. True: one byte from there, and no length. */
function chooseRepeat(input: RangeDecoder, { odds, distances, state }: State, position: number): boolean {
  if (bit(input, odds, isRepeat0 + state) === 0)
    return bit(input, odds, isRepeat0Long + state * 16 + position) === 0;
  const which =
    bit(input, odds, isRepeat1 + state) === 0 ? 1 : bit(input, odds, isRepeat2 + state) === 0 ? 2 : 3;
  const [distance = 0] = distances.splice(which, 1);
  distances.unshift(distance);
  return false;
}

function decodeLiteral(input: RangeDecoder, state: State, out: Output): void {
  const { odds, lc, lp, distances } = state;
  const position = out.length - state.from;
  const before = position === 0 ? 0 : (out.bytes[out.length - 1] ?? 0);
  const which = ((position & (2 ** lp - 1)) << lc) + (before >> (8 - lc));
  const from = literals + literalsEach * which;
  let node = 1;
  if (state.state >= 7) {
    const distance = distances[0] + 1;
    if (distance > position) invalid();
    let match = out.bytes[out.length - distance] ?? 0;
    while (node < 0x100) {
      const matched = (match >> 7) & 1;
      match <<= 1;
      const one = bit(input, odds, from + (matched + 1) * 256 + node);
      node = node * 2 + one;
      if (one !== matched) break;
    }
  }
  while (node < 0x100) node = node * 2 + bit(input, odds, from + node);
  out.bytes[out.length] = node & 0xff;
  out.length += 1;
  state.state = state.state < 4 ? 0 : state.state < 10 ? state.state - 3 : state.state - 6;
}

function decodeLength(input: RangeDecoder, odds: Uint16Array, from: number, position: number): number {
  if (bit(input, odds, from) === 0) return 2 + tree(input, odds, from + 2 + position * 8, 3);
  if (bit(input, odds, from + 1) === 0) return 10 + tree(input, odds, from + 130 + position * 8, 3);
  return 18 + tree(input, odds, from + 258, 8);
}

function decodeDistance(input: RangeDecoder, odds: Uint16Array, length: number): number {
  const slot = tree(input, odds, slots + Math.min(length - 2, 3) * 64, 6);
  if (slot < 4) return slot;
  const bits = (slot >> 1) - 1;
  const base = (2 + (slot & 1)) * 2 ** bits;
  if (slot < 14) return base + reverseTree(input, odds, special + base - slot, bits);
  return base + plainBits(input, bits - 4) * 16 + reverseTree(input, odds, alignment, 4);
}
