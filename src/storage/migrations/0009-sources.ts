/** Whose source a package is built from, as people said; and which tags of sources were seen where, as the ledger has it. */
import type { Migration } from '../migrate.ts';

export const sources: Migration = {
  id: 9,
  name: 'sources',
  statements: [
    `CREATE TABLE source_approvals (
      ecosystem TEXT NOT NULL,
      name TEXT NOT NULL,
      revision {{int}} NOT NULL,
      action TEXT NOT NULL,
      identity TEXT NOT NULL,
      reason TEXT NOT NULL,
      principal TEXT NOT NULL,
      at TEXT NOT NULL,
      event_id TEXT NOT NULL,
      PRIMARY KEY (ecosystem, name, revision)
    ) {{strict}}`,
    `CREATE TABLE source_tags (
      repository TEXT NOT NULL,
      tag TEXT NOT NULL,
      commit_id TEXT NOT NULL,
      event_id TEXT NOT NULL,
      PRIMARY KEY (repository, tag, commit_id)
    ) {{strict}}`,
  ],
};
