/** Kill -9 at random moments: what was acknowledged is there and whole, nothing half-written can be read. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { isSha256, type Sha256 } from '../../src/core/digest.ts';
import type { ReleaseId } from '../../src/core/subject.ts';
import { openStorage, type Storage } from '../../src/storage/open.ts';
import type { OutboxRow } from '../../src/storage/read-store.ts';
import { temporaryDirectory } from '../support/storage-records.ts';

const rounds = 8;
const writer = join(import.meta.dirname, 'storage-writer.ts');

interface Acknowledged {
  readonly blobs: Set<Sha256>;
  readonly decisions: Map<string, { readonly release: ReleaseId; readonly event: string }>;
}

/** When the writer dies: after it said so many lines, or so long after its start, whatever it is doing then. */
type Death = { readonly lines: number } | { readonly ms: number };

/** Keeps every line that it said. */
async function runUntilKilled(
  directory: string,
  round: number,
  death: Death,
  said: Acknowledged,
): Promise<void> {
  const child = spawn(process.execPath, [writer, directory, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  if ('ms' in death) setTimeout(() => killHard(child), death.ms);
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    count += 1;
    const [what, first = '', second = '', third = ''] = line.split(' ');
    if (what === 'blob' && isSha256(first)) said.blobs.add(first);
    if (what === 'decision' && third !== '')
      said.decisions.set(second, { release: first as ReleaseId, event: third });
    // The last round goes on until both kinds were acknowledged: on a busy machine blobs may come first for long.
    const enough = round < rounds - 1 || (said.blobs.size > 0 && said.decisions.size > 0);
    if ('lines' in death && count >= death.lines && enough && !child.killed) assert.ok(killHard(child));
  }
  assert.deepEqual((await exited)[1], 'SIGKILL');
}

function killHard(child: ChildProcess): boolean {
  return child.kill('SIGKILL');
}

async function everyEvent(storage: Storage): Promise<readonly OutboxRow[]> {
  const rows: OutboxRow[] = [];
  for (let page = await storage.read.outboxAfter(0, 1000); page.length > 0;) {
    rows.push(...page);
    page = await storage.read.outboxAfter(page.at(-1)?.seq ?? 0, 1000);
  }
  return rows;
}

async function checkBlobs(directory: string, storage: Storage, said: Acknowledged): Promise<void> {
  for (const digest of said.blobs) await storage.blobs.verify(digest);
  const root = join(directory, 'blobs');
  assert.deepEqual(await readdir(join(root, 'partial')), []);
  for (const shard of await readdir(join(root, 'sha256'))) {
    for (const rest of await readdir(join(root, 'sha256', shard))) {
      const digest = `${shard}${rest}`;
      assert.ok(isSha256(digest), digest);
      await storage.blobs.verify(digest);
    }
  }
}

async function checkDecisions(storage: Storage, said: Acknowledged): Promise<void> {
  const decisions = new Map<string, boolean>();
  for (let cursor: string | undefined, more = true; more;) {
    const page = await storage.read.decisions({ limit: 1000, cursor });
    for (const line of page.items) decisions.set(line.decision.id, line.supersededAt === undefined);
    cursor = page.next;
    more = cursor !== undefined;
  }
  const events = await everyEvent(storage);
  const eventIds = new Set(events.map((event) => event.eventId));
  // Each decision came with its event, in one transaction: neither is ever there alone.
  assert.equal(decisions.size, events.length);
  for (const [id, { release, event }] of said.decisions) {
    assert.ok(decisions.has(id), `decision ${id} was acknowledged`);
    assert.ok(eventIds.has(event), `event ${event} was acknowledged`);
    assert.ok((await storage.read.salts(event)) !== undefined);
    const record = await storage.admission.release(release);
    assert.equal(record?.evidence.length, 2);
    assert.equal(decisions.get(record.decision.id), true);
  }
}

test('after kill -9 at any moment every acknowledged blob and decision is there, and nothing is half-written', async (context) => {
  const directory = await temporaryDirectory(context);
  const said: Acknowledged = { blobs: new Set(), decisions: new Map() };
  for (let round = 0; round < rounds; round += 1) {
    await runUntilKilled(directory, round, deathOf(round), said);
    const storage = await openStorage({ directory });
    await checkBlobs(directory, storage, said);
    await checkDecisions(storage, said);
    await storage.close();
  }
  assert.ok(said.blobs.size > 0 && said.decisions.size > 0);
  assertSound(join(directory, 'assay.db'));
});

/** Every second one by the clock: so that opening and migrating are interrupted too, the first one perhaps. */
function deathOf(round: number): Death {
  return round % 2 === 0
    ? { ms: Math.floor(Math.random() * 600) }
    : { lines: 2 + Math.floor(Math.random() * 120) };
}

/** The whole structure and every reference, by SQLite itself. */
function assertSound(file: string): void {
  const database = new DatabaseSync(file, { readOnly: true });
  assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
  assert.deepEqual(database.prepare('PRAGMA foreign_key_check').all(), []);
  database.close();
}

test('another process is told at once that the directory is held; it is free as soon as the holder is dead', async (context) => {
  const directory = await temporaryDirectory(context);
  const holder = spawn(process.execPath, [writer, directory, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(holder, 'exit');
  await once(createInterface({ input: holder.stdout }), 'line');
  await assert.rejects(openStorage({ directory }), {
    code: 'DATA_DIRECTORY_LOCKED',
    message: new RegExp(directory),
  });
  killHard(holder);
  await exited;
  await (await openStorage({ directory })).close();
});
