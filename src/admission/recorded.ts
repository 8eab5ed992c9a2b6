/**
 * Which recorded release speaks for a version that an index lists. In npm a version has one file: an index that
 * gives an admitted version another file name, or its file name to another version, offers nothing new.
 */
import type { IndexVersion, IndexView } from '../core/index-view.ts';
import type { Ecosystem } from '../core/purl.ts';
import type { ReleaseSummary } from './deps.ts';

const oneFilePerVersion: ReadonlySet<Ecosystem> = new Set(['npm']);

type Named = Pick<IndexVersion, 'version' | 'file'>;

export interface Recorded {
  /** The release of a listed version; an admitted one also when it was admitted under another file name. */
  readonly of: (listed: Named) => ReleaseSummary | undefined;
  /** The admitted release of *another* version that has this version's file name. */
  readonly fileOwner: (listed: Named) => ReleaseSummary | undefined;
  /** How the index lists a release now, perhaps under another file name. */
  readonly listed: (release: Named) => IndexVersion | undefined;
}

export function recordedReleases(
  view: Pick<IndexView, 'ecosystem' | 'versions'>,
  releases: readonly ReleaseSummary[],
): Recorded {
  const one = oneFilePerVersion.has(view.ecosystem);
  const key = ({ version, file }: Named): string => (one ? version : JSON.stringify([version, file]));
  const listed = new Map(view.versions.map((version) => [key(version), version]));
  const admitted = releases.filter((release) => release.admittedAt !== undefined);
  const admittedByKey = new Map(admitted.map((release) => [key(release), release]));
  const admittedByFile = new Map(admitted.map((release) => [release.file, release]));
  const exact = new Map(releases.map((release) => [`${release.version} ${release.file}`, release]));
  return {
    of: (version) => {
      if (releases.length === 0) return undefined;
      const same = exact.get(`${version.version} ${version.file}`);
      return same?.admittedAt === undefined ? (admittedByKey.get(key(version)) ?? same) : same;
    },
    fileOwner: (version) => {
      if (admittedByFile.size === 0) return undefined;
      const owner = admittedByFile.get(version.file);
      return owner === undefined || owner.version === version.version ? undefined : owner;
    },
    listed: (release) => listed.get(key(release)),
  };
}
