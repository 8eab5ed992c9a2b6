/**
 * What the order of a published archive says of the npm that packed it. npm before 6.10 put `package.json` first; since
 * then files are sorted by extension, then base name, then path (npm-packlist 1.4.4).
 */
import semver from 'semver';

export type PackOrder = 'manifest-first' | 'by-extension';

const sinceByExtension = '6.10.0';

/** Of files below the top folder, in the archive's order; undefined where both orders are the same, or it is neither. */
export function packOrderOf(paths: readonly string[]): PackOrder | undefined {
  const own = paths.filter((path) => !path.startsWith('node_modules/')).slice(0, 5000);
  if (!own.includes('package.json')) return undefined;
  const sorted = own.every((path, at) => at === 0 || compare(own[at - 1] ?? '', path) <= 0);
  const first = own[0] === 'package.json';
  return sorted === first ? undefined : sorted ? 'by-extension' : 'manifest-first';
}

export function packsInOrder(order: PackOrder, npm: string): boolean {
  return semver.gte(npm, sinceByExtension) === (order === 'by-extension');
}

function compare(a: string, b: string): number {
  const [one, other] = [partsOf(a), partsOf(b)];
  return (
    one.extension.localeCompare(other.extension, 'en') ||
    one.base.localeCompare(other.base, 'en') ||
    a.localeCompare(b, 'en')
  );
}

/** As Node's `path.extname`: a name that begins with its only dot has none. */
function partsOf(path: string): { readonly extension: string; readonly base: string } {
  const base = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dot = base.lastIndexOf('.');
  return { base, extension: dot > 0 ? base.slice(dot) : '' };
}
