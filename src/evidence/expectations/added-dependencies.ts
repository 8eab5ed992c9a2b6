/** Which dependencies of a version its predecessor did not have. Admission asks too: it looks at their own indexes. */
import { own, ownObject, ownStrings, type JsonObject } from '../../core/json.ts';

export interface AddedDependency {
  /** As the registry knows it. */
  readonly name: string;
  /** Range or tag, as written; hostile. */
  readonly range: string;
}

export interface ExoticDependency {
  readonly name: string;
  readonly spec: string;
}

/** From a registry, in any of the manifests; an alias for another package than before counts as new. */
export function addedDependencies(
  before: JsonObject,
  now: readonly JsonObject[],
): readonly AddedDependency[] {
  const old = dependenciesOf(before);
  const found = new Map<string, AddedDependency>();
  for (const [name, spec] of now.flatMap((one) => [...dependenciesOf(one)])) {
    const was = old.get(name);
    if (isExotic(spec) || (was !== undefined && aliasOf(was) === aliasOf(spec))) continue;
    const added = { name: aliasOf(spec) ?? name, range: rangeOf(spec) };
    found.set(`${added.name} ${added.range}`, added);
  }
  return [...found.values()];
}

/** From elsewhere (git, a URL, a file): not from there before, and the same as ever. */
export function exoticDependencies(
  before: JsonObject | undefined,
  now: readonly JsonObject[],
): { readonly fresh: readonly ExoticDependency[]; readonly usual: readonly ExoticDependency[] } {
  const old = before === undefined ? undefined : dependenciesOf(before);
  const fresh = new Map<string, ExoticDependency>();
  const usual = new Map<string, ExoticDependency>();
  for (const [name, spec] of now.flatMap((one) => [...dependenciesOf(one)])) {
    if (!isExotic(spec)) continue;
    const was = old?.get(name);
    const isUsual =
      old === undefined || (was !== undefined && isExotic(was) && placeOf(was) === placeOf(spec));
    (isUsual ? usual : fresh).set(name, { name, spec });
  }
  return { fresh: [...fresh.values()], usual: [...usual.values()].filter(({ name }) => !fresh.has(name)) };
}

const fields = ['dependencies', 'optionalDependencies', 'peerDependencies'] as const;

/** What npm installs: peers too, unless they are optional. */
function dependenciesOf(manifest: JsonObject): ReadonlyMap<string, string> {
  const meta = ownObject(manifest, 'peerDependenciesMeta') ?? {};
  const found = new Map<string, string>();
  for (const field of fields) {
    for (const [name, spec] of ownStrings(ownObject(manifest, field))) {
      const optionalPeer =
        field === 'peerDependencies' && own(ownObject(meta, name) ?? {}, 'optional') === true;
      if (!optionalPeer && !found.has(name)) found.set(name, spec.trim());
    }
  }
  return found;
}

/** Neither a range nor a tag nor an alias: no range holds a colon or a slash. */
function isExotic(spec: string): boolean {
  return !spec.startsWith('npm:') && /[:/\\]|^[.~]$/.test(spec);
}

/** Without the commit or range after `#`, and without the ways to write one place. */
function placeOf(spec: string): string {
  const [place = ''] = spec.slice(0, 2048).split('#');
  return place
    .toLowerCase()
    .replace(/^git\+/, '')
    .replace(/^(?:https?|ssh|git):\/\/(?:[^@/]*@)?/, '')
    .replace(/^github:|^(?=[\w.-]+\/[\w.-]+$)/, 'github.com/')
    .replace(/\.git$/, '');
}

/** `npm:other@^1` installs another package than its name says. */
function aliasOf(spec: string): string | undefined {
  return /^npm:(@?[^@]+)/.exec(spec.slice(0, 512))?.[1];
}

function rangeOf(spec: string): string {
  return spec.startsWith('npm:') ? (/^npm:@?[^@]+@(.*)$/.exec(spec.slice(0, 512))?.[1] ?? '') : spec;
}
