/** The ledger's head, and where in the log each outbox event stands. */
import type { Migration } from '../migrate.ts';

export const log: Migration = {
  id: 2,
  name: 'log',
  statements: [
    // One row: the compare-and-swap of `epoch` is what keeps two sequencers from making two logs.
    `CREATE TABLE log_head (
      place {{int}} NOT NULL PRIMARY KEY CHECK (place = 1),
      origin TEXT NOT NULL,
      size {{int}} NOT NULL,
      root TEXT NOT NULL,
      checkpoint TEXT NOT NULL,
      time_ms {{int}} NOT NULL,
      epoch {{int}} NOT NULL
    ) {{strict}}`,
    `ALTER TABLE outbox ADD COLUMN log_index {{int}}`,
    `ALTER TABLE outbox ADD COLUMN leaf_hash TEXT`,
    `CREATE UNIQUE INDEX outbox_by_log_index ON outbox (log_index) WHERE log_index IS NOT NULL`,
  ],
};
