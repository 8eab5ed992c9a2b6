/** What admission asks of storage: each write is one transaction of the write queue, each read one look. */
import type { Kysely } from 'kysely';
import type { AdmissionStore } from '../admission/deps.ts';
import { writeAlarm } from './alarms.ts';
import { readArtifact, writeArtifact } from './evidence.ts';
import { readAppearances, readIndexRecord, writeLook } from './indexes.ts';
import { writeDecision } from './record-decision.ts';
import {
  readCase,
  readCaseFor,
  readCasesByShort,
  readPackages,
  readRelease,
  readReleasesOf,
} from './releases.ts';
import { latestEvent } from './outbox.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

/** `announce` is called when an event for the log has reached the disk. */
export function createAdmissionStore(
  db: Kysely<Schema>,
  { write }: WriteQueue,
  announce: () => void,
): AdmissionStore {
  return {
    indexRecord: (upstream, name) => readIndexRecord(db, upstream, name),
    recordLook: (look) => write((inside) => writeLook(inside, look)),
    appearances: (upstream, name) => readAppearances(db, upstream, name),
    release: (id) => readRelease(db, id),
    releasesOf: (upstream, name) => readReleasesOf(db, upstream, name),
    packages: () => readPackages(db),
    recordDecision: async (record) => {
      await write((inside) => writeDecision(inside, record));
      if (record.event !== undefined) announce();
    },
    previousEvent: (id) => latestEvent(db, id),
    artifact: (digest) => readArtifact(db, digest),
    recordArtifact: (record) => write((inside) => writeArtifact(inside, record)),
    raiseAlarm: (alarm) => write((inside) => writeAlarm(inside, alarm)),
    case: (id) => readCase(db, id),
    caseFor: (id, rules) => readCaseFor(db, id, rules),
    casesByShort: (short) => readCasesByShort(db, short),
  };
}
