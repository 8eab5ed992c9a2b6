/** Folders that upstream's package is loaded from, and of which the build made nothing at all. */
import type { PackagePair } from '../../../core/comparison-input.ts';
import { entryPointsOf, insidePath } from './entry-points.ts';

/** With a trailing `/`. */
export function missingOutputs(about: PackagePair): readonly string[] {
  const { main, bin } = entryPointsOf(about.upstream);
  const folders = new Set(
    [...main, ...bin].flatMap((point) => {
      const path = insidePath(point);
      const slash = path?.indexOf('/') ?? -1;
      return path === undefined || slash === -1 ? [] : [path.slice(0, slash + 1)];
    }),
  );
  return [...folders].filter((folder) => !hasAny(about.rebuilt, folder) && hasAny(about.upstream, folder));
}

function hasAny(tree: PackagePair['upstream'], folder: string): boolean {
  for (const path of tree.keys()) if (path.startsWith(folder)) return true;
  return false;
}
