import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { hourMs, startAdmission, testUpstream } from '../../test/support/admission-bench.ts';
import { sha256 } from '../core/digest.ts';
import { isAssayError } from '../core/errors.ts';
import { formatPurl } from '../core/purl.ts';
import { anonymous } from '../core/subject.ts';

test('a good package is allowed, its bytes are stored under their digest, and one leaf is written', async (t) => {
  const bench = await startAdmission(t);
  const published = bench.registry.publish({ name: 'good', version: '1.0.0' });
  const outcome = await bench.admit('good', '1.0.0');
  assert.equal(outcome.state, 'allowed');
  assert.ok(outcome.state === 'allowed');
  assert.equal(outcome.artifact.sha256, sha256(published.bytes));
  assert.equal(await bench.storage.blobs.size(outcome.artifact.sha256), published.bytes.length);
  const events = await bench.storage.read.outboxAfter(0, 10);
  assert.equal(events.length, 1);
  assert.equal(events[0]?.type, 'decision/v1');
});

test('the same file asked a hundred times at once is fetched once and decided once', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'good', version: '1.0.0' });
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => bench.admit('good', '1.0.0')));
  assert.ok(outcomes.every((outcome) => outcome.state === 'allowed'));
  assert.equal(bench.registry.countOf('/good'), 1);
  assert.equal(bench.registry.countOf('/good/-/good-1.0.0.tgz'), 1);
  assert.equal((await bench.storage.read.outboxAfter(0, 10)).length, 1);
});

test('a file that the index does not bind to a version is absent, whatever it is called', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'good', version: '1.0.0' });
  assert.equal((await bench.admit('good', '9.9.9')).state, 'absent');
  assert.equal((await bench.admit('never-published', '1.0.0')).state, 'absent');
  assert.equal(bench.registry.countOf('/good/-/good-9.9.9.tgz'), 0);
});

test('a young version is held without being fetched, and allowed by waiting alone', async (t) => {
  const bench = await startAdmission(t);
  const publishedAt = new Date(Date.now() - hourMs).toISOString();
  bench.registry.publish({ name: 'young', version: '1.0.0', publishedAt });
  const held = await bench.admit('young', '1.0.0');
  assert.ok(held.state === 'refused');
  assert.equal(held.release.decision.outcome, 'hold');
  assert.deepEqual(
    held.release.decision.reasons.map((reason) => reason.rule),
    ['npm/cooldown'],
  );
  assert.equal(bench.registry.countOf('/young/-/young-1.0.0.tgz'), 0);
  bench.pass(70 * hourMs);
  assert.equal((await bench.admit('young', '1.0.0')).state, 'refused');
  bench.pass(2 * hourMs);
  assert.equal((await bench.admit('young', '1.0.0')).state, 'allowed');
});

test('an unknown publish time is held, and the reason says exactly that', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'timeless', version: '1.0.0', publishedAt: null });
  const held = await bench.admit('timeless', '1.0.0');
  assert.ok(held.state === 'refused');
  assert.match(held.release.decision.reasons[0]?.why ?? '', /publish time is unknown/);
});

test('a version that was absent at our last look is no older than that look, whatever the index claims', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'backdated', version: '1.0.0' });
  assert.equal((await bench.admit('backdated', '1.0.0')).state, 'allowed');
  bench.pass(hourMs);
  bench.registry.publish({ name: 'backdated', version: '1.0.1', publishedAt: '2020-01-01T00:00:00.000Z' });
  const held = await bench.admit('backdated', '1.0.1');
  assert.ok(held.state === 'refused');
  assert.deepEqual(
    held.release.decision.reasons.map((reason) => reason.rule),
    ['npm/cooldown'],
  );
});

test('a refusal keeps its case while the same rules refuse, and is one ledger entry', async (t) => {
  const bench = await startAdmission(t);
  const publishedAt = new Date(Date.now() - hourMs).toISOString();
  bench.registry.publish({ name: 'young', version: '1.0.0', publishedAt });
  const first = await bench.admit('young', '1.0.0');
  bench.setPolicy({ cooldownHours: 96 });
  const second = await bench.admit('young', '1.0.0');
  assert.ok(first.state === 'refused' && second.state === 'refused');
  assert.notEqual(first.release.decision.id, second.release.decision.id);
  assert.equal(first.release.decision.caseId, second.release.decision.caseId);
  assert.equal((await bench.storage.read.outboxAfter(0, 10)).length, 1);
});

test('a policy change that alters the outcome is a transition: a second ledger entry that names the first', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'good', version: '1.0.0' });
  await bench.admit('good', '1.0.0');
  bench.setPolicy({
    deny: [{ ecosystem: 'npm', name: 'good', versions: undefined, reason: 'stolen account' }],
  });
  const refused = await bench.admit('good', '1.0.0');
  assert.ok(refused.state === 'refused');
  assert.equal(refused.release.decision.outcome, 'block');
  assert.match(refused.release.decision.reasons[0]?.why ?? '', /stolen account/);
  assert.ok(refused.release.admittedAt !== undefined, 'that it was admitted once is never forgotten');
  assert.equal((await bench.storage.read.outboxAfter(0, 10)).length, 2);
  bench.setPolicy({});
  assert.equal((await bench.admit('good', '1.0.0')).state, 'allowed');
});

