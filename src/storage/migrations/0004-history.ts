/** How packages are published: what versions advertised, what was verified, what is expected, which tags were seen. */
import type { Migration } from '../migrate.ts';

export const history: Migration = {
  id: 4,
  name: 'history',
  statements: [
    // First look at which the version advertised attestations, signatures.
    `ALTER TABLE appearances ADD COLUMN attested_at TEXT`,
    `ALTER TABLE appearances ADD COLUMN signed_at TEXT`,
    // The same of versions that went away, or were given other bytes: a version that comes back bare was stripped.
    `CREATE TABLE advertised_before (
      upstream TEXT NOT NULL,
      name TEXT NOT NULL,
      version TEXT NOT NULL,
      attested_at TEXT,
      signed_at TEXT,
      PRIMARY KEY (upstream, name, version)
    ) {{strict}}`,
    `CREATE TABLE publications (
      upstream TEXT NOT NULL,
      name TEXT NOT NULL,
      version TEXT NOT NULL,
      owner TEXT,
      signed_time TEXT NOT NULL,
      body TEXT NOT NULL,
      document TEXT,
      recorded_at TEXT NOT NULL,
      PRIMARY KEY (upstream, name, version)
    ) {{strict}}`,
    `CREATE INDEX publications_by_owner ON publications (upstream, owner, name)`,
    `CREATE TABLE sightings (
      upstream TEXT NOT NULL,
      name TEXT NOT NULL,
      version TEXT NOT NULL,
      publisher TEXT,
      published_at TEXT NOT NULL,
      PRIMARY KEY (upstream, name, version)
    ) {{strict}}`,
    `CREATE INDEX sightings_by_publisher ON sightings (upstream, publisher, published_at)`,
    `CREATE TABLE tag_sightings (
      repository TEXT NOT NULL,
      tag TEXT NOT NULL,
      commit_id TEXT NOT NULL,
      first_at TEXT NOT NULL,
      PRIMARY KEY (repository, tag)
    ) {{strict}}`,
    // Entries about neither a release nor the log: those of one chain follow each other.
    `ALTER TABLE outbox ADD COLUMN chain TEXT`,
    `CREATE INDEX outbox_by_chain ON outbox (chain, seq) WHERE chain IS NOT NULL`,
    `CREATE TABLE expectations (
      upstream TEXT NOT NULL,
      name TEXT NOT NULL,
      line TEXT NOT NULL,
      revision {{int}} NOT NULL,
      at TEXT NOT NULL,
      body TEXT NOT NULL,
      event_id TEXT NOT NULL REFERENCES outbox (event_id),
      in_force {{int}} NOT NULL,
      PRIMARY KEY (upstream, name, line, revision)
    ) {{strict}}`,
    `CREATE UNIQUE INDEX expectations_in_force ON expectations (upstream, name, line) WHERE in_force = 1`,
  ],
};
