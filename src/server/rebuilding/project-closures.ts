/** Of each direct dependency of a project: how much of what it brings along is Secure. By its lockfile, not by what would be resolved now. */
import { closureShare, reachable, type ClosureShare } from '../../catalogue/closure.ts';
import { formatPurl, type Purl } from '../../core/purl.ts';
import type { LockedEntry, Lockfile } from '../../registries/npm/lockfiles/types.ts';
import type { CatalogueLine } from '../control/catalogue-protocol.ts';

export interface DirectDependency {
  /** As the project calls it. */
  readonly name: string;
  readonly purl: Purl;
  /** Undefined: not on record here. */
  readonly line: CatalogueLine | undefined;
  /** Of its dependencies, without itself. */
  readonly closure: ClosureShare;
}

/** Of one walk; and of all walks together, so that a hostile lockfile ends. */
const mostInClosure = 20_000;
const mostSteps = 2_000_000;

/** Undefined: the edges of this kind of lockfile are not read. Least Secure first. */
export function directDependencies(
  { entries, direct }: Lockfile,
  lines: readonly CatalogueLine[],
): readonly DirectDependency[] | undefined {
  if (direct === undefined) return undefined;
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const byPurl = new Map(lines.map((line) => [line.purl, line]));
  let steps = 0;
  const made = direct.flatMap((key): DirectDependency[] => {
    const entry = byKey.get(key);
    const purl = entry === undefined ? undefined : purlOfEntry(entry);
    if (entry === undefined || purl === undefined) return [];
    const walk = reachable(
      key,
      (one) => byKey.get(one)?.dependsOn ?? [],
      steps > mostSteps ? 0 : mostInClosure,
    );
    steps += walk.nodes.length;
    const purls = walk.nodes.map((one) => byKey.get(one)).map((one) => one && purlOfEntry(one));
    const known = purls.filter((one) => one !== undefined);
    const share = closureShare(known, (one) => byPurl.get(one), purls.length - known.length, walk.clipped);
    return [{ name: entry.name, purl, line: byPurl.get(purl), closure: share }];
  });
  return made.sort(leastSecureFirst);
}

/** Undefined: it comes from elsewhere than a registry. */
function purlOfEntry({ source, name, version }: LockedEntry): Purl | undefined {
  return source === 'registry' && version !== undefined ? formatPurl('npm', name, version) : undefined;
}

/** Every package of a lockfile once, with all that it says of its bytes. */
export function lockedIn({ entries }: Lockfile): {
  readonly purls: Purl[];
  readonly integrity: Record<Purl, string[]>;
} {
  const said = new Map<Purl, Set<string>>();
  for (const entry of entries) {
    const purl = purlOfEntry(entry);
    if (purl === undefined) continue;
    const texts = said.get(purl) ?? new Set();
    if (entry.integrity !== undefined) texts.add(entry.integrity);
    said.set(purl, texts);
  }
  const stated = [...said].filter(([, texts]) => texts.size > 0);
  return {
    purls: [...said.keys()],
    integrity: Object.fromEntries(stated.map(([purl, texts]) => [purl, [...texts]])),
  };
}

function leastSecureFirst(a: DirectDependency, b: DirectDependency): number {
  const open = ({ closure }: DirectDependency): number => closure.total - closure.secure;
  const own = Number(a.line?.class === 'secure') - Number(b.line?.class === 'secure');
  return own || open(b) - open(a) || (a.name < b.name ? -1 : 1);
}
