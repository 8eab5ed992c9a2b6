import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { emptyRoot, origin, sha256Of } from '../../../test/support/log/memory-stores.ts';
import {
  addEvents,
  assertWhole,
  clock,
  logOf,
  memoryWorld,
  rootsOf,
  sequenceAll,
  startedLog,
} from '../../../test/support/log/world.ts';
import { AssayError } from '../../core/errors.ts';
import { fromHex } from '../verify/bytes.ts';
import { verifyConsistency, verifyInclusion } from '../verify/proofs.ts';
import { tilePath, tilesOf } from '../verify/tiles.ts';

const bytes = (hex: string): Uint8Array => fromHex(hex, 32) ?? new Uint8Array(0);

test('a log that is not inaugurated does not start; a new one begins with a checkpoint of the empty tree', async () => {
  const world = memoryWorld();
  await assert.rejects(logOf(world).start(), { code: 'LEDGER_NOT_INAUGURATED' });
  const log = await startedLog(world);
  assert.deepEqual(
    world.signer.signed.map(({ size, root }) => ({ size, root })),
    [{ size: 0, root: emptyRoot }],
  );
  const { size, root, checkpoint, stopped } = log.state();
  assert.deepEqual({ size, root, stopped }, { size: 0, root: emptyRoot, stopped: undefined });
  assert.equal(Buffer.from(world.tiles.files.get('checkpoint') ?? []).toString(), checkpoint);
  assert.equal(log.state().origin, origin);
  await assertWhole(world);
});

test('every entry is published with the files of the tree, whatever the sizes of the rounds', async () => {
  for (const rounds of [[1], [255, 1, 1], [256], [257], [1, 254, 2, 256, 1], [511, 2], [1000, 1, 1]]) {
    const world = memoryWorld();
    const log = await startedLog(world);
    for (const count of rounds) {
      addEvents(world, count);
      assert.equal(await log.sequence(), count);
      const { size, root } = log.state();
      assert.equal(size, world.heads.events.length);
      assert.equal(root, rootsOf(world.heads.events.map(({ entry }) => entry))[size]);
      // All that a client of this checkpoint may ask for is there under its own name.
      for (const tile of tilesOf(size)) assert.ok(world.tiles.files.has(tilePath(tile)), tilePath(tile));
    }
    assert.equal(await log.sequence(), 0);
    await assertWhole(world);
  }
});

test('the sizes at which levels begin: 65,535, 65,536 and 65,537', async () => {
  const world = memoryWorld();
  let log = await startedLog(world, { batch: 100_000 });
  addEvents(world, 65_534);
  for (const size of [65_534, 65_535, 65_536, 65_537]) {
    assert.ok((await log.sequence()) > 0);
    assert.equal(log.state().size, size);
    for (const index of [0, 255, 256, 65_279, 65_280, size - 1]) {
      const proven = await log.prove(index);
      assert.ok(
        verifyInclusion(
          {
            index,
            size,
            leafHash: bytes(proven.leafHash),
            root: bytes(log.state().root),
            proof: proven.proof.map(bytes),
          },
          sha256Of,
        ),
      );
    }
    // The next round starts from what a restart reads back.
    log = await startedLog(world, { batch: 100_000 });
    addEvents(world, 1);
  }
  await log.sequence();
  await assertWhole(world);
});

test('the next round reads no entries and no full tiles: its cost does not grow with the log', async () => {
  const world = memoryWorld();
  const log = await startedLog(world);
  addEvents(world, 3000);
  await sequenceAll(log);
  const read: string[] = [];
  const counting = {
    ...world,
    tiles: { ...world.tiles, read: (path: string) => (read.push(path), world.tiles.read(path)) },
  };
  const restarted = await startedLog(counting);
  assert.deepEqual(read.sort(), ['tile/0/011.p/184', 'tile/1/000.p/11', 'tile/entries/011.p/184']);
  read.length = 0;
  addEvents(world, 10);
  await restarted.sequence();
  // For the signer's consistency proof alone.
  assert.ok(read.length <= 2 && read.every((path) => !path.includes('entries')), read.join(' '));
});

test('partial tiles go once the tile to their right is full, and are there until then', async () => {
  const world = memoryWorld();
  const log = await startedLog(world);
  const partialsOf = (path: string): number =>
    [...world.tiles.files.keys()].filter((name) => name.startsWith(`${path}.p/`)).length;
  for (let n = 0; n < 52; n += 1) {
    addEvents(world, 10);
    await log.sequence();
    const { size } = log.state();
    assert.equal(partialsOf('tile/0/000') > 0, size < 512, String(size));
    assert.equal(partialsOf('tile/entries/000') > 0, size < 512, String(size));
  }
  assert.ok(partialsOf('tile/0/001') > 0);
  await assertWhole(world);
});

