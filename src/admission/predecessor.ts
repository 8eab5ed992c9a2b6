/** Which earlier version a release is compared with. */
import type { Predecessor } from '../core/collector.ts';
import type { KnownIndex } from './indexes.ts';
import type { Rooms } from './rooms.ts';

/**
 * The newest admitted version below this one, else the preceding version of the unfiltered index; undefined at
 * first sight. A pre-release may precede: what it ran at install is what is known.
 */
export async function predecessorOf(
  rooms: Rooms,
  index: KnownIndex,
  version: string,
): Promise<Predecessor | undefined> {
  const order = rooms.order[index.view.ecosystem];
  if (order === undefined) return undefined;
  const below = index.view.versions
    .filter((one) => order.compare(one.version, version) < 0)
    .sort((a, b) => order.compare(b.version, a.version));
  if (below.length === 0) return undefined;
  const releases = await rooms.store.releasesOf(index.view.upstream, index.view.name);
  const admitted = new Set(releases.flatMap((one) => (one.admittedAt === undefined ? [] : [one.version])));
  const lastAdmitted = below.find((one) => admitted.has(one.version));
  const chosen = lastAdmitted ?? below[0];
  if (chosen === undefined) return undefined;
  const how = lastAdmitted === undefined ? 'preceding-version' : 'last-admitted';
  return { version: chosen.version, how, installScripts: chosen.installScripts };
}
