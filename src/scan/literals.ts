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
  /** In the order of their ends; at most `perWord` of each word. */
  readonly find: (bytes: Uint8Array, perWord: number) => readonly LiteralHit[];
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
  const { rows, outputs: found, firstAccepting } = acceptingLast(table, outputs, shift);
  const lengths = words.map((word) => word.length);
  return {
    find: (bytes, perWord) => {
      const hits: LiteralHit[] = [];
      const counts = new Int32Array(words.length);
      const end = bytes.length;
      let state = 0;
      for (let i = 0; i < end; i += 1) {
        state = rows[(state << shift) | (classOf[bytes[i] as number] as number)] as number;
        if (state < firstAccepting) continue;
        for (const word of found[state - firstAccepting] ?? []) {
          const seen = counts[word] ?? 0;
          if (seen >= perWord) continue;
          counts[word] = seen + 1;
          hits.push({ word, at: i + 1 - (lengths[word] ?? 0) });
        }
      }
      return hits;
    },
  };
}

/** The same automaton with its accepting states numbered last: one comparison then tells whether a word ends. */
function acceptingLast(
  table: Int32Array,
  outputs: readonly (readonly number[])[],
  shift: number,
): {
  readonly rows: Uint16Array;
  readonly outputs: readonly (readonly number[])[];
  readonly firstAccepting: number;
} {
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
