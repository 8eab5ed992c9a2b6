/** Which blob holds the signed statement (DSSE envelope) of an event; releases found by their bytes. */
import type { Migration } from '../migrate.ts';

export const envelopes: Migration = {
  id: 3,
  name: 'envelopes',
  statements: [
    `CREATE TABLE envelopes (
      event_id TEXT NOT NULL PRIMARY KEY REFERENCES outbox (event_id),
      envelope TEXT NOT NULL
    ) {{strict}}`,
    `CREATE INDEX releases_by_artifact ON releases (artifact)`,
  ],
};
