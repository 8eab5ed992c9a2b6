import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { canonicalJson } from '../core/canonical-json.ts';
import type { Decision, Reason } from '../core/decision.ts';
import { artifactDigestsOf, sha256 } from '../core/digest.ts';
import { assessmentDigest, evidenceDigest, type Evidence } from '../core/evidence.ts';
import { isJsonObject, own, ownObject, type Json, type JsonObject } from '../core/json.ts';
import { formatPurl } from '../core/purl.ts';
import { anonymous, type Subject, type UpstreamId } from '../core/subject.ts';
import { createEventMaker } from './event-maker.ts';
import { decisionOpenings, sha256Bytes } from './leaf.ts';
import { decisionStatement } from './statement.ts';
import { verificationSummary } from './summary.ts';
import { leafFields, parseLeaf } from './verify/leaf.ts';
import { allOpened, verifyOpening } from './verify/opening.ts';

const bytes = artifactDigestsOf(Buffer.from('bytes'));
const subject: Subject = {
  upstream: 'npm' as UpstreamId,
  channel: 'main',
  ecosystem: 'npm',
  purl: formatPurl('npm', '@example/left', '1.3.0'),
  file: 'left-1.3.0.tgz',
  claimedIntegrity: '',
  artifact: bytes.sha256,
};
const hostile = '\u001b[2J</script>';

function evidence(kind: string): Evidence {
  return {
    kind,
    scope: 'release',
    result: 'pass',
    summary: hostile,
    facts: {},
    items: [],
    tool: { name: 'assay', version: '1' },
    collectedAt: '2026-01-31T08:59:59.000Z',
  };
}

const reason: Reason = {
  rule: 'npm/cooldown',
  mode: 'enforce',
  outcome: 'hold',
  evidence: 'age',
  result: 'fail',
  short: 'too new',
  why: hostile,
  remedy: 'wait',
  items: ['age/young'],
  until: '2026-02-03T00:00:00.000Z',
};

const set = [evidence('age'), evidence('origin'), evidence('scripts')];

function decision(changes: Partial<Decision> = {}): Decision {
  return {
    id: 'decision-1',
    stage: 'file',
    outcome: 'hold',
    reasons: [reason],
    warnings: [],
    audits: [],
    policy: sha256('policy'),
    facts: sha256('facts'),
    validUntil: '2026-02-03T00:00:00.000Z',
    subject,
    assessment: assessmentDigest(set),
    epochs: { policy: 1, feeds: 2, exceptions: 3, revocations: 4 },
    principal: anonymous,
    decidedAt: '2026-01-31T09:00:00.000Z',
    caseId: '7Q2M000000000',
    ...changes,
  };
}

function firstSubject(statement: JsonObject): JsonObject {
  const subjects = own(statement, 'subject');
  const [first]: readonly Json[] = Array.isArray(subjects) ? subjects : [];
  assert.ok(isJsonObject(first));
  return first;
}

test('a statement names the artifact by purl and by the digests of its bytes', () => {
  const statement = decisionStatement(decision(), set, bytes);
  assert.equal(own(statement, '_type'), 'https://in-toto.io/Statement/v1');
  assert.equal(own(statement, 'predicateType'), 'urn:assay:predicate:decision:v1');
  assert.deepEqual(firstSubject(statement), {
    name: 'left-1.3.0.tgz',
    uri: 'pkg:npm/%40example/left@1.3.0',
    digest: { sha256: bytes.sha256, sha512: bytes.sha512 },
  });
  assert.deepEqual(own(firstSubject(decisionStatement(decision(), set)), 'digest'), { sha256: bytes.sha256 });
});

test('digests of other bytes than those decided on are refused', () => {
  const other = artifactDigestsOf(Buffer.from('other bytes'));
  assert.throws(() => decisionStatement(decision(), set, other), RangeError);
  const { artifact: _none, ...withoutBytes } = subject;
  assert.throws(() => decisionStatement(decision({ subject: withoutBytes }), set, bytes), RangeError);
});

