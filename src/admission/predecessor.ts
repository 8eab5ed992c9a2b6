/** Which earlier version a release is compared with. */
import type { Predecessor, ReadingOutcome } from '../core/collector.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { isAssayError } from '../core/errors.ts';
import type { IndexVersion, IndexView } from '../core/index-view.ts';
import type { ReleaseId } from '../core/subject.ts';
import { instantOf } from '../core/time.ts';
import { scriptsRunBy } from '../evidence/scripts/collect.ts';
import { recordedScripts } from '../evidence/scripts/recorded.ts';
import type { KnownIndex } from './indexes.ts';
import { readArchive } from './read-archive.ts';
import type { Rooms } from './rooms.ts';

/**
 * The newest admitted version below this one, else the preceding version of the unfiltered index that was not
 * published beside it; undefined at first sight. A pre-release may precede: what it ran at install is what is known.
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
    releases.flatMap((one) => (one.admittedAt === undefined ? [] : [[one.version, one]])),
  );
  const lastAdmitted = below.find((one) => admitted.has(one.version));
  if (lastAdmitted !== undefined) {
    const { version } = lastAdmitted;
    const { id, digests } = admitted.get(version) ?? {};
    const installScripts = (await scriptsOf(rooms, id)) ?? lastAdmitted.installScripts;
    const known = { version, how: 'last-admitted', installScripts } as const;
    return digests === undefined ? known : { ...known, artifact: digests };
  }
  const preceding = below.find((one) => !isBeside(index.view, one, version)) ?? below[0];
  if (preceding === undefined) return undefined;
  return { version: preceding.version, how: 'preceding-version', installScripts: preceding.installScripts };
}

const besideMs = 72 * 60 * 60 * 1000;

/**
 * Published within days of the version at hand: it may be by the same hand, and what is new in both would be new in neither
 * (nx 2025 and TanStack 2026: two and more bad versions of a line within hours).
 */
function isBeside(
  { versions, timeOrderTrust }: IndexView,
  { claimedTime }: IndexVersion,
  version: string,
): boolean {
  const own = versions.find((one) => one.version === version)?.claimedTime;
  if (timeOrderTrust === 'implausible' || own === undefined || claimedTime === undefined) return false;
  return Math.abs(instantOf(own) - instantOf(claimedTime)) < besideMs;
}

/** What really ran: an index need not show the build that a binding.gyp in the archive implies. */
async function scriptsOf(
  rooms: Rooms,
  id: ReleaseId | undefined,
): Promise<Predecessor['installScripts'] | undefined> {
  const release = id === undefined ? undefined : await rooms.store.release(id);
  return release === undefined ? undefined : recordedScripts(release.evidence);
}

const outages: readonly ErrorCode[] = [
  'UPSTREAM_BUSY',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_TRUNCATED',
  'UPSTREAM_UNREACHABLE',
];

/**
 * Looks into the bytes of a predecessor that only the index speaks for, when `archive` runs a script which that
 * index does not show: it need not show the build that a binding.gyp implies, so the script may be nothing new.
 * A predecessor whose bytes are not to be had stays what the index says; an outage is thrown, and decides nothing.
 */
export async function withBytes(
  rooms: Rooms,
  { view }: KnownIndex,
  predecessor: Predecessor | undefined,
  archive: ReadingOutcome,
): Promise<Predecessor | undefined> {
  if (predecessor?.how !== 'preceding-version') return predecessor;
  const shown = predecessor.installScripts;
  const looksNew = Object.keys(scriptsRunBy(archive) ?? {}).some((event) => !Object.hasOwn(shown, event));
  const listed = view.versions.find((one) => one.version === predecessor.version);
  if (!looksNew || listed === undefined) return predecessor;
  try {
    const { artifact } = await rooms.upstream.fetchFile(view.upstream, listed.url, listed.claimed);
    const installScripts = scriptsRunBy(await readArchive(rooms, artifact));
    return installScripts === undefined
      ? predecessor
      : { ...predecessor, how: 'preceding-bytes', installScripts, artifact };
  } catch (error) {
    if (!isAssayError(error) || outages.includes(error.code)) throw error;
    return predecessor;
  }
}
