/** What the scanner found in artifacts, and how often it failed on them. */
import type { Migration } from '../migrate.ts';

export const scans: Migration = {
  id: 7,
  name: 'scans',
  statements: [
    `CREATE TABLE scans (
      artifact TEXT NOT NULL REFERENCES artifacts (sha256),
      rules TEXT NOT NULL,
      base TEXT NOT NULL,
      report TEXT,
      failure TEXT,
      failures {{int}} NOT NULL,
      scanned_at TEXT NOT NULL,
      PRIMARY KEY (artifact, rules, base)
    ) {{strict}}`,
  ],
};
