/**
 * What lies beside a package while its install scripts run: its dependencies, as far as they were admitted here, in the places
 * where npm puts them. Nothing is fetched for it, and nothing that policy did not let in is used.
 */
import semver from 'semver';
import type { AdmissionStore } from '../../admission/deps.ts';
import type { ArtifactDigests } from '../../core/digest.ts';
import { ownObject, ownString, own, type JsonObject } from '../../core/json.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { InstalledDependency } from '../../rebuild/behaviour/deps.ts';
import { isPackageName } from '../../registries/npm/names.ts';

export interface DependencyDeps {
  readonly store: Pick<AdmissionStore, 'releasesOf'>;
  readonly upstreamOf: (name: string) => UpstreamId | undefined;
  /** On the host; undefined when the bytes are gone. */
  readonly pathOf: (artifact: ArtifactDigests) => Promise<string | undefined>;
  /** Its package.json; undefined when that cannot be read. */
  readonly manifestOf: (artifact: ArtifactDigests) => Promise<JsonObject | undefined>;
}

export interface DependenciesHere {
  readonly found: readonly InstalledDependency[];
  /** As `name@range`, sorted; of optional ones none: they are mostly for other machines. */
  readonly missing: readonly string[];
  /** Names of all that are not here, also of optional ones, sorted. */
  readonly absent: readonly string[];
}

/** Hundreds of packages below one with an install script are known; more are there to exhaust. */
const mostPackages = 500;
const mostMissing = 200;
const mostWanted = 5000;

interface Wanted {
  readonly name: string;
  readonly range: string;
  readonly isOptional: boolean;
  /** Folder of who wants it. */
  readonly by: string;
}

/** Throws STORAGE_*. */
export async function dependenciesHere(
  deps: DependencyDeps,
  { name, manifest }: { readonly name: string; readonly manifest: JsonObject },
): Promise<DependenciesHere> {
  const top = `node_modules/${name}`;
  const placed = new Map<string, InstalledDependency>();
  const missing = new Set<string>();
  const absent = new Set<string>();
  const queue: Wanted[] = wantedBy(manifest, top);
  let looked = 0;
  for (let wanted = queue.shift(); wanted !== undefined; wanted = queue.shift()) {
    looked += 1;
    const told = `${wanted.name}@${wanted.range}`.slice(0, 200);
    if (placed.size >= mostPackages || looked > mostWanted) {
      missing.add('and more than are looked at');
      break;
    }
    if (satisfied(placed, wanted) || wanted.name === name) continue;
    const found = await admitted(deps, wanted);
    if (found === undefined) {
      absent.add(wanted.name);
      if (!wanted.isOptional) missing.add(told);
      continue;
    }
    const folder = freePlace(placed, wanted);
    placed.set(folder, { ...found.given, folder });
    const own = await deps.manifestOf(found.artifact);
    if (own !== undefined) queue.push(...wantedBy(own, folder));
  }
  return {
    found: [...placed.values()],
    missing: [...missing].sort().slice(0, mostMissing),
    absent: [...absent].sort(),
  };
}

function wantedBy(manifest: JsonObject, by: string): Wanted[] {
  const bundled = bundledIn(manifest);
  const optional = ownObject(manifest, 'optionalDependencies') ?? {};
  const meta = ownObject(manifest, 'peerDependenciesMeta') ?? {};
  const isOptionalPeer = (name: string): boolean => own(ownObject(meta, name) ?? {}, 'optional') === true;
  const all = [
    ...entries(manifest, 'dependencies').map((one) => ({
      ...one,
      isOptional: Object.hasOwn(optional, one.name),
    })),
    ...entries(manifest, 'optionalDependencies').map((one) => ({ ...one, isOptional: true })),
    ...entries(manifest, 'peerDependencies')
      .filter(({ name }) => !isOptionalPeer(name))
      .map((one) => ({ ...one, isOptional: false })),
  ];
  return all.filter(({ name }) => !bundled.has(name)).map((one) => ({ ...one, by }));
}

function entries(manifest: JsonObject, field: string): readonly { name: string; range: string }[] {
  const listed = ownObject(manifest, field) ?? {};
  return Object.keys(listed)
    .slice(0, mostPackages)
    .filter(isPackageName)
    .map((name) => ({ name, range: ownString(listed, name) ?? '' }));
}

/** They come in its own archive. */
function bundledIn(manifest: JsonObject): ReadonlySet<string> {
  const listed = own(manifest, 'bundleDependencies') ?? own(manifest, 'bundledDependencies');
  if (listed === true) return new Set(Object.keys(ownObject(manifest, 'dependencies') ?? {}));
  return new Set(Array.isArray(listed) ? listed.filter((one) => typeof one === 'string') : []);
}

/** Folders in which Node looks from there, the nearest first. */
function places({ by, name }: Wanted): readonly string[] {
  const found: string[] = [];
  for (let at = by; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/'))))
    found.push(`${at}/node_modules/${name}`);
  return [...found, `node_modules/${name}`];
}

function satisfied(placed: ReadonlyMap<string, InstalledDependency>, wanted: Wanted): boolean {
  const at = places(wanted).find((place) => placed.has(place));
  const there = at === undefined ? undefined : placed.get(at);
  const target = targetOf(wanted);
  return there !== undefined && there.name === target.name && fits(there.version, target.range);
}

/** As high up as nobody else is. */
function freePlace(placed: ReadonlyMap<string, InstalledDependency>, wanted: Wanted): string {
  const all = places(wanted);
  const taken = all.findIndex((place) => placed.has(place));
  return (taken < 0 ? all.at(-1) : all[taken - 1]) ?? `${wanted.by}/node_modules/${wanted.name}`;
}

/** `npm:other@range` stands for another package. */
function targetOf({ name, range }: Wanted): { readonly name: string; readonly range: string } {
  if (!range.startsWith('npm:')) return { name, range };
  const alias = range.slice(4);
  const at = alias.indexOf('@', 1);
  return at < 0 ? { name: alias, range: '*' } : { name: alias.slice(0, at), range: alias.slice(at + 1) };
}

/** A tag is whatever it is today: any version may be it. Other words (URLs, paths) are none from a registry. */
function fits(version: string, range: string): boolean {
  if (/^[a-z][\w.-]*$/i.test(range)) return true;
  return semver.validRange(range) !== null && semver.satisfies(version, range);
}

async function admitted(
  { store, upstreamOf, pathOf }: DependencyDeps,
  wanted: Wanted,
): Promise<
  { readonly given: Omit<InstalledDependency, 'folder'>; readonly artifact: ArtifactDigests } | undefined
> {
  const { name, range } = targetOf(wanted);
  const upstream = isPackageName(name) ? upstreamOf(name) : undefined;
  if (upstream === undefined) return undefined;
  const releases = (await store.releasesOf(upstream, name))
    .filter(({ admittedAt, outcome }) => admittedAt !== undefined && outcome === 'allow')
    .filter(({ version }) => semver.valid(version) !== null && fits(version, range))
    .sort((a, b) => semver.rcompare(a.version, b.version));
  for (const { version, digests } of releases) {
    const path = digests === undefined ? undefined : await pathOf(digests);
    if (digests !== undefined && path !== undefined)
      return { given: { path, sha256: digests.sha256, name, version }, artifact: digests };
  }
  return undefined;
}
