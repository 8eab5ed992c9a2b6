import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { logOnlyPolicy, type TrustPolicy } from '../../ledger/verify/policy.ts';
import { memoryWorld, sequenceAll, startedLog } from '../../../test/support/log/world.ts';
import { exportLog } from './export.ts';
import { fsckLog } from './fsck.ts';
import { sourceInFolder, type LogSource } from './source.ts';
import { stillThere } from './still-there.ts';
import { watchOnce } from './watch.ts';

interface TestLog {
  readonly source: LogSource;
  readonly policy: TrustPolicy;
  readonly files: Map<string, Uint8Array>;
  readonly grow: (count: number) => Promise<void>;
}

/** Logs of one `world` have one key; with another `history` they tell of other entries. */
async function logOf(history: string, world = memoryWorld()): Promise<TestLog> {
  const own = { ...world, ...pick(memoryWorld()) };
  const log = await startedLog(own);
  let count = 0;
  return {
    source: { name: history, read: async (path) => own.tiles.files.get(path), close: () => undefined },
    policy: logOnlyPolicy(own.signer.trust.logKeys),
    files: own.tiles.files,
    grow: async (entries) => {
      for (let n = 0; n < entries; n += 1) {
        count += 1;
        own.heads.add({ eventId: `${history}-${count}`, entry: Buffer.from(`${history} ${count}`) });
      }
      await sequenceAll(log);
    },
  };
}

