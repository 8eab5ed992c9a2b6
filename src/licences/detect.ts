/**
 * Which licences a text is, from the text itself: pairs of neighbouring words and Sørensen-Dice over their sets, as
 * askalono does it, but over the part of the text that a licence explains; the rest is looked at again.
 */
import type { LicenceIndex, Reference } from './index.ts';
import { readWords, wordNumber } from './normalise.ts';

export interface Detection {
  /** SPDX id; undefined: words of a licence that we do not know. */
  readonly id: string | undefined;
  /** Other ids of the very same text, sorted by how little they claim. */
  readonly also: readonly string[];
  /** 0 to 1: Sørensen-Dice over pairs of words. Of what is unknown: to the nearest licence. */
  readonly similarity: number;
}

export interface Explained {
  readonly found: readonly Detection[];
  /** Pairs of words that no licence explains, names and titles among them. */
  readonly rest: number;
}

export type LicenceDetector = (text: string) => Explained;

/** From here on a text is a licence's. Chosen on texts with holders filled in, see docs/accuracy.md. */
export const threshold = 0.9;
/** Texts looked for in one file. Third-party notices may hold hundreds: what is left then is told as unknown. */
const maxRounds = 32;
/** A bound on the work for one text: a file of thousands of tiny texts is not taken apart to its end. */
const maxVisited = 12_000_000;
/** No licence of the list is shorter. */
const minPairs = 7;
const maxCandidates = 8;
/** Fewer words than this beside a licence are a title, an address, a name. */
const restWords = 25;
/** Words that only a text about rights has; without them a rest is prose. */
const rightsWords: ReadonlySet<number> = new Set(
  'license licensed sublicense permission permitted prohibited redistribution copyright warranty restriction restrictions condition commons commercial sell patent trademark'
    .split(' ')
    .map(wordNumber),
);

/** A detector over an index. It keeps its working memory between calls, and is not re-entrant (it never awaits). */
export function createDetector(index: LicenceIndex): LicenceDetector {
  const counts = new Uint32Array(index.references.length);
  const seen = createMarks(index.slots);
  const own = createMarks(index.slots);
  /** Pairs looked at for the text at hand. */
  let visited = 0;
  const mayGoOn = (): boolean => visited < maxVisited;

  return (text) => {
    const { words, isCut } = readWords(text);
    visited = 0;
    if (words.length === 0 && !isCut) return { found: [], rest: 0 };
    const pairs = pairsOf(index, words);
    const free = new Uint8Array(pairs.length).fill(1);
    const found: Detection[] = [];
    let nearest = 0;
    for (let round = 0; round < maxRounds && count(free) >= minPairs && mayGoOn(); round++) {
      const best = bestOf(candidates(pairs, free), pairs, free);
      if (round === 0) nearest = best?.similarity ?? 0;
      if (best === undefined || best.similarity < threshold) break;
      takeCopies(best, pairs, free);
      const { id, also } = best.reference;
      if (!found.some((one) => one.id === id)) found.push({ id, also, similarity: best.similarity });
    }
    if (isCut || saysMore(words, free, found.length > 0)) {
      found.push({ id: undefined, also: [], similarity: found.length === 0 ? nearest : 0 });
    }
    return { found, rest: count(free) };
  };

  /** Licences that the free part of the text may hold, by how much of it they could explain at best. */
  function candidates(pairs: Int32Array, free: Uint8Array): readonly Candidate[] {
    counts.fill(0);
    seen.next();
    for (let at = 0; at < pairs.length; at++) {
      const slot = pairs[at] ?? -1;
      if (slot < 0 || free[at] === 0 || !seen.add(slot)) continue;
      const end = index.starts[slot + 1] ?? 0;
      for (let one = index.starts[slot] ?? 0; one < end; one++) {
        const reference = index.postings[one] ?? 0;
        counts[reference] = (counts[reference] ?? 0) + 1;
      }
    }
    return index.references
      .flatMap((reference, at) => {
        const common = counts[at] ?? 0;
        return common < reference.size * 0.7 ? [] : [{ reference, atBest: 4 * common - reference.size }];
      })
      .sort((a, b) => b.atBest - a.atBest)
      .slice(0, maxCandidates);
  }

  /** The one that explains most among those alike enough; else the nearest. */
  function bestOf(among: readonly Candidate[], pairs: Int32Array, free: Uint8Array): Match | undefined {
    let good: Match | undefined;
    let near: Match | undefined;
    for (const { reference, atBest } of among) {
      if (good !== undefined && good.gain >= atBest) break;
      const match = matchOf(reference, pairs, free);
      if (match.similarity < threshold) near = moreAlike(near, match);
      else if (good === undefined || match.gain > good.gain) good = match;
    }
    return good ?? near;
  }

  /** Third-party notices repeat one text for many holders. */
  function takeCopies(first: Match, pairs: Int32Array, free: Uint8Array): void {
    const enough = first.reference.length * 0.8;
    let match = first;
    while (mayGoOn()) {
      free.fill(0, match.from, match.to);
      if (count(free) < enough) return;
      match = matchOf(first.reference, pairs, free);
      if (match.similarity < threshold) return;
    }
  }

  /** The stretch that the licence explains best, and how well. Of repeated copies, one. */
  function matchOf(reference: Reference, pairs: Int32Array, free: Uint8Array): Match {
    visited += pairs.length;
    own.next();
    for (const slot of reference.slots) own.add(slot);
    const hits = new Int8Array(pairs.length);
    for (let at = 0; at < pairs.length; at++) {
      const slot = pairs[at] ?? -1;
      hits[at] = free[at] === 1 && slot >= 0 && own.has(slot) ? 1 : -1;
    }
    const [from, to] = densest(hits, 0, hits.length);
    const whole = measured(reference, from, to, pairs, free);
    if (to - from <= reference.length * 1.1) return whole;
    // It may reach into a neighbour that shares phrases with it, or over several copies.
    const start = fullest(hits, from, to, reference.length);
    const [first, last] = densest(hits, start, Math.min(to, start + reference.length));
    const part = measured(reference, first, last, pairs, free);
    return part.similarity > whole.similarity ? part : whole;
  }

  function measured(
    reference: Reference,
    from: number,
    to: number,
    pairs: Int32Array,
    free: Uint8Array,
  ): Match {
    seen.next();
    let [common, others] = [0, 0];
    for (let at = from; at < to; at++) {
      const slot = pairs[at] ?? -1;
      if (slot < 0 || free[at] === 0) others += 1;
      else if (!seen.add(slot)) continue;
      else if (own.has(slot)) common += 1;
      else others += 1;
    }
    const similarity = (2 * common) / (common + others + reference.size);
    return { reference, from, to, similarity, gain: 4 * common - reference.size - others };
  }
}