test('all inclusion and consistency proofs of a log that grew in random rounds verify', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
      async (rounds) => {
        const world = memoryWorld();
        const log = await startedLog(world);
        for (const count of rounds) {
          addEvents(world, count);
          await log.sequence();
        }
        const { size, root, checkpoint } = log.state();
        const roots = rootsOf(world.heads.events.map(({ entry }) => entry));
        for (let index = 0; index < size; index += 1 + Math.floor(size / 20)) {
          const proven = await log.prove(index);
          assert.equal(proven.checkpoint, checkpoint);
          assert.deepEqual(Buffer.from(proven.entry), world.heads.events[index]?.entry);
          const claim = {
            index,
            size: proven.size,
            leafHash: bytes(proven.leafHash),
            root: bytes(root),
            proof: proven.proof.map(bytes),
          };
          assert.ok(verifyInclusion(claim, sha256Of));
        }
        for (let old = 1; old <= size; old += 1 + Math.floor(size / 10)) {
          for (let next = old; next <= size; next += 1 + Math.floor(size / 7)) {
            const claim = {
              oldSize: old,
              newSize: next,
              oldRoot: bytes(roots[old] ?? ''),
              newRoot: bytes(roots[next] ?? ''),
              proof: (await log.consistency(old, next)).map(bytes),
            };
            assert.ok(verifyConsistency(claim, sha256Of), `${old} to ${next}`);
          }
        }
      },
    ),
    { numRuns: 15 },
  );
});

test('what no published checkpoint covers has no proof', async () => {
  const world = memoryWorld();
  await assert.rejects(logOf(world).prove(0), { code: 'LEDGER_INDEX_UNKNOWN' });
  const log = await startedLog(world);
  addEvents(world, 3);
  await log.sequence();
  addEvents(world, 1);
  for (const index of [3, -1, 0.5, Number.NaN, 2 ** 53])
    await assert.rejects(log.prove(index), { code: 'LEDGER_INDEX_UNKNOWN' });
  for (const [old, next] of [
    [2, 1],
    [1, 4],
    [-1, 1],
    [0.5, 1],
  ] as const)
    await assert.rejects(log.consistency(old, next), { code: 'LEDGER_INDEX_UNKNOWN' });
  assert.deepEqual(await log.consistency(0, 3), []);
  assert.deepEqual(await log.consistency(3, 3), []);
});

test('a reader of a damaged file is told, and given no proof', async () => {
  const world = memoryWorld();
  const log = await startedLog(world);
  addEvents(world, 300);
  await log.sequence();
  for (const path of ['tile/entries/000', 'tile/0/000']) {
    const whole = world.tiles.files.get(path);
    assert.ok(whole);
    const flipped = Uint8Array.from(whole);
    flipped[40] = (flipped[40] ?? 0) ^ 1;
    for (const damage of [flipped, whole.subarray(0, 31), undefined]) {
      if (damage === undefined) world.tiles.files.delete(path);
      else world.tiles.files.set(path, damage);
      await assert.rejects(log.prove(2), { code: 'LEDGER_CORRUPT' });
      if (path === 'tile/0/000') await assert.rejects(log.consistency(3, 300), { code: 'LEDGER_CORRUPT' });
    }
    world.tiles.files.set(path, whole);
    await log.prove(2);
  }
});

test('one event handed to the log twice, or an entry too long for it, stops it before anything is signed', async () => {
  for (const bad of [
    [
      { eventId: 'a', entry: Buffer.from('1') },
      { eventId: 'a', entry: Buffer.from('2') },
    ],
    [{ eventId: 'b', entry: Buffer.alloc(65_536) }],
  ]) {
    const world = memoryWorld();
    const log = await startedLog(world);
    const signed = world.signer.signed.length;
    for (const entry of bad) world.heads.add(entry);
    await assert.rejects(log.sequence(), { code: 'LEDGER_ENTRY_INVALID' });
    await assert.rejects(log.sequence(), { code: 'LEDGER_ENTRY_INVALID' });
    assert.equal(log.state().stopped?.code, 'LEDGER_ENTRY_INVALID');
    assert.equal(world.signer.signed.length, signed);
    assert.equal(world.tiles.staging.size, 0);
  }
});

test('an entry of 65,535 bytes, and one of none, are entries', async () => {
  const world = memoryWorld();
  const log = await startedLog(world);
  world.heads.add({ eventId: 'large', entry: Buffer.alloc(65_535, 'x') });
  world.heads.add({ eventId: 'empty', entry: Buffer.alloc(0) });
  assert.equal(await log.sequence(), 2);
  assert.equal((await log.prove(0)).entry.length, 65_535);
  assert.equal((await log.prove(1)).entry.length, 0);
  await startedLog(world);
});

