/**
 * What admission needs of the outside world. It declares these interfaces; `storage`, `upstream`, `archive`
 * and the ecosystem's adapter implement them; only `server` knows both sides.
 */
import type { Alarm, AlarmKind } from '../core/alarm.ts';
import type { ArchiveReading } from '../core/archive-reading.ts';
import type { CaseId } from '../core/case.ts';
import type {
  AttestationsAnswer,
  Knowledge,
  Observation,
  Origin,
  PackageHistory,
} from '../core/collector.ts';
import type { Decision, Epochs, Judgement, PolicyInput, Verdict } from '../core/decision.ts';
import type { ArtifactDigests, ClaimedDigest, Sha256 } from '../core/digest.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Facts } from '../core/facts.ts';
import type { ForgeAnswers } from '../core/forge.ts';
import type { IndexVersion, IndexView } from '../core/index-view.ts';
import type { JsonObject } from '../core/json.ts';
import type { Pull } from '../core/pull.ts';
import type { Ecosystem, Purl } from '../core/purl.ts';
import type { Principal, ReleaseId, Subject, UpstreamId } from '../core/subject.ts';

// ---- bytes ----

/** Content-addressed bytes. Writes are durable (file and directory fsynced) before `commit` resolves. */
export interface BlobStore {
  readonly create: () => Promise<BlobWriter>;
  /** Path of a blob for a reader child, or undefined when it is not there. */
  readonly path: (digest: Sha256) => Promise<string | undefined>;
  /** Size in bytes, or undefined when it is not there. */
  readonly size: (digest: Sha256) => Promise<number | undefined>;
  /** Whole content, its digest verified. Throws BLOB_MISSING, BLOB_CORRUPT, BLOB_TOO_LARGE. */
  readonly read: (digest: Sha256, maxBytes: number) => Promise<Uint8Array>;
}

export interface BlobWriter {
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Makes the bytes durable under their digest. */
  readonly commit: () => Promise<ArtifactDigests>;
  /** Removes what was written; harmless after `commit`. */
  readonly abort: () => Promise<void>;
}

// ---- upstream ----

export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export type IndexAnswer =
  | {
      readonly state: 'fresh';
      readonly body: Sha256;
      readonly sizeBytes: number;
      readonly validators: Validators;
    }
  | { readonly state: 'not-modified' }
  | { readonly state: 'absent' };

export interface FileAnswer {
  readonly artifact: ArtifactDigests;
  readonly origin: Origin;
}

/** The outside world's registries. Errors are AssayErrors whose codes start with UPSTREAM_. */
export interface UpstreamClient {
  readonly fetchIndex: (upstream: UpstreamId, name: string, validators: Validators) => Promise<IndexAnswer>;
  /**
   * Fetches to blobs. With claims given, every one of them is compared; a mismatch throws
   * UPSTREAM_DIGEST_MISMATCH and the bytes are not kept. `maxBytes` is a bound below the one for files: what is
   * larger is not kept either (UPSTREAM_TOO_LARGE).
   */
  readonly fetchFile: (
    upstream: UpstreamId,
    url: string,
    claims: readonly ClaimedDigest[],
    maxBytes?: number,
  ) => Promise<FileAnswer>;
}

/**
 * The attestations of one version, from upstream's own endpoint below its base URL, never from a URL that an index
 * names. Never throws for what upstream does: a 404 is `missing`, an outage or nonsense is `failed`.
 */
export type AttestationsOf = (
  upstream: UpstreamId,
  name: string,
  version: string,
) => Promise<AttestationsAnswer>;

// ---- forges ----

export interface ForgeQuestion {
  readonly repositoryUri: string;
  readonly commit: string;
  readonly runUri: string | undefined;
  readonly tagNames: readonly string[];
}

/** Never throws: what can't be told is `not-checked`. */
export type AskForge = (question: ForgeQuestion) => Promise<ForgeAnswers>;

// ---- how a package is published ----

export interface HistoryRequest {
  readonly subject: Subject;
  readonly index: IndexView;
  readonly version: IndexVersion;
  readonly predecessorManifest: JsonObject | undefined;
}

export interface History {
  /** May ask upstream for attestations of earlier versions. Throws STORAGE_*. */
  readonly of: (request: HistoryRequest) => Promise<Omit<PackageHistory, 'newDependencies'>>;
  /** After a decision was recorded: remembers the publication, and learns from it when it was allowed. Throws STORAGE_*. */
  readonly decided: (release: ReleaseRecord) => Promise<void>;
}

