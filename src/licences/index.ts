/** An index from pairs of neighbouring words to the licences that hold them: one look at a text scores all licences. */
import { wordsOf } from './normalise.ts';

export interface ReferenceText {
  readonly id: string;
  readonly text: string;
}

/** One text. Several ids share a text: `GPL-2.0-only` and `GPL-2.0-or-later` differ in what is said outside of it. */
export interface Reference {
  readonly id: string;
  readonly also: readonly string[];
  /** Its pairs, in all. */
  readonly length: number;
  /** How many different pairs it has. */
  readonly size: number;
  /** The slots of its pairs. */
  readonly slots: Uint32Array;
}

export interface LicenceIndex {
  readonly references: readonly Reference[];
  /** How many slots there are. */
  readonly slots: number;
  /** References that hold a slot's pair: `postings` from `starts[slot]` to `starts[slot + 1]`. */
  readonly starts: Uint32Array;
  readonly postings: Uint16Array;
  /** Slot of a pair of words, or -1. */
  readonly slotOf: (first: number, second: number) => number;
}

/** Texts of fewer words say too little to be told apart. */
const minWords = 8;

export function indexOf(texts: readonly ReferenceText[]): LicenceIndex {
  const unique = mergeEqual(texts);
  const total = unique.reduce((sum, { words }) => sum + words.length, 0);
  const table = createTable(total);
  const slotLists = unique.map(({ words }) => slotsIn(table, words));
  const starts = new Uint32Array(table.used() + 1);
  for (const slots of slotLists) for (const slot of slots) starts[slot + 1] = (starts[slot + 1] ?? 0) + 1;
  for (let slot = 0; slot < table.used(); slot++)
    starts[slot + 1] = (starts[slot + 1] ?? 0) + (starts[slot] ?? 0);
  const next = starts.slice();
  const postings = new Uint16Array(starts.at(-1) ?? 0);
  slotLists.forEach((slots, reference) => {
    for (const slot of slots) {
      const at = next[slot] ?? 0;
      postings[at] = reference;
      next[slot] = at + 1;
    }
  });
  return {
    references: unique.map(({ id, also, words }, at) => {
      const slots = slotLists[at] ?? new Uint32Array();
      return { id, also, length: Math.max(0, words.length - 1), size: slots.length, slots };
    }),
    slots: table.used(),
    starts,
    postings,
    slotOf: table.find,
  };
}

interface Words {
  readonly id: string;
  readonly also: readonly string[];
  readonly words: Int32Array;
}

function mergeEqual(texts: readonly ReferenceText[]): readonly Words[] {
  const byText = new Map<string, { readonly ids: string[]; readonly words: Int32Array }>();
  for (const { id, text } of texts) {
    const words = wordsOf(text);
    if (words.length < minWords) continue;
    const key = words.join(' ');
    const known = byText.get(key);
    if (known === undefined) byText.set(key, { ids: [id], words });
    else known.ids.push(id);
  }
  return [...byText.values()].map(({ ids, words }) => {
    const [id = '', ...also] = ids.sort(byPreference);
    return { id, also, words };
  });
}

/** Of ids that share a text, the one that claims least comes first: `-only` before the old bare id and `-or-later`. */
function byPreference(a: string, b: string): number {
  const rank = (id: string): number => (id.endsWith('-only') ? 0 : /\+$|-or-later$/.test(id) ? 2 : 1);
  return rank(a) - rank(b) || a.length - b.length || (a < b ? -1 : 1);
}

interface Table {
  readonly find: (first: number, second: number) => number;
  readonly add: (first: number, second: number) => number;
  readonly used: () => number;
}

/** Open addressing over typed arrays: a Map of half a million keys would take five times the memory. */
function createTable(most: number): Table {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(16, most)));
  const keys = new Uint32Array(capacity);
  const slots = new Int32Array(capacity).fill(-1);
  let used = 0;
  const place = (key: number): number => {
    let at = (Math.imul(key, 0x9e3779b1) >>> 0) & (capacity - 1);
    while (slots[at] !== -1 && keys[at] !== key) at = (at + 1) & (capacity - 1);
    return at;
  };
  // The order counts: `second` is not mixed alike.
  const keyOf = (first: number, second: number): number => (Math.imul(first, 0x85ebca6b) ^ second) >>> 0;
  return {
    find: (first, second) => slots[place(keyOf(first, second))] ?? -1,
    add: (first, second) => {
      const key = keyOf(first, second);
      const at = place(key);
      const known = slots[at] ?? -1;
      if (known !== -1) return known;
      keys[at] = key;
      slots[at] = used;
      used += 1;
      return used - 1;
    },
    used: () => used,
  };
}

function slotsIn(table: Table, words: Int32Array): Uint32Array {
  const found = new Set<number>();
  for (let at = 1; at < words.length; at++) found.add(table.add(words[at - 1] ?? 0, words[at] ?? 0));
  return Uint32Array.from(found);
}
