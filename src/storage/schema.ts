/** The tables as Kysely sees them; `migrations/` is what makes them. Times are RFC 3339 text, JSON is text. */
import type { Generated } from 'kysely';

export interface Schema {
  readonly settings: { key: string; value: string };
  readonly epochs: { name: string; value: number };
  readonly indexes: IndexTable;
  readonly appearances: {
    upstream: string;
    name: string;
    version: string;
    absent_at: string | null;
    present_at: string;
    attested_at: string | null;
    signed_at: string | null;
  };
  /** `rules` names the scanner and its rules; `base` is the artifact compared with, or empty; `report` a blob. */
  readonly scans: {
    artifact: string;
    rules: string;
    base: string;
    report: string | null;
    failure: string | null;
    failures: number;
    scanned_at: string;
  };
  /** Of versions whose appearance was forgotten. */
  readonly advertised_before: {
    upstream: string;
    name: string;
    version: string;
    attested_at: string | null;
    signed_at: string | null;
  };
  readonly artifacts: {
    sha256: string;
    sha512: string;
    sha1: string;
    size_bytes: number;
    reading: string | null;
  };
  /** `body` is canonical JSON and `digest` its SHA-256; a row never changes. */
  readonly evidence: {
    digest: string;
    kind: string;
    scope: string;
    result: string;
    collected_at: string;
    body: string;
  };
  readonly artifact_evidence: { artifact: string; kind: string; evidence: string };
  /** The members of an evidence set, under the digest of the set; a set never changes. */
  readonly assessments: { digest: string; place: number; evidence: string };
  readonly releases: ReleaseTable;
  readonly decisions: DecisionTable;
  readonly cases: CaseTable;
  readonly outbox: OutboxTable;
  readonly log_head: LogHeadTable;
  readonly salts: { event_id: string; field: string; salt: string };
  /** `envelope` is the SHA-256 of a blob: the signed statement. */
  readonly envelopes: { event_id: string; envelope: string };
  /** `statement` is canonical JSON and `digest` its SHA-256; `envelope` as above. */
  readonly summaries: { event_id: string; digest: string; statement: string; envelope: string | null };
  /** `artifact` is the SHA-256 of the bytes that were signed. */
  readonly registry_signatures: {
    release_id: string;
    artifact: string;
    keyid: string;
    sig: string;
    signed_at: string;
  };
  readonly publications: PublicationTable;
  /** When versions were published, as claimed or signed; `publisher` is a registry account. */
  readonly sightings: {
    upstream: string;
    name: string;
    version: string;
    publisher: string | null;
    published_at: string;
  };
  /** The first commit that a tag was seen at. */
  readonly tag_sightings: { repository: string; tag: string; commit_id: string; first_at: string };
  readonly expectations: ExpectationTable;
  readonly alarms: AlarmTable;
  readonly tokens: TokenTable;
  /** `kind` and `name` are a `Puller`. */
  readonly pulls: {
    release_id: string;
    kind: string;
    name: string;
    first_at: string;
    last_at: string;
    count: number;
  };
  /** `pullers` counts rows of `pulls`; `others` the pulls of all who have no row. */
  readonly pulled_releases: {
    release_id: string;
    pullers: number;
    others: number;
    others_first_at: string | null;
    others_last_at: string | null;
  };
  readonly builds: BuildTable;
  readonly build_jobs: BuildJobTable;
  readonly behaviours: BehaviourTable;
  readonly behaviour_jobs: BehaviourJobTable;
  readonly source_approvals: SourceApprovalTable;
  readonly source_tags: SourceTagTable;
  readonly recipe_reviews: RecipeReviewTable;
  /** At most one row, `place` 1. */
  readonly pull_record: { place: number; since: string; lost: number; last_batch: string | null };
}

export interface IndexTable {
  upstream: string;
  name: string;
  body: string | null;
  etag: string | null;
  last_modified: string | null;
  first_look_at: string;
  last_look_at: string;
  absent: number;
}

export interface ReleaseTable {
  id: string;
  upstream: string;
  channel: string;
  ecosystem: string;
  purl: string;
  name: string;
  version: string;
  file: string;
  claimed_integrity: string;
  index_manifest: string;
  claimed_time: string | null;
  artifact: string | null;
  first_seen_at: string;
  admitted_at: string | null;
}

