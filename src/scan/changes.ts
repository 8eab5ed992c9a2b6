/** Changed files in which no word asks for the tree. They are read as far as the budget goes, the likeliest first. */
import type { FileScan, PackageFile } from './file-scan.ts';
import type { Signal } from './signals.ts';

export interface Change {
  readonly file: PackageFile;
  /** By its words. */
  readonly scan: FileScan;
  readonly entry: boolean;
}

export interface Changes {
  /** Copies the file. Returns those that are given up, as others come before them. */
  readonly keep: (change: Change) => readonly Change[];
  /** What is to be parsed, and what else is given up. */
  readonly end: () => { readonly parse: readonly Change[]; readonly givenUp: readonly Change[] };
}

/** Of changed code that is parsed in one package, whatever its words say; reading a tree costs thirty times a search. */
const changedBytes = 8_000_000;

const acts = new Set<Signal>([
  'process',
  'network',
  'raw-socket',
  'dns',
  'decode',
  'dynamic-import',
  'file-write',
]);

export function createChanges(): Changes {
  let kept: Change[] = [];
  let bytes = 0;
  const cut = (): readonly Change[] => {
    kept.sort((a, b) => rank(a) - rank(b) || a.file.bytes.length - b.file.bytes.length);
    bytes = 0;
    const end = kept.findIndex(({ file }) => (bytes += file.bytes.length) > changedBytes);
    if (end === -1) return [];
    const given = kept.slice(end);
    kept = kept.slice(0, end);
    bytes = kept.reduce((sum, { file }) => sum + file.bytes.length, 0);
    return given;
  };
  return {
    keep: ({ file, scan, entry }) => {
      bytes += file.bytes.length;
      kept.push({ file: { ...file, bytes: Buffer.from(file.bytes) }, scan, entry });
      // Sorted only now and then: each cut leaves half of the room.
      return bytes > 2 * changedBytes ? cut() : [];
    },
    end: () => {
      const givenUp = cut();
      return { parse: kept, givenUp };
    },
  };
}

/** Entries first, then what acts; of each, the smallest first. */
function rank({ entry, scan }: Change): number {
  if (entry) return 0;
  return [...scan.signals].some((signal) => acts.has(signal)) ? 1 : 2;
}
