/** What a lockfile locks, in no package manager's words. Every string in it may be hostile. */
import { AssayError } from '../../../core/errors.ts';

/** The last two are bills of materials, which nobody installs from. */
export const lockfileFormats = [
  'npm',
  'pnpm',
  'yarn-classic',
  'yarn-berry',
  'bun',
  'cyclonedx',
  'spdx',
] as const;
export type LockfileFormat = (typeof lockfileFormats)[number];

/**
 * `registry`: taken from a registry by name and version. `url`: a tarball by its URL. `git`: a repository.
 * `local`: a workspace, link, folder, local tarball, patch, or part of another package's tarball. `unknown`: what a bill
 * of materials lists and no package of npm is.
 */
export type LockedSource = 'registry' | 'url' | 'git' | 'local' | 'unknown';

export interface LockedEntry {
  /** The lockfile's own key, to find it again. */
  readonly key: string;
  /** The package's own name: an alias is followed. */
  readonly name: string;
  /** Undefined only where the lockfile states none (never for `registry`). */
  readonly version: string | undefined;
  /** SRI; undefined when it records none that covers the tarball. */
  readonly integrity: string | undefined;
  /** URL it records for the tarball; undefined: the client asks its configured registry. */
  readonly url: string | undefined;
  readonly source: LockedSource;
  /** As the package declares it, where the lockfile repeats that (package-lock.json does). */
  readonly licence?: string;
  /** Keys of what it resolves its dependencies to; absent where the format's edges are not read. */
  readonly dependsOn?: readonly string[];
}

export interface Lockfile {
  readonly format: LockfileFormat;
  /** As the file states it. */
  readonly version: string;
  readonly entries: readonly LockedEntry[];
  /** Keys of what the project itself asks for; absent where the format's edges are not read. */
  readonly direct?: readonly string[];
}

export const lockfileLimits = { textBytes: 64 * 1024 * 1024, entries: 200_000 } as const;

export function invalidLockfile(why: string, cause?: unknown): AssayError {
  return new AssayError(
    'LOCKFILE_INVALID',
    `the lockfile cannot be read: ${why.slice(0, 300)}`,
    cause === undefined ? {} : { cause },
  );
}

export function unsupportedLockfile(what: string, hint: string): AssayError {
  return new AssayError('LOCKFILE_UNSUPPORTED', what, { hint });
}

/** A name as any registry of this kind may have (old ones hold capitals), and nothing that could pass for a path or an option. */
export function isPackageName(name: string): boolean {
  return (
    name.length <= 214 && /^(?:@[A-Za-z0-9~_][\w.~'!()*-]*\/)?[A-Za-z0-9~_'!()*][\w.~'!()*-]*$/.test(name)
  );
}

/** Throws LOCKFILE_INVALID for a name or version that no registry can have: what is not understood is not passed over. */
export function checkedEntry(entry: LockedEntry): LockedEntry {
  if (entry.source === 'registry') {
    if (!isPackageName(entry.name)) throw invalidLockfile(`${JSON.stringify(entry.key)} has no package name`);
    if (entry.version === undefined || !/^[0-9A-Za-z][0-9A-Za-z.+-]{0,255}$/.test(entry.version))
      throw invalidLockfile(`${JSON.stringify(entry.key)} has no version`);
  }
  return entry;
}

/** `@scope/name@rest` → name and rest; undefined when there is no `@` after the name. */
export function splitNameAt(text: string): { readonly name: string; readonly rest: string } | undefined {
  const at = text.indexOf('@', 1);
  return at < 1 ? undefined : { name: text.slice(0, at), rest: text.slice(at + 1) };
}

/** What a specifier other than a version says about where the package comes from. */
export function sourceOfSpecifier(text: string): LockedSource {
  if (/^(?:workspace|link|portal|file|patch|exec|root):/.test(text) || /^\.{0,2}\//.test(text))
    return 'local';
  if (
    /^(?:git(?:\+[a-z]+)?|ssh|github|gitlab|bitbucket|gist):/.test(text) ||
    text.startsWith('git@') ||
    /\.git(?:#|$)/.test(text) ||
    /^[\w.-]+\/[\w.-]+(?:#|$)/.test(text)
  )
    return 'git';
  return /^https?:/.test(text) ? 'url' : 'registry';
}
