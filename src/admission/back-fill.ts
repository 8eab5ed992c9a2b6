/**
 * At first sight of a package its past is not blank: earlier versions have attestations, each with a time that a log
 * signed. A few of them are verified, so that the version at hand has something to be compared with.
 */
import { unscanned, type Collector, type CollectorInput } from '../core/collector.ts';
import type { Sha1, Sha256, Sha512 } from '../core/digest.ts';
import type { IndexVersion, IndexView } from '../core/index-view.ts';
import { formatPurl } from '../core/purl.ts';
import { instantOf, rfc3339 } from '../core/time.ts';
import { lineOf } from '../evidence/expectations/version.ts';
import { claimedIntegrity } from './claims.ts';
import type { ReleaseSummary } from './deps.ts';
import type { PublicationRecord } from './history-deps.ts';
import { createLru } from './lru.ts';
import type { Rooms } from './rooms.ts';
import { createSingleFlight } from './single-flight.ts';
import { ownerOf, publicationIn } from './verified-publication.ts';

export type BackFillRooms = Pick<
  Rooms,
  'store' | 'attestations' | 'trust' | 'collectors' | 'identityHostOf' | 'order' | 'clock'
>;

/** The earlier versions that were verified now; empty when there is nothing to be had. Throws STORAGE_*. */
export type BackFill = (
  view: IndexView,
  version: IndexVersion,
  known: ReadonlySet<string>,
) => Promise<readonly PublicationRecord[]>;

const versionsAtMost = 5;
const failureMs = 3_600_000;
const rememberedFailures = 10_000;
const rememberedRecords = 1000;
/**
 * What was published just now, or just before the version at hand, must not vouch for it: takeovers are found within days,
 * as a rule, and publish several versions within hours.
 */
const settledMs = 72 * 3_600_000;

export function createBackFill(rooms: BackFillRooms): BackFill {
  const once = createSingleFlight();
  const failures = createLru<number>(rememberedFailures, () => 1);
  /** Versions that are asked for at once look at the same past, each before another has stored what it found. */
  const found = createLru<PublicationRecord>(rememberedRecords, () => 1);

  async function verifyOne(view: IndexView, version: IndexVersion): Promise<PublicationRecord | undefined> {
    const key = `${keyOf(view, version)} ${claimedIntegrity(version.claimed)}`;
    const known = found.get(key);
    if (known !== undefined) return known;
    return once(key, async () => {
      const record = await verifyEarlier(rooms, view, version);
      if (record === undefined) failures.set(keyOf(view, version), rooms.clock().getTime());
      else found.set(key, record);
      return record;
    });
  }

  function failedLately(view: IndexView, version: IndexVersion): boolean {
    const at = failures.get(keyOf(view, version));
    const sinceMs = at === undefined ? Infinity : rooms.clock().getTime() - at;
    return sinceMs >= 0 && sinceMs < failureMs;
  }

  async function fill(
    view: IndexView,
    version: IndexVersion,
    known: ReadonlySet<string>,
  ): Promise<readonly PublicationRecord[]> {
    const wanted = await candidates(rooms, view, version, known);
    const asked = wanted.filter((one) => !failedLately(view, one)).slice(0, versionsAtMost);
    const records = await Promise.all(asked.map((one) => verifyOne(view, one)));
    return records.flatMap((record) => record ?? []);
  }

  return async (view, version, known) => {
    if (!view.versions.some(({ publication }) => publication.attested)) return [];
    return fill(view, version, known);
  };
}

function keyOf({ upstream, name }: IndexView, { version }: IndexVersion): string {
  return `${upstream} ${name} ${version}`;
}

