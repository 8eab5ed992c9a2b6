/** The first schema. Never edited once released: its digest is recorded in every database it made. */
import type { Migration } from '../migrate.ts';

export const records: Migration = {
  id: 1,
  name: 'records',
  statements: [
    // ---- the gate's own state ----
    `CREATE TABLE settings (
      key TEXT NOT NULL PRIMARY KEY,
      value TEXT NOT NULL
    ) {{strict}}`,
    `CREATE TABLE epochs (
      name TEXT NOT NULL PRIMARY KEY,
      value {{int}} NOT NULL
    ) {{strict}}`,
    `INSERT INTO epochs (name, value) VALUES ('policy', 1), ('feeds', 1), ('exceptions', 1), ('revocations', 1)`,

    // ---- looks at upstream indexes ----
    `CREATE TABLE indexes (
      upstream TEXT NOT NULL,
      name TEXT NOT NULL,
      body TEXT,
      etag TEXT,
      last_modified TEXT,
      first_look_at TEXT NOT NULL,
      last_look_at TEXT NOT NULL,
      absent {{int}} NOT NULL,
      PRIMARY KEY (upstream, name)
    ) {{strict}}`,
    `CREATE TABLE appearances (
      upstream TEXT NOT NULL,
      name TEXT NOT NULL,
      version TEXT NOT NULL,
      absent_at TEXT,
      present_at TEXT NOT NULL,
      PRIMARY KEY (upstream, name, version)
    ) {{strict}}`,

    // ---- bytes and evidence ----
    `CREATE TABLE artifacts (
      sha256 TEXT NOT NULL PRIMARY KEY,
      sha512 TEXT NOT NULL,
      sha1 TEXT NOT NULL,
      size_bytes {{int}} NOT NULL,
      reading TEXT
    ) {{strict}}`,
    `CREATE TABLE evidence (
      digest TEXT NOT NULL PRIMARY KEY,
      kind TEXT NOT NULL,
      scope TEXT NOT NULL,
      result TEXT NOT NULL,
      collected_at TEXT NOT NULL,
      body TEXT NOT NULL
    ) {{strict}}`,
    `CREATE TABLE artifact_evidence (
      artifact TEXT NOT NULL REFERENCES artifacts (sha256),
      kind TEXT NOT NULL,
      evidence TEXT NOT NULL REFERENCES evidence (digest),
      PRIMARY KEY (artifact, kind, evidence)
    ) {{strict}}`,
    `CREATE TABLE assessments (
      digest TEXT NOT NULL,
      place {{int}} NOT NULL,
      evidence TEXT NOT NULL REFERENCES evidence (digest),
      PRIMARY KEY (digest, place)
    ) {{strict}}`,

    // ---- releases, decisions, cases ----
    `CREATE TABLE releases (
      id TEXT NOT NULL PRIMARY KEY,
      upstream TEXT NOT NULL,
      channel TEXT NOT NULL,
      ecosystem TEXT NOT NULL,
      purl TEXT NOT NULL,
      name TEXT NOT NULL,
      version TEXT NOT NULL,
      file TEXT NOT NULL,
      claimed_integrity TEXT NOT NULL,
      index_manifest TEXT NOT NULL,
      claimed_time TEXT,
      artifact TEXT REFERENCES artifacts (sha256),
      first_seen_at TEXT NOT NULL,
      admitted_at TEXT,
      CHECK (admitted_at IS NULL OR artifact IS NOT NULL)
    ) {{strict}}`,
    `CREATE INDEX releases_by_name ON releases (upstream, name)`,
    `CREATE INDEX releases_by_purl ON releases (purl)`,
    `CREATE TABLE decisions (
      seq {{sequence}},
      id TEXT NOT NULL UNIQUE,
      release_id TEXT NOT NULL REFERENCES releases (id),
      stage TEXT NOT NULL,
      outcome TEXT NOT NULL,
      rules TEXT NOT NULL,
      why TEXT,
      transition_key TEXT NOT NULL,
      artifact TEXT,
      assessment TEXT NOT NULL,
      case_id TEXT,
      decided_at TEXT NOT NULL,
      valid_until TEXT NOT NULL,
      epoch_policy {{int}} NOT NULL,
      epoch_feeds {{int}} NOT NULL,
      epoch_exceptions {{int}} NOT NULL,
      epoch_revocations {{int}} NOT NULL,
      body TEXT NOT NULL,
      superseded_at TEXT
    ) {{strict}}`,
    `CREATE UNIQUE INDEX decisions_in_force ON decisions (release_id) WHERE superseded_at IS NULL`,
    `CREATE INDEX decisions_by_release ON decisions (release_id, seq)`,
    `CREATE INDEX decisions_by_outcome ON decisions (outcome, seq) WHERE superseded_at IS NULL`,
    `CREATE TABLE cases (
      id TEXT NOT NULL PRIMARY KEY,
      short TEXT NOT NULL,
      release_id TEXT NOT NULL REFERENCES releases (id),
      rules TEXT NOT NULL,
      decision_seq {{int}} NOT NULL REFERENCES decisions (seq),
      opened_at TEXT NOT NULL
    ) {{strict}}`,
    `CREATE INDEX cases_by_short ON cases (short)`,
    `CREATE INDEX cases_by_rules ON cases (release_id, rules)`,

    // ---- the ledger's outbox: salts stand apart, so that deleting them erases what a leaf commits to ----
    // Without a release: what is about the log itself.
    `CREATE TABLE outbox (
      seq {{sequence}},
      event_id TEXT NOT NULL UNIQUE,
      release_id TEXT REFERENCES releases (id),
      type TEXT NOT NULL,
      time TEXT NOT NULL,
      leaf TEXT NOT NULL,
      statement TEXT NOT NULL,
      sequenced {{int}} NOT NULL DEFAULT 0
    ) {{strict}}`,
    `CREATE INDEX outbox_by_release ON outbox (release_id, seq)`,
    `CREATE INDEX outbox_waiting ON outbox (seq) WHERE sequenced = 0`,
    `CREATE TABLE salts (
      event_id TEXT NOT NULL REFERENCES outbox (event_id),
      field TEXT NOT NULL,
      salt TEXT NOT NULL,
      PRIMARY KEY (event_id, field)
    ) {{strict}}`,

    // ---- signals and access ----
    `CREATE TABLE alarms (
      id TEXT NOT NULL PRIMARY KEY,
      kind TEXT NOT NULL,
      severity TEXT NOT NULL,
      about TEXT NOT NULL,
      message TEXT NOT NULL,
      data TEXT NOT NULL,
      first_at TEXT NOT NULL,
      last_at TEXT NOT NULL,
      count {{int}} NOT NULL
    ) {{strict}}`,
    `CREATE INDEX alarms_by_time ON alarms (last_at, id)`,
    `CREATE TABLE tokens (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      hash TEXT NOT NULL UNIQUE,
      grants TEXT NOT NULL,
      created_at TEXT NOT NULL,
      expires_at TEXT,
      last_used_at TEXT,
      revoked_at TEXT
    ) {{strict}}`,
    `CREATE UNIQUE INDEX tokens_live ON tokens (name) WHERE revoked_at IS NULL`,
  ],
};
