/**
 * How a package is published: what is remembered of it, and how that is learned. A release that was allowed, with
 * verified provenance, teaches; what was held or blocked does not. Start at `of`.
 */
import type { PackageHistory } from '../core/collector.ts';
import { isAssayError } from '../core/errors.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Expectation } from '../core/expectation.ts';
import type { IndexView } from '../core/index-view.ts';
import { gateItself } from '../core/subject.ts';
import { instantOf, rfc3339 } from '../core/time.ts';
import { learnExpectations } from '../evidence/expectations/learn.ts';
import { createBackFill, type BackFillRooms } from './back-fill.ts';
import type { History, HistoryRequest, ReleaseRecord } from './deps.ts';
import { recordExpectations, type ExpectationRooms } from './expect.ts';
import type { PublicationRecord } from './history-deps.ts';
import { nameOf } from './names.ts';
import { sightingOf } from './publications-in-index.ts';
import type { Rooms } from './rooms.ts';
import { ownerOf, publicationIn } from './verified-publication.ts';

export type HistoryRooms = BackFillRooms & Pick<Rooms, 'indexes'> & ExpectationRooms;

/** Fewer than that, and the past is asked for. */
const enough = 3;
const dayMs = 86_400_000;

export function createHistory(rooms: HistoryRooms): History {
  const backFill = createBackFill(rooms);

  async function of(request: HistoryRequest): ReturnType<History['of']> {
    const { index, version, predecessorManifest } = request;
    const { upstream, name } = index;
    const [advertised, expectations, stored] = await Promise.all([
      rooms.records.advertised(upstream, name, version.version),
      rooms.records.expectations(upstream, name),
      rooms.records.publications(upstream, name),
    ]);
    const known = inMemory(stored, expectations);
    const records =
      known.length < enough ? [...known, ...(await filled(request, known, expectations))] : known;
    return {
      verified: records
        .map(({ publication }) => publication)
        .filter((one) => one.version !== version.version)
        .sort((a, b) => (a.signedTime < b.signedTime ? -1 : a.signedTime > b.signedTime ? 1 : 0)),
      advertised,
      expectations,
      ofSamePublisher: await ofSamePublisher(rooms, request, records),
      predecessorManifest,
    };
  }

  /** What was forgotten on purpose is not fetched again. */
  async function filled(
    { index, version }: HistoryRequest,
    known: readonly PublicationRecord[],
    expectations: readonly Expectation[],
  ): Promise<readonly PublicationRecord[]> {
    if (expectations.some(isForgotten)) return [];
    const versions = new Set(known.map(({ publication }) => publication.version));
    const records = await backFill(index, version, versions);
    if (records.length > 0) await rooms.records.recordPublications(records);
    return records;
  }

  async function decided(release: ReleaseRecord): Promise<void> {
    const provenance = teaches(release);
    const publication = publicationIn(release.version, provenance);
    if (publication === undefined) return;
    const { upstream } = release.subject;
    const name = nameOf(release.subject);
    const stored = await rooms.records.publications(upstream, name);
    const isKnown = stored.some((one) => one.publication.version === publication.version);
    const record: PublicationRecord = {
      upstream,
      name,
      publication,
      owner: ownerOf(publication.identity),
      document: documentOf(provenance),
      recordedAt: rfc3339(rooms.clock()),
    };
    if (!isKnown) await rooms.records.recordPublications([record]);
    const view = await viewOf(rooms, release);
    if (view !== undefined) await learn(rooms, view, isKnown ? stored : [...stored, record]);
  }

  return { of, decided };
}

/** `assay expect forget`: what was verified before then is not compared with or learned from any more. */
function isForgotten(expectation: Expectation): boolean {
  return expectation.line === '*' && expectation.identity === undefined;
}

function inMemory(
  stored: readonly PublicationRecord[],
  expectations: readonly Expectation[],
): readonly PublicationRecord[] {
  const forgottenAt = expectations.find(isForgotten)?.at;
  return forgottenAt === undefined ? stored : stored.filter(({ recordedAt }) => recordedAt > forgottenAt);
}

/**
 * The evidence of provenance, of a release that was allowed. What policy let through although nobody approved of it
 * (rules in `warn` or `audit` mode) teaches nothing: observing must not make an attacker's build the usual one.
 */
function teaches({ decision, evidence, artifact }: ReleaseRecord): Evidence | undefined {
  if (decision.outcome !== 'allow' || artifact === undefined) return undefined;
  const tolerated = [...decision.warnings, ...decision.audits].some(
    ({ result, outcome, evidence: kind }) =>
      (result === 'fail' || outcome !== 'allow') && ['provenance', 'expectations'].includes(kind),
  );
  return tolerated ? undefined : evidence.find(({ kind }) => kind === 'provenance');
}

function documentOf(evidence: Evidence | undefined): PublicationRecord['document'] {
  const digest = evidence?.facts['document'];
  return typeof digest === 'string' ? (digest as PublicationRecord['document']) : undefined;
}

/** The index as it is known now. When upstream cannot be asked, the next decision about the package learns. */
async function viewOf(
  rooms: Pick<HistoryRooms, 'indexes'>,
  { subject }: ReleaseRecord,
): Promise<IndexView | undefined> {
  try {
    const state = await rooms.indexes.look(subject.upstream, nameOf(subject));
    return state.state === 'known' && !state.gone ? state.view : undefined;
  } catch (error) {
    if (isAssayError(error) && !error.code.startsWith('STORAGE_')) return undefined;
    throw error;
  }
}

async function learn(
  rooms: HistoryRooms,
  view: IndexView,
  stored: readonly PublicationRecord[],
): Promise<void> {
  const { upstream, name, purl } = view;
  await recordExpectations(rooms, { upstream, name, purl }, (existing) =>
    learnExpectations({
      existing,
      verified: inMemory(stored, existing).map(({ publication }) => publication),
      view,
      now: rfc3339(rooms.clock()),
      principal: gateItself,
    }),
  );
}

/** A day around the version's claimed time, where those times are worth anything. */
async function ofSamePublisher(
  { records }: Pick<HistoryRooms, 'records'>,
  { index, version }: HistoryRequest,
  known: readonly PublicationRecord[],
): Promise<PackageHistory['ofSamePublisher']> {
  const own = sightingOf(version);
  if (own === undefined || index.timeOrderTrust === 'implausible') return [];
  const at = instantOf(own.publishedAt);
  const newest = known.toSorted((a, b) => (a.publication.signedTime < b.publication.signedTime ? 1 : -1))[0];
  const found = await records.sightings({
    upstream: index.upstream,
    except: index.name,
    publisher: own.publisher,
    owner: newest?.owner,
    from: new Date(at - dayMs).toISOString(),
    until: new Date(at + dayMs).toISOString(),
  });
  return found.map(({ name, version: other, publishedAt }) => ({ name, version: other, publishedAt }));
}
