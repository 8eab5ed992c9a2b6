/**
 * A licence text as its words, so that layout, punctuation, names and years make no difference. After SPDX's matching
 * guidelines (annex B: capitals, white space, punctuation, varietal spellings, copyright notices, bullets do not count).
 */

/** The longest text of the SPDX list has 47,000 characters; what is longer is read to here. */
export const maxTextLength = 512 * 1024;

/** Spellings that count as equal (annex B, B.9 and the list of equivalent words), one way. */
const varietal: readonly (readonly [string, string])[] = [
  ['licence', 'license'],
  ['licences', 'licenses'],
  ['licenced', 'licensed'],
  ['licencing', 'licensing'],
  ['licencee', 'licensee'],
  ['sublicence', 'sublicense'],
  ['https', 'http'],
  ['acknowledgement', 'acknowledgment'],
  ['acknowledgements', 'acknowledgments'],
  ['organisation', 'organization'],
  ['organisations', 'organizations'],
  ['authorisation', 'authorization'],
  ['authorised', 'authorized'],
  ['favour', 'favor'],
  ['fulfil', 'fulfill'],
  ['judgement', 'judgment'],
  ['recognise', 'recognize'],
  ['utilisation', 'utilization'],
  ['whilst', 'while'],
  ['centre', 'center'],
  ['merchantibility', 'merchantability'],
];

const maxNoticeLength = 200;

/** FNV-1a, 32 bits. */
const start = 0x811c9dc5 | 0;
const prime = 0x01000193;

/** A notice of who holds the rights, not a sentence that speaks of "copyright notice" or "copyright holders". */
const copyrightLine =
  /^[^\p{L}\p{N}(©]{0,12}(?:(?:portions?|parts?|this \w{1,20} is|all code is|some parts) )?(?:copyright|copr\.?|\(c\)|©)\s{0,4}(?:\(c\)|©|&copy;|:|,|-)?\s{0,4}(?:\(c\)|©|\d{4}|<|\[|\{|by\b|[\p{L}.'-]{2,40}(?:[ ,][\p{L}.'-]{1,40}){0,4}[ ,]{1,2}\(?\d{4}|$)/u;
const reservedLine = /^[^\p{L}\p{N}]{0,12}all rights reserved[^\p{L}\p{N}]{0,4}$/u;
/** `1.`, `a)`, `(iv)` at the beginning of a line. */
const bullet = /^[\s*#/;>|-]{0,12}\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s/;
const newLine = /\r\n|[\n\r\u2028\u2029\u0085]/;
const notAscii = /[\u0080-\uffff]/;
const foreignPunctuation = /[^\p{L}\p{N}\p{ASCII}]+/gu;
/**
 * The words of a text, in order, each as a 32-bit number (FNV-1a over its UTF-16 units): several times as fast as
 * strings. Two words with one number would have to stand in the same place to matter. Linear in the text's length;
 * what lies beyond `maxTextLength` is not read.
 */
export function wordsOf(text: string): Int32Array {
  return readWords(text).words;
}

/** The same, and whether there was more than is read. */
export function readWords(text: string): { readonly words: Int32Array; readonly isCut: boolean } {
  // One character may stand for eighteen.
  const whole = text.slice(0, maxTextLength).normalize('NFKC');
  const kept = whole.slice(0, maxTextLength).toLowerCase().split(newLine).map(withoutNotices).join('\n');
  const plain = notAscii.test(kept) ? kept.replace(foreignPunctuation, ' ') : kept;
  return { words: numbersIn(plain), isCut: text.length > maxTextLength || whole.length > maxTextLength };
}

/** The number of one word in lower case. */
export function wordNumber(word: string): number {
  return numbersIn(word)[0] ?? 0;
}

function numbersIn(plain: string): Int32Array {
  const numbers = new Int32Array((plain.length >> 1) + 1);
  let count = 0;
  let number = start;
  for (let at = 0; at <= plain.length; at++) {
    const unit = at === plain.length ? 0x20 : plain.charCodeAt(at);
    if (isOfWord(unit)) number = Math.imul(number ^ unit, prime);
    else if (number !== start) {
      numbers[count] = varietalNumbers.get(number) ?? number;
      count += 1;
      number = start;
    }
  }
  return numbers.slice(0, count);
}

function isOfWord(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit >= 0x80;
}

function withoutNotices(line: string): string {
  // Only the beginning decides. A longer line holds more than a notice: a text without line breaks.
  const head = line.slice(0, maxNoticeLength);
  const isNotice = copyrightLine.test(head) || reservedLine.test(head);
  if (isNotice && line.length < maxNoticeLength) return '';
  return line.slice(bullet.exec(head)?.[0].length ?? 0);
}

const varietalNumbers: Map<number, number> = new Map();
for (const [from, to] of varietal) varietalNumbers.set(wordNumber(from), wordNumber(to));
