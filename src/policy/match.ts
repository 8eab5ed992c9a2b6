/** Does an entry of a list name this version of this package? Names are compared as typed fields, never as substrings or patterns. */
import semver from 'semver';
import type { Ecosystem } from '../core/purl.ts';
import type { PackageMatch } from './settings.ts';

export interface CompiledMatch {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  /** Undefined: every version. `unreadable`: a range that could not be read, or an ecosystem whose ranges we do not know. */
  readonly range: semver.Range | 'unreadable' | undefined;
  readonly reason: string | undefined;
  /** As written, for people: `@corp/*` or `left-pad ^1.0.0`. */
  readonly text: string;
}

/** Prereleases and loose old versions are inside a range that spans them: a list must not be dodged by a suffix. */
const rangeOptions = { includePrerelease: true, loose: true } as const;

export function compileMatch({ ecosystem, name, versions, reason }: PackageMatch): CompiledMatch {
  const text = versions === undefined ? name : `${name} ${versions}`;
  return { ecosystem, name, range: rangeOf(ecosystem, versions), reason, text };
}

function rangeOf(ecosystem: Ecosystem, versions: string | undefined): CompiledMatch['range'] {
  if (versions === undefined) return undefined;
  if (ecosystem !== 'npm' || versions.trim() === '') return 'unreadable';
  try {
    return new semver.Range(versions, rangeOptions);
  } catch {
    return 'unreadable';
  }
}

export interface Named {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string;
}

/** `unsure` is the answer where a range or version can't be read: true for a deny list, false for an allow list. */
export function matches(entry: CompiledMatch, subject: Named, unsure: boolean): boolean {
  if (entry.ecosystem !== subject.ecosystem || !nameMatches(entry.name, subject.name)) return false;
  if (entry.range === undefined) return true;
  if (entry.range === 'unreadable') return unsure;
  const version = semver.parse(subject.version, rangeOptions);
  return version === null ? unsure : entry.range.test(version);
}

/** The whole name, case-sensitive, or every package of exactly that scope for `@scope/*`. */
function nameMatches(pattern: string, name: string): boolean {
  if (!/^@[^/@*]+\/\*$/.test(pattern)) return pattern === name;
  const scope = pattern.slice(0, -1);
  return name.startsWith(scope) && name.length > scope.length && !name.slice(scope.length).includes('/');
}
