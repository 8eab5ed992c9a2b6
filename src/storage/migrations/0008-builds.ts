/** What was built from source here, and what waits for it. */
import type { Migration } from '../migrate.ts';

export const builds: Migration = {
  id: 8,
  name: 'builds',
  statements: [
    `CREATE TABLE builds (
      id TEXT NOT NULL PRIMARY KEY,
      ecosystem TEXT NOT NULL,
      name TEXT NOT NULL,
      purl TEXT NOT NULL,
      artifact TEXT NOT NULL,
      verdict TEXT NOT NULL,
      record TEXT NOT NULL,
      summary TEXT NOT NULL,
      provenance TEXT,
      comparison TEXT NOT NULL,
      event_id TEXT NOT NULL,
      at TEXT NOT NULL
    ) {{strict}}`,
    `CREATE INDEX builds_by_purl ON builds (purl, at)`,
    `CREATE INDEX builds_by_name ON builds (ecosystem, name, at)`,
    `CREATE TABLE build_jobs (
      id TEXT NOT NULL PRIMARY KEY,
      purl TEXT NOT NULL,
      reason TEXT NOT NULL,
      principal TEXT NOT NULL,
      priority {{int}} NOT NULL,
      state TEXT NOT NULL,
      attempt {{int}} NOT NULL,
      not_before TEXT NOT NULL,
      recipe TEXT,
      phase TEXT NOT NULL,
      cause TEXT,
      message TEXT,
      build_id TEXT,
      created_at TEXT NOT NULL,
      started_at TEXT,
      ended_at TEXT
    ) {{strict}}`,
    `CREATE INDEX build_jobs_by_state ON build_jobs (state, priority, created_at)`,
  ],
};