test('while the clock is behind the newest checkpoint nothing is staged or signed; then it goes on', async () => {
  const world = memoryWorld();
  let nowMs = clock().getTime();
  const log = await startedLog(world, { clock: () => new Date(nowMs) });
  addEvents(world, 1);
  await log.sequence();
  const signed = world.signer.signed.length;
  nowMs -= 1;
  addEvents(world, 1);
  await assert.rejects(log.sequence(), { code: 'LEDGER_CLOCK_BACK' });
  assert.equal(log.state().waiting?.code, 'LEDGER_CLOCK_BACK');
  assert.equal(world.signer.signed.length, signed);
  assert.equal(world.tiles.staging.size, 0);
  // A restart does not help.
  const restarted = await startedLog(world, { clock: () => new Date(nowMs) });
  await assert.rejects(restarted.sequence(), { code: 'LEDGER_CLOCK_BACK' });
  nowMs += 1;
  assert.equal(await restarted.sequence(), 1);
  assert.equal(restarted.state().waiting, undefined);
  await assertWhole(world);
});

test('a signer that does not answer, or witnesses without quorum, hold the one batch until they do; others wait behind it', async () => {
  for (const code of ['LEDGER_SIGNER_UNAVAILABLE', 'LEDGER_NO_QUORUM'] as const) {
    const world = memoryWorld();
    let isDown = false;
    const fail = async <T>(value: T): Promise<T> => {
      if (isDown) throw new AssayError(code, 'down');
      return value;
    };
    const stops: AssayError[] = [];
    const log = await startedLog(world, {
      onStop: (error) => void stops.push(error),
      signer: {
        ...world.signer,
        sign: async (request) => {
          const note = await world.signer.sign(request);
          return code === 'LEDGER_SIGNER_UNAVAILABLE' ? fail(note) : note;
        },
      },
      cosign: (note) => (code === 'LEDGER_NO_QUORUM' ? fail(note) : Promise.resolve(note)),
    });
    isDown = true;
    addEvents(world, 2);
    await assert.rejects(log.sequence(), { code });
    addEvents(world, 3);
    await assert.rejects(log.sequence(), { code });
    assert.equal(log.state().waiting?.code, code);
    assert.equal(log.state().size, 0);
    assert.equal(world.signer.signed.at(-1)?.size, 2);
    isDown = false;
    assert.equal(await log.sequence(), 2);
    assert.equal(await log.sequence(), 3);
    assert.equal(log.state().waiting, undefined);
    assert.deepEqual(stops, []);
    await assertWhole(world);
  }
});

test('an answer about something else than was asked stops the log', async () => {
  for (const part of ['signer', 'cosign'] as const) {
    const world = memoryWorld();
    const other = memoryWorld();
    await startedLog(other);
    const note = other.signer.signed[0]?.note ?? '';
    const log = await startedLog(world);
    addEvents(world, 1);
    const lying =
      part === 'signer'
        ? { signer: { ...world.signer, sign: async () => note } }
        : { cosign: async () => note };
    const next = await startedLog(world, lying);
    await assert.rejects(next.sequence(), { code: 'LEDGER_CORRUPT' });
    assert.equal((await world.heads.head())?.size, 0);
    assert.equal(log.state().size, 0);
  }
});

test('witnesses get consistency proofs from any size they saw, before the checkpoint is published', async () => {
  const world = memoryWorld();
  const plain = await startedLog(world);
  addEvents(world, 260);
  await plain.sequence();
  const asked: number[] = [];
  const log = await startedLog(world, {
    cosign: async (note, proofFrom) => {
      const size = Number(note.split('\n')[1]);
      for (const oldSize of [1, 256, 260]) {
        if (oldSize > size) continue;
        const roots = rootsOf(world.heads.events.map(({ entry }) => entry));
        const proof = (await proofFrom(oldSize)).map(bytes);
        const claim = {
          oldSize,
          newSize: size,
          oldRoot: bytes(roots[oldSize] ?? ''),
          newRoot: bytes(roots[size] ?? ''),
        };
        assert.ok(verifyConsistency({ ...claim, proof }, sha256Of));
        asked.push(oldSize);
      }
      return note.replace(/\n$/, '\n— witness.example AAAAAAECAwQ=\n');
    },
  });
  addEvents(world, 300);
  await log.sequence();
  assert.deepEqual(asked, [1, 256, 260]);
  assert.match(Buffer.from(world.tiles.files.get('checkpoint') ?? []).toString(), /witness\.example/);
  await assertWhole(world);
});
