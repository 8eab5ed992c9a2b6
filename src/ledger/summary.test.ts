import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '../core/decision.ts';
import { artifactDigestsOf, sha256 } from '../core/digest.ts';
import { assessmentDigest, type Evidence } from '../core/evidence.ts';
import { ownObject, type JsonObject } from '../core/json.ts';
import { formatPurl } from '../core/purl.ts';
import { anonymous, type Subject, type UpstreamId } from '../core/subject.ts';
import { judgeStatement } from './signing/may-sign.ts';
import { summaryDigest, verificationSummary, verifierId } from './summary.ts';

const bytes = artifactDigestsOf(Buffer.from('bytes'));
const origin = 'assay.example.com/log';
const verifier = { origin, version: '1.0.0' };
const subject: Subject = {
  upstream: 'npm' as UpstreamId,
  channel: 'main',
  ecosystem: 'npm',
  purl: formatPurl('npm', '@example/left', '1.3.0'),
  file: 'left-1.3.0.tgz',
  claimedIntegrity: '',
  artifact: bytes.sha256,
};

function evidence(kind: string, changes: Partial<Evidence> = {}): Evidence {
  return {
    kind,
    scope: 'release',
    result: 'pass',
    summary: 'fine',
    facts: {},
    items: [],
    tool: { name: 'assay', version: '1' },
    collectedAt: '2026-01-31T08:59:59.000Z',
    ...changes,
  };
}

const material = sha256('trust');
const document = sha256('attestations');

function provenance(facts: Evidence['facts'], result: Evidence['result'] = 'pass'): Evidence {
  return evidence('provenance', { result, material, facts: { document, ...facts } });
}

function decision(changes: Partial<Decision> = {}, set: readonly Evidence[] = []): Decision {
  return {
    id: 'decision-1',
    stage: 'file',
    outcome: 'allow',
    reasons: [],
    warnings: [],
    audits: [],
    validUntil: '2026-02-01T09:00:00.000Z',
    policy: sha256('policy'),
    facts: sha256('facts'),
    subject,
    assessment: assessmentDigest(set),
    epochs: { policy: 1, feeds: 0, exceptions: 0, revocations: 0 },
    principal: anonymous,
    decidedAt: '2026-01-31T09:00:00.000Z',
    ...changes,
  };
}

function predicateOf(summary: JsonObject): JsonObject {
  return ownObject(summary, 'predicate') ?? assert.fail('no predicate');
}

test('an allow is PASSED, with the digests of policy, attestations, trust material, evidence set and facts', () => {
  const set = [provenance({ runner: 'github-hosted' }), evidence('signatures', { material })];
  const made = decision({}, set);
  const summary = verificationSummary(made, set, bytes, verifier);
  assert.deepEqual(summary, {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      {
        name: 'left-1.3.0.tgz',
        uri: 'pkg:npm/%40example/left@1.3.0',
        digest: { sha256: bytes.sha256, sha512: bytes.sha512 },
      },
    ],
    predicateType: 'https://slsa.dev/verification_summary/v1',
    predicate: {
      verifier: { id: 'urn:assay:gate:assay.example.com/log', version: { assay: '1.0.0' } },
      timeVerified: '2026-01-31T09:00:00.000Z',
      resourceUri: 'pkg:npm/%40example/left@1.3.0',
      policy: { uri: `urn:assay:policy:sha256:${made.policy}`, digest: { sha256: made.policy } },
      inputAttestations: [{ uri: `urn:assay:blob:sha256:${document}`, digest: { sha256: document } }],
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
      slsaVersion: '1.2',
      'urn:assay:summary:decision': 'decision-1',
      'urn:assay:summary:outcome': 'allow',
      'urn:assay:summary:assessment': { sha256: made.assessment },
      'urn:assay:summary:facts': { sha256: made.facts },
      'urn:assay:summary:trust-material': [{ sha256: material }],
    },
  });
  assert.deepEqual(judgeStatement(summary, origin), { ok: true });
});

