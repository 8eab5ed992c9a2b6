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

let loading: Promise<LicenceDetector> | undefined;

/** Reads the list at the first call and keeps the index: some 5 MB of texts, which only a scanner needs. */
export function licenceDetector(): Promise<LicenceDetector> {
  loading ??= load();
  return loading;
}

/** What licences a text is, largest first; one with id undefined where words about rights remain unexplained. */
export async function detectLicence(text: string): Promise<readonly Detection[]> {
  return (await licenceDetector())(text);
}

async function load(): Promise<LicenceDetector> {
  const { default: list } = await import('spdx-license-list/full.js');
  const texts = Object.entries(list).map(([id, { licenseText }]) => ({
    id: exceptionOf[id] ?? id,
    text: licenseText,
  }));
  return createDetector(indexOf(texts));
}
