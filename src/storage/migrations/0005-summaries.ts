/** Verification summaries of decisions, and what was signed of releases for clients' own checks. */
import type { Migration } from '../migrate.ts';

export const summaries: Migration = {
  id: 5,
  name: 'summaries',
  statements: [
    `CREATE TABLE summaries (
      event_id TEXT NOT NULL PRIMARY KEY REFERENCES outbox (event_id),
      digest TEXT NOT NULL,
      statement TEXT NOT NULL,
      envelope TEXT
    ) {{strict}}`,
    `CREATE TABLE registry_signatures (
      release_id TEXT NOT NULL PRIMARY KEY REFERENCES releases (id),
      artifact TEXT NOT NULL,
      keyid TEXT NOT NULL,
      sig TEXT NOT NULL,
      signed_at TEXT NOT NULL
    ) {{strict}}`,
  ],
};