/** Nearest below the version at hand: of its release line first, then stable ones. None that was judged here. */
async function candidates(
  rooms: BackFillRooms,
  view: IndexView,
  own: IndexVersion,
  known: ReadonlySet<string>,
): Promise<readonly IndexVersion[]> {
  const { version } = own;
  const order = rooms.order[view.ecosystem];
  if (order === undefined) return [];
  const before = rfc3339(new Date(momentOf(rooms, view, own) - settledMs));
  const attested = view.versions.filter(
    (one) =>
      one.publication.attested &&
      !known.has(one.version) &&
      order.compare(one.version, version) < 0 &&
      // Where a mirror has its own dates, the signed time alone must tell.
      (one.claimedTime === undefined || view.timeOrderTrust === 'implausible' || one.claimedTime <= before),
  );
  if (attested.length === 0) return [];
  const releases = await rooms.store.releasesOf(view.upstream, view.name);
  const judged = new Set(releases.filter(wasJudged).map((one) => one.version));
  const line = lineOf(version);
  const place = (one: IndexVersion): number =>
    (lineOf(one.version) === line ? 0 : 2) + (order.isStable(one.version) ? 0 : 1);
  return attested
    .filter((one) => !judged.has(one.version))
    .sort((a, b) => place(a) - place(b) || order.compare(b.version, a.version));
}

/** It taught then what it may teach. What was only held, unseen, by waiting time was not judged. */
function wasJudged({ outcome, digests }: ReleaseSummary): boolean {
  return outcome !== 'hold' || digests !== undefined;
}

/** When the version at hand was published, where that is to be believed, else now: milliseconds since the epoch. */
function momentOf(
  rooms: BackFillRooms,
  { timeOrderTrust }: IndexView,
  { claimedTime }: IndexVersion,
): number {
  const now = rooms.clock().getTime();
  const believed = timeOrderTrust === 'implausible' ? undefined : claimedTime;
  return believed === undefined ? now : Math.min(now, instantOf(believed));
}

async function verifyEarlier(
  rooms: BackFillRooms,
  view: IndexView,
  version: IndexVersion,
): Promise<PublicationRecord | undefined> {
  const collector = rooms.collectors.find(({ kind }) => kind === 'provenance');
  const sha512 = version.claimed.find(({ algorithm }) => algorithm === 'sha512')?.hex;
  if (collector === undefined || sha512 === undefined) return undefined;
  const attestations = await rooms.attestations(view.upstream, view.name, version.version);
  if (attestations.state !== 'answered') return undefined;
  const now = rfc3339(rooms.clock());
  const evidence = await collected(collector, {
    ...inputFor(rooms, view, version, sha512 as Sha512, now),
    attestations,
  });
  const publication = publicationIn(version.version, evidence);
  if (publication === undefined || !isSettled(publication.signedTime, now)) return undefined;
  return {
    upstream: view.upstream,
    name: view.name,
    publication,
    owner: ownerOf(publication.identity),
    document: attestations.digest,
    recordedAt: now,
  };
}

function isSettled(signedTime: string, now: string): boolean {
  return instantOf(now) - instantOf(signedTime) >= settledMs;
}

/** What cannot be verified is not learned from; the version at hand is judged without it. */
async function collected(
  collector: Collector,
  input: CollectorInput,
): Promise<Awaited<ReturnType<Collector['collect']>> | undefined> {
  try {
    return await collector.collect(input);
  } catch {
    return undefined;
  }
}

/** The bytes are not fetched: what was attested is compared with the SHA-512 that the index claims. */
function inputFor(
  rooms: BackFillRooms,
  view: IndexView,
  version: IndexVersion,
  sha512: Sha512,
  now: string,
): Omit<CollectorInput, 'attestations'> {
  const { upstream, ecosystem, name } = view;
  return {
    subject: {
      upstream,
      channel: 'main',
      ecosystem,
      purl: formatPurl(ecosystem, name, version.version),
      file: version.file,
      claimedIntegrity: claimedIntegrity(version.claimed),
    },
    index: view,
    version,
    indexManifest: {},
    artifact: { sha512, sha256: unknownHex(64) as Sha256, sha1: unknownHex(40) as Sha1, sizeBytes: 0 },
    archive: {
      state: 'failed',
      code: 'BLOB_MISSING',
      message: 'the bytes of an earlier version are not read',
    },
    origin: { upstream, identityHost: rooms.identityHostOf(upstream), urls: [], fetchedAt: now },
    observation: { firstLookAt: now, absentAt: undefined, presentAt: now },
    predecessor: undefined,
    trust: rooms.trust(),
    history: undefined,
    forge: undefined,
    ...unscanned,
    earlier: [],
    now,
  };
}

/** Of no bytes: nothing that was attested can match it. */
function unknownHex(length: number): string {
  return '0'.repeat(length);
}