// ---- archive ----

/** Reads in a child process. Throws ARCHIVE_READER_FAILED when the child died or hit its limits. */
export interface ArchiveReader {
  readonly read: (blobPath: string, packedBytes: number) => Promise<ArchiveReading>;
}

// ---- what is known of it ----

/** A package, wherever it comes from: what the feeds speak of. */
export interface PackageName {
  readonly ecosystem: Ecosystem;
  readonly name: string;
}

/** What the feeds say now; reads of memory. */
export type KnowledgeOf = (about: PackageName) => Knowledge;

/** Who was given the bytes of a release, also in the last seconds. Throws STORAGE_*. */
export type PullsOf = (id: ReleaseId) => Promise<readonly Pull[]>;

// ---- the ecosystem's index, read and rendered in worker threads ----

export interface IndexReader {
  /** Parses the index in `body`. Throws INDEX_INVALID. Keeps the parsed form on disk under `partsKey`. */
  readonly read: (upstream: UpstreamId, name: string, body: Sha256) => Promise<IndexView>;
  /** The version's own object in an index that was read. Throws INDEX_VERSION_ABSENT. */
  readonly manifest: (
    upstream: UpstreamId,
    name: string,
    body: Sha256,
    version: string,
  ) => Promise<JsonObject>;
}

// ---- policy ----

export interface PolicyEngine {
  /** Pure: no I/O, clock or randomness. */
  readonly decide: (input: PolicyInput, now: string) => Verdict;
  /** The same without digests, for what is not recorded. */
  readonly judge: (input: PolicyInput, now: string) => Judgement;
  readonly digest: Sha256;
}

/** The two views of what is known that policy reads. Pure. */
export interface FactsMaker {
  readonly atIndex: (
    view: IndexView,
    version: IndexVersion,
    observation: Observation | undefined,
    now: string,
  ) => Facts;
  readonly atFile: (subject: Subject, name: string, version: string, evidence: readonly Evidence[]) => Facts;
}

/** Order of versions within an ecosystem. */
export interface VersionOrder {
  /** Negative when `a` is older. */
  readonly compare: (a: string, b: string) => number;
  readonly isStable: (version: string) => boolean;
}

// ---- ledger ----

export interface EventInput {
  readonly decision: Decision;
  readonly evidence: readonly Evidence[];
  readonly artifact: ArtifactDigests | undefined;
  readonly previousEventId: string | undefined;
}

export type EventMaker = (input: EventInput) => OutboxEvent;

// ---- records ----

/** What is stored of an index between looks. */
export interface IndexRecord {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly body: Sha256 | undefined;
  readonly validators: Validators;
  readonly firstLookAt: string;
  readonly lastLookAt: string;
  /** Upstream said 404 at the last look. */
  readonly absent: boolean;
}

/** A version that was published, as claimed or signed. */
export interface Sighting {
  readonly version: string;
  /** The registry account; undefined where publishing from CI leaves none that says something. */
  readonly publisher: string | undefined;
  /** RFC 3339 UTC. */
  readonly publishedAt: string;
}

export interface IndexLook {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly body: Sha256 | undefined;
  readonly validators: Validators;
  readonly lookAt: string;
  readonly absent: boolean;
  /**
   * All versions listed now; versions that the look before did not list get `absentAt` = that look, also when an
   * earlier one listed them.
   */
  readonly versions: readonly string[];
  /** Those of them whose bytes the index claims to be others than before: as new as a version that was absent. */
  readonly replaced: readonly string[];
  /** Those that advertise attestations, and signatures, now. */
  readonly attested: readonly string[];
  readonly signed: readonly string[];
  /** The newest of them, at most a few hundred: who published them when. */
  readonly published: readonly Sighting[];
}

export interface Appearance {
  readonly absentAt: string | undefined;
  readonly presentAt: string;
}

/** A release as stored, with its decision in force and the evidence behind it. */
export interface ReleaseRecord {
  readonly id: ReleaseId;
  readonly subject: Subject;
  readonly version: string;
  /** The version's object in the index when it was last assessed: serves it after upstream deleted it. */
  readonly indexManifest: JsonObject;
  readonly claimedTime: string | undefined;
  readonly artifact: ArtifactDigests | undefined;
  /** First `allow`; set once, never cleared. */
  readonly admittedAt: string | undefined;
  readonly firstSeenAt: string;
  readonly decision: Decision;
  readonly evidence: readonly Evidence[];
}

