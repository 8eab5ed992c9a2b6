/**
 * Mends what people write instead of an SPDX id, where only one licence can be meant. A bare `BSD` or `GPL` stays
 * unknown, and so does a phrase that merely holds a licence's name: guessing is how `UNLICENSED` becomes `Unlicense`.
 */
import { listedId } from './ids.ts';

/** By what is left of a phrase when "the", "licence", "version" and punctuation are gone. */
const phrases: ReadonlyMap<string, string> = new Map([
  ['apache-2', 'Apache-2.0'],
  ['apache2', 'Apache-2.0'],
  ['apache2.0', 'Apache-2.0'],
  ['apachev2', 'Apache-2.0'],
  ['apachev2.0', 'Apache-2.0'],
  ['asl-2.0', 'Apache-2.0'],
  ['expat', 'MIT'],
  ['bsd-2', 'BSD-2-Clause'],
  ['bsd2', 'BSD-2-Clause'],
  ['2-clause-bsd', 'BSD-2-Clause'],
  ['simplified-bsd', 'BSD-2-Clause'],
  ['freebsd', 'BSD-2-Clause'],
  ['bsd-3', 'BSD-3-Clause'],
  ['bsd3', 'BSD-3-Clause'],
  ['3-clause-bsd', 'BSD-3-Clause'],
  ['new-bsd', 'BSD-3-Clause'],
  ['modified-bsd', 'BSD-3-Clause'],
  ['revised-bsd', 'BSD-3-Clause'],
  ['gpl-2', 'GPL-2.0-only'],
  ['gpl2', 'GPL-2.0-only'],
  ['gplv2', 'GPL-2.0-only'],
  ['gplv2.0', 'GPL-2.0-only'],
  ['gplv2+', 'GPL-2.0-or-later'],
  ['gpl-3', 'GPL-3.0-only'],
  ['gpl3', 'GPL-3.0-only'],
  ['gplv3', 'GPL-3.0-only'],
  ['gplv3.0', 'GPL-3.0-only'],
  ['gplv3+', 'GPL-3.0-or-later'],
  ['lgplv2.1', 'LGPL-2.1-only'],
  ['lgpl-3', 'LGPL-3.0-only'],
  ['lgpl3', 'LGPL-3.0-only'],
  ['lgplv3', 'LGPL-3.0-only'],
  ['lgplv3+', 'LGPL-3.0-or-later'],
  ['agpl-3', 'AGPL-3.0-only'],
  ['agpl3', 'AGPL-3.0-only'],
  ['agplv3', 'AGPL-3.0-only'],
  ['agplv3+', 'AGPL-3.0-or-later'],
  ['mpl-2', 'MPL-2.0'],
  ['mpl2', 'MPL-2.0'],
  ['mplv2', 'MPL-2.0'],
  ['mplv2.0', 'MPL-2.0'],
  ['epl-1', 'EPL-1.0'],
  ['epl-2', 'EPL-2.0'],
  ['cc0', 'CC0-1.0'],
  ['cc-0', 'CC0-1.0'],
  ['unlicence', 'Unlicense'],
  ['boost', 'BSL-1.0'],
  ['blueoak', 'BlueOak-1.0.0'],
]);

/** The whole phrase, or each operand between AND, OR, WITH and parentheses, as an id; undefined when one stays unknown. */
export function correct(text: string): string | undefined {
  const whole = idOf(text);
  if (whole !== undefined) return whole;
  const parts = text.split(/(\s+(?:AND|OR|WITH)\s+|[()])/i);
  const mended = parts.map((part, at) => {
    if (at % 2 === 1) return ` ${part.trim().toUpperCase()} `;
    return part.trim() === '' ? '' : idOf(part);
  });
  if (mended.some((part) => part === undefined)) return undefined;
  return mended.join('').replace(/ {2,}/g, ' ').trim();
}

function idOf(phrase: string): string | undefined {
  const plain = phrase.trim();
  const exact = plain.endsWith('+') ? listedId(plain.slice(0, -1)) : listedId(plain);
  if (exact !== undefined) return plain.endsWith('+') ? `${exact}+` : exact;
  const key = plain
    .toLowerCase()
    .replace(/\blicen[cs]ed?\b|\bversion\b|\bthe\b|[,"']/g, ' ')
    .replace(/\bv(?=\d)/g, ' ')
    .trim()
    .replace(/[\s_-]{1,20}/g, '-');
  return phrases.get(key) ?? listedId(key);
}
