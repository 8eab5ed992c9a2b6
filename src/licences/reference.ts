/** The detector over the SPDX licence list, as the package `spdx-license-list` brings it. */
import { createDetector, type Detection, type LicenceDetector } from './detect.ts';
import { indexOf } from './index.ts';

/**
 * Old ids of licences whose text is that of an exception alone, by the id of the exception. (Other exceptions are not
 * in the list: their texts are unknown here.)
 */
const exceptionOf: Readonly<Record<string, string>> = {
  'GPL-2.0-with-GCC-exception': 'GCC-exception-2.0',
  'GPL-2.0-with-autoconf-exception': 'Autoconf-exception-2.0',
  'GPL-2.0-with-bison-exception': 'Bison-exception-2.2',
  'GPL-2.0-with-classpath-exception': 'Classpath-exception-2.0',
  'GPL-2.0-with-font-exception': 'Font-exception-2.0',
  'GPL-3.0-with-GCC-exception': 'GCC-exception-3.1',
  'GPL-3.0-with-autoconf-exception': 'Autoconf-exception-3.0',
  wxWindows: 'WxWindows-exception-3.1',
};

/** What most packages have; read first, since the whole list takes a fifth of a second and 50 MB. */
const popular = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'] as const;
/**
 * One of the popular texts is taken without a look at the others when it differs in no more pairs of words than this:
 * a title and a name. The closest text of the list with a meaning of its own (JSON, beside MIT) has 10.
 */
const maxRest = 6;
const surely = 0.98;

let loading: Promise<LicenceDetector> | undefined;
let loadingPopular: Promise<LicenceDetector> | undefined;

/** Over the whole list: some 5 MB of texts, read at the first call and kept as an index. Only a scanner needs it. */
export function licenceDetector(): Promise<LicenceDetector> {
  loading ??= loadAll();
  return loading;
}

/** What licences a text is, largest first; one with id undefined where words about rights remain unexplained. */
export async function detectLicence(text: string): Promise<readonly Detection[]> {
  loadingPopular ??= loadPopular();
  const { found, rest } = (await loadingPopular)(text);
  const [only, another] = found;
  const isSure = only?.id !== undefined && another === undefined && only.similarity >= surely;
  if (isSure && rest <= maxRest) return found;
  return (await licenceDetector())(text).found;
}

async function loadPopular(): Promise<LicenceDetector> {
  const texts = await Promise.all([
    import('spdx-license-list/licenses/MIT.json', { with: { type: 'json' } }),
    import('spdx-license-list/licenses/ISC.json', { with: { type: 'json' } }),
    import('spdx-license-list/licenses/Apache-2.0.json', { with: { type: 'json' } }),
    import('spdx-license-list/licenses/BSD-2-Clause.json', { with: { type: 'json' } }),
    import('spdx-license-list/licenses/BSD-3-Clause.json', { with: { type: 'json' } }),
    import('spdx-license-list/licenses/0BSD.json', { with: { type: 'json' } }),
  ]);
  return createDetector(
    indexOf(texts.map(({ default: { licenseText } }, at) => ({ id: popular[at] ?? '', text: licenseText }))),
  );
}

async function loadAll(): Promise<LicenceDetector> {
  const { default: list } = await import('spdx-license-list/full.js');
  const texts = Object.entries(list).flatMap(([id, { licenseText }]) => [
    { id: exceptionOf[id] ?? id, text: licenseText },
    ...(id.startsWith('LGPL-3.0') ? [{ id, text: alone(licenseText) }] : []),
    ...(id === 'Apache-2.0' ? [{ id, text: noticeIn(licenseText) }] : []),
  ]);
  return createDetector(indexOf(texts));
}

/** SPDX holds LGPL 3 together with the GPL that it adds to; it ships in a file of its own (`COPYING.LESSER`). */
function alone(text: string): string {
  const start = text.search(/GNU GENERAL PUBLIC LICENSE\s{1,9}Version 3/);
  return start < 0 ? text : text.slice(0, start);
}

/** Its appendix holds the notice that many packages ship in place of the licence. */
function noticeIn(text: string): string {
  const start = text.search(/Licensed under the Apache License, Version 2/);
  return start < 0 ? text : text.slice(start);
}