test('a refusal without bytes has a digest that matches no bytes, and says so', () => {
  const { artifact: _none, ...withoutBytes } = subject;
  const about = firstSubject(decisionStatement(decision({ subject: withoutBytes, outcome: 'block' }), []));
  assert.deepEqual(own(about, 'annotations'), { assayArtifact: 'none' });
  assert.deepEqual(Object.keys(ownObject(about, 'digest') ?? {}), ['assayRelease']);
});

test('the predicate holds what a replay needs, and no sentence that quotes hostile text', () => {
  const statement = decisionStatement(decision(), set);
  assert.ok(!canonicalJson(statement).includes('script>'));
  assert.deepEqual(own(statement, 'predicate'), {
    decisionId: 'decision-1',
    stage: 'file',
    outcome: 'hold',
    reasons: [
      {
        rule: 'npm/cooldown',
        mode: 'enforce',
        outcome: 'hold',
        evidence: 'age',
        result: 'fail',
        items: ['age/young'],
        until: '2026-02-03T00:00:00.000Z',
      },
    ],
    warnings: [],
    audits: [],
    release: {
      upstream: 'npm',
      channel: 'main',
      ecosystem: 'npm',
      purl: 'pkg:npm/%40example/left@1.3.0',
      file: 'left-1.3.0.tgz',
      claimedIntegrity: '',
    },
    policy: sha256('policy'),
    facts: sha256('facts'),
    assessment: assessmentDigest(set),
    evidence: set
      .map((record) => ({
        digest: evidenceDigest(record),
        kind: record.kind,
        scope: 'release',
        result: 'pass',
        tool: { name: 'assay', version: '1' },
      }))
      .sort((a, b) => (a.digest < b.digest ? -1 : 1)),
    epochs: { policy: 1, feeds: 2, exceptions: 3, revocations: 4 },
    principal: { kind: 'anonymous', name: 'anonymous' },
    decidedAt: '2026-01-31T09:00:00.000Z',
    validUntil: '2026-02-03T00:00:00.000Z',
    caseId: '7Q2M000000000',
  });
});

test('the order of the evidence makes no difference', () => {
  const one = canonicalJson(decisionStatement(decision(), set));
  assert.equal(canonicalJson(decisionStatement(decision(), set.toReversed())), one);
  assert.notEqual(canonicalJson(decisionStatement(decision(), set.slice(1))), one);
});

test('what is absent is left out, never written as null', () => {
  const { until: _until, ...untimed } = reason;
  const { caseId: _case, ...allowed } = decision({ outcome: 'allow', reasons: [], warnings: [untimed] });
  const text = canonicalJson(decisionStatement(allowed, [{ ...evidence('age'), material: sha256('feed') }]));
  assert.ok(!text.includes('null') && !text.includes('caseId') && !text.includes('"until"'));
  assert.ok(text.includes(`"material":"${sha256('feed')}"`));
});

test('an event maker binds the whole decision: statement, actor, evidence and link', () => {
  const made = { decision: decision(), evidence: set, artifact: bytes, previousEventId: 'P'.repeat(26) };
  const verifier = { origin: 'assay.example.com/log', version: '1.0.0' };
  const event = createEventMaker(randomBytes, verifier)(made);
  const parsed = parseLeaf(event.leaf);
  assert.ok(parsed.ok);
  assert.equal(parsed.leaf.time, made.decision.decidedAt);
  const summary = verificationSummary(made.decision, set, bytes, verifier);
  assert.deepEqual(event.summary, summary);
  assert.deepEqual(
    event.statement,
    decisionStatement(made.decision, set, bytes, sha256(canonicalJson(summary))),
  );
  const { statement } = event;
  const committed = {
    subject,
    actor: anonymous,
    statement,
    evidence: set.map(evidenceDigest),
    previousEventId: made.previousEventId,
  };
  assert.ok(
    allOpened(verifyOpening(parsed.leaf, decisionOpenings(committed, event.salts), sha256Bytes), leafFields),
  );
  assert.notEqual(createEventMaker(randomBytes, verifier)(made).eventId, event.eventId);
});