/** One line per release of a package: what index filtering needs. */
export interface ReleaseSummary {
  readonly id: ReleaseId;
  readonly version: string;
  readonly file: string;
  readonly outcome: Decision['outcome'];
  readonly rules: readonly string[];
  readonly admittedAt: string | undefined;
  readonly decidedAt: string;
  readonly validUntil: string;
  readonly epochs: Epochs;
  readonly digests: ArtifactDigests | undefined;
  readonly caseId: CaseId | undefined;
  readonly why: string | undefined;
}

/** The outbox row: a leaf, version 1, with the salts that open it. */
export interface OutboxEvent {
  readonly eventId: string;
  readonly type: string;
  readonly time: string;
  /** Canonical JSON of the leaf. */
  readonly leaf: string;
  /** Field → salt, hex. */
  readonly salts: Readonly<Record<string, string>>;
  /** The in-toto statement the leaf commits to. */
  readonly statement: JsonObject;
  /** The decision's SLSA verification summary; the statement names the digest of its canonical JSON. */
  readonly summary?: JsonObject | undefined;
  /** What the leaf commits to as the one before it. Given, it must be the release's newest when this is stored. */
  readonly previousEventId?: string | undefined;
}

export interface DecisionRecord {
  readonly release: Omit<ReleaseRecord, 'evidence' | 'decision' | 'admittedAt' | 'firstSeenAt'>;
  readonly decision: Decision;
  readonly evidence: readonly Evidence[];
  /** Present exactly when the decision is a transition. */
  readonly event: OutboxEvent | undefined;
}

export interface CaseRecord {
  readonly id: CaseId;
  readonly releaseId: ReleaseId;
  readonly openedAt: string;
  readonly decision: Decision;
}

export interface ArtifactRecord {
  readonly digests: ArtifactDigests;
  /** Blob of the canonical JSON of its ArchiveReading; undefined until it was read. */
  readonly reading: Sha256 | undefined;
}

/**
 * Durable records. Every method that writes is one transaction and has reached the disk when it resolves.
 * Throws STORAGE_FAILED; after it, nothing of that call is stored.
 */
export interface AdmissionStore {
  readonly indexRecord: (upstream: UpstreamId, name: string) => Promise<IndexRecord | undefined>;
  readonly recordLook: (look: IndexLook) => Promise<void>;
  /** By version; versions that were there at the first look have `absentAt: undefined`. */
  readonly appearances: (upstream: UpstreamId, name: string) => Promise<ReadonlyMap<string, Appearance>>;
  readonly release: (id: ReleaseId) => Promise<ReleaseRecord | undefined>;
  readonly releasesOf: (upstream: UpstreamId, name: string) => Promise<readonly ReleaseSummary[]>;
  /** Every package that a release is on record of. */
  readonly packages: () => Promise<readonly (PackageName & { readonly upstream: UpstreamId })[]>;
  /** Release row, evidence set, decision, case and outbox event, in one transaction. */
  readonly recordDecision: (record: DecisionRecord) => Promise<void>;
  /** Event id of the subject's previous outbox entry; undefined when this will be its first. */
  readonly previousEvent: (id: ReleaseId) => Promise<string | undefined>;
  readonly artifact: (digest: Sha256) => Promise<ArtifactRecord | undefined>;
  readonly recordArtifact: (record: ArtifactRecord) => Promise<void>;
  readonly raiseAlarm: (alarm: NewAlarm) => Promise<void>;
  readonly case: (id: CaseId) => Promise<CaseRecord | undefined>;
  /** The case this set of deciding rules already has for the release. */
  readonly caseFor: (id: ReleaseId, rules: readonly string[]) => Promise<CaseId | undefined>;
  readonly casesByShort: (short: string) => Promise<readonly CaseRecord[]>;
}

export interface NewAlarm {
  readonly kind: AlarmKind;
  readonly severity: Alarm['severity'];
  readonly about: Purl | string;
  readonly message: string;
  readonly data: JsonObject;
  readonly at: string;
}

export interface FileRequest {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly file: string;
  readonly principal: Principal;
  /** The bytes were found missing: what is remembered does not answer, so that they are fetched again. */
  readonly bytesLost?: boolean;
}
