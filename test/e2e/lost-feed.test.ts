/** A feed that is on record and cannot be read: what it said stays said, and nothing new is let in as if it had said nothing. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { controlClient } from '../../src/server/control/client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { importFeed, malwareRecord, recordOfAge } from '../support/feed-of-gate.ts';
import { startGate } from '../support/gate.ts';
import { get } from '../support/http.ts';

const registry = await startFakeRegistry();
let gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});

async function status(name: string): Promise<number> {
  return (await get(`${gate.url}${name}/-/${name}-1.0.0.tgz`)).status;
}

test('a damaged feed lets nothing new in, keeps what it refused refused and what it let in allowed, until it is imported again', async () => {
  for (const name of ['revoked', 'blocked', 'kept', 'fresh']) registry.publish({ name, version: '1.0.0' });
  await importFeed(gate, [recordOfAge(1)]);
  for (const name of ['revoked', 'kept']) assert.equal(await status(name), 200, name);
  const records = [
    recordOfAge(1),
    malwareRecord('MAL-2026-1', 'revoked', ['1.0.0']),
    malwareRecord('MAL-2026-2', 'blocked', ['1.0.0']),
  ];
  const { digest } = (await importFeed(gate, records)).feed;
  for (const name of ['revoked', 'blocked']) assert.equal(await status(name), 403, name);
  await gate.stop();
  await writeFile(join(gate.dataDirectory, 'blobs/sha256', digest.slice(0, 2), digest.slice(2)), 'damaged');
  gate = await startGate({ upstream: registry.url, after: gate });
  const [feed] = (await controlClient(gate.dataDirectory).feeds()).feeds;
  assert.ok(feed?.problem !== undefined, 'the gate says so');
  assert.equal(await status('kept'), 200);
  for (const name of ['revoked', 'blocked', 'fresh']) assert.equal(await status(name), 403, name);
  const [held] = (await controlClient(gate.dataDirectory).explain('fresh@1.0.0')).matches;
  assert.deepEqual([held?.outcome, held?.reasons.map(({ rule }) => rule)], ['hold', ['npm/feed-age']]);
  await importFeed(gate, records);
  assert.equal(await status('fresh'), 200);
  for (const name of ['revoked', 'blocked']) assert.equal(await status(name), 403, name);
});
