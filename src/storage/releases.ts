/** Releases, their decisions in force, and cases, as read back. */
import type { Kysely, Selectable } from 'kysely';
import type { CaseRecord, PackageName, ReleaseRecord, ReleaseSummary } from '../admission/deps.ts';
import type { CaseId } from '../core/case.ts';
import type { Decision, Epochs, Outcome } from '../core/decision.ts';
import type { Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { Ecosystem, Purl } from '../core/purl.ts';
import type { Channel, ReleaseId, Subject, UpstreamId } from '../core/subject.ts';
import { digestsOf, readAssessment } from './evidence.ts';
import { rulesKey } from './record-decision.ts';
import type { DecisionTable, ReleaseTable, Schema } from './schema.ts';
import { fromJson } from './text.ts';

/** Short forms are only four characters: a bound on how many cases one may stand for. */
const casesPerShort = 50;

export async function readRelease(db: Kysely<Schema>, id: ReleaseId): Promise<ReleaseRecord | undefined> {
  const row = await db
    .selectFrom('releases')
    .innerJoin('decisions', 'decisions.release_id', 'releases.id')
    .leftJoin('artifacts', 'artifacts.sha256', 'releases.artifact')
    .selectAll('releases')
    .select([
      'decisions.body',
      'decisions.assessment',
      'artifacts.sha512',
      'artifacts.sha1',
      'artifacts.size_bytes',
    ])
    .where('releases.id', '=', id)
    .where('decisions.superseded_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id,
    subject: subjectOf(row),
    version: row.version,
    indexManifest: fromJson(row.index_manifest, 'an index manifest') as JsonObject,
    claimedTime: row.claimed_time ?? undefined,
    artifact: artifactOf(row),
    admittedAt: row.admitted_at ?? undefined,
    firstSeenAt: row.first_seen_at,
    decision: fromJson(row.body, 'a decision') as Decision,
    evidence: await readAssessment(db, row.assessment),
  };
}

interface JoinedArtifact {
  readonly artifact: string | null;
  readonly sha512: string | null;
  readonly sha1: string | null;
  readonly size_bytes: number | null;
}

function artifactOf({ artifact, sha512, sha1, size_bytes }: JoinedArtifact): ReleaseRecord['artifact'] {
  if (artifact === null || sha512 === null || sha1 === null || size_bytes === null) return undefined;
  return digestsOf({ sha256: artifact, sha512, sha1, size_bytes, reading: null });
}

export function subjectOf(row: Selectable<ReleaseTable>): Subject {
  return {
    upstream: row.upstream as UpstreamId,
    channel: row.channel as Channel,
    ecosystem: row.ecosystem as Ecosystem,
    purl: row.purl as Purl,
    file: row.file,
    claimedIntegrity: row.claimed_integrity,
    ...(row.artifact === null ? {} : { artifact: row.artifact as Sha256 }),
  };
}

export async function readReleasesOf(
  db: Kysely<Schema>,
  upstream: UpstreamId,
  name: string,
): Promise<readonly ReleaseSummary[]> {
  const rows = await db
    .selectFrom('releases')
    .innerJoin('decisions', 'decisions.release_id', 'releases.id')
    .leftJoin('artifacts', 'artifacts.sha256', 'releases.artifact')
    .select(summaryColumns)
    .where('releases.upstream', '=', upstream)
    .where('releases.name', '=', name)
    .where('decisions.superseded_at', 'is', null)
    .orderBy('decisions.seq')
    .execute();
  return rows.map(summaryOf);
}

export const summaryColumns = [
  'decisions.release_id',
  'releases.version',
  'releases.file',
  'decisions.outcome',
  'decisions.rules',
  'releases.admitted_at',
  'decisions.decided_at',
  'decisions.valid_until',
  'decisions.epoch_policy',
  'decisions.epoch_feeds',
  'decisions.epoch_exceptions',
  'decisions.epoch_revocations',
  'releases.artifact',
  'artifacts.sha512',
  'artifacts.sha1',
  'artifacts.size_bytes',
  'decisions.case_id',
  'decisions.why',
] as const;

type SummaryRow = JoinedArtifact &
  Pick<Selectable<ReleaseTable>, 'version' | 'file' | 'admitted_at'> &
  Omit<
    Selectable<DecisionTable>,
    'seq' | 'id' | 'stage' | 'transition_key' | 'artifact' | 'assessment' | 'body' | 'superseded_at'
  >;

export function summaryOf(row: SummaryRow): ReleaseSummary {
  return {
    id: row.release_id as ReleaseId,
    version: row.version,
    file: row.file,
    outcome: row.outcome as Outcome,
    rules: fromJson(row.rules, 'a list of rules') as readonly string[],
    admittedAt: row.admitted_at ?? undefined,
    decidedAt: row.decided_at,
    validUntil: row.valid_until,
    epochs: epochsOf(row),
    digests: artifactOf(row),
    caseId: (row.case_id as CaseId | null) ?? undefined,
    why: row.why ?? undefined,
  };
}

function epochsOf(row: SummaryRow): Epochs {
  return {
    policy: row.epoch_policy,
    feeds: row.epoch_feeds,
    exceptions: row.epoch_exceptions,
    revocations: row.epoch_revocations,
  };
}

export async function readCase(db: Kysely<Schema>, id: CaseId): Promise<CaseRecord | undefined> {
  const rows = await caseRows(db).where('cases.id', '=', id).execute();
  return rows.map(caseOf)[0];
}

/** Newest first, at most 50. `short` is the four characters without `AS-`. */
export async function readCasesByShort(db: Kysely<Schema>, short: string): Promise<readonly CaseRecord[]> {
  const rows = await caseRows(db)
    .where('cases.short', '=', short)
    .orderBy('cases.opened_at', 'desc')
    .limit(casesPerShort)
    .execute();
  return rows.map(caseOf);
}

/** The case that this set of deciding rules already has for the release, also when another was opened since. */
export async function readCaseFor(
  db: Kysely<Schema>,
  id: ReleaseId,
  rules: readonly string[],
): Promise<CaseId | undefined> {
  const row = await db
    .selectFrom('cases')
    .select('id')
    .where('release_id', '=', id)
    .where('rules', '=', rulesKey(rules))
    .orderBy('opened_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : (row.id as CaseId);
}

function caseRows(db: Kysely<Schema>) {
  return db
    .selectFrom('cases')
    .innerJoin('decisions', 'decisions.seq', 'cases.decision_seq')
    .select(['cases.id', 'cases.release_id', 'cases.opened_at', 'decisions.body']);
}

function caseOf(row: {
  readonly id: string;
  readonly release_id: string;
  readonly opened_at: string;
  readonly body: string;
}): CaseRecord {
  return {
    id: row.id as CaseId,
    releaseId: row.release_id as ReleaseId,
    openedAt: row.opened_at,
    decision: fromJson(row.body, 'a decision') as Decision,
  };
}

export async function readPackages(
  db: Kysely<Schema>,
): Promise<readonly (PackageName & { readonly upstream: UpstreamId })[]> {
  const rows = await db
    .selectFrom('releases')
    .select(['upstream', 'ecosystem', 'name'])
    .distinct()
    .orderBy('name')
    .orderBy('upstream')
    .execute();
  return rows.map(({ upstream, ecosystem, name }) => ({
    upstream: upstream as UpstreamId,
    ecosystem: ecosystem as Ecosystem,
    name,
  }));
}