test('a stricter policy does not take away what was admitted; only a deny list does', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({
    name: 'old',
    version: '1.0.0',
    deprecated: 'use new',
    manifest: { scripts: { install: 'node x' } },
  });
  assert.equal((await bench.admit('old', '1.0.0')).state, 'allowed');
  bench.setPolicy({ preset: 'strict', cooldownHours: 1_000_000 });
  const outcome = await bench.admit('old', '1.0.0');
  assert.ok(outcome.state === 'allowed');
  assert.ok(outcome.release.decision.warnings.length > 0, 'it is said, not enforced');
});

test('an admitted version that upstream deletes is served on, with an alarm', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'left', version: '1.0.0' });
  bench.registry.publish({ name: 'left', version: '1.0.1' });
  await bench.admit('left', '1.0.1');
  bench.registry.unpublish('left', '1.0.1');
  bench.pass(hourMs);
  const shelf = await bench.shelves.show({
    upstream: testUpstream,
    name: 'left',
    principal: { kind: 'anonymous', name: 'a' },
  });
  assert.deepEqual(
    shelf?.kept.map((one) => one.version),
    ['1.0.1'],
  );
  assert.equal((await bench.admit('left', '1.0.1')).state, 'allowed');
  const alarms = await bench.storage.read.alarms({ limit: 10 });
  assert.deepEqual(
    alarms.map((alarm) => alarm.kind),
    ['version-vanished'],
  );
});

test('a deny list hides and refuses also a version that upstream deleted', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'left', version: '1.0.0' });
  bench.registry.publish({ name: 'left', version: '1.0.1' });
  await bench.admit('left', '1.0.1');
  bench.registry.unpublish('left', '1.0.1');
  bench.pass(hourMs);
  bench.setPolicy({ deny: [{ ecosystem: 'npm', name: 'left', versions: '1.0.1', reason: undefined }] });
  const shelf = await bench.shelves.show({
    upstream: testUpstream,
    name: 'left',
    principal: { kind: 'anonymous', name: 'a' },
  });
  assert.deepEqual(shelf?.kept, []);
  assert.equal((await bench.admit('left', '1.0.1')).state, 'refused');
});

test('other bytes under an admitted name are never admitted: alarm, and the admitted bytes stay', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'swap', version: '1.0.0' });
  const before = await bench.admit('swap', '1.0.0');
  bench.registry.replaceBytes({ name: 'swap', version: '1.0.0', files: { 'evil.js': 'inert\n' } });
  bench.pass(hourMs);
  const shelf = await bench.shelves.show({
    upstream: testUpstream,
    name: 'swap',
    principal: { kind: 'anonymous', name: 'a' },
  });
  const after = await bench.admit('swap', '1.0.0');
  assert.ok(before.state === 'allowed' && after.state === 'allowed');
  assert.equal(after.artifact.sha256, before.artifact.sha256);
  assert.deepEqual(
    shelf?.kept.map((one) => one.version),
    ['1.0.0'],
    'listed with the admitted digests',
  );
  assert.deepEqual(
    (await bench.storage.read.alarms({ limit: 10 })).map((alarm) => alarm.kind),
    ['bytes-changed'],
  );
});

test('lost bytes of an admitted release are fetched again, and only the very same ones are taken', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'lost', version: '1.0.0' });
  const first = await bench.admit('lost', '1.0.0');
  assert.ok(first.state === 'allowed');
  const path = await bench.storage.blobs.path(first.artifact.sha256);
  await rm(path ?? '', { force: true });
  bench.registry.replaceBytes({ name: 'lost', version: '1.0.0', files: { 'evil.js': 'inert\n' } });
  bench.pass(hourMs);
  const file = bench.file('lost', '1.0.0');
  const restored = () =>
    bench.admission.admit({
      upstream: testUpstream,
      name: 'lost',
      file,
      principal: anonymous,
      bytesLost: true,
    });
  await assert.rejects(restored(), (error) => isAssayError(error, 'UPSTREAM_DIGEST_MISMATCH'));
  bench.registry.replaceBytes({ name: 'lost', version: '1.0.0' });
  bench.pass(hourMs);
  const again = await restored();
  assert.ok(again.state === 'allowed');
  assert.equal(await bench.storage.blobs.size(first.artifact.sha256), first.artifact.sizeBytes);
});

test('bytes that differ from the index are refused with an alarm, kept nowhere, and asked for again a minute later', async (t) => {
  const bench = await startAdmission(t);
  const published = bench.registry.publish({ name: 'flip', version: '1.0.0' });
  const endLie = bench.registry.lie({ path: /flip-1\.0\.0\.tgz$/ }, { kind: 'flip-bit', atByte: 40 });
  const refused = await bench.admit('flip', '1.0.0');
  assert.ok(refused.state === 'refused');
  const rules = refused.release.decision.reasons.map((reason) => reason.rule);
  assert.deepEqual(rules, ['npm/integrity'], 'what could not be checked because of it says nothing more');
  assert.equal(refused.release.artifact, undefined);
  assert.deepEqual(
    (await bench.storage.read.alarms({ limit: 10 })).map((alarm) => alarm.kind),
    ['upstream-lied'],
  );
  endLie();
  bench.pass(61_000);
  const good = await bench.admit('flip', '1.0.0');
  assert.ok(good.state === 'allowed');
  assert.equal(good.artifact.sha256, sha256(published.bytes));
});

