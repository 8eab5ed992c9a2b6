/** Who was given the bytes of which release, and since when that is recorded. */
import type { Migration } from '../migrate.ts';

export const pulls: Migration = {
  id: 6,
  name: 'pulls',
  statements: [
    `CREATE TABLE pulled_releases (
      release_id TEXT NOT NULL PRIMARY KEY REFERENCES releases (id) ON DELETE CASCADE,
      pullers {{int}} NOT NULL,
      others {{int}} NOT NULL,
      others_first_at TEXT,
      others_last_at TEXT
    ) {{strict}}`,
    `CREATE TABLE pulls (
      release_id TEXT NOT NULL REFERENCES pulled_releases (release_id) ON DELETE CASCADE,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      first_at TEXT NOT NULL,
      last_at TEXT NOT NULL,
      count {{int}} NOT NULL,
      PRIMARY KEY (release_id, kind, name)
    ) {{strict}}`,
    `CREATE TABLE pull_record (
      place {{int}} NOT NULL PRIMARY KEY CHECK (place = 1),
      since TEXT NOT NULL,
      lost {{int}} NOT NULL,
      last_batch TEXT
    ) {{strict}}`,
    `CREATE INDEX releases_by_bare_name ON releases (ecosystem, name)`,
  ],
};