function count(free: Uint8Array): number {
  let sum = 0;
  for (const one of free) sum += one;
  return sum;
}

/** The stretch with the most hits over misses, as [from, to): Kadane's. */
function densest(hits: Int8Array, start: number, end: number): [number, number] {
  let [from, to, best, sum, open] = [start, start, 0, 0, start];
  for (let at = start; at < end; at++) {
    if (sum <= 0) [sum, open] = [0, at];
    sum += hits[at] ?? 0;
    if (sum > best) [best, from, to] = [sum, open, at + 1];
  }
  return [from, to];
}

/** Where the first stretch of that length with the most hits begins. */
function fullest(hits: Int8Array, start: number, end: number, length: number): number {
  let [sum, best, found] = [0, Number.NEGATIVE_INFINITY, start];
  for (let at = start; at < end; at++) {
    sum += hits[at] ?? 0;
    if (at - start >= length) sum -= hits[at - length] ?? 0;
    if (at - start >= length - 1 && sum > best) [best, found] = [sum, at - length + 1];
  }
  return found;
}

interface Candidate {
  readonly reference: Reference;
  readonly atBest: number;
}

interface Match {
  readonly reference: Reference;
  /** Positions of pairs. */
  readonly from: number;
  readonly to: number;
  readonly similarity: number;
  readonly gain: number;
}

function moreAlike(a: Match | undefined, b: Match): Match {
  return a === undefined || b.similarity > a.similarity ? b : a;
}

function pairsOf({ slotOf }: LicenceIndex, words: Int32Array): Int32Array {
  const pairs = new Int32Array(Math.max(0, words.length - 1));
  for (let at = 1; at < words.length; at++) pairs[at - 1] = slotOf(words[at - 1] ?? 0, words[at] ?? 0);
  return pairs;
}

/** Words that no licence explains, many enough and about rights: conditions may be among them. */
function saysMore(words: Int32Array, free: Uint8Array, isBeside: boolean): boolean {
  if (!isBeside) return true;
  const rest = words.filter((_, at) => free[at] === 1);
  return rest.length >= restWords && rest.some((word) => rightsWords.has(word));
}

interface Marks {
  /** Forgets all. */
  readonly next: () => void;
  /** True when it was not marked. */
  readonly add: (slot: number) => boolean;
  readonly has: (slot: number) => boolean;
}

/** A set of slots that is emptied at no cost. */
function createMarks(size: number): Marks {
  const stamps = new Uint32Array(size);
  let stamp = 0;
  return {
    next: () => {
      stamp += 1;
      if (stamp < 0xffff_ffff) return;
      stamps.fill(0);
      stamp = 1;
    },
    add: (slot) => {
      if (stamps[slot] === stamp) return false;
      stamps[slot] = stamp;
      return true;
    },
    has: (slot) => stamps[slot] === stamp,
  };
}
