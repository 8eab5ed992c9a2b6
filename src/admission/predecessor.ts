/** Which earlier version a release is compared with. */
import type { Predecessor } from '../core/collector.ts';
import type { ReleaseId } from '../core/subject.ts';
import { recordedScripts } from '../evidence/scripts/recorded.ts';
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
  const admitted = new Map(
    releases.flatMap((one) => (one.admittedAt === undefined ? [] : [[one.version, one.id]])),
  );
  const lastAdmitted = below.find((one) => admitted.has(one.version));
  if (lastAdmitted !== undefined) {
    const { version } = lastAdmitted;
    const installScripts = (await scriptsOf(rooms, admitted.get(version))) ?? lastAdmitted.installScripts;
    return { version, how: 'last-admitted', installScripts };
  }
  const [preceding] = below;
  if (preceding === undefined) return undefined;
  return { version: preceding.version, how: 'preceding-version', installScripts: preceding.installScripts };
}

/** What really ran: an index need not show the build that a binding.gyp in the archive implies. */
async function scriptsOf(
  rooms: Rooms,
  id: ReleaseId | undefined,
): Promise<Predecessor['installScripts'] | undefined> {
  const release = id === undefined ? undefined : await rooms.store.release(id);
  return release === undefined ? undefined : recordedScripts(release.evidence);
}