test('level 2 needs provenance that passed, of a hosted builder; nothing else is a level', () => {
  const levels = (set: readonly Evidence[], outcome: Decision['outcome'] = 'allow'): unknown =>
    predicateOf(verificationSummary(decision({ outcome }, set), set, bytes, verifier))['verifiedLevels'];
  const hosted = { runner: 'github-hosted' };
  assert.deepEqual(levels([provenance(hosted)]), ['SLSA_BUILD_LEVEL_2']);
  assert.deepEqual(levels([provenance({ runner: 'self-hosted' })]), ['SLSA_BUILD_LEVEL_UNEVALUATED']);
  assert.deepEqual(levels([provenance({})]), ['SLSA_BUILD_LEVEL_UNEVALUATED']);
  for (const result of ['fail', 'warn', 'not-available', 'not-checked', 'error'] as const)
    assert.deepEqual(levels([provenance(hosted, result)]), ['SLSA_BUILD_LEVEL_UNEVALUATED'], result);
  assert.deepEqual(levels([evidence('age', { facts: hosted })]), ['SLSA_BUILD_LEVEL_UNEVALUATED']);
  for (const outcome of ['hold', 'block'] as const)
    assert.deepEqual(levels([provenance(hosted)], outcome), ['FAILED'], outcome);
});

test('a refusal without bytes is FAILED, about a subject that matches no bytes', () => {
  const { artifact: _none, ...unread } = subject;
  const summary = verificationSummary(
    decision({ outcome: 'hold', stage: 'index', subject: unread }),
    [],
    undefined,
    verifier,
  );
  const [described] = summary['subject'] as readonly JsonObject[];
  assert.deepEqual(Object.keys(ownObject(described ?? {}, 'digest') ?? {}), ['assayRelease']);
  assert.equal(predicateOf(summary)['verificationResult'], 'FAILED');
  assert.deepEqual(judgeStatement(summary, origin), { ok: true });
});

test('digests of other bytes are refused', () => {
  assert.throws(
    () => verificationSummary(decision(), [], artifactDigestsOf(Buffer.from('other')), verifier),
    RangeError,
  );
});

test('any change of what was decided, or on what, is another summary', () => {
  const base = summaryDigest(verificationSummary(decision(), [], bytes, verifier));
  const others = [
    decision({ outcome: 'block' }),
    decision({ policy: sha256('other') }),
    decision({ facts: sha256('other') }),
    decision({ id: 'decision-2' }),
    decision({}, [evidence('age')]),
  ].map((one) => summaryDigest(verificationSummary(one, [], bytes, verifier)));
  assert.equal(new Set([base, ...others]).size, others.length + 1);
  assert.notEqual(base, summaryDigest(verificationSummary(decision(), [provenance({})], bytes, verifier)));
});

test('the name of a log becomes a URI whatever its characters', () => {
  assert.equal(verifierId('a/b%"<>'), 'urn:assay:gate:a/b%25%22%3C%3E');
});

const whole = verificationSummary(decision(), [], bytes, verifier);
const wrong: Readonly<Record<string, JsonObject>> = {
  'in the name of another gate': { verifier: { id: verifierId('other.example.com/log') } },
  'of a level that needs a build of ours': { verifiedLevels: ['SLSA_BUILD_LEVEL_3'] },
  'of two levels': { verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'SLSA_BUILD_LEVEL_UNEVALUATED'] },
  'without a level': { verifiedLevels: [] },
  'of neither result': { verificationResult: 'MAYBE' },
  'PASSED that FAILED': { verifiedLevels: ['FAILED'] },
  'FAILED with a level': { verificationResult: 'FAILED' },
};

for (const [what, change] of Object.entries(wrong))
  test(`the signer signs no summary ${what}`, () => {
    const summary = { ...whole, predicate: { ...predicateOf(whole), ...change } };
    assert.equal(judgeStatement(summary, origin).ok, false);
  });
