/** One decision and all that belongs to it, written inside one transaction. */
import type { Insertable, Kysely } from 'kysely';
import type { DecisionRecord } from '../admission/deps.ts';
import { transitionKey, type Decision } from '../core/decision.ts';
import { AssayError } from '../core/errors.ts';
import { parsePurl } from '../core/purl.ts';
import type { ReleaseId } from '../core/subject.ts';
import { writeArtifact, writeAssessment } from './evidence.ts';
import { addToOutbox } from './outbox.ts';
import type { DecisionTable, Schema } from './schema.ts';

/** Throws STORAGE_ADMITTED_BYTES_CHANGED when it would give an admitted release other bytes; STORAGE_FAILED. */
export async function writeDecision(db: Kysely<Schema>, record: DecisionRecord): Promise<void> {
  const { release, decision, evidence, event } = record;
  if (release.artifact !== undefined)
    await writeArtifact(db, { digests: release.artifact, reading: undefined });
  await upsertRelease(db, record);
  await writeAssessment(db, decision.assessment, evidence, release.artifact?.sha256);
  const seq = await putInForce(db, release.id, decision);
  if (decision.caseId !== undefined) await upsertCase(db, release.id, decision, decision.caseId, seq);
  if (event !== undefined) await addToOutbox(db, release.id, event);
}

/** Bytes once known stay known, and bytes once admitted never change under the same name. */
async function upsertRelease(db: Kysely<Schema>, { release, decision }: DecisionRecord): Promise<void> {
  const { subject } = release;
  const known = await db
    .selectFrom('releases')
    .select(['artifact', 'admitted_at', 'first_seen_at'])
    .where('id', '=', release.id)
    .executeTakeFirst();
  const artifact = release.artifact?.sha256 ?? known?.artifact ?? null;
  if (typeof known?.admitted_at === 'string' && artifact !== known.artifact) {
    throw new AssayError(
      'STORAGE_ADMITTED_BYTES_CHANGED',
      `${subject.purl} was admitted as ${known.artifact}, not ${artifact}`,
    );
  }
  if (decision.outcome === 'allow' && typeof known?.admitted_at !== 'string')
    await refuseSecondBytes(db, release.id, subject, artifact);
  const allowedNow = decision.outcome === 'allow' && decision.stage === 'file' ? decision.decidedAt : null;
  const changing = {
    claimed_integrity: subject.claimedIntegrity,
    index_manifest: JSON.stringify(release.indexManifest),
    claimed_time: release.claimedTime ?? null,
    artifact,
    admitted_at: known?.admitted_at ?? allowedNow,
  };
  if (known !== undefined) {
    await db.updateTable('releases').set(changing).where('id', '=', release.id).execute();
    return;
  }
  const { upstream, channel, ecosystem, purl, file } = subject;
  const { id, version } = release;
  const name = parsePurl(purl).name;
  const firstSeen = { first_seen_at: decision.decidedAt };
  await db
    .insertInto('releases')
    .values({ id, upstream, channel, ecosystem, purl, name, version, file, ...changing, ...firstSeen })
    .execute();
}

/** A version of npm is one artifact: what was admitted under one file name is not admitted anew under another. */
async function refuseSecondBytes(
  db: Kysely<Schema>,
  id: ReleaseId,
  { upstream, channel, ecosystem, purl }: DecisionRecord['release']['subject'],
  artifact: string | null,
): Promise<void> {
  if (ecosystem !== 'npm') return;
  const others = await db
    .selectFrom('releases')
    .select(['artifact', 'file'])
    .where('purl', '=', purl)
    .where('upstream', '=', upstream)
    .where('channel', '=', channel)
    .where('id', '<>', id)
    .where('admitted_at', 'is not', null)
    .execute();
  const other = others.find((one) => one.artifact !== artifact);
  if (other === undefined) return;
  throw new AssayError(
    'STORAGE_ADMITTED_BYTES_CHANGED',
    `${purl} was admitted as ${other.artifact} under the file name ${JSON.stringify(other.file)}`,
  );
}

/** A transition supersedes the decision in force, which stays as history; anything else updates its row. */
async function putInForce(db: Kysely<Schema>, releaseId: ReleaseId, decision: Decision): Promise<number> {
  const inForce = await db
    .selectFrom('decisions')
    .select(['seq', 'transition_key'])
    .where('release_id', '=', releaseId)
    .where('superseded_at', 'is', null)
    .executeTakeFirst();
  const row = decisionRow(releaseId, decision);
  if (inForce !== undefined && inForce.transition_key === row.transition_key) {
    await db.updateTable('decisions').set(row).where('seq', '=', inForce.seq).execute();
    return inForce.seq;
  }
  if (inForce !== undefined) {
    const superseded = { superseded_at: decision.decidedAt };
    await db.updateTable('decisions').set(superseded).where('seq', '=', inForce.seq).execute();
  }
  const added = await db.insertInto('decisions').values(row).returning('seq').executeTakeFirstOrThrow();
  return added.seq;
}

function decisionRow(releaseId: ReleaseId, decision: Decision): Insertable<DecisionTable> {
  return {
    id: decision.id,
    release_id: releaseId,
    stage: decision.stage,
    outcome: decision.outcome,
    rules: rulesKey(decision.reasons.map((reason) => reason.rule)),
    why: decision.reasons[0]?.why.toWellFormed().replaceAll('\0', '') ?? null,
    transition_key: transitionKey(decision),
    artifact: decision.subject.artifact ?? null,
    assessment: decision.assessment,
    case_id: decision.caseId ?? null,
    decided_at: decision.decidedAt,
    valid_until: decision.validUntil,
    epoch_policy: decision.epochs.policy,
    epoch_feeds: decision.epochs.feeds,
    epoch_exceptions: decision.epochs.exceptions,
    epoch_revocations: decision.epochs.revocations,
    body: JSON.stringify(decision),
    superseded_at: null,
  };
}

/** The set of deciding rules in one form: a JSON array, sorted, each once. */
export function rulesKey(rules: readonly string[]): string {
  return JSON.stringify([...new Set(rules)].sort());
}

async function upsertCase(
  db: Kysely<Schema>,
  releaseId: ReleaseId,
  decision: Decision,
  id: string,
  decisionSeq: number,
): Promise<void> {
  const rules = rulesKey(decision.reasons.map((reason) => reason.rule));
  const row = {
    id,
    short: id.slice(0, 4),
    release_id: releaseId,
    rules,
    decision_seq: decisionSeq,
    opened_at: decision.decidedAt,
  };
  const written = await db
    .insertInto('cases')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ decision_seq: decisionSeq, rules })
        .where('cases.release_id', '=', releaseId),
    )
    .executeTakeFirst();
  if (written.numInsertedOrUpdatedRows !== 1n)
    throw new AssayError('STORAGE_FAILED', 'a case belongs to one release');
}
