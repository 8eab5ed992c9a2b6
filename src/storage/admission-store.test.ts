import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  at,
  evidenceOf,
  recordOf,
  temporaryDirectory,
  upstream,
} from '../../test/support/storage-records.ts';
import { artifactDigestsOf, sha256 } from '../core/digest.ts';
import { isAssayError } from '../core/errors.ts';
import { assessmentDigest } from '../core/evidence.ts';
import type { ReleaseId } from '../core/subject.ts';
import { openStorage, type Storage } from './open.ts';

async function opened(context: TestContext): Promise<Storage> {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  return storage;
}

test('a release is read back exactly as it was recorded', async (context) => {
  const { admission } = await opened(context);
  const record = recordOf({ seconds: 5 });
  await admission.recordDecision(record);
  assert.deepEqual(await admission.release(record.release.id), {
    ...record.release,
    admittedAt: at(5),
    firstSeenAt: at(5),
    decision: record.decision,
    evidence: record.evidence,
  });
});

test('what is not on record reads as undefined or empty', async (context) => {
  const { admission, read } = await opened(context);
  const id = 'none' as ReleaseId;
  assert.equal(await admission.release(id), undefined);
  assert.equal(await admission.previousEvent(id), undefined);
  assert.equal(await admission.artifact(sha256('none')), undefined);
  assert.equal(await admission.indexRecord(upstream, 'none'), undefined);
  assert.deepEqual(await admission.appearances(upstream, 'none'), new Map());
  assert.deepEqual(await admission.releasesOf(upstream, 'none'), []);
  assert.deepEqual(await admission.casesByShort('7Q2M'), []);
  assert.equal(await read.salts('none'), undefined);
  assert.equal(await admission.caseFor(id, []), undefined);
});

test('a hostile manifest with a __proto__ key and a lone surrogate comes back as it was', async (context) => {
  const { admission } = await opened(context);
  const record = recordOf();
  const indexManifest = JSON.parse('{"__proto__":{"admin":true},"text":"\\ud800 \\u0000"}');
  await admission.recordDecision({ ...record, release: { ...record.release, indexManifest } });
  const back = (await admission.release(record.release.id))?.indexManifest;
  assert.equal(JSON.stringify(back), JSON.stringify(indexManifest));
  assert.equal(Object.getPrototypeOf(back), Object.prototype);
});

test('the first allow admits a release, and nothing later takes that back or moves its time', async (context) => {
  const { admission } = await opened(context);
  const steps = [
    recordOf({ outcome: 'hold', seconds: 1, rules: ['npm/cooldown'] }),
    recordOf({ outcome: 'allow', seconds: 2 }),
    recordOf({ outcome: 'block', seconds: 3, rules: ['npm/deny-list'] }),
    recordOf({ outcome: 'allow', seconds: 4 }),
  ];
  const admitted: unknown[] = [];
  for (const step of steps) {
    await admission.recordDecision(step);
    admitted.push((await admission.release(step.release.id))?.admittedAt);
  }
  assert.deepEqual(admitted, [undefined, at(2), at(2), at(2)]);
});

test('an allow at stage index admits nothing', async (context) => {
  const { admission } = await opened(context);
  const record = recordOf({ stage: 'index' });
  await admission.recordDecision(record);
  assert.equal((await admission.release(record.release.id))?.admittedAt, undefined);
});

test('an allow without bytes is refused by the database itself', async (context) => {
  const { admission } = await opened(context);
  await assert.rejects(admission.recordDecision(recordOf({ noBytes: true })), { code: 'STORAGE_FAILED' });
});

test('admitted bytes are never replaced under the same name; nothing of such a record is stored', async (context) => {
  const { admission, read } = await opened(context);
  const first = recordOf({ bytes: 'good' });
  await admission.recordDecision(first);
  const other = recordOf({ bytes: 'other', outcome: 'block', seconds: 9 });
  await assert.rejects(admission.recordDecision(other), { code: 'STORAGE_ADMITTED_BYTES_CHANGED' });
  const back = await admission.release(first.release.id);
  assert.equal(back?.artifact?.sha256, first.release.artifact?.sha256);
  assert.equal(back?.decision.id, first.decision.id);
  assert.equal(await admission.artifact(sha256('other')), undefined);
  assert.equal((await read.outboxAfter(0, 10)).length, 1);
});

test('bytes of a release that was never admitted may change', async (context) => {
  const { admission } = await opened(context);
  await admission.recordDecision(recordOf({ bytes: 'one', outcome: 'hold' }));
  const later = recordOf({ bytes: 'two', outcome: 'hold', seconds: 1 });
  await admission.recordDecision(later);
  assert.equal((await admission.release(later.release.id))?.artifact?.sha256, sha256('two'));
});

