/** The gate's own client of such forges understands the fake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createForge } from '../../src/upstream/forge/forge.ts';
import { startFakeForge } from './fake-forge.ts';
import { invocationUri, repositoryUri, workflowRun } from './sigstore/workflow-run.ts';

test('what a test recorded of a run is what the forge answers, and a tag that moved has moved', async (t) => {
  const fake = await startFakeForge();
  const source = { host: 'github.com', kind: 'github', api: fake.url, token: undefined } as const;
  const clients = [1, 2].map(() => createForge([source], { clock: () => new Date(), retries: 0 }));
  t.after(async () => {
    for (const client of clients) client.close();
    await fake.close();
  });
  const run = workflowRun();
  const uri = repositoryUri(run);
  const at = new Date('2026-05-06T07:08:09Z');
  fake.record(run, { at, conclusion: 'failure', tag: 'v1.2.3' });
  const [before, after] = clients;
  assert.ok(before !== undefined && after !== undefined);
  assert.deepEqual(await before.repository(uri), {
    state: 'known',
    exists: true,
    id: run.repositoryId,
    ownerId: run.ownerId,
    forkOf: undefined,
  });
  assert.deepEqual(await before.commit(uri, run.commit), {
    state: 'known',
    exists: true,
    reachable: 'yes',
    committedAt: '2026-05-05T07:08:09.000Z',
    signature: 'verified',
  });
  const answer = await before.run(invocationUri(run));
  assert.ok(answer.state === 'known');
  assert.equal(answer.conclusion, 'failure');
  assert.equal(answer.headCommit, run.commit);
  assert.deepEqual(await before.tags(uri, ['v1.2.3', 'v9.9.9']), {
    state: 'known',
    commits: { 'v1.2.3': run.commit },
  });
  const moved = '22435857e4cd9795fa5ee68c20b674e5f96052ab';
  fake.setTag(run.repository, 'v1.2.3', moved);
  assert.deepEqual(await after.tags(uri, ['v1.2.3']), { state: 'known', commits: { 'v1.2.3': moved } });
});
