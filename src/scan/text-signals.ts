/** Finds the signals of a text: one pass for the words, then a bounded look around each. */
import { bufferOf } from './byte-facts.ts';
import { createLiteralSearch } from './literals.ts';
import type { Signal } from './signals.ts';
import { wordsOfCode } from './words-of-code.ts';
import { wordsOfThreats } from './words-of-threats.ts';
import type { Word } from './words.ts';

export interface SignalHit {
  readonly signal: Signal;
  /** Offset of the first byte. */
  readonly at: number;
  readonly word: string;
}

const beforeBytes = 64;
const afterBytes = 240;
/** Of each word, in one file. */
const perWord = 200;
const longestString = 100_000;

export const words: readonly Word[] = [...wordsOfCode, ...wordsOfThreats];
const search = createLiteralSearch(words.map((word) => word.text));

/** In the order of their places. */
export function signalsIn(bytes: Uint8Array): readonly SignalHit[] {
  return hitsIn(bytes, perWord, () => true);
}

/** The same in one string of code, whose escapes and sums are resolved already. */
export function signalsInString(text: string): readonly SignalHit[] {
  const bytes = Buffer.from(text.slice(0, longestString), 'utf8');
  return hitsIn(bytes, 3, (word) => word.inStrings === true);
}

/** Only what is confirmed counts: otherwise many words that say nothing could stand before one that does. */
function hitsIn(bytes: Uint8Array, most: number, wanted: (word: Word) => boolean): readonly SignalHit[] {
  const buffer = bufferOf(bytes);
  const counts = (index: number, at: number): boolean => {
    const word = words[index];
    return word !== undefined && wanted(word) && isConfirmed(buffer, word, at);
  };
  return search.find(bytes, most, counts).flatMap(({ word: index, at }): readonly SignalHit[] => {
    const word = words[index];
    return word === undefined ? [] : [{ signal: word.signal, at, word: word.text }];
  });
}

/** Names in code are compared with case: `Function(` is not `function(`. */
function isConfirmed(buffer: Buffer, { text, before, after, inStrings }: Word, at: number): boolean {
  const end = at + text.length;
  if (inStrings !== true && buffer.toString('latin1', at, end) !== text) return false;
  if (before?.test(buffer.toString('latin1', Math.max(0, at - beforeBytes), at)) === false) return false;
  return after?.test(buffer.toString('latin1', end, Math.min(buffer.length, end + afterBytes))) !== false;
}
