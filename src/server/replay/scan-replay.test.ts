/** Decisions that rest on scans and feeds derived again: from the reports and snapshots of then, or named as not derived. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { composeGate } from '../../../test/support/composed-gate.ts';
import { tarballName } from '../../../test/support/fake-package.ts';
import { importFeed, malwareRecord, recordOfAge } from '../../../test/support/feed-of-gate.ts';
import { get } from '../../../test/support/http.ts';
import { controlClient } from '../control/client.ts';
import type { ReplayAnswer } from '../control/replay-protocol.ts';

type Replay = ReplayAnswer['replays'][number];

async function started(t: TestContext) {
  const gate = await composeGate(t, { licences: { allow: [], review: [], deny: ['GPL-3.0-only'] } });
  const control = controlClient(gate.directory);
  const database = new DatabaseSync(join(gate.directory, 'assay.db'));
  t.after(() => database.close());
  const one = async (query: string): Promise<Replay> => {
    const { replays } = await control.replay(query);
    assert.equal(replays.length, 1, query);
    return replays[0] ?? assert.fail(query);
  };
  return {
    gate,
    database,
    replay: one,
    feed: (...records: Parameters<typeof importFeed>[1][number][]) =>
      importFeed({ dataDirectory: gate.directory, folder: gate.directory }, records),
    ask: async (name: string, version: string) =>
      (await get(`${gate.url}${name}/-/${tarballName(name, version)}`)).status,
    same: async (query: string): Promise<string> => {
      const found = await one(query);
      assert.deepEqual([found.state, found.differences, found.unable], ['same', [], []], query);
      return found.checked.join('\n');
    },
  };
}

const caller = `require('https').get('https://a.example');\nrequire('child_process').execFile('true', []);\n`;
const scanKinds = ['malware', 'capabilities', 'licences', 'secrets'];

test('what scans and licences decided is derived from the stored reports: allowed, held for what it gained, blocked', async (t) => {
  const { gate, ask, same } = await started(t);
  const { registry } = gate;
  registry.publish({ name: 'lib', version: '1.0.0' });
  registry.publish({ name: 'lib', version: '1.0.1', files: { 'index.js': caller } });
  registry.publish({ name: 'copyleft', version: '1.0.0', manifest: { license: 'GPL-3.0-only' } });
  registry.publish({ name: 'broken', version: '1.0.0', tarball: Buffer.from('no archive') });
  assert.deepEqual(
    [
      await ask('lib', '1.0.0'),
      await ask('lib', '1.0.1'),
      await ask('copyleft', '1.0.0'),
      await ask('broken', '1.0.0'),
    ],
    [200, 403, 403, 403],
  );
  for (const what of ['lib@1.0.0', 'lib@1.0.1', 'copyleft@1.0.0']) {
    const checked = await same(what);
    for (const kind of scanKinds) assert.match(checked, new RegExp(`check ${kind} from the stored report`));
    assert.match(checked, /check vulnerabilities without a feed/);
  }
  await same('broken@1.0.0');
});

test('what a feed decided is derived by the feed of then, also when another is in force', async (t) => {
  const { gate, database, feed, ask, same } = await started(t);
  const fresh = recordOfAge(1);
  for (const name of ['turned', 'clean']) gate.registry.publish({ name, version: '1.0.0' });
  await feed(fresh);
  assert.deepEqual([await ask('turned', '1.0.0'), await ask('clean', '1.0.0')], [200, 200]);
  const { digest } = (await feed(fresh, malwareRecord('MAL-2026-1', 'turned', ['1.0.0']))).feed;
  assert.equal(await ask('turned', '1.0.0'), 403);
  assert.match(await same('turned@1.0.0'), new RegExp(`check vulnerabilities by the feed ${digest}`));
  assert.match(await same('clean@1.0.0'), /check vulnerabilities by the feed [0-9a-f]{64}/);
  const ids = database
    .prepare(
      `SELECT decisions.id FROM decisions JOIN releases ON releases.id = decisions.release_id WHERE releases.name = 'turned'`,
    )
    .all();
  assert.ok(ids.length >= 2);
  for (const { id } of ids) await same(String(id));
});

test('evidence of a scan that was changed is found; a report that is gone is not called the same', async (t) => {
  const { gate, database, ask, replay, same } = await started(t);
  gate.registry.publish({ name: 'lib', version: '1.0.0', files: { 'index.js': caller } });
  await ask('lib', '1.0.0');
  await same('lib@1.0.0');
  const change = (from: string, to: string): void =>
    void database
      .prepare(`UPDATE evidence SET body = replace(body, ?, ?) WHERE kind = 'malware'`)
      .run(from, to);
  change('"findings":', '"findings":1');
  const found = await replay('lib@1.0.0');
  assert.equal(found.state, 'differs');
  assert.ok(found.differences.some(({ what }) => what === 'check/malware.facts.findings'));
  change('"findings":1', '"findings":');
  await same('lib@1.0.0');
  const { report } = database.prepare('SELECT report FROM scans').get() as { readonly report: string };
  rmSync(join(gate.directory, 'blobs/sha256', report.slice(0, 2), report.slice(2)));
  const gone = await replay('lib@1.0.0');
  assert.equal(gone.state, 'unable');
  for (const kind of scanKinds)
    assert.ok(
      gone.unable.some((why) => why.includes(`the check ${kind} was not made again: the report`)),
      kind,
    );
});
