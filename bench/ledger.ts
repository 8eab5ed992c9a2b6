/**
 * The log through the front door: decisions as admission records them (one transaction each, synchronous=FULL, in
 * groups), sequenced, signed by the signer process, and published as files, all durable.
 *
 *     bin/node bench/ledger.ts [decisions] [entries of the log to check] [decisions a second for the latency]
 *
 * `appends` ends when the checkpoint that covers the last decision is published. `recorded alone` is the same without a
 * log, in the same run: what the database alone allows.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { DecisionRecord } from '../src/admission/deps.ts';
import { sha256 } from '../src/core/digest.ts';
import { anonymous } from '../src/core/subject.ts';
import { makeDecisionEvent, sha256Bytes } from '../src/ledger/leaf.ts';
import { checkLog } from '../src/ledger/log/check.ts';
import type { LogHead, PendingEntry } from '../src/ledger/log/deps.ts';
import { runLog } from '../src/ledger/log/run.ts';
import { createLog, type Log } from '../src/ledger/log/sequencer.ts';
import { verifyEd25519 } from '../src/ledger/signing/ed25519.ts';
import { parseVkey } from '../src/ledger/verify/vkey.ts';
import { launchSigner, type LaunchedSigner } from '../src/server/signer/launch.ts';
import { openTileStore } from '../src/storage/log-files.ts';
import { openStorage, type Storage } from '../src/storage/open.ts';
import { recordOf } from '../test/support/storage-records.ts';

const [decisions = 20_000, entriesToCheck = 1_000_000, steadyRate = 200] = process.argv.slice(2).map(Number);
const origin = 'bench.example/log';
const intervalMs = 1000;
const lanes = 512;
const steadySeconds = 20;
const clock = (): Date => new Date();

/** As admission would make it: a real leaf, with its salts and statement. */
function recordWithLeaf(n: number): DecisionRecord {
  const record = recordOf({ name: `package-${n % 500}`, version: `1.${n}.0` });
  const { subject } = record.release;
  const time = new Date(Date.UTC(2026, 0, 1) + n).toISOString();
  const event = makeDecisionEvent({
    eventId: randomUUID(),
    time,
    subject,
    actor: anonymous,
    statement: { _type: 'https://in-toto.io/Statement/v1', subject: [{ name: subject.file }] },
    evidence: ['archive', 'manifest', 'integrity', 'age', 'scripts', 'origin'].map((kind) =>
      sha256(`${kind} ${n}`),
    ),
    previousEventId: undefined,
    randomBytes,
  });
  return { ...record, event };
}

async function inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

interface Running {
  readonly storage: Storage;
  readonly log: Log;
  /** When each size was published. */
  readonly published: readonly { readonly size: number; readonly atMs: number }[];
}

async function withLog<T>(use: (running: Running) => Promise<T>): Promise<T> {
  return inDirectory(async (directory) => {
    const dataDirectory = join(directory, 'data');
    const storage = await openStorage({ directory: dataDirectory });
    const signer = await launchSigner({
      directory: join(directory, 'signer'),
      dataDirectory,
      nodePath: process.execPath,
    });
    const { heads, tiles, onEvent } = storage.ledger;
    await heads.inaugurate(origin);
    const log = createLog({ heads, tiles, signer, clock, onStop: (error) => console.error(error) });
    await log.start();
    const published: { size: number; atMs: number }[] = [];
    const sequence = async (): Promise<number> => {
      const count = await log.sequence();
      published.push({ size: log.state().size, atMs: performance.now() });
      return count;
    };
    const loop = runLog({ ...log, sequence }, { intervalMs, wake: onEvent });
    try {
      return await use({ storage, log, published });
    } finally {
      await loop.stop();
      await signer.close();
      await storage.close();
    }
  });
}

async function recordAll({ admission }: Storage, records: readonly DecisionRecord[]): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let record = records[next]; record !== undefined; record = records[next]) {
      next += 1;
      await admission.recordDecision(record);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(1);
}

async function recordedAlone(records: readonly DecisionRecord[]): Promise<number> {
  return inDirectory(async (directory) => {
    const storage = await openStorage({ directory });
    const start = performance.now();
    await recordAll(storage, records);
    const seconds = (performance.now() - start) / 1000;
    await storage.close();
    return records.length / seconds;
  });
}

async function appends(records: readonly DecisionRecord[]): Promise<{ appended: number; recorded: number }> {
  return withLog(async ({ storage, log }) => {
    const start = performance.now();
    await recordAll(storage, records);
    const recorded = (records.length * 1000) / (performance.now() - start);
    await until(() => log.state().size === records.length);
    return { recorded, appended: (records.length * 1000) / (performance.now() - start) };
  });
}

/** Entries alone: what the log does when the decisions are recorded already. */
async function sequencedAlone(records: readonly DecisionRecord[]): Promise<number> {
  return inDirectory(async (directory) => {
    const dataDirectory = join(directory, 'data');
    const storage = await openStorage({ directory: dataDirectory });
    const signer = await launchSigner({
      directory: join(directory, 'signer'),
      dataDirectory,
      nodePath: process.execPath,
    });
    const { heads, tiles } = storage.ledger;
    await recordAll(storage, records);
    await heads.inaugurate(origin);
    const log = createLog({ heads, tiles, signer, clock });
    await log.start();
    const start = performance.now();
    while ((await log.sequence()) > 0);
    const seconds = (performance.now() - start) / 1000;
    await signer.close();
    await storage.close();
    return records.length / seconds;
  });
}

