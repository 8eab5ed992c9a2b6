/** Which files of a package are licence texts, and what they are. For the scanner: it looks at files as they pass. */
import type { LicenceFinding } from '../core/scan-report.ts';
import { maxTextLength } from './normalise.ts';
import { detectLicence } from './reference.ts';

export interface LicenceLook {
  /** Keeps a licence text until `found`; other files are passed over. Paths are below the top folder. */
  readonly look: (path: string, bytes: Uint8Array) => void;
  /** In order of path. An id undefined: a text of no licence that we know, or one beyond the bounds. */
  readonly found: () => Promise<readonly LicenceFinding[]>;
}

const maxFiles = 60;

const name =
  /^(?:(?:un)?licen[cs]es?|copying|copyright|third.?party.?(?:notices?|licen[cs]es?)[^/]{0,40})(?:[-._ ][^/]{0,80})?$|^[^/]{1,100}[-._]licen[cs]e(?:\.(?:txt|md))?$/i;
const folder = /(?:^|\/)licen[cs]es\/[^/]{1,100}\.(?:txt|md)$/i;
/** A program that is named after licences is none. */
const code = /\.(?:[cm]?[jt]sx?|json5?|ya?ml|css|html?|svg|png|map|py|go|rs|sh)$/i;

export function isLicenceFile(path: string): boolean {
  const base = path.slice(path.lastIndexOf('/') + 1);
  return (name.test(base) || folder.test(path)) && !code.test(base);
}

export function createLicenceLook(): LicenceLook {
  const kept = new Map<string, string>();
  const beyond: string[] = [];
  return {
    look: (path, bytes) => {
      if (!isLicenceFile(path) || bytes.length === 0) return;
      if (kept.size >= maxFiles) beyond.push(path);
      // One unit more than is read, so that a longer text is seen to be longer.
      else
        kept.set(
          path.slice(0, 500).toWellFormed(),
          Buffer.from(bytes.subarray(0, maxTextLength + 1)).toString('utf8'),
        );
    },
    found: async () => {
      const findings: LicenceFinding[] = [];
      for (const [path, text] of [...kept].sort(([a], [b]) => (a < b ? -1 : 1))) {
        for (const { id, also, similarity } of await detectLicence(text)) {
          findings.push({ path, id, also, similarity });
        }
      }
      const [first] = beyond.sort();
      if (first !== undefined) findings.push({ path: first, id: undefined, also: [], similarity: 0 });
      return findings;
    },
  };
}
