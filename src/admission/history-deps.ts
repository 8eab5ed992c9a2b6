/** What remembering publications needs of storage. `storage` implements it; only `server` knows both sides. */
import type { Advertised } from '../core/collector.ts';
import type { Sha256 } from '../core/digest.ts';
import type { Expectation } from '../core/expectation.ts';
import type { VerifiedPublication } from '../core/identity.ts';
import type { UpstreamId } from '../core/subject.ts';
import type { OutboxEvent, Sighting } from './deps.ts';

export interface PublicationRecord {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly publication: VerifiedPublication;
  /** Whose it is, comparable across packages; undefined when nothing names an owner. */
  readonly owner: string | undefined;
  /** SHA-256 of the attestation document it was verified from. */
  readonly document: Sha256 | undefined;
  /** RFC 3339 UTC. */
  readonly recordedAt: string;
}

export interface SightingsQuery {
  readonly upstream: UpstreamId;
  /** This package is left out. */
  readonly except: string;
  readonly publisher: string | undefined;
  readonly owner: string | undefined;
  /** RFC 3339 UTC, both inclusive. */
  readonly from: string;
  readonly until: string;
}

/** A new revision, and the entry that records it. */
export interface ExpectationRecord {
  readonly expectation: Expectation;
  /** Its `previousEventId` must be the newest about the package, or about the record before it in the same call. */
  readonly event: OutboxEvent;
}

/** Durable when a write resolves; each is one transaction. Throws STORAGE_FAILED; then nothing of that call is stored. */
export interface HistoryStore {
  /** Also what was advertised before the version went away, or had other bytes. */
  readonly advertised: (upstream: UpstreamId, name: string, version: string) => Promise<Advertised>;
  /** The newest 200 by signed time, newest first. */
  readonly publications: (upstream: UpstreamId, name: string) => Promise<readonly PublicationRecord[]>;
  /** The first record of a version stays. Each is a sighting too, at its signed time. */
  readonly recordPublications: (records: readonly PublicationRecord[]) => Promise<void>;
  /** Oldest first, at most 1,000. */
  readonly sightings: (query: SightingsQuery) => Promise<readonly (Sighting & { readonly name: string })[]>;
  /** In force: the newest revision of each line. */
  readonly expectations: (upstream: UpstreamId, name: string) => Promise<readonly Expectation[]>;
  /** Every revision with the id of its entry, newest first, at most 1,000. */
  readonly expectationHistory: (
    upstream: UpstreamId,
    name: string,
  ) => Promise<readonly { readonly expectation: Expectation; readonly eventId: string }[]>;
  /** Id of the newest entry about the package as a whole. */
  readonly previousExpectationEvent: (upstream: UpstreamId, name: string) => Promise<string | undefined>;
  /**
   * New revisions of one package, in one transaction with their entries. `moved`: a line has another revision in
   * force than the one before the record's, or the package a newer entry; make them anew.
   */
  readonly recordExpectations: (
    records: readonly [ExpectationRecord, ...ExpectationRecord[]],
  ) => Promise<'recorded' | 'moved'>;
  /**
   * The first commit each of the tags was ever seen at: the stored one, else the one given, which is stored now.
   */
  readonly seeTags: (
    repository: string,
    commits: Readonly<Record<string, string>>,
    at: string,
  ) => Promise<ReadonlyMap<string, { readonly commit: string; readonly at: string }>>;
}
