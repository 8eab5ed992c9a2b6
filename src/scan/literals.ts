/**
 * Many words in one pass (Aho and Corasick, 1975): time is linear in the bytes, whatever they are. ASCII letters are
 * compared without case.
 */

export interface LiteralHit {
  /** Index in the list of words. */
  readonly word: number;
  /** Offset of its first byte. */
  readonly at: number;
}

export interface LiteralSearch {
  /** In the order of their ends; of each word the first `perWord` that `counts` says yes to. */
  readonly find: (
    bytes: Uint8Array,
    perWord: number,
    counts?: (word: number, at: number) => boolean,
  ) => readonly LiteralHit[];
}

/** Words are ASCII and not empty. */
export function createLiteralSearch(words: readonly string[]): LiteralSearch {
  const { classOf, classes } = byteClasses(words);
  const { next, fail, ends } = trieOf(words, classOf, classes);
  const states = fail.length;
  const shift = Math.ceil(Math.log2(classes));
  const table = new Int32Array(states << shift);
  const outputs = ends.map((list) => [...list]);
  // Breadth first: a state's failure is shallower, so its row is complete already.
  const queue: number[] = [0];
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head] ?? 0;
    for (let c = 0; c < classes; c += 1) {
      const target = next[state * classes + c] ?? -1;
      const back = state === 0 ? 0 : (table[((fail[state] ?? 0) << shift) + c] ?? 0) >> shift;
      if (target === -1) {
        table[(state << shift) + c] = back << shift;
        continue;
      }
      fail[target] = back;
      outputs[target]?.push(...(outputs[back] ?? []));
      table[(state << shift) + c] = target << shift;
      queue.push(target);
    }
  }
  return searchOf(acceptingLast(table, outputs, shift), classOf, shift, words);
}

/** Parts of a text that are searched side by side. */
const lanes = 4;
/** Shorter texts are not worth dividing. */
const dividedBytes = 2048;

function searchOf(
  numbered: Numbered,
  classOf: Uint8Array,
  shift: number,
  words: readonly string[],
): LiteralSearch {
  const lengths = words.map((word) => word.length);
  const automaton = { ...numbered, classOf, shift, longest: Math.max(0, ...lengths) };
  const seenOf = new Int32Array(lanes * words.length);
  return {
    find: (bytes, perWord, counts = () => true) => {
      const hits: LiteralHit[][] = [[], [], [], []];
      run(automaton, bytes, (lane, ended, end) => {
        for (const word of numbered.outputs[ended] ?? []) {
          const slot = lane * lengths.length + word;
          const at = end - (lengths[word] ?? 0);
          const seen = seenOf[slot] ?? 0;
          if (seen >= perWord || !counts(word, at)) continue;
          seenOf[slot] = seen + 1;
          hits[lane]?.push({ word, at });
        }
      });
      // Most texts are short strings: what was counted is forgotten one by one.
      hits.forEach((part, lane) => {
        for (const { word } of part) seenOf[lane * lengths.length + word] = 0;
      });
      return bytes.length < dividedBytes ? (hits[3] ?? []) : firstOfEach(hits, perWord, lengths.length);
    },
  };
}

/**
 * Each step of the automaton waits for the one before, so a processor is idle most of the time. A long text is therefore
 * searched in four parts at once; each begins in the state that its place has, found from the bytes before it. The
 * steps are written out: nothing in this room runs more often.
 */
function run(
  automaton: Automaton,
  bytes: Uint8Array,
  take: (lane: number, ended: number, end: number) => void,
): void {
  const { rows, classOf, shift, firstAccepting: first } = automaton;
  const part = bytes.length < dividedBytes ? 0 : Math.floor(bytes.length / lanes);
  const [second, third, fourth] = [part, 2 * part, 3 * part];
  let a = 0;
  let b = stateAt(automaton, bytes, second);
  let c = stateAt(automaton, bytes, third);
  let d = stateAt(automaton, bytes, fourth);
  for (let i = 0; i < part; i += 1) {
    a = rows[(a << shift) | (classOf[bytes[i] as number] as number)] as number;
    b = rows[(b << shift) | (classOf[bytes[second + i] as number] as number)] as number;
    c = rows[(c << shift) | (classOf[bytes[third + i] as number] as number)] as number;
    d = rows[(d << shift) | (classOf[bytes[fourth + i] as number] as number)] as number;
    if (a >= first) take(0, a - first, i + 1);
    if (b >= first) take(1, b - first, second + i + 1);
    if (c >= first) take(2, c - first, third + i + 1);
    if (d >= first) take(3, d - first, fourth + i + 1);
  }
  for (let i = lanes * part; i < bytes.length; i += 1) {
    d = rows[(d << shift) | (classOf[bytes[i] as number] as number)] as number;
    if (d >= first) take(3, d - first, i + 1);
  }
}