function pick({
  tiles,
  heads,
}: ReturnType<typeof memoryWorld>): Pick<ReturnType<typeof memoryWorld>, 'tiles' | 'heads'> {
  return { tiles, heads };
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'assay-watch-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** The same key, freed of its memory: what a thief of the key could do, and no signer of ours. */
function forgetful(world: ReturnType<typeof memoryWorld>): ReturnType<typeof memoryWorld> {
  const copy = world.signer.copy();
  (copy.signed as unknown[]).length = 0;
  return { ...world, signer: copy };
}

test('a log that grows is followed over every edge of its tiles', async (t) => {
  const state = await folder(t);
  const log = await logOf('honest');
  const seen: (number | undefined)[] = [];
  for (const count of [0, 1, 254, 1, 1, 300, 0, 70_000]) {
    await log.grow(count);
    const watched = await watchOnce(log.source, log.policy, state);
    assert.ok(watched.outcome === 'ok' || watched.outcome === 'first', watched.outcome);
    seen.push(watched.seen);
  }
  assert.deepEqual(seen, [undefined, 0, 1, 255, 256, 257, 557, 557]);
});

test('a fork is told, by another tree of the same size and by a later one, and both checkpoints are kept', async (t) => {
  const world = memoryWorld();
  const log = await logOf('honest', world);
  await log.grow(300);
  for (const size of [300, 500]) {
    const state = await folder(t);
    await watchOnce(log.source, log.policy, state);
    const forked = await logOf('forked', forgetful(world));
    await forked.grow(size);
    const watched = await watchOnce(forked.source, log.policy, state);
    assert.equal(watched.outcome, 'fork');
    const evidence = watched.evidence ?? '';
    assert.deepEqual((await readdir(evidence)).sort(), ['seen', 'shown']);
    assert.deepEqual(
      await readFile(join(evidence, 'shown')),
      Buffer.from(forked.files.get('checkpoint') ?? ''),
    );
    // The good one is still what it compares with.
    assert.equal((await watchOnce(log.source, log.policy, state)).outcome, 'ok');
  }
});

test('a log that shrank is a rollback', async (t) => {
  const state = await folder(t);
  const world = memoryWorld();
  const log = await logOf('honest', world);
  await log.grow(300);
  await watchOnce(log.source, log.policy, state);
  const older = await logOf('honest', forgetful(world));
  await older.grow(299);
  assert.equal((await watchOnce(older.source, log.policy, state)).outcome, 'rollback');
});

test('tiles that prove nothing are neither a pass nor a fork, and are not remembered', async (t) => {
  const state = await folder(t);
  const log = await logOf('honest');
  await log.grow(300);
  await watchOnce(log.source, log.policy, state);
  await log.grow(300);
  const name = 'tile/0/001';
  const damaged = Buffer.from(log.files.get(name) ?? '');
  assert.ok(damaged.length > 0);
  damaged.writeUInt8(damaged.readUInt8(40) ^ 1, 40);
  const source = {
    ...log.source,
    read: async (path: string) => (path === name ? damaged : log.source.read(path)),
  };
  assert.equal((await watchOnce(source, log.policy, state)).outcome, 'invalid');
  const now = await watchOnce(log.source, log.policy, state);
  assert.deepEqual([now.outcome, now.seen], ['ok', 300]);
});

test('a checkpoint by another key, or none at all, is never remembered', async (t) => {
  const state = await folder(t);
  const log = await logOf('honest');
  const other = await logOf('other');
  for (const [source, policy] of [
    [log.source, other.policy],
    [{ ...log.source, read: async () => undefined }, log.policy],
  ] as const)
    await assert.rejects(watchOnce(source, policy, state), { code: 'LEDGER_UNVERIFIED' });
  assert.deepEqual(await readdir(state), []);
});

test('an export is complete, checks by itself, and is not mixed with what lies there', async (t) => {
  const log = await logOf('honest');
  await log.grow(70_000);
  const target = join(await folder(t), 'export');
  const result = await exportLog(log.source, log.policy, target);
  assert.deepEqual([result.size, result.findings], [70_000, []]);
  await assert.rejects(exportLog(log.source, log.policy, target), { code: 'USAGE_INVALID' });
  const missing = {
    ...log.source,
    read: async (path: string) => (path === 'tile/0/003' ? undefined : log.source.read(path)),
  };
  await assert.rejects(exportLog(missing, log.policy, join(await folder(t), 'x')), {
    code: 'LEDGER_CORRUPT',
  });
});

test('the export of a log that grew past a partial tile has the bytes of its own checkpoint', async (t) => {
  const log = await logOf('honest');
  await log.grow(300);
  const checkpoint = log.files.get('checkpoint');
  await log.grow(300);
  for (const name of ['tile/entries/001.p/44', 'tile/0/001.p/44']) log.files.delete(name);
  const source = {
    ...log.source,
    read: async (path: string) => (path === 'checkpoint' ? checkpoint : log.source.read(path)),
  };
  const result = await exportLog(source, log.policy, join(await folder(t), 'export'));
  assert.deepEqual([result.size, result.findings], [300, []]);
});

test('fsck of a folder finds what was altered, and counts what it cannot read as unknown', async (t) => {
  const log = await logOf('honest');
  await log.grow(300);
  const target = await folder(t);
  for (const [path, bytes] of log.files) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), bytes);
  }
  const clean = await fsckLog(sourceInFolder(target), log.policy);
  assert.deepEqual([clean.size, clean.findings, clean.types], [300, [], new Map([['?', 300]])]);
  await writeFile(join(target, 'tile/0/000'), Buffer.alloc(256 * 32));
  assert.notDeepEqual((await fsckLog(sourceInFolder(target), log.policy)).findings, []);
});

test('what was proven once is looked for in the log of today', async () => {
  const world = memoryWorld();
  const log = await logOf('honest', world);
  await log.grow(300);
  const { checkpoint } = await fsckLog(log.source, log.policy).then(({ size, root, origin }) => ({
    checkpoint: { origin, size, root: Buffer.from(root, 'hex'), extensions: [] },
  }));
  const verdict = {
    entries: [{ proof: { ok: true, checkpoint } }],
  } as unknown as Parameters<typeof stillThere>[2];
  await log.grow(300);
  assert.equal(await stillThere(log.source, log.policy, verdict), 'proven');
  const forked = await logOf('forked', forgetful(world));
  await forked.grow(600);
  assert.equal(await stillThere(forked.source, log.policy, verdict), 'refuted');
});
