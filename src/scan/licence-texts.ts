/** Texts of licences in a package, by the names they go under, and what they say. */
import type { LicenceFinding } from '../core/scan-report.ts';
import { detectLicence } from '../licences/reference.ts';
import type { PackageFile } from './file-scan.ts';

export interface LicenceTexts {
  readonly add: (file: PackageFile) => void;
  readonly end: () => Promise<readonly LicenceFinding[]>;
}

const named = /(?:^|\/)(?:un)?(?:licen[cs]e|copying|notice|copyright)s?(?:[._-][\w.-]{1,40})?$/i;
const notText = /\.(?:[cm]?[jt]sx?|json|map|css|svg|png|html?)$/i;
const mostTexts = 64;
const mostBytes = 256 * 1024;

export function createLicenceTexts(): LicenceTexts {
  const texts: { readonly path: string; readonly text: string }[] = [];
  return {
    add: ({ path, bytes }) => {
      if (texts.length >= mostTexts || bytes.length > mostBytes || !named.test(path) || notText.test(path))
        return;
      texts.push({ path, text: Buffer.from(bytes).toString('utf8') });
    },
    end: async () => {
      const found: LicenceFinding[] = [];
      for (const { path, text } of texts) {
        for (const one of await detectLicence(text))
          found.push({ path: path.slice(0, 500).toWellFormed(), ...one });
      }
      return found;
    },
  };
}