test('a refusal that needed no bytes keeps the bytes that were known', async (context) => {
  const { admission } = await opened(context);
  const allowed = recordOf();
  await admission.recordDecision(allowed);
  await admission.recordDecision(
    recordOf({ noBytes: true, outcome: 'block', rules: ['npm/deny-list'], seconds: 1 }),
  );
  const back = await admission.release(allowed.release.id);
  assert.deepEqual(back?.artifact, allowed.release.artifact);
  assert.equal(back?.decision.subject.artifact, undefined);
});

test('a release refused before any bytes were fetched has none', async (context) => {
  const { admission } = await opened(context);
  const record = recordOf({ noBytes: true, outcome: 'block', evidence: [] });
  await admission.recordDecision(record);
  const back = await admission.release(record.release.id);
  assert.equal(back?.artifact, undefined);
  assert.deepEqual(back?.evidence, []);
  assert.deepEqual(back?.subject, record.release.subject);
});

test('a transition supersedes the decision in force; anything else updates it', async (context) => {
  const { admission, read } = await opened(context);
  const records = [
    recordOf({ outcome: 'hold', rules: ['npm/cooldown'], seconds: 1 }),
    recordOf({ outcome: 'hold', rules: ['npm/cooldown'], seconds: 2, event: false }),
    recordOf({ outcome: 'allow', seconds: 3 }),
  ];
  for (const record of records) await admission.recordDecision(record);
  const { items } = await read.decisions({ limit: 10 });
  assert.deepEqual(
    items.map((line) => [line.decision.id, line.decision.decidedAt, line.supersededAt]),
    [
      [records[2]?.decision.id, at(3), undefined],
      [records[1]?.decision.id, at(2), at(3)],
    ],
  );
});

test('the evidence set of a superseded decision can still be shown', async (context) => {
  const directory = await temporaryDirectory(context);
  const storage = await openStorage({ directory });
  const before = recordOf({ outcome: 'hold', seconds: 1 });
  await storage.admission.recordDecision(before);
  await storage.admission.recordDecision(recordOf({ outcome: 'allow', seconds: 2 }));
  await storage.close();
  const { openDatabase, closeDatabase } = await import('./open.ts');
  const { readAssessment } = await import('./evidence.ts');
  const database = await openDatabase(`${directory}/assay.db`);
  assert.deepEqual(await readAssessment(database.db, before.decision.assessment), before.evidence);
  await closeDatabase(database);
});

test('evidence about the same bytes is stored once and shared by their releases', async (context) => {
  const { admission, read } = await opened(context);
  const archive = evidenceOf('archive');
  for (const version of ['1.0.0', '1.0.1']) {
    await admission.recordDecision(
      recordOf({ version, bytes: 'same', evidence: [archive, evidenceOf('age')] }),
    );
  }
  assert.deepEqual(await read.artifactEvidence(sha256('same')), [archive]);
});

test('evidence that is not the set the decision names is refused', async (context) => {
  const { admission } = await opened(context);
  const record = recordOf();
  const decision = { ...record.decision, assessment: assessmentDigest([]) };
  await assert.rejects(admission.recordDecision({ ...record, decision }), { code: 'STORAGE_FAILED' });
  assert.equal(await admission.release(record.release.id), undefined);
});

test('a repeated refusal keeps its case, and the case shows the latest refusal', async (context) => {
  const { admission } = await opened(context);
  const first = recordOf({ outcome: 'block', caseSeed: 'one', seconds: 1 });
  const again = recordOf({ outcome: 'block', caseSeed: 'one', seconds: 2, event: false });
  await admission.recordDecision(first);
  await admission.recordDecision(again);
  const id = first.decision.caseId;
  assert.ok(id !== undefined);
  const found = await admission.casesByShort(id.slice(0, 4));
  assert.equal(found.length, 1);
  assert.equal(found[0]?.openedAt, at(1));
  assert.deepEqual(found[0]?.decision, again.decision);
  assert.deepEqual(await admission.case(found[0].id), found[0]);
});

test('a case keeps its refusal after the release was allowed', async (context) => {
  const { admission } = await opened(context);
  const refused = recordOf({ outcome: 'block', caseSeed: 'one', seconds: 1 });
  await admission.recordDecision(refused);
  await admission.recordDecision(recordOf({ outcome: 'allow', seconds: 2 }));
  const [found] = await admission.casesByShort(String(refused.decision.caseId).slice(0, 4));
  assert.deepEqual(found?.decision, refused.decision);
});

