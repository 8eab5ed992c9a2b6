/**
 * A licence text as its words, so that layout, punctuation, names and years make no difference. After SPDX's matching
 * guidelines (annex B: capitals, white space, punctuation, varietal spellings, copyright notices, bullets do not count).
 */

/** The longest text of the SPDX list has 47,000 characters; what is longer is read to here. */
export const maxTextLength = 512 * 1024;

/** Spellings that count as equal (annex B, B.9 and the list of equivalent words), one way. */
const varietal: ReadonlyMap<string, string> = new Map([
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
  ['noncommercial', 'non commercial'],
]);

/** A notice of who holds the rights, not a sentence that speaks of "copyright notice" or "copyright holders". */
const copyrightLine =
  /^[^\p{L}\p{N}(©]{0,12}(?:(?:portions?|parts?|this \w{1,20} is|all code is|some parts) )?(?:copyright|copr\.?|\(c\)|©)\s{0,4}(?:\(c\)|©|&copy;|:|,|-)?\s{0,4}(?:\(c\)|©|\d{4}|<|\[|\{|by\b|[\p{L}.'-]{2,40}(?:[ ,][\p{L}.'-]{1,40}){0,4}[ ,]{1,2}\(?\d{4}|$)/iu;
const reservedLine = /^[^\p{L}\p{N}]{0,12}all rights reserved\W{0,4}$/iu;
/** `1.`, `a)`, `(iv)` at the beginning of a line. */
const bullet = /^[\s*#/;>|-]{0,12}\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s/i;

/** The words of a text, in order. Linear in its length; what lies beyond `maxTextLength` is not read. */
export function wordsOf(text: string): readonly string[] {
  const plain = text.slice(0, maxTextLength).normalize('NFKC').replaceAll('ſ', 's');
  const words: string[] = [];
  for (const line of plain.split(/\r\n|[\n\r\u2028\u2029\u0085]/u)) {
    // Only the beginning decides, so that no long line is looked at twice.
    const head = line.slice(0, 300);
    if (copyrightLine.test(head) || reservedLine.test(head)) continue;
    const marked = bullet.exec(head)?.[0].length ?? 0;
    for (const word of line.slice(marked).toLowerCase().match(wordPattern) ?? []) {
      words.push(varietal.get(word) ?? word);
    }
  }
  return words;
}

const wordPattern = /[\p{L}\p{N}]+/gu;
