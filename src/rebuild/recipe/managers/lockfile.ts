/** What the rewriters share. */
import { isPackageName, isVersion, tarballUrl } from '../registry/paths.ts';

export interface PlacedLockfile {
  readonly text: string;
  /** Sentences: what cannot be taken from the registry. At most 20; the lockfile is then not to be used. */
  readonly refused: readonly string[];
}

export interface LockedTarball {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly url: string;
  /** The lockfile holds a digest, which the package manager compares. */
  readonly claimed: boolean;
}

export const maxLockfileBytes = 64 * 1024 * 1024;

/** The same tarball at the build's registry; undefined when it is not one of a registry. */
export function placed({ name, version, url, claimed }: LockedTarball): string | undefined {
  if (name === undefined || version === undefined || !isPackageName(name) || !isVersion(version))
    return undefined;
  if (!/^https?:\/\//.test(url)) return undefined;
  // With a digest any host's file is the same file; without one it must at least be where a registry has it.
  return claimed || isConventional(url, name, version) ? tarballUrl(name, version) : undefined;
}

function isConventional(url: string, name: string, version: string): boolean {
  const file = `${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
  const path = url.split(/[?#]/, 1)[0] ?? '';
  return path.replace(/%2f/gi, '/').endsWith(`/${name}/-/${file}`);
}

export function refusal(what: string, url: string): string {
  return `${what.slice(0, 300)} comes from ${url.slice(0, 300)}, which is no package of a registry with a digest`.toWellFormed();
}

export function atMost20(sentences: readonly string[]): readonly string[] {
  return sentences.slice(0, 20);
}