test('the case of a set of rules is found again after another set ruled in between', async (context) => {
  const { admission } = await opened(context);
  const first = recordOf({ outcome: 'hold', rules: ['npm/b', 'npm/a'], caseSeed: 'one' });
  await admission.recordDecision(first);
  await admission.recordDecision(
    recordOf({ outcome: 'block', rules: ['npm/a'], caseSeed: 'two', seconds: 1 }),
  );
  assert.equal(await admission.caseFor(first.release.id, ['npm/a', 'npm/b', 'npm/a']), first.decision.caseId);
  assert.equal(await admission.caseFor(first.release.id, ['npm/c']), undefined);
});

test('a case id never comes to mean another release', async (context) => {
  const { admission } = await opened(context);
  const mine = recordOf({ name: 'mine', outcome: 'block', caseSeed: 'one' });
  await admission.recordDecision(mine);
  const theirs = recordOf({ name: 'theirs', outcome: 'block', caseSeed: 'one' });
  await assert.rejects(admission.recordDecision(theirs), { code: 'STORAGE_FAILED' });
  assert.equal(await admission.release(theirs.release.id), undefined);
});

test('the outbox is in order, names the previous event of a release, and holds its salts apart', async (context) => {
  const { admission, read } = await opened(context);
  const one = recordOf({ outcome: 'hold', seconds: 1 });
  const two = recordOf({ outcome: 'allow', seconds: 2 });
  await admission.recordDecision(one);
  assert.equal(await admission.previousEvent(one.release.id), one.event?.eventId);
  await admission.recordDecision(two);
  assert.equal(await admission.previousEvent(one.release.id), two.event?.eventId);
  const rows = await read.outboxAfter(0, 10);
  assert.deepEqual(
    rows.map((row) => [row.eventId, row.leaf, row.sequenced]),
    [one, two].map((record) => [record.event?.eventId, record.event?.leaf, false]),
  );
  assert.deepEqual(await read.outboxAfter(rows[0]?.seq ?? 0, 10), [rows[1]]);
  assert.deepEqual(await read.salts(rows[0]?.eventId ?? ''), one.event?.salts);
  assert.ok(!JSON.stringify(rows).includes('aa'.repeat(32)));
});

test('an event with an id that was used is refused with its whole decision', async (context) => {
  const { admission } = await opened(context);
  const one = recordOf({ name: 'one' });
  await admission.recordDecision(one);
  const two = { ...recordOf({ name: 'two' }), event: one.event };
  await assert.rejects(admission.recordDecision(two), (error) => isAssayError(error, 'STORAGE_FAILED'));
  assert.equal(await admission.release(two.release.id), undefined);
});

test('a release without a claimed time is stored without one', async (context) => {
  const { admission } = await opened(context);
  const record = recordOf();
  await admission.recordDecision({ ...record, release: { ...record.release, claimedTime: undefined } });
  assert.equal((await admission.release(record.release.id))?.claimedTime, undefined);
});

test('an event without salts is stored', async (context) => {
  const { admission, read } = await opened(context);
  const record = recordOf();
  const event = record.event === undefined ? undefined : { ...record.event, salts: {} };
  await admission.recordDecision({ ...record, event });
  assert.equal(await read.salts(event?.eventId ?? ''), undefined);
});

test('summaries show what filtering an index needs', async (context) => {
  const { admission } = await opened(context);
  const refused = recordOf({ version: '2.0.0', outcome: 'block', rules: ['npm/b', 'npm/a'], seconds: 3 });
  const early = recordOf({ version: '3.0.0', outcome: 'block', noBytes: true, evidence: [], rules: [] });
  await admission.recordDecision(refused);
  await admission.recordDecision(early);
  await admission.recordDecision(recordOf({ name: 'another' }));
  const [first, second, ...rest] = await admission.releasesOf(upstream, '@scope/pkg');
  assert.deepEqual(first, {
    id: refused.release.id,
    version: '2.0.0',
    file: 'pkg-2.0.0.tgz',
    outcome: 'block',
    rules: ['npm/a', 'npm/b'],
    admittedAt: undefined,
    decidedAt: at(3),
    validUntil: at(3 + 86_400),
    epochs: { policy: 1, feeds: 2, exceptions: 3, revocations: 4 },
    digests: refused.release.artifact,
    caseId: refused.decision.caseId,
    why: 'npm/b says why.',
  });
  assert.deepEqual([second?.digests, second?.why, rest], [undefined, undefined, []]);
});

test('an artifact keeps its reading when it is recorded again without one', async (context) => {
  const { admission } = await opened(context);
  const digests = artifactDigestsOf(Buffer.from('bytes'));
  await admission.recordArtifact({ digests, reading: undefined });
  assert.deepEqual(await admission.artifact(digests.sha256), { digests, reading: undefined });
  await admission.recordArtifact({ digests, reading: sha256('reading') });
  await admission.recordArtifact({ digests, reading: undefined });
  assert.deepEqual(await admission.artifact(digests.sha256), { digests, reading: sha256('reading') });
});
