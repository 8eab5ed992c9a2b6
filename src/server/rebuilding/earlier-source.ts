/** The version that what came since is counted from: the one admitted last before this one, else the one built last. */
import { orderOf } from '../../advisories/versions/orders.ts';
import { parsePurl } from '../../core/purl.ts';
import type { EarlierSource } from '../../rebuild/source/commits/gather.ts';
import type { Storage } from '../../storage/open.ts';
import type { NpmTarget } from './npm-target.ts';
import { recordFrom } from './summary.ts';

export interface EarlierStorage {
  readonly builds: Pick<Storage['builds'], 'ofPackage'>;
  readonly admission: Pick<Storage['admission'], 'releasesOf'>;
}

const buildsLookedAt = 200;

/** Undefined: none is known. Throws STORAGE_*. */
export async function earlierSource(
  { builds, admission }: EarlierStorage,
  { purl, upstream }: Pick<NpmTarget, 'purl' | 'upstream'>,
): Promise<EarlierSource | undefined> {
  const { ecosystem, name, version = '' } = parsePurl(purl);
  const { compare } = orderOf(ecosystem);
  const newest = (versions: Iterable<string>): string | undefined =>
    [...versions]
      .filter((other) => compare(other, version) < 0)
      .sort(compare)
      .at(-1);
  const found = new Map<string, NonNullable<EarlierSource['found']>>();
  for (const { purl: of, summary } of await builds.ofPackage(ecosystem, name, buildsLookedAt)) {
    const { version: other = '' } = parsePurl(of);
    const { source } = recordFrom(summary);
    // A commit that nothing led to then says nothing by not being led to now.
    if (source?.source.kind !== 'git' || source.reachable === 'no') continue;
    const { url: repository, commit } = source.source;
    const newer = found.get(other);
    // The newest build names the commit; the oldest knows best which branches led to it, before anything was moved.
    if (newer === undefined) found.set(other, { repository, commit, branches: source.branches });
    else if (newer.commit === commit && source.branches !== undefined)
      found.set(other, { ...newer, branches: source.branches });
  }
  const releases = await admission.releasesOf(upstream, name);
  const admitted = newest(releases.flatMap((one) => (one.admittedAt === undefined ? [] : [one.version])));
  const before = admitted ?? newest(found.keys());
  if (before === undefined) return undefined;
  return { version: before, admitted: admitted !== undefined, found: found.get(before) };
}