function stateAt({ rows, classOf, shift, longest }: Automaton, bytes: Uint8Array, end: number): number {
  let state = 0;
  for (let i = Math.max(0, end - longest); i < end; i += 1)
    state = rows[(state << shift) | (classOf[bytes[i] as number] as number)] as number;
  return state;
}

interface Automaton extends Numbered {
  readonly classOf: Uint8Array;
  readonly shift: number;
  readonly longest: number;
}

/** Each part counted for itself. */
function firstOfEach(parts: readonly LiteralHit[][], perWord: number, words: number): readonly LiteralHit[] {
  const counts = new Int32Array(words);
  return parts.flat().filter(({ word }) => {
    const seen = counts[word] ?? 0;
    counts[word] = seen + 1;
    return seen < perWord;
  });
}

interface Numbered {
  readonly rows: Uint16Array;
  /** Words that end in each accepting state, the first accepting state first. */
  readonly outputs: readonly (readonly number[])[];
  readonly firstAccepting: number;
}

/** The same automaton with its accepting states numbered last: one comparison then tells whether a word ends. */
function acceptingLast(table: Int32Array, outputs: readonly (readonly number[])[], shift: number): Numbered {
  const states = outputs.map((_, state) => state);
  const order = [
    ...states.filter((state) => outputs[state]?.length === 0),
    ...states.filter((state) => outputs[state]?.length !== 0),
  ];
  if (order.length > 0xffff) throw new Error('too many words for 16 bits');
  const numberOf = new Uint16Array(order.length);
  order.forEach((state, index) => (numberOf[state] = index));
  const rows = new Uint16Array(table.length);
  order.forEach((state, index) => {
    for (let c = 0; c < 1 << shift; c += 1) {
      rows[(index << shift) + c] = numberOf[(table[(state << shift) + c] ?? 0) >> shift] ?? 0;
    }
  });
  const firstAccepting = order.findIndex((state) => outputs[state]?.length !== 0);
  return { rows, outputs: order.slice(firstAccepting).map((state) => outputs[state] ?? []), firstAccepting };
}

/** Class 0 is every byte that no word has. */
function byteClasses(words: readonly string[]): { readonly classOf: Uint8Array; readonly classes: number } {
  const classOf = new Uint8Array(256);
  let classes = 1;
  for (const byte of Buffer.from(words.join('').toLowerCase(), 'latin1')) {
    if (classOf[byte] !== 0) continue;
    classOf[byte] = classes;
    if (byte >= 0x61 && byte <= 0x7a) classOf[byte - 0x20] = classes;
    classes += 1;
  }
  return { classOf, classes };
}

function trieOf(
  words: readonly string[],
  classOf: Uint8Array,
  classes: number,
): { readonly next: number[]; readonly fail: number[]; readonly ends: number[][] } {
  const next: number[] = Array.from({ length: classes }, () => -1);
  const fail: number[] = [0];
  const ends: number[][] = [[]];
  words.forEach((word, index) => {
    let state = 0;
    for (const byte of Buffer.from(word.toLowerCase(), 'latin1')) {
      const slot = state * classes + (classOf[byte] ?? 0);
      let target = next[slot] ?? -1;
      if (target === -1) {
        target = fail.length;
        next[slot] = target;
        for (let c = 0; c < classes; c += 1) next.push(-1);
        fail.push(0);
        ends.push([]);
      }
      state = target;
    }
    ends[state]?.push(index);
  });
  return { next, fail, ends };
}
