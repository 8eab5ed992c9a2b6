/**
 * Decisions of a whole gate derived again: the same as recorded, and whatever was planted in the database or the blobs
 * is found and named.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { composeGate, type ComposedGate } from '../../../test/support/composed-gate.ts';
import { tarballName } from '../../../test/support/fake-package.ts';
import { get } from '../../../test/support/http.ts';
import { createFakeSigstore } from '../../../test/support/sigstore/fake-sigstore.ts';
import { workflowRun } from '../../../test/support/sigstore/workflow-run.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Decision } from '../../core/decision.ts';
import type { JsonObject } from '../../core/json.ts';
import { controlClient } from '../control/client.ts';
import type { ReplayAnswer } from '../control/replay-protocol.ts';

type Replay = ReplayAnswer['replays'][number];

interface Bench {
  readonly gate: ComposedGate;
  readonly ask: (name: string, version: string) => Promise<number>;
  readonly replay: (query: string) => Promise<Replay>;
  /** Changes rows behind the gate's back. */
  readonly edit: (sql: string, ...values: readonly (string | null)[]) => void;
  readonly one: (sql: string, ...values: readonly string[]) => string;
  readonly blob: (digest: string) => string;
}

async function started(t: TestContext): Promise<Bench> {
  const sigstore = createFakeSigstore();
  const gate = await composeGate(t, {}, { sigstore: [sigstore.trust] });
  gate.registry.publish({
    name: 'attested-lib',
    version: '1.0.0',
    provenance: { sigstore, run: workflowRun({ repository: 'example/attested-lib' }) },
  });
  gate.registry.publish({ name: 'signed-lib', version: '1.0.0' });
  gate.registry.publish({ name: 'young-lib', version: '1.0.0', publishedAt: new Date().toISOString() });
  const database = new DatabaseSync(join(gate.directory, 'assay.db'));
  t.after(() => database.close());
  return {
    gate,
    ask: async (name, version) => (await get(`${gate.url}${name}/-/${tarballName(name, version)}`)).status,
    replay: async (query) => {
      const { replays } = await controlClient(gate.directory).replay(query);
      assert.equal(replays.length, 1);
      return replays[0] ?? assert.fail('nothing was replayed');
    },
    edit: (sql, ...values) => void database.prepare(sql).run(...values),
    one: (sql, ...values) => String(Object.values(database.prepare(sql).get(...values) ?? {})[0]),
    blob: (digest) => join(gate.directory, 'blobs/sha256', digest.slice(0, 2), digest.slice(2)),
  };
}

function same(replay: Replay): void {
  assert.deepEqual([replay.state, replay.differences, replay.unable], ['same', [], []]);
}

function differs(replay: Replay, what: RegExp): void {
  const names = replay.differences.map((one) => one.what);
  assert.equal(replay.state, 'differs', JSON.stringify(replay));
  assert.ok(
    names.some((name) => what.test(name)),
    `${String(what)} is none of ${names.join(', ')}`,
  );
}

const evidenceRow = `SELECT evidence.digest FROM evidence JOIN assessments ON assessments.evidence = evidence.digest
  JOIN decisions ON decisions.assessment = assessments.digest JOIN releases ON releases.id = decisions.release_id
  WHERE releases.name = ? AND evidence.kind = ?`;
const decisionBody = `SELECT decisions.body FROM decisions JOIN releases ON releases.id = decisions.release_id
  WHERE releases.name = ? AND decisions.superseded_at IS NULL`;

test('what was allowed with provenance, allowed with a signature, or held by its index alone is derived the same', async (t) => {
  const { ask, replay, one } = await started(t);
  assert.deepEqual(
    [await ask('attested-lib', '1.0.0'), await ask('signed-lib', '1.0.0'), await ask('young-lib', '1.0.0')],
    [200, 200, 403],
  );
  const attested = await replay('attested-lib@1.0.0');
  same(attested);
  const checked = attested.checked.join('\n');
  for (const part of [
    /evidence set/,
    /the bytes/,
    /verdict/,
    /check provenance/,
    /check signatures/,
    /entry .* and its summary/,
  ])
    assert.match(checked, part);
  same(await replay('signed-lib@1.0.0'));
  const held = await replay('pkg:npm/young-lib@1.0.0');
  same(held);
  assert.equal(held.outcome, 'hold');
  const decision = JSON.parse(one(decisionBody, 'young-lib')) as Decision;
  same(await replay(decision.id));
  same(await replay(decision.caseId ?? ''));
});

