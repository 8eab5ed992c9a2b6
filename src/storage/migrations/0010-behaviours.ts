/** What install scripts were seen to do, by artifact and observer, and which ones wait to be watched. */
import type { Migration } from '../migrate.ts';

export const behaviours: Migration = {
  id: 10,
  name: 'behaviours',
  statements: [
    `CREATE TABLE behaviours (
      artifact TEXT NOT NULL,
      observer TEXT NOT NULL,
      purl TEXT NOT NULL,
      report TEXT,
      code TEXT,
      failure TEXT,
      failures {{int}} NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (artifact, observer)
    ) {{strict}}`,
    `CREATE INDEX behaviours_by_purl ON behaviours (purl, at)`,
    `CREATE TABLE behaviour_jobs (
      purl TEXT NOT NULL PRIMARY KEY,
      artifact TEXT,
      reason TEXT NOT NULL,
      priority {{int}} NOT NULL,
      state TEXT NOT NULL,
      attempt {{int}} NOT NULL,
      not_before TEXT NOT NULL,
      code TEXT,
      message TEXT,
      created_at TEXT NOT NULL,
      started_at TEXT,
      ended_at TEXT
    ) {{strict}}`,
    `CREATE INDEX behaviour_jobs_by_state ON behaviour_jobs (state, priority, created_at)`,
  ],
};
