/**
 * One decision, derived again from what is stored: the evidence set by its digest, the facts, the policy by its digest, and
 * the checks that are a matter of stored bytes alone. Start reading at `replayDecision`.
 */
import type { ReleaseRecord } from '../../admission/deps.ts';
import { nameOf } from '../../admission/names.ts';
import { evidenceDifferences, verdictDifferences, type Difference } from '../../admission/replay.ts';
import type { Decision } from '../../core/decision.ts';
import type { ArtifactDigests, Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { Evidence } from '../../core/evidence.ts';
import type { Facts } from '../../core/facts.ts';
import { decide } from '../../policy/decide.ts';
import { factsOf } from '../../policy/facts.ts';
import type { PolicyPack } from '../../policy/pack.ts';
import { packFromText } from '../../policy/stored-pack.ts';
import type { Storage } from '../../storage/open.ts';
import { replayChecks, type CheckDeps } from './checks.ts';
import { replayEntry } from './entry.ts';
import type { ReplaySubject } from './subject.ts';

export interface ReplayDeps extends CheckDeps {
  readonly storage: Pick<Storage, 'admission' | 'read' | 'blobs' | 'events' | 'history' | 'scans'>;
}

export interface Replayed {
  readonly decision: Decision;
  readonly differences: readonly Difference[];
  /** What could not be derived, and why: never taken for the same. */
  readonly unable: readonly string[];
  /** What was derived and is the same or different, in words. */
  readonly checked: readonly string[];
}

interface Findings {
  readonly differences: Difference[];
  readonly unable: string[];
  readonly checked: string[];
}

/** Throws STORAGE_* only: what is missing or damaged is a finding. */
export async function replayDecision(deps: ReplayDeps, subject: ReplaySubject): Promise<Replayed> {
  const { decision } = subject;
  const findings: Findings = { differences: [], unable: [], checked: [] };
  const release = await deps.storage.admission.release(subject.releaseId);
  const rows = await deps.storage.read.assessment(decision.assessment);
  const set = evidenceDifferences(decision, rows);
  findings.differences.push(...set);
  findings.checked.push(`evidence set of ${rows.length} against ${decision.assessment}`);
  const evidence = rows.flatMap((row) => row.evidence ?? []);
  await replayBytes(deps, decision, findings);
  await replayVerdict(deps, subject, { release, evidence }, findings);
  const checks = await replayChecks(deps, subject, release, evidence);
  findings.differences.push(...checks.differences);
  findings.unable.push(...checks.unable);
  findings.checked.push(...checks.checked);
  const entry = await replayEntry(deps.storage, subject, {
    evidence,
    artifact: artifactOf(decision, release),
  });
  findings.differences.push(...entry.differences);
  findings.checked.push(...entry.checked);
  return { decision, ...findings };
}

/** The bytes that were decided about are still those. */
async function replayBytes(
  { storage }: ReplayDeps,
  { subject }: Decision,
  { differences, unable, checked }: Findings,
): Promise<void> {
  if (subject.artifact === undefined) return;
  const found = await blobState(storage.blobs, subject.artifact);
  if (found === 'missing') unable.push(`the bytes ${subject.artifact} are not stored any more`);
  else checked.push(`the bytes against ${subject.artifact}`);
  if (found === 'changed')
    differences.push({
      what: 'bytes',
      recorded: subject.artifact,
      derived: 'the stored bytes have another digest',
    });
}

const artifactBytes = 1024 * 1024 * 1024;

async function blobState(blobs: Storage['blobs'], digest: Sha256): Promise<'there' | 'missing' | 'changed'> {
  try {
    await blobs.read(digest, artifactBytes);
    return 'there';
  } catch (error) {
    if (isAssayError(error, 'BLOB_MISSING')) return 'missing';
    if (isAssayError(error, 'BLOB_CORRUPT')) return 'changed';
    throw error;
  }
}

interface Inputs {
  readonly release: ReleaseRecord | undefined;
  readonly evidence: readonly Evidence[];
}

async function replayVerdict(
  { storage }: ReplayDeps,
  { decision, version }: ReplaySubject,
  { release, evidence }: Inputs,
  findings: Findings,
): Promise<void> {
  const pack = await packOf(storage.blobs, decision.policy, findings);
  const facts =
    decision.stage === 'file'
      ? factsOf(decision.subject, nameOf(decision.subject), version, evidence)
      : await keptFacts(storage.blobs, decision.facts, findings);
  if (pack === undefined || facts === undefined) return;
  const admittedAt = release?.admittedAt;
  const admittedBefore = admittedAt !== undefined && admittedAt < decision.decidedAt;
  // Exceptions are no part of a decision yet: there are none.
  const again = verdictDifferences(decision, facts, admittedBefore, (input, now) =>
    decide(input, pack, [], now),
  );
  findings.differences.push(...again);
  findings.checked.push(`the verdict of policy ${decision.policy} at ${decision.decidedAt}`);
}

const textBytes = 16 * 1024 * 1024;

async function packOf(
  blobs: Storage['blobs'],
  digest: Sha256,
  { differences, unable }: Findings,
): Promise<PolicyPack | undefined> {
  const text = await storedText(blobs, digest);
  if (text === 'missing')
    unable.push(`the policy ${digest} is not stored: it was in force before policies were kept`);
  if (text === 'changed')
    differences.push({ what: 'policy', recorded: digest, derived: 'the stored policy has another digest' });
  if (text === 'missing' || text === 'changed') return undefined;
  const read = packFromText(text.text, digest);
  if (read.ok) return read.pack;
  if (read.problem === 'changed') differences.push({ what: 'policy', recorded: digest, derived: read.why });
  else unable.push(`the policy ${digest} cannot be asked again: ${read.why}`);
  return undefined;
}

async function keptFacts(
  blobs: Storage['blobs'],
  digest: Sha256,
  { differences, unable }: Findings,
): Promise<Facts | undefined> {
  const text = await storedText(blobs, digest);
  if (text === 'missing') unable.push(`the index facts ${digest} are not stored`);
  if (text === 'changed')
    differences.push({ what: 'facts', recorded: digest, derived: 'the stored facts have another digest' });
  if (text === 'missing' || text === 'changed') return undefined;
  // The digest held: these are the bytes that were decided on.
  return JSON.parse(text.text) as Facts;
}

async function storedText(
  blobs: Storage['blobs'],
  digest: Sha256,
): Promise<{ readonly text: string } | 'missing' | 'changed'> {
  try {
    return { text: Buffer.from(await blobs.read(digest, textBytes)).toString('utf8') };
  } catch (error) {
    if (isAssayError(error, 'BLOB_MISSING')) return 'missing';
    if (isAssayError(error, 'BLOB_CORRUPT') || isAssayError(error, 'BLOB_TOO_LARGE')) return 'changed';
    throw error;
  }
}

function artifactOf({ subject }: Decision, release: ReleaseRecord | undefined): ArtifactDigests | undefined {
  return release?.artifact?.sha256 === subject.artifact ? release?.artifact : undefined;
}
