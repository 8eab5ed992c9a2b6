/**
 * Artifacts, evidence and evidence sets. Evidence is stored once under its digest; a set is stored once under
 * the assessment's digest and never changes, so that what a ledger entry committed to can always be shown.
 */
import type { Kysely } from 'kysely';
import type { ArtifactRecord } from '../admission/deps.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256, type ArtifactDigests, type Sha1, type Sha256, type Sha512 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { assessmentDigestOf, type Evidence } from '../core/evidence.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Schema } from './schema.ts';
import { fromJson } from './text.ts';

/** An artifact keeps the reading it has when the new record names none. */
export async function writeArtifact(db: Kysely<Schema>, record: ArtifactRecord): Promise<void> {
  const { sha256, sha512, sha1, sizeBytes } = record.digests;
  const row = { sha256, sha512, sha1, size_bytes: sizeBytes, reading: record.reading ?? null };
  await db
    .insertInto('artifacts')
    .values(row)
    .onConflict((conflict) =>
      row.reading === null
        ? conflict.column('sha256').doNothing()
        : conflict.column('sha256').doUpdateSet({ reading: row.reading }),
    )
    .execute();
}

export async function readArtifact(db: Kysely<Schema>, digest: Sha256): Promise<ArtifactRecord | undefined> {
  const row = await db.selectFrom('artifacts').selectAll().where('sha256', '=', digest).executeTakeFirst();
  if (row === undefined) return undefined;
  return { digests: digestsOf(row), reading: (row.reading as Sha256 | null) ?? undefined };
}

export function digestsOf(row: Schema['artifacts']): ArtifactDigests {
  return {
    sha256: row.sha256 as Sha256,
    sha512: row.sha512 as Sha512,
    sha1: row.sha1 as Sha1,
    sizeBytes: row.size_bytes,
  };
}

/** Throws STORAGE_FAILED when the digest is not the one of the set: it is the name under which the set is shared. */
export async function writeAssessment(
  db: Kysely<Schema>,
  assessment: Sha256,
  evidence: readonly Evidence[],
  artifact: Sha256 | undefined,
): Promise<void> {
  const rows = evidence.map((one, place) => {
    const body = canonicalJson(one as unknown as JsonObject);
    return { one, place, body, digest: sha256(body) };
  });
  if (assessmentDigestOf(rows.map((row) => row.digest)) !== assessment) {
    throw new AssayError('STORAGE_FAILED', `the evidence given is not the set ${assessment}`);
  }
  if (evidence.length === 0) return;
  await db
    .insertInto('evidence')
    .values(
      rows.map(({ one, digest, body }) => ({
        digest,
        kind: one.kind,
        scope: one.scope,
        result: one.result,
        collected_at: one.collectedAt,
        body,
      })),
    )
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
  await db
    .insertInto('assessments')
    .values(rows.map(({ digest, place }) => ({ digest: assessment, place, evidence: digest })))
    .onConflict((conflict) => conflict.columns(['digest', 'place']).doNothing())
    .execute();
  const shared = rows.filter(({ one }) => one.scope === 'artifact');
  if (artifact === undefined || shared.length === 0) return;
  await db
    .insertInto('artifact_evidence')
    .values(shared.map(({ one, digest }) => ({ artifact, kind: one.kind, evidence: digest })))
    .onConflict((conflict) => conflict.columns(['artifact', 'kind', 'evidence']).doNothing())
    .execute();
}

/** In the order in which the set was first recorded. */
export async function readAssessment(db: Kysely<Schema>, assessment: string): Promise<readonly Evidence[]> {
  const rows = await db
    .selectFrom('assessments')
    .innerJoin('evidence', 'evidence.digest', 'assessments.evidence')
    .select('evidence.body')
    .where('assessments.digest', '=', assessment)
    .orderBy('assessments.place')
    .execute();
  return rows.map((row) => fromJson(row.body, 'a piece of evidence') as Evidence);
}

export interface StoredEvidence {
  /** The name it is kept under: its digest when it was stored. */
  readonly digest: Sha256;
  /** SHA-256 of the text that lies there now. */
  readonly found: Sha256;
  /** Undefined when that is no evidence any more. */
  readonly evidence: Evidence | undefined;
}

/** The same for who does not trust the database: nothing is taken for what its name says. */
export async function readStoredAssessment(
  db: Kysely<Schema>,
  assessment: string,
): Promise<readonly StoredEvidence[]> {
  const rows = await db
    .selectFrom('assessments')
    .innerJoin('evidence', 'evidence.digest', 'assessments.evidence')
    .select(['evidence.digest', 'evidence.body'])
    .where('assessments.digest', '=', assessment)
    .orderBy('assessments.place')
    .execute();
  return rows.map(({ digest, body }) => ({
    digest: digest as Sha256,
    found: sha256(body),
    evidence: readable(body),
  }));
}

function readable(body: string): Evidence | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? (value as unknown as Evidence) : undefined;
  } catch {
    return undefined;
  }
}

/** Evidence about the bytes themselves, of every kind and age, newest first: shared by all releases of them. */
export async function readArtifactEvidence(
  db: Kysely<Schema>,
  artifact: Sha256,
): Promise<readonly Evidence[]> {
  const rows = await db
    .selectFrom('artifact_evidence')
    .innerJoin('evidence', 'evidence.digest', 'artifact_evidence.evidence')
    .select('evidence.body')
    .where('artifact_evidence.artifact', '=', artifact)
    .orderBy('evidence.collected_at', 'desc')
    .orderBy('evidence.digest')
    .execute();
  return rows.map((row) => fromJson(row.body, 'a piece of evidence') as Evidence);
}
