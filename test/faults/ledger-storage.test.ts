/** The log on real files, a real database and the real signer process: killed, put back, copied, run twice. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { sha256Bytes } from '../../src/ledger/leaf.ts';
import { checkLog } from '../../src/ledger/log/check.ts';
import { createLog, type Log } from '../../src/ledger/log/sequencer.ts';
import { verifyEd25519 } from '../../src/ledger/signing/ed25519.ts';
import { parseVkey } from '../../src/ledger/verify/vkey.ts';
import { launchSigner, type LaunchedSigner } from '../../src/server/signer/launch.ts';
import { openStorage, type Storage } from '../../src/storage/open.ts';
import { recordOf, temporaryDirectory } from '../support/storage-records.ts';

const origin = 'log.example/real';
const writer = join(import.meta.dirname, 'ledger-writer.ts');

interface Opened {
  readonly storage: Storage;
  readonly signer: LaunchedSigner;
  readonly log: Log;
  readonly close: () => Promise<void>;
}

async function opened(root: string, data = join(root, 'data')): Promise<Opened> {
  const storage = await openStorage({ directory: data });
  const signer = await launchSigner({
    directory: join(root, 'signer'),
    dataDirectory: data,
    nodePath: process.execPath,
  });
  const { heads, tiles } = storage.ledger;
  await heads.inaugurate(origin);
  const log = createLog({ heads, tiles, signer, clock: () => new Date() });
  const close = async (): Promise<void> => {
    await signer.close();
    await storage.close();
  };
  return { storage, signer, log, close };
}

async function append({ storage, log }: Opened, count: number, from: string): Promise<void> {
  const records = Array.from({ length: count }, (_, n) => recordOf({ name: from, version: `1.0.${n}` }));
  await Promise.all(records.map((record) => storage.admission.recordDecision(record)));
  while ((await log.sequence()) > 0);
}

/** Every event of the outbox is in the log once, where its row says, and every file is as it was signed. */
async function assertWhole({ storage, signer }: Opened): Promise<ReadonlySet<string>> {
  const entries: string[] = [];
  const logKeys = (await signer.vkeys(origin)).flatMap((vkey) => parseVkey(vkey, sha256Bytes) ?? []);
  const { size, findings } = await checkLog({
    read: storage.ledger.tiles.read,
    trust: { origin, logKeys },
    verify: verifyEd25519,
    onEntry: (entry) => void entries.push(Buffer.from(entry).toString()),
  });
  assert.deepEqual(findings, []);
  const events = new Set<string>();
  for (let seq = 0; ;) {
    const page = await storage.read.outboxAfter(seq, 1000);
    if (page.length === 0) break;
    for (const { eventId, leaf } of page) {
      const index = (await storage.ledger.heads.indexOf(eventId)) ?? -1;
      assert.equal(entries[index], leaf);
      events.add(eventId);
    }
    seq = page.at(-1)?.seq ?? Number.POSITIVE_INFINITY;
  }
  assert.equal(events.size, size);
  return events;
}

test('a database that was put back to yesterday, and a data directory that was, are refused by the real parts; the newest goes on', async (context) => {
  const root = await temporaryDirectory(context);
  const [data, yesterday, today] = ['data', 'yesterday', 'today'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  const first = await opened(root);
  await first.log.start();
  await append(first, 300, 'a');
  await first.close();
  await cp(data, yesterday, { recursive: true });
  const second = await opened(root);
  await second.log.start();
  await append(second, 20, 'b');
  await second.close();
  await cp(data, today, { recursive: true });

  for (const name of ['assay.db', 'assay.db-wal', 'assay.db-shm'])
    await rm(join(data, name), { force: true });
  await cp(join(yesterday, 'assay.db'), join(data, 'assay.db'));
  const rolledBack = await opened(root);
  await assert.rejects(rolledBack.log.start(), { code: 'LEDGER_ROLLED_BACK' });
  await rolledBack.close();

  const copied = await opened(root, yesterday);
  await assert.rejects(copied.log.start(), { code: 'LEDGER_SIGNER_AHEAD' });
  await copied.close();

  const newest = await opened(root, today);
  await newest.log.start();
  await append(newest, 5, 'c');
  assert.equal((await assertWhole(newest)).size, 325);
  await newest.close();
});

test('a data directory that was copied away from its signer does not go on under a new key', async (context) => {
  const root = await temporaryDirectory(context);
  const first = await opened(root);
  await first.log.start();
  await append(first, 3, 'a');
  await first.close();
  await rm(join(root, 'signer'), { recursive: true });
  const second = await opened(root);
  await second.log.start();
  await second.storage.admission.recordDecision(recordOf({ name: 'b' }));
  await assert.rejects(second.log.sequence(), { code: 'LEDGER_SIGNER_REFUSED' });
  assert.equal(second.log.state().size, 3);
  await second.close();
});

const rounds = 6;

test('after kill -9 at any moment every acknowledged event is in the log once, and every published checkpoint is kept', async (context) => {
  const root = await temporaryDirectory(context);
  const acknowledged = new Set<string>();
  let published = 0;
  for (let round = 0; round < rounds; round += 1) {
    const child = spawn(process.execPath, [writer, root, String(round), origin], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines = 40 + Math.floor(Math.random() * 400);
    let count = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const [what, value = ''] = line.split(' ');
      if (what === 'event') acknowledged.add(value);
      if (what === 'size') published = Math.max(published, Number(value));
      count += 1;
      if (count === lines) child.kill('SIGKILL');
    }
    assert.equal((await exited)[1], 'SIGKILL');
    const after = await openedOnceFree(root);
    assert.ok(after.log.state().size >= published);
    while ((await after.log.sequence()) > 0);
    const events = await assertWhole(after);
    for (const event of acknowledged) assert.ok(events.has(event), event);
    await after.close();
  }
  assert.ok(acknowledged.size > 0 && published > 0);
});

/** The signer of the process that was killed ends by itself when its pipe does: until then it holds its folder. */
async function openedOnceFree(root: string): Promise<Opened> {
  for (;;) {
    const opening = await opened(root);
    try {
      await opening.log.start();
      return opening;
    } catch (error) {
      await opening.close();
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'LEDGER_SIGNER_LOCKED' && code !== 'LEDGER_SIGNER_UNAVAILABLE') throw error;
    }
  }
}
