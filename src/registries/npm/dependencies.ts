/** What a version asks for, and which version npm would take for it. Pure; every string may be hostile. */
import { Range } from 'semver';
import { own, ownObject, type JsonObject } from '../../core/json.ts';
import { isPackageName } from './names.ts';
import { compareVersions, parseVersion } from './order.ts';

/** `range` is a semver range or a tag. `undefined`: it comes from elsewhere than a registry (a URL, git, a folder). */
export interface WantedDependency {
  readonly name: string;
  readonly range: string | undefined;
}

/** As many as the largest packages have, twenty times over. */
const mostDependencies = 2_000;

/** What an install of it takes along: dependencies, optional ones (npm repeats them), and peers that are not optional. */
export function dependenciesOf(manifest: JsonObject): readonly WantedDependency[] {
  const peers = ownObject(manifest, 'peerDependencies') ?? {};
  const meta = ownObject(manifest, 'peerDependenciesMeta') ?? {};
  const isOptional = (name: string): boolean => own(ownObject(meta, name) ?? {}, 'optional') === true;
  const wanted = new Map<string, unknown>([
    ...Object.entries(peers).filter(([name]) => !isOptional(name)),
    ...Object.entries(ownObject(manifest, 'optionalDependencies') ?? {}),
    ...Object.entries(ownObject(manifest, 'dependencies') ?? {}),
  ]);
  return [...wanted].slice(0, mostDependencies).map(([name, spec]) => wantedOf(name, spec));
}

function wantedOf(name: string, spec: unknown): WantedDependency {
  if (typeof spec !== 'string' || spec.length > 512 || !isPackageName(name))
    return { name, range: undefined };
  const text = spec.trim();
  const alias = /^npm:((?:@[^@/\s]+\/)?[^@/\s]+)(?:@(.*))?$/.exec(text);
  if (alias !== null) {
    const real = alias[1] ?? '';
    return isPackageName(real)
      ? { name: real, range: alias[2] ?? 'latest' }
      : { name: real, range: undefined };
  }
  return { name, range: /[:/]/.test(text) ? undefined : text === '' ? '*' : text };
}

/** npm's rule: a tag is followed; `latest` where it is in the range; else the highest version in it. Undefined: none is. */
export function pickVersion(
  range: string,
  versions: readonly string[],
  tags: Readonly<Record<string, string>>,
): string | undefined {
  const wanted = rangeOf(range);
  if (wanted === undefined) {
    const tagged = Object.hasOwn(tags, range) ? tags[range] : undefined;
    return tagged !== undefined && versions.includes(tagged) ? tagged : undefined;
  }
  const fits = (version: string): boolean => {
    const parsed = parseVersion(version);
    return parsed !== undefined && wanted.test(parsed);
  };
  const latest = Object.hasOwn(tags, 'latest') ? tags['latest'] : undefined;
  if (latest !== undefined && versions.includes(latest) && fits(latest)) return latest;
  return versions.filter(fits).sort(compareVersions).at(-1);
}

/** Bounded first, as versions are. Undefined: a tag. */
function rangeOf(text: string): Range | undefined {
  if (text.length > 256) return undefined;
  try {
    return new Range(text, { loose: true });
  } catch {
    return undefined;
  }
}
