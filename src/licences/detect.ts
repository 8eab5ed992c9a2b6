/**
 * Which licences a text is, from the text itself: pairs of neighbouring words and Sørensen-Dice over their sets, as
 * askalono does it, but over the part of the text that a licence explains; the rest is looked at again.
 */
import type { LicenceIndex } from './index.ts';
import { maxTextLength, wordsOf } from './normalise.ts';

export interface Detection {
  /** SPDX id; undefined: words of a licence that we do not know. */
  readonly id: string | undefined;
  /** Other ids of the very same text, sorted by how little they claim. */
  readonly also: readonly string[];
  /** 0 to 1: Sørensen-Dice over pairs of words. Of what is unknown: to the nearest licence. */
  readonly similarity: number;
}

export type LicenceDetector = (text: string) => readonly Detection[];

/** From here on a text is a licence's. Chosen on texts with holders filled in, see docs/accuracy.md. */
export const threshold = 0.9;
/** Texts in one file; third-party notices may hold hundreds, of which the first and longest count. */
const maxLicences = 12;
const maxCandidates = 8;
/** Fewer words than this beside a licence are a title, an address, a name. */
const restWords = 25;
/** Words that only a text about rights has; without them a rest is prose. */
const rightsWords: ReadonlySet<string> = new Set(
  'license licensed sublicense permission permitted prohibited redistribution copyright warranty restriction restrictions condition commons commercial sell patent trademark'.split(
    ' ',
  ),
);

/** A detector over an index. It keeps its working memory between calls, and is not re-entrant (it never awaits). */
export function createDetector(index: LicenceIndex): LicenceDetector {
  const counts = new Uint32Array(index.references.length);
  const seen = createMarks(index.slots);
  const own = createMarks(index.slots);

  return (text) => {
    const words = wordsOf(text);
    if (words.length === 0) return [];
    const pairs = pairsOf(index, words);
    const free = new Uint8Array(pairs.length).fill(1);
    const found: Detection[] = [];
    let nearest = 0;
    while (found.length < maxLicences) {
      const best = bestOf(candidates(pairs, free), pairs, free);
      nearest = found.length === 0 ? Math.max(nearest, best?.similarity ?? 0) : nearest;
      if (best === undefined || best.similarity < threshold) break;
      free.fill(0, best.from, best.to);
      const { id, also } = best.reference;
      if (!found.some((one) => one.id === id)) found.push({ id, also, similarity: best.similarity });
    }
    if (saysMore(text, words, free, found.length > 0)) {
      found.push({ id: undefined, also: [], similarity: found.length === 0 ? nearest : 0 });
    }
    return found;
  };

  /** Licences that the free part of the text may hold, by how much of it they would explain. */
  function candidates(pairs: Int32Array, free: Uint8Array): readonly LicenceIndex['references'][number][] {
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
        return common < reference.size * 0.7 ? [] : [{ reference, gain: 2 * common - reference.size }];
      })
      .sort((a, b) => b.gain - a.gain)
      .slice(0, maxCandidates)
      .map(({ reference }) => reference);
  }

  function bestOf(
    references: readonly LicenceIndex['references'][number][],
    pairs: Int32Array,
    free: Uint8Array,
  ): Match | undefined {
    const matches = references.map((reference) => matchOf(reference, pairs, free));
    const good = matches.filter(({ similarity }) => similarity >= threshold);
    if (good.length > 0) return good.reduce((best, one) => (one.gain > best.gain ? one : best));
    return matches.reduce<Match | undefined>(
      (best, one) => (best === undefined || one.similarity > best.similarity ? one : best),
      undefined,
    );
  }

  /** The stretch that the licence explains best (most pairs of its own, fewest others: Kadane), and how well. */
  function matchOf(
    reference: LicenceIndex['references'][number],
    pairs: Int32Array,
    free: Uint8Array,
  ): Match {
    own.next();
    for (const slot of reference.slots) own.add(slot);
    let [from, to, best, sum, start] = [0, 0, 0, 0, 0];
    for (let at = 0; at < pairs.length; at++) {
      const slot = pairs[at] ?? -1;
      if (sum <= 0) [sum, start] = [0, at];
      sum += free[at] === 1 && slot >= 0 && own.has(slot) ? 1 : -1;
      if (sum > best) [best, from, to] = [sum, start, at + 1];
    }
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

interface Match {
  readonly reference: LicenceIndex['references'][number];
  /** Positions of pairs. */
  readonly from: number;
  readonly to: number;
  readonly similarity: number;
  readonly gain: number;
}

function pairsOf({ vocabulary, slotOf }: LicenceIndex, words: readonly string[]): Int32Array {
  const pairs = new Int32Array(Math.max(0, words.length - 1));
  let before = vocabulary.get(words[0] ?? '') ?? 0;
  for (let at = 1; at < words.length; at++) {
    const word = vocabulary.get(words[at] ?? '') ?? 0;
    pairs[at - 1] = before === 0 || word === 0 ? -1 : slotOf(before, word);
    before = word;
  }
  return pairs;
}

/** Words that no licence explains, many enough and about rights: conditions may be among them. */
function saysMore(text: string, words: readonly string[], free: Uint8Array, isBeside: boolean): boolean {
  if (text.length > maxTextLength) return true;
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