/** `body` is the whole decision; the other columns are what is searched for. In force while `superseded_at` is null. */
export interface DecisionTable {
  seq: Generated<number>;
  id: string;
  release_id: string;
  stage: string;
  outcome: string;
  /** JSON array of the deciding rules, sorted. */
  rules: string;
  why: string | null;
  transition_key: string;
  artifact: string | null;
  assessment: string;
  case_id: string | null;
  decided_at: string;
  valid_until: string;
  epoch_policy: number;
  epoch_feeds: number;
  epoch_exceptions: number;
  epoch_revocations: number;
  body: string;
  superseded_at: string | null;
}

export interface CaseTable {
  id: string;
  short: string;
  release_id: string;
  rules: string;
  /** The latest refusal under this case. */
  decision_seq: number;
  opened_at: string;
}

export interface OutboxTable {
  seq: Generated<number>;
  event_id: string;
  /** Null: the entry is about the log itself, or of a `chain`. */
  release_id: string | null;
  /** Names the entries that follow each other, where they are about neither a release nor the log. */
  chain: Generated<string | null>;
  type: string;
  time: string;
  leaf: string;
  statement: string;
  /** 1 once the log has it: `log_index` and `leaf_hash` (hex) are set then. */
  sequenced: Generated<number>;
  log_index: Generated<number | null>;
  leaf_hash: Generated<string | null>;
}

/** At most one row, `place` 1. */
export interface LogHeadTable {
  place: number;
  origin: string;
  size: number;
  root: string;
  checkpoint: string;
  time_ms: number;
  epoch: number;
}

/** `body` is JSON of a VerifiedPublication; `owner` compares across packages; `document` is the SHA-256 of its attestations. */
export interface PublicationTable {
  upstream: string;
  name: string;
  version: string;
  owner: string | null;
  signed_time: string;
  body: string;
  document: string | null;
  recorded_at: string;
}

/** `body` is JSON of an Expectation. In force: the newest revision of its line. */
export interface ExpectationTable {
  upstream: string;
  name: string;
  line: string;
  revision: number;
  at: string;
  body: string;
  event_id: string;
  in_force: number;
}

export interface AlarmTable {
  id: string;
  kind: string;
  severity: string;
  about: string;
  message: string;
  data: string;
  first_at: string;
  last_at: string;
  count: number;
}

/** `record`, `provenance` and `comparison` are SHA-256 of blobs: the record, and signed envelopes. `summary` is JSON. */
export interface BuildTable {
  id: string;
  ecosystem: string;
  name: string;
  purl: string;
  artifact: string;
  verdict: string;
  record: string;
  summary: string;
  provenance: string | null;
  comparison: string;
  event_id: string;
  at: string;
}

/** `principal` is JSON, `recipe` the text of one. */
export interface BuildJobTable {
  id: string;
  purl: string;
  reason: string;
  principal: string;
  priority: number;
  state: string;
  attempt: number;
  not_before: string;
  recipe: string | null;
  phase: string;
  cause: string | null;
  message: string | null;
  build_id: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
}

/** `report` is a blob; `code` and `failure` tell what went wrong last. */
export interface BehaviourTable {
  artifact: string;
  observer: string;
  purl: string;
  report: string | null;
  code: string | null;
  failure: string | null;
  failures: number;
  at: string;
}

export interface BehaviourJobTable {
  purl: string;
  artifact: string | null;
  reason: string;
  priority: number;
  state: string;
  attempt: number;
  not_before: string;
  code: string | null;
  message: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
}

/** `identity` and `principal` are JSON, the former canonical: the same identity is the same text. */
export interface SourceApprovalTable {
  ecosystem: string;
  name: string;
  revision: number;
  action: string;
  identity: string;
  reason: string;
  principal: string;
  at: string;
  event_id: string;
}

export interface RecipeReviewTable {
  ecosystem: string;
  name: string;
  revision: number;
  action: string;
  correction: string;
  author: string;
  reviewer: string;
  reason: string;
  principal: string;
  at: string;
  event_id: string;
}

/** Each tag and commit that an entry of the ledger has. */
export interface SourceTagTable {
  repository: string;
  tag: string;
  commit_id: string;
  event_id: string;
}

export interface TokenTable {
  id: string;
  name: string;
  hash: string;
  grants: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}