test('an evidence row that was changed is found, and so is what would follow from it', async (t) => {
  const { ask, replay, edit, one } = await started(t);
  await ask('attested-lib', '1.0.0');
  const digest = one(evidenceRow, 'attested-lib', 'provenance');
  const body = JSON.parse(one('SELECT body FROM evidence WHERE digest = ?', digest)) as JsonObject;
  edit('UPDATE evidence SET body = ? WHERE digest = ?', canonicalJson({ ...body, result: 'fail' }), digest);
  const found = await replay('attested-lib@1.0.0');
  differs(found, /^evidence\/provenance$/);
  differs(found, /^outcome$/);
  differs(found, /^check\/provenance/);
});

test('a row that was taken out of the evidence set is found', async (t) => {
  const { ask, replay, edit, one } = await started(t);
  await ask('signed-lib', '1.0.0');
  edit('DELETE FROM assessments WHERE evidence = ?', one(evidenceRow, 'signed-lib', 'signatures'));
  differs(await replay('signed-lib@1.0.0'), /^evidence set$/);
});

test('a decision row that was changed is found by policy, and by the ledger', async (t) => {
  const { ask, replay, edit, one } = await started(t);
  await ask('young-lib', '1.0.0');
  const decision = JSON.parse(one(decisionBody, 'young-lib')) as Decision;
  const { caseId: _case, ...rest } = decision;
  const forged = { ...rest, outcome: 'allow', reasons: [] };
  edit('UPDATE decisions SET body = ? WHERE id = ?', JSON.stringify(forged), decision.id);
  const found = await replay(decision.id);
  differs(found, /^outcome$/);
  differs(found, /^entry\.predicate\.outcome$/);
  differs(found, /^summary\.predicate\.verificationResult$/);
});

test("a stored statement that is not the entry's is found", async (t) => {
  const { ask, replay, edit, one } = await started(t);
  await ask('signed-lib', '1.0.0');
  const statement = one(`SELECT statement FROM outbox WHERE type = 'decision/v1'`);
  edit(
    'UPDATE outbox SET statement = ? WHERE statement = ?',
    statement.replace('"stage":"file"', '"stage":"index"'),
    statement,
  );
  differs(await replay('signed-lib@1.0.0'), /^entry/);
});

test('a decision and its statement that were changed together are found by the entry, which commits to another', async (t) => {
  const { ask, replay, edit, one } = await started(t);
  await ask('signed-lib', '1.0.0');
  const before = await replay('signed-lib@1.0.0');
  for (const [table, column] of [
    ['decisions', 'body'],
    ['outbox', 'statement'],
  ])
    edit(`UPDATE ${table} SET ${column} = replace(${column}, '"name":"anonymous"', '"name":"somebody"')`);
  assert.ok(one(decisionBody, 'signed-lib').includes('somebody'));
  const found = await replay('signed-lib@1.0.0');
  assert.deepEqual([before.state, found.differences.map(({ what }) => what)], ['same', ['entry']]);
});

test('what was refused before it was admitted is judged as what was not admitted yet', async (t) => {
  const { gate, ask, replay, edit } = await started(t);
  gate.registry.publish({
    name: 'odd-lib',
    version: '1.0.0',
    indexManifest: { dependencies: { 'signed-lib': '^9.0.0' } },
  });
  assert.equal(await ask('odd-lib', '1.0.0'), 403);
  edit(`UPDATE releases SET admitted_at = '2099-01-01T00:00:00.000Z' WHERE name = 'odd-lib'`);
  const refused = await replay('odd-lib@1.0.0');
  same(refused);
  assert.notEqual(refused.outcome, 'allow');
});

test('a policy that was changed on disk is found; one that is gone is said to be gone', async (t) => {
  const { ask, replay, one, blob } = await started(t);
  await ask('signed-lib', '1.0.0');
  const { policy } = JSON.parse(one(decisionBody, 'signed-lib')) as Decision;
  writeFileSync(blob(policy), '{"engine":"2","preset":"observe"}');
  differs(await replay('signed-lib@1.0.0'), /^policy$/);
  rmSync(blob(policy), { force: true });
  const gone = await replay('signed-lib@1.0.0');
  assert.equal(gone.state, 'unable');
  assert.match(gone.unable.join(), /policy .* is not stored/);
});

