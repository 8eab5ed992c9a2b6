/**
 * What became of a build is written down, whatever it was: the record as a blob, provenance and comparison signed by the
 * builder's key, and the entry of the ledger that names them, in one transaction with the row that lists it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { canonicalBytes, canonicalJson } from '../../core/canonical-json.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { RebuildRecord } from '../../core/rebuild.ts';
import type { Principal } from '../../core/subject.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import { makeRebuildEvent } from '../../ledger/rebuild-event.ts';
import type { Envelope } from '../../ledger/verify/dsse.ts';
import { comparisonStatement } from '../../rebuild/attest/comparison.ts';
import { provenanceStatement, type BuiltBy } from '../../rebuild/attest/provenance.ts';
import type { StoredBuild } from '../../storage/builds.ts';
import type { Storage } from '../../storage/open.ts';
import { keepEnvelope } from '../ledger/statements.ts';
import { recordJson, summaryOf } from './summary.ts';

export interface RecordDeps {
  readonly storage: Pick<Storage, 'blobs' | 'builds'>;
  readonly by: BuiltBy;
  readonly signer: {
    readonly attestBuild: (origin: string, statement: JsonObject) => Promise<Envelope>;
    /** The key that signs now; the ledger knows it. */
    readonly builderKey: () => Promise<string>;
  };
  readonly randomBytes: (count: number) => Uint8Array;
}

/** The signer starts anew when it died, and the log may have begun a moment ago: a build is not lost to that. */
const attempts = 10;
const pauseMs = 1000;
const passing = ['LEDGER_SIGNER_UNAVAILABLE', 'LEDGER_SIGNER_REFUSED', 'LEDGER_INDEX_UNKNOWN'] as const;

/** Throws LEDGER_SIGNER_*, STORAGE_*: then nothing is on record. */
export async function recordOutcome(
  deps: RecordDeps,
  id: string,
  record: RebuildRecord,
  principal: Principal,
): Promise<StoredBuild> {
  const { storage, by, signer, randomBytes } = deps;
  const provenance = provenanceStatement(id, record, by);
  const comparison = comparisonStatement(id, record, provenance, by);
  const envelopes = await patiently(async () => {
    const builder = await signer.builderKey();
    const signed = {
      builder,
      provenance: provenance === undefined ? undefined : await signer.attestBuild(by.origin, provenance),
      comparison: await signer.attestBuild(by.origin, comparison),
    };
    if ((await signer.builderKey()) === builder) return signed;
    throw new AssayError('LEDGER_SIGNER_UNAVAILABLE', "the builder's key changed in between");
  });
  const recordBlob = await keepBytes(storage.blobs, canonicalBytes(recordJson(record)));
  const eventId = newEventId(randomBytes);
  const build: StoredBuild = {
    id,
    purl: record.purl,
    artifact: record.artifact,
    verdict: record.outcome.state === 'compared' ? record.outcome.comparison.verdict : 'not-built',
    record: recordBlob,
    summary: recordJson(summaryOf(record)),
    provenance:
      envelopes.provenance === undefined
        ? undefined
        : await keepEnvelope(storage.blobs, envelopes.provenance),
    comparison: await keepEnvelope(storage.blobs, envelopes.comparison),
    eventId,
    at: record.endedAt,
  };
  const event = makeRebuildEvent({
    eventId,
    build: id,
    purl: record.purl,
    artifact: record.artifact,
    verdict: build.verdict,
    cause: record.outcome.state === 'not-built' ? record.outcome.cause : undefined,
    isolation: record.isolation.level,
    record: recordBlob,
    comparison: digestOf(comparison),
    provenance: provenance === undefined ? undefined : digestOf(provenance),
    builder: envelopes.builder,
    principal,
    time: record.endedAt,
    previousEventId: await storage.builds.newestEvent(record.purl),
    randomBytes,
  });
  await storage.builds.record(build, event);
  return build;
}

function digestOf(statement: JsonObject): Sha256 {
  return sha256(canonicalJson(statement));
}

export async function keepBytes(blobs: Storage['blobs'], bytes: Uint8Array): Promise<Sha256> {
  const writer = await blobs.create();
  try {
    await writer.write(bytes);
    return (await writer.commit()).sha256;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const passes = passing.some((code) => isAssayError(error, code));
      if (!passes || attempt >= attempts) throw error;
      await wait(pauseMs);
    }
  }
}
