/** Files that say little by their path or name, kept until it is known whether the package itself loads them. */
import type { FileScan, PackageFile } from './file-scan.ts';
import { candidates, normal } from './install-commands.ts';

export interface Bystanders {
  /** `loads`: what it names counts, as the file is none of them itself. */
  readonly saw: (file: PackageFile, scan: FileScan, loads: boolean) => void;
  readonly get: (path: string) => PackageFile | undefined;
  /** Those that are loaded and were not asked for before. */
  readonly loaded: () => readonly PackageFile[];
}

const keptBytes = 16 * 1024 * 1024;
const mostNames = 20_000;

/** `entries`: what the manifest names. */
export function createBystanders(entries: readonly string[]): Bystanders {
  const kept = new Map<string, PackageFile>();
  const names = new Set<string>(entries.map(normal));
  const given = new Set<string>();
  let bytes = 0;
  return {
    saw: (file, scan, loads) => {
      if (scan.bystander === true && bytes + file.bytes.length <= keptBytes) {
        bytes += file.bytes.length;
        kept.set(file.path, { ...file, bytes: Buffer.from(file.bytes) });
      }
      if (!loads) return;
      for (const specifier of scan.reaches) {
        if (names.size >= mostNames) return;
        for (const path of pathsOf(file.path, specifier)) names.add(path);
      }
    },
    get: (path) => kept.get(path),
    loaded: () => {
      const found = [...kept.values()].filter(
        ({ path }) => !given.has(path) && candidatesOf(path).some((name) => names.has(name)),
      );
      for (const { path } of found) given.add(path);
      return found;
    },
  };
}

/** Below the top folder: from the file that names it, and from the top. */
export function pathsOf(from: string, specifier: string): readonly string[] {
  const folder = from.includes('/') ? from.slice(0, from.lastIndexOf('/') + 1) : '';
  const near = normal(folder + specifier);
  return specifier.startsWith('.') ? [near] : [near, normal(specifier)];
}

/** Names by which a path may be loaded. */
function candidatesOf(path: string): readonly string[] {
  const bare = path.replace(/\.[^./]+$/, '');
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  return [path, bare, folder].filter(
    (name) => name !== '' && (name === folder || candidates(name).includes(path)),
  );
}