test('attestations and bytes that were changed on disk are found; what is gone is not called the same', async (t) => {
  const { ask, replay, one, blob } = await started(t);
  await ask('attested-lib', '1.0.0');
  const digest = one(evidenceRow, 'attested-lib', 'provenance');
  const evidence = JSON.parse(one('SELECT body FROM evidence WHERE digest = ?', digest)) as {
    readonly facts: { readonly document: string };
  };
  writeFileSync(blob(evidence.facts.document), '{"attestations":[]}');
  differs(await replay('attested-lib@1.0.0'), /^attestations$/);
  const { subject } = JSON.parse(one(decisionBody, 'attested-lib')) as Decision;
  writeFileSync(blob(subject.artifact ?? ''), 'other bytes');
  differs(await replay('attested-lib@1.0.0'), /^bytes$/);
  rmSync(blob(evidence.facts.document), { force: true });
  rmSync(blob(subject.artifact ?? ''), { force: true });
  const gone = await replay('attested-lib@1.0.0');
  assert.equal(gone.state, 'unable');
  assert.match(gone.unable.join('\n'), /bytes .* not stored any more[^]*attestations .* are not stored/);
});

test('an index entry that was changed makes another check of the signature', async (t) => {
  const { ask, replay, edit, one } = await started(t);
  await ask('signed-lib', '1.0.0');
  const manifest = JSON.parse(one(`SELECT index_manifest FROM releases WHERE name = 'signed-lib'`)) as {
    readonly dist: JsonObject;
  };
  const forged = { keyid: 'SHA256:other', sig: createHash('sha256').update('x').digest('base64') };
  const changed = { ...manifest, dist: { ...manifest.dist, signatures: [forged] } };
  edit(`UPDATE releases SET index_manifest = ? WHERE name = 'signed-lib'`, JSON.stringify(changed));
  differs(await replay('signed-lib@1.0.0'), /^check\/signatures\.result$/);
});

test('trust material that is not stored is said, and the check is not called made', async (t) => {
  const { ask, replay, edit, one } = await started(t);
  await ask('signed-lib', '1.0.0');
  const digest = one(evidenceRow, 'signed-lib', 'signatures');
  const body = JSON.parse(one('SELECT body FROM evidence WHERE digest = ?', digest)) as JsonObject;
  edit(
    'UPDATE evidence SET body = ? WHERE digest = ?',
    canonicalJson({ ...body, material: 'ab'.repeat(32) }),
    digest,
  );
  const found = await replay('signed-lib@1.0.0');
  assert.equal(found.state, 'differs');
  assert.match(found.unable.join(), /trust material .* is not stored/);
});

test('nothing on record is an error, not the same', async (t) => {
  const { gate } = await started(t);
  await assert.rejects(controlClient(gate.directory).replay('never-heard-of@1.0.0'), {
    code: 'EXPLAIN_NOTHING_FOUND',
  });
});

test('each transition has a signed summary that its entry names, and it can be handed out', async (t) => {
  const { gate, ask, one } = await started(t);
  await ask('attested-lib', '1.0.0');
  await ask('young-lib', '1.0.0');
  const client = controlClient(gate.directory);
  const summaryOf = async (query: string): Promise<JsonObject> => {
    for (let left = 400; left > 0; left -= 1) {
      const [summary] = (await client.summaries(query)).summaries;
      if (summary !== undefined) {
        const { payload } = JSON.parse(summary.envelope) as { readonly payload: string };
        const bytes = Buffer.from(payload, 'base64');
        const digest = createHash('sha256').update(bytes).digest('hex');
        assert.equal(digest, summary.digest);
        assert.ok(one('SELECT statement FROM outbox WHERE event_id = ?', summary.eventId).includes(digest));
        return JSON.parse(bytes.toString('utf8')) as JsonObject;
      }
      await wait(50);
    }
    return assert.fail('it was not signed');
  };
  const passed = (await summaryOf('attested-lib@1.0.0'))['predicate'] as JsonObject;
  assert.deepEqual(
    [
      passed['verificationResult'],
      passed['verifiedLevels'],
      (passed['inputAttestations'] as unknown[]).length,
    ],
    ['PASSED', ['SLSA_BUILD_LEVEL_2'], 1],
  );
  const failed = (await summaryOf('young-lib@1.0.0'))['predicate'] as JsonObject;
  assert.deepEqual([failed['verificationResult'], failed['verifiedLevels']], ['FAILED', ['FAILED']]);
});
