/**
 * Decisions and blobs a second, durable, and what group commit is worth: the same decisions with every write in a
 * transaction of its own (batch 1) in the same run, as a ratio.
 *
 *     bin/node bench/storage.ts [decisions]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPullLog } from '../src/server/pulls/log.ts';
import { openStorage } from '../src/storage/open.ts';
import { recordOf } from '../test/support/storage-records.ts';

const decisions = Number(process.argv[2] ?? 1000);
const groupSize = 128;

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1000) / (performance.now() - start);
}

async function inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function decisionsPerSecond(batch: number): Promise<number> {
  return inDirectory(async (directory) => {
    const storage = await openStorage({ directory, batch });
    const records = Array.from({ length: decisions }, (_, n) =>
      recordOf({ version: `1.0.${n}`, seconds: n }),
    );
    const rate = await perSecond(decisions, () =>
      Promise.all(records.map((record) => storage.admission.recordDecision(record))),
    );
    await storage.close();
    return rate;
  });
}

function blobsPerSecond(lanes: number): Promise<number> {
  return inDirectory(async (directory) => {
    const storage = await openStorage({ directory });
    const each = Math.ceil(200 / lanes);
    const put = async (lane: number): Promise<void> => {
      for (let n = 0; n < each; n += 1) {
        const writer = await storage.blobs.create();
        await writer.write(Buffer.alloc(20_000, `${lane} ${n}`));
        await writer.commit();
      }
    };
    const rate = await perSecond(each * lanes, () =>
      Promise.all(Array.from({ length: lanes }, (_, lane) => put(lane))),
    );
    await storage.close();
    return rate;
  });
}

function looksPerSecond(): Promise<number> {
  return inDirectory(async (directory) => {
    const storage = await openStorage({ directory });
    const record = recordOf();
    await storage.admission.recordDecision(record);
    const count = 2000;
    const rate = await perSecond(count, async () => {
      for (let n = 0; n < count; n += 1) await storage.admission.release(record.release.id);
    });
    await storage.close();
    return rate;
  });
}

/** Pulls of releases by one caller who has none yet, in the batches in which the gate writes them. */
function pullsPerSecond(): Promise<number> {
  return inDirectory(async (directory) => {
    const storage = await openStorage({ directory });
    const records = Array.from({ length: 1024 }, (_, n) => recordOf({ version: `1.0.${n}`, event: false }));
    await Promise.all(records.map((record) => storage.admission.recordDecision(record)));
    const log = await openPullLog({
      store: storage.pulls,
      clock: () => new Date(),
      log: { error: console.error, info: console.error },
      writeEveryMs: 3_600_000,
    });
    for (const { release } of records) log.sent(release.id, { kind: 'robot', name: 'ci' });
    const rate = await perSecond(records.length, log.close);
    await storage.close();
    return rate;
  });
}

const alone = await decisionsPerSecond(1);
const grouped = await decisionsPerSecond(groupSize);
console.log(`decisions/s, one commit each:       ${alone.toFixed(0)}`);
console.log(
  `decisions/s, ${groupSize} to a commit:        ${grouped.toFixed(0)}  (${(grouped / alone).toFixed(1)} times)`,
);
console.log(`releases read back/s:               ${(await looksPerSecond()).toFixed(0)}`);
console.log(`pulls recorded/s:                   ${(await pullsPerSecond()).toFixed(0)}`);
const single = await blobsPerSecond(1);
const many = await blobsPerSecond(16);
console.log(`blobs of 20 kB/s, one after another: ${single.toFixed(0)}`);
console.log(`blobs of 20 kB/s, 16 at once:       ${many.toFixed(0)}  (${(many / single).toFixed(1)} times)`);
