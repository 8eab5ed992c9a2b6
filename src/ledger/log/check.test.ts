import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addEvents, memoryWorld, sequenceAll, startedLog } from '../../../test/support/log/world.ts';
import { tilePath, tilesOf } from '../verify/tiles.ts';
import { checkLog, type LogCheck } from './check.ts';

type MemoryWorld = ReturnType<typeof memoryWorld>;

async function worldOf(size: number): Promise<MemoryWorld> {
  const world = memoryWorld();
  const log = await startedLog(world, { batch: 100_000 });
  addEvents(world, size);
  await sequenceAll(log);
  return world;
}

function check({ tiles, signer }: MemoryWorld): Promise<LogCheck> {
  return checkLog({ read: tiles.read, trust: signer.trust, verify: signer.verify });
}

/** All that a client of the newest checkpoint is given. */
function filesOf({ heads }: MemoryWorld): readonly string[] {
  return ['checkpoint', ...Array.from(tilesOf(heads.events.length), tilePath)];
}

async function withDamage(
  world: MemoryWorld,
  path: string,
  damage: (bytes: Uint8Array) => Uint8Array | undefined,
): Promise<LogCheck> {
  const whole = world.tiles.files.get(path);
  assert.ok(whole, path);
  const damaged = damage(whole);
  if (damaged === undefined) world.tiles.files.delete(path);
  else world.tiles.files.set(path, damaged);
  const found = await check(world);
  world.tiles.files.set(path, whole);
  return found;
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const at = Math.floor(bit / 8) % bytes.length;
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit % 8));
  return changed;
}

test('an undamaged log of any size has no findings, and every entry is seen once, in order', async () => {
  for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 700]) {
    const world = await worldOf(size);
    const seen: string[] = [];
    const result = await checkLog({
      read: world.tiles.read,
      trust: world.signer.trust,
      verify: world.signer.verify,
      onEntry: (entry, index) => void seen.push(`${index} ${Buffer.from(entry).toString()}`),
      readAhead: size % 3,
    });
    assert.deepEqual(result, { size, root: world.signer.signed.at(-1)?.root, findings: [] });
    assert.deepEqual(
      seen,
      world.heads.events.map(({ entry }, index) => `${index} ${Buffer.from(entry).toString()}`),
    );
  }
});

test('one flipped bit anywhere in any file of the log is found, and the file or its neighbour is named', async () => {
  const worlds = new Map<number, MemoryWorld>();
  for (const size of [1, 256, 600]) worlds.set(size, await worldOf(size));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(1, 256, 600), fc.nat(), fc.nat(), async (size, file, bit) => {
      const world = worlds.get(size) ?? memoryWorld();
      const paths = filesOf(world);
      const path = paths[file % paths.length] ?? '';
      const { findings } = await withDamage(world, path, (bytes) => flip(bytes, bit));
      assert.ok(findings.length > 0 && findings.length <= 2, path);
      const named = findings.map((each) => each.path);
      if (path === 'checkpoint' || path.includes('entries')) assert.deepEqual(named, [path]);
      else
        assert.ok(
          findings.some((each) => each.path === path || each.problem.includes(path)),
          path,
        );
    }),
    { numRuns: 300 },
  );
});

test('every file of the log that is missing, cut, lengthened or another of its kind is found', async () => {
  const world = await worldOf(600);
  const other = await worldOf(600);
  for (const path of filesOf(world)) {
    const swapped = path === 'checkpoint' ? other.tiles.files.get(path) : world.tiles.files.get('tile/0/001');
    for (const damage of [
      () => undefined,
      (bytes: Uint8Array) => bytes.subarray(0, -1),
      (bytes: Uint8Array) => bytes.subarray(0, -32),
      () => new Uint8Array(0),
      (bytes: Uint8Array) => Buffer.concat([bytes, bytes.subarray(0, 32)]),
      (bytes: Uint8Array) => Buffer.concat([bytes, Uint8Array.of(0)]),
      () => (path === 'tile/0/001' ? world.tiles.files.get('tile/0/000') : swapped),
    ]) {
      assert.notDeepEqual((await withDamage(world, path, damage)).findings, [], path);
    }
  }
});

test('damage in tiles of the second and third level is found', async () => {
  const world = await worldOf(65_536 + 300);
  for (const path of ['tile/1/000', 'tile/1/001.p/1', 'tile/2/000.p/1', 'tile/0/255', 'tile/entries/256']) {
    const { findings } = await withDamage(world, path, (bytes) => flip(bytes, 77));
    assert.ok(findings.length > 0, path);
  }
  assert.deepEqual((await check(world)).findings, []);
});

test('a history that was rewritten consistently does not lead to the signed root', async () => {
  const [world, other] = [await worldOf(300), memoryWorld()];
  for (let n = 0; n < 300; n += 1)
    other.heads.add({
      eventId: `event-${n}`,
      entry: Buffer.from(n === 7 ? 'forged' : `{"id":"event-${n}"}`),
    });
  await sequenceAll(await startedLog(other));
  const checkpoint = world.tiles.files.get('checkpoint');
  assert.ok(checkpoint);
  other.tiles.files.set('checkpoint', checkpoint);
  const forged = await check({ ...other, signer: world.signer });
  assert.deepEqual(
    forged.findings.map(({ path }) => path),
    ['checkpoint'],
  );
  // Nor does a checkpoint that another key signed count.
  assert.match((await check({ ...world, signer: other.signer })).findings[0]?.problem ?? '', /unsigned/);
});

test('partial tiles that were dropped for full ones are not missed', async () => {
  const world = await worldOf(300);
  const { files } = world.tiles;
  const old = files.get('checkpoint');
  addEvents(world, 400);
  await sequenceAll(await startedLog(world));
  files.set('checkpoint', old ?? new Uint8Array(0));
  assert.equal(files.has('tile/0/001.p/44'), true);
  for (const path of ['tile/0/001.p/44', 'tile/entries/001.p/44']) files.delete(path);
  const result = await check(world);
  assert.deepEqual({ size: result.size, findings: result.findings }, { size: 300, findings: [] });
});

test('it holds a bounded number of files at a time, and stops after 100 findings', async () => {
  const world = await worldOf(256 * 150);
  let [open, most] = [0, 0];
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
    return path.startsWith('tile/entries') ? undefined : world.tiles.read(path);
  };
  const { trust, verify } = world.signer;
  const result = await checkLog({ read, trust, verify, readAhead: 4 });
  assert.equal(result.findings.length, 100);
  assert.ok(most <= 12, String(most));
});