test('with everything in observe, bytes that differ from the index are still not served', async (t) => {
  const bench = await startAdmission(t, { preset: 'observe' });
  bench.registry.publish({ name: 'flip', version: '1.0.0' });
  bench.registry.lie({ path: /flip-1\.0\.0\.tgz$/ }, { kind: 'flip-bit', atByte: 40 });
  const outcome = await bench.admit('flip', '1.0.0').catch((error: unknown) => error);
  const refused =
    isAssayError(outcome, 'UPSTREAM_DIGEST_MISMATCH') || (outcome as { state?: string }).state === 'refused';
  assert.ok(refused);
});

test('an outage decides nothing: no refusal is recorded, and the next try succeeds', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'good', version: '1.0.0' });
  const endLie = bench.registry.lie({ path: /good-1\.0\.0\.tgz$/ }, { kind: 'status', status: 500 });
  await assert.rejects(bench.admit('good', '1.0.0'), (error) => isAssayError(error, 'UPSTREAM_STATUS'));
  assert.deepEqual(await bench.storage.read.releaseByPurl(formatPurl('npm', 'good', '1.0.0')), []);
  endLie();
  assert.equal((await bench.admit('good', '1.0.0')).state, 'allowed');
});

test('what is admitted is served on while upstream is down, also when its decision must be asked again', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'good', version: '1.0.0' });
  await bench.admit('good', '1.0.0');
  bench.registry.lie({ path: /.*/ }, { kind: 'drop' });
  bench.pass(200 * hourMs);
  bench.setPolicy({ cooldownHours: 24 });
  assert.equal((await bench.admit('good', '1.0.0')).state, 'allowed');
});

test('an upgrade that adds a check collects it from the stored bytes before the next decision', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'good', version: '1.0.0' });
  const { collectors } = bench.rooms;
  bench.setCollectors(collectors.filter((one) => one.kind !== 'scripts'));
  const missing = await bench.admit('good', '1.0.0');
  assert.ok(missing.state === 'refused', 'a required record that is missing refuses');
  bench.setCollectors(collectors);
  bench.registry.forgetRequests();
  bench.pass(61_000);
  const outcome = await bench.admit('good', '1.0.0');
  assert.ok(outcome.state === 'allowed');
  assert.ok(
    outcome.release.evidence.length === 0 || outcome.release.evidence.some((one) => one.kind === 'scripts'),
  );
  assert.equal(bench.registry.countOf('/good/-/good-1.0.0.tgz'), 0, 'nothing is fetched again');
});

test('a check that throws is error evidence and a hold, never a pass, and is tried again', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'good', version: '1.0.0' });
  const { collectors } = bench.rooms;
  const broken = collectors.map((one) =>
    one.kind === 'manifest' ? { ...one, collect: () => Promise.reject(new Error('boom')) } : one,
  );
  bench.setCollectors(broken);
  const held = await bench.admit('good', '1.0.0');
  assert.ok(held.state === 'refused');
  assert.equal(held.release.decision.outcome, 'hold');
  bench.setCollectors(collectors);
  bench.pass(61_000);
  assert.equal((await bench.admit('good', '1.0.0')).state, 'allowed');
});

test('a tarball address on another host is refused without being asked, with an alarm', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({
    name: 'elsewhere',
    version: '1.0.0',
    dist: (dist) => ({ ...dist, tarball: 'http://169.254.169.254/latest/elsewhere-1.0.0.tgz' }),
  });
  const refused = await bench.admit('elsewhere', '1.0.0');
  assert.ok(refused.state === 'refused');
  assert.equal(refused.release.decision.outcome, 'block');
  const told = refused.release.decision.reasons.map((reason) => [reason.rule, reason.evidence]);
  assert.deepEqual(told, [['npm/evidence', 'origin']]);
  assert.deepEqual(
    (await bench.storage.read.alarms({ limit: 10 })).map((alarm) => alarm.kind),
    ['upstream-redirect-refused'],
  );
});

test('rules that come and go lead back to the case they had', async (t) => {
  const bench = await startAdmission(t);
  const deny = [{ ecosystem: 'npm', name: 'young', versions: undefined, reason: undefined }] as const;
  bench.registry.publish({
    name: 'young',
    version: '1.0.0',
    publishedAt: new Date(Date.now() - hourMs).toISOString(),
  });
  const caseId = async (): Promise<string | undefined> => {
    const outcome = await bench.admit('young', '1.0.0');
    return outcome.state === 'refused' ? outcome.release.decision.caseId : undefined;
  };
  const first = await caseId();
  bench.setPolicy({ deny });
  const second = await caseId();
  bench.setPolicy({});
  assert.equal(await caseId(), first);
  assert.notEqual(second, first);
});
