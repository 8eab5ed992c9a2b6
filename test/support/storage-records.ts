/** Makers of records for tests of what is stored, and a data directory that goes away with its test. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { DecisionRecord, OutboxEvent } from '../../src/admission/deps.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { caseIdFrom } from '../../src/core/case.ts';
import type { Decision, Outcome, Reason } from '../../src/core/decision.ts';
import { artifactDigestsOf, sha256, type ArtifactDigests } from '../../src/core/digest.ts';
import { assessmentDigest, type Evidence } from '../../src/core/evidence.ts';
import { formatPurl } from '../../src/core/purl.ts';
import { anonymous, releaseIdOf, type Subject, type UpstreamId } from '../../src/core/subject.ts';

export const upstream = 'npm' as UpstreamId;

export async function temporaryDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-storage-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** `2026-01-01T00:00:00.000Z` and so many seconds. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

export function evidenceOf(kind: string, overrides: Partial<Evidence> = {}): Evidence {
  return {
    kind,
    scope: kind === 'archive' ? 'artifact' : 'release',
    result: 'pass',
    summary: `${kind} is fine`,
    facts: { checked: true },
    items: [],
    tool: { name: `assay/${kind}`, version: '1' },
    collectedAt: at(0),
    ...overrides,
  };
}

export function reasonOf(rule: string, outcome: Outcome = 'block'): Reason {
  return {
    rule,
    mode: 'enforce',
    outcome,
    evidence: 'manifest',
    result: 'fail',
    short: `${rule} said no`,
    why: `${rule} says why.`,
    remedy: 'Use another version.',
    items: [],
  };
}

export interface RecordSketch {
  readonly name?: string;
  readonly version?: string;
  readonly outcome?: Outcome;
  readonly rules?: readonly string[];
  readonly seconds?: number;
  readonly bytes?: string;
  readonly noBytes?: boolean;
  readonly event?: boolean;
  readonly caseSeed?: string;
  readonly evidence?: readonly Evidence[];
  readonly stage?: Decision['stage'];
}

/** A record as admission would write it. */
export function recordOf(sketch: RecordSketch = {}): DecisionRecord {
  const { name = '@scope/pkg', version = '1.0.0', seconds = 0 } = sketch;
  const artifact =
    sketch.noBytes === true
      ? undefined
      : artifactDigestsOf(Buffer.from(sketch.bytes ?? `${name}@${version}`));
  const subject = subjectOf(name, version, artifact);
  const id = releaseIdOf(subject);
  const evidence = sketch.evidence ?? [
    evidenceOf('archive'),
    evidenceOf('manifest', { collectedAt: at(seconds) }),
  ];
  const decision = decisionOf(sketch, subject, evidence);
  return {
    release: { id, subject, version, indexManifest: { name, version }, claimedTime: at(-1000), artifact },
    decision,
    evidence,
    event: sketch.event === false ? undefined : eventOf(subject, seconds),
  };
}

function subjectOf(name: string, version: string, artifact: ArtifactDigests | undefined): Subject {
  const file = `${name.replace(/^@.*\//, '')}-${version}.tgz`;
  const purl = formatPurl('npm', name, version);
  const claimedIntegrity =
    artifact === undefined ? '' : `sha1-${Buffer.from(artifact.sha1, 'hex').toString('base64')}`;
  const subject: Subject = { upstream, channel: 'main', ecosystem: 'npm', purl, file, claimedIntegrity };
  return artifact === undefined ? subject : { ...subject, artifact: artifact.sha256 };
}

function decisionOf(sketch: RecordSketch, subject: Subject, evidence: readonly Evidence[]): Decision {
  const { outcome = 'allow', seconds = 0, stage = 'file' } = sketch;
  const rules = sketch.rules ?? (outcome === 'allow' ? [] : ['npm/manifest']);
  const decision: Decision = {
    stage,
    outcome,
    reasons: rules.map((rule) => reasonOf(rule, outcome)),
    warnings: [],
    audits: [],
    policy: sha256('policy'),
    facts: sha256('facts'),
    validUntil: at(seconds + 86_400),
    id: randomUUID(),
    subject,
    assessment: assessmentDigest(evidence),
    epochs: { policy: 1, feeds: 2, exceptions: 3, revocations: 4 },
    principal: anonymous,
    decidedAt: at(seconds),
  };
  if (outcome === 'allow') return decision;
  const seed = createHash('sha256')
    .update(sketch.caseSeed ?? randomUUID())
    .digest();
  return { ...decision, caseId: caseIdFrom(seed) };
}

function eventOf(subject: Subject, seconds: number): OutboxEvent {
  const eventId = randomUUID();
  return {
    eventId,
    type: 'decision',
    time: at(seconds),
    leaf: canonicalJson({ eventId, v: 1 }),
    salts: { subject: 'aa'.repeat(32), actor: 'bb'.repeat(32) },
    statement: { predicateType: 'decision/v1', subject: subject.purl },
  };
}