/** Milliseconds from the call of recordDecision to the published checkpoint, at a steady rate. */
async function latencies(): Promise<readonly number[]> {
  const records = Array.from({ length: steadyRate * steadySeconds }, (_, n) => recordWithLeaf(n));
  return withLog(async ({ storage, log, published }) => {
    const submitted = new Map<string, number>();
    const start = performance.now();
    const writes: Promise<void>[] = [];
    for (const [n, record] of records.entries()) {
      const due = start + (n * 1000) / steadyRate;
      if (performance.now() < due) await wait(due - performance.now());
      submitted.set(record.event?.eventId ?? '', performance.now());
      writes.push(storage.admission.recordDecision(record));
    }
    await Promise.all(writes);
    await until(() => log.state().size === records.length);
    const found: number[] = [];
    for (const [eventId, atMs] of submitted) {
      const index = (await storage.ledger.heads.indexOf(eventId)) ?? Number.NaN;
      const covering = published.find(({ size }) => size > index);
      found.push((covering?.atMs ?? Number.NaN) - atMs);
    }
    return found.toSorted((a, b) => a - b);
  });
}

/** A head store that hands out `count` entries of a leaf's length and keeps no rows. */
function madeUpHeads(count: number) {
  let head: LogHead = { origin, size: 0, root: sha256(''), checkpoint: '', timeMs: 0, epoch: 0 };
  const entryOf = (index: number): PendingEntry => {
    const part = createHash('sha256').update(`entry ${index}`).digest('hex');
    return { eventId: `event-${index}`, entry: Buffer.from(`{"id":"${index}","rest":"${part.repeat(7)}"}`) };
  };
  return {
    head: async () => head,
    inaugurate: async () => true,
    pending: async (limit: number) =>
      Array.from({ length: Math.min(limit, count - head.size) }, (_, n) => entryOf(head.size + n)),
    commit: async (epoch: number, next: Omit<LogHead, 'epoch'>) => {
      head = { ...next, epoch: epoch + 1 };
      return true;
    },
    indexOf: async () => undefined,
    eventAt: async () => undefined,
  };
}

interface CheckMeasured {
  readonly seconds: number;
  readonly findings: number;
  readonly writeMb: readonly number[];
  readonly checkMb: readonly number[];
}

async function fsck(count: number): Promise<CheckMeasured> {
  return inDirectory(async (directory) => {
    const tiles = await openTileStore(join(directory, 'ledger'));
    const signer = await launchSigner({
      directory: join(directory, 'signer'),
      dataDirectory: join(directory, 'ledger'),
      nodePath: process.execPath,
    });
    const log = createLog({ heads: madeUpHeads(count), tiles, signer, clock });
    await log.start();
    const writeMb: number[] = [];
    const every = Math.max(1, Math.floor(count / log.batch / 5));
    for (let round = 0; (await log.sequence()) > 0; round += 1)
      if (round % every === 0) writeMb.push(residentMb());
    const measured = await check(tiles.read, signer, count);
    await signer.close();
    return { ...measured, writeMb };
  });
}

async function check(
  read: (path: string) => Promise<Uint8Array | undefined>,
  signer: LaunchedSigner,
  count: number,
): Promise<Omit<CheckMeasured, 'writeMb'>> {
  const logKeys = (await signer.vkeys(origin)).flatMap((vkey) => parseVkey(vkey, sha256Bytes) ?? []);
  const checkMb: number[] = [];
  const start = performance.now();
  const result = await checkLog({
    read,
    trust: { origin, logKeys },
    verify: verifyEd25519,
    onProgress: (checked) => {
      if (checked % (256 * Math.ceil(count / 256 / 5)) === 0) checkMb.push(residentMb());
    },
  });
  const seconds = (performance.now() - start) / 1000;
  return { seconds, findings: result.size === count ? result.findings.length : Number.NaN, checkMb };
}

function residentMb(): number {
  return Math.round(process.memoryUsage.rss() / 1e6);
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0);
}

const records = Array.from({ length: decisions }, (_, n) => recordWithLeaf(n));
console.log(`${decisions} decisions of ${records[0]?.event?.leaf.length} bytes of leaf, ${lanes} at a time`);
const alone = await recordedAlone(records);
console.log(`recorded alone, without a log/s:      ${alone.toFixed(0)}`);
const { appended, recorded } = await appends(records);
console.log(
  `recorded while the log runs/s:        ${recorded.toFixed(0)}  (${(recorded / alone).toFixed(2)} of that)`,
);
console.log(
  `appends/s, recorded and published:    ${appended.toFixed(0)}  (${(appended / alone).toFixed(2)} of that)`,
);
console.log(`sequenced and published alone/s:      ${(await sequencedAlone(records)).toFixed(0)}`);
const found = await latencies();
console.log(
  `submit to published checkpoint at ${steadyRate}/s, ms: p50 ${at(found, 0.5)}, p99 ${at(found, 0.99)}, most ${at(found, 1)}`,
);
const checked = await fsck(entriesToCheck);
console.log(`resident MB while ${entriesToCheck} entries were written: ${checked.writeMb.join(' ')}`);
console.log(
  `fsck of ${entriesToCheck} entries: ${checked.seconds.toFixed(1)} s, ${checked.findings} findings; resident MB ${checked.checkMb.join(' ')}`,
);
