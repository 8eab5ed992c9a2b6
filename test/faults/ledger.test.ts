/** The log, cut at every step of an append: what was signed stays true, what was acknowledged is there, once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoundDeps } from '../../src/ledger/log/round.ts';
import { openTileStore } from '../../src/storage/log-files.ts';
import { failingFileSystem, noFault, type Fault } from '../support/failing-file-system.ts';
import { memoryHeads, testSigner } from '../support/log/memory-stores.ts';
import { cuts, withCut, type Cut } from '../support/log/steps.ts';
import {
  addEvents,
  assertWhole,
  clock,
  logOf,
  memoryWorld,
  sequenceAll,
  startedLog,
  type World,
} from '../support/log/world.ts';
import { memoryFileSystem, type MemoryFileSystem, type PowerLoss } from '../support/memory-file-system.ts';

/** Entries before, and in the append that is cut. */
const growths = [
  [0, 1],
  [3, 2],
  [254, 3],
  [255, 1],
  [256, 256],
  [300, 500],
] as const;

async function worldOf(size: number): Promise<ReturnType<typeof memoryWorld>> {
  const world = memoryWorld();
  const log = await startedLog(world);
  addEvents(world, size);
  await sequenceAll(log);
  return world;
}

/** Start and one round on top of these parts. Undefined when both went well. */
async function attempt(world: World, deps: RoundDeps): Promise<unknown> {
  const log = logOf(world, deps);
  try {
    await log.start();
    await log.sequence();
    return undefined;
  } catch (error) {
    // Whatever failed, this log says nothing more.
    const { stopped } = log.state();
    assert.ok(stopped);
    await assert.rejects(log.sequence(), stopped);
    return error;
  }
}

/** The next start finds the log, ends what was begun, and takes what waits and what comes. */
async function assertRecovers(world: World): Promise<void> {
  const log = logOf(world);
  await log.start();
  await sequenceAll(log);
  addEvents(world, 2);
  await sequenceAll(log);
  await assertWhole(world);
  assert.equal(log.state().stopped, undefined);
}

async function stepsOf(size: number, added: number): Promise<readonly string[]> {
  const world = await worldOf(size);
  addEvents(world, added);
  const stepped = withCut(world, { call: 0, how: 'fails', when: 'before' });
  assert.equal(await attempt(world, stepped.deps), undefined);
  return stepped.names;
}

test('whichever step of an append fails or is the last, before or after its work, a restart makes the log whole', async () => {
  const seen = new Set<string>();
  for (const [size, added] of growths) {
    const steps = await stepsOf(size, added);
    for (const [n, name] of steps.entries()) {
      seen.add(name);
      for (const kind of cuts) {
        const world = await worldOf(size);
        addEvents(world, added);
        const cut: Cut = { call: n + 1, ...kind };
        const stepped = withCut(world, cut);
        const what = `${size} + ${added}, ${name}, ${JSON.stringify(cut)}`;
        assert.ok(await attempt(world, stepped.deps), what);
        await assertRecovers(world).catch((error: unknown) => {
          throw new Error(what, { cause: error });
        });
      }
    }
  }
  for (const step of [
    'heads.pending',
    'tiles.stage',
    'signer.last',
    'signer.sign',
    'witness.cosign',
    'heads.commit',
    'tiles.putImmutable',
    'tiles.publish',
    'tiles.dropPartials',
    'tiles.unstage',
  ])
    assert.ok(seen.has(step), step);
});

test('a second death, in any step of the recovery from the first, changes nothing of that', async () => {
  const [size, added] = [254, 3];
  const steps = await stepsOf(size, added);
  for (let first = 1; first <= steps.length; first += 1) {
    for (const { when: firstWhen } of cuts.filter(({ how }) => how === 'dies')) {
      for (let second = 1, died = true; died; second += 1) {
        const world = await worldOf(size);
        addEvents(world, added);
        const once = withCut(world, { call: first, how: 'dies', when: firstWhen });
        await attempt(world, once.deps);
        const again = withCut(world, {
          call: second,
          how: 'dies',
          when: second % 2 === 0 ? 'before' : 'after',
        });
        died = (await attempt(world, again.deps)) !== undefined;
        await assertRecovers(world);
      }
    }
  }
});

test('a batch that was signed is the one that is committed, though other events waited first after the restart', async () => {
  const world = await worldOf(10);
  addEvents(world, 3);
  const names = await stepsOf(10, 3);
  const sign = names.indexOf('signer.sign') + 1;
  await attempt(world, withCut(world, { call: sign, how: 'dies', when: 'after' }).deps);
  addEvents(world, 4);
  const log = logOf(world, { batch: 100 });
  await log.start();
  assert.equal(log.state().size, 13);
  assert.equal(await log.sequence(), 4);
  await assertWhole(world);
});

// ---- the files, call by call ----

interface Disk {
  readonly world: Omit<World, 'tiles'>;
  readonly fs: MemoryFileSystem;
}

/** The same again, as often as wanted: it is quiet, so that nothing of it is lost with the power. */
function copyOf({ world, fs }: Disk): Disk {
  const { heads, signer } = world;
  return { fs: fs.afterPowerLoss('names-kept'), world: { heads: heads.copy(), signer: signer.copy() } };
}

async function diskOf(size: number): Promise<Disk> {
  const fs = memoryFileSystem();
  const world = { heads: memoryHeads(), signer: testSigner() };
  const whole = { ...world, tiles: await openTileStore('/ledger', fs) };
  const log = await startedLog(whole);
  addEvents(whole, size);
  await sequenceAll(log);
  return { world, fs };
}

/** As a process would: opens the files, starts, sequences. How many calls it made. */
async function processOn({ world, fs }: Disk, fault: Fault): Promise<number> {
  const failing = failingFileSystem(fs, fault);
  try {
    const tiles = await openTileStore('/ledger', failing.fs);
    await attempt({ ...world, tiles }, { ...world, tiles });
  } catch {
    // It could not even open its files.
  }
  return failing.calls();
}

type Aftermath = 'restart' | PowerLoss;

const fileFaults: readonly (Omit<Fault, 'call'> & { readonly aftermath: Aftermath })[] = [
  { errno: 'EIO', when: 'before', aftermath: 'restart' },
  { errno: 'EIO', when: 'after', aftermath: 'restart' },
  { errno: 'ENOSPC', when: 'torn', aftermath: 'restart' },
  { errno: 'EIO', when: 'before', dies: true, aftermath: 'restart' },
  { errno: 'EIO', when: 'torn', dies: true, aftermath: 'restart' },
  { errno: 'EIO', when: 'after', dies: true, aftermath: 'restart' },
  { errno: 'EIO', when: 'after', dies: true, aftermath: 'names-lost' },
  { errno: 'EIO', when: 'torn', dies: true, aftermath: 'names-kept' },
  { errno: 'EIO', when: 'after', aftermath: 'names-lost' },
];

test('whichever call to the file system fails, tears or is the last before death or power loss, a restart makes the log whole', async () => {
  for (const [size, added] of [
    [0, 1],
    [254, 3],
    [510, 3],
  ] as const) {
    const prepared = await diskOf(size);
    addEvents(prepared.world, added);
    const counted = copyOf(prepared);
    const calls = await processOn(counted, noFault);
    assert.ok(calls > 60, String(calls));
    for (let call = 1; call <= calls; call += 1) {
      for (const { aftermath, ...fault } of fileFaults) {
        const disk = copyOf(prepared);
        await processOn(disk, { call, ...fault });
        const fs = aftermath === 'restart' ? disk.fs : disk.fs.afterPowerLoss(aftermath);
        const tiles = await openTileStore('/ledger', fs);
        await assertRecovers({ ...disk.world, tiles }).catch((error: unknown) => {
          throw new Error(`${size} + ${added}, call ${call}, ${JSON.stringify({ ...fault, aftermath })}`, {
            cause: error,
          });
        });
        assert.deepEqual(await fs.readdir('/ledger/partial'), []);
      }
    }
  }
});

test('a full disk stops the log and loses nothing; it goes on after a restart with room', async () => {
  const disk = await diskOf(100);
  const counting = failingFileSystem(disk.fs, noFault);
  let isFull = false;
  const full = (): never => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };
  const tiles = await openTileStore('/ledger', {
    ...counting.fs,
    open: async (path, flags) => (isFull && flags === 'wx' ? full() : counting.fs.open(path, flags)),
  });
  const world = { ...disk.world, tiles };
  const stops: string[] = [];
  const log = logOf(world, { onStop: (error) => void stops.push(error.code) });
  await log.start();
  isFull = true;
  addEvents(world, 5);
  await assert.rejects(log.sequence(), { code: 'LEDGER_STOPPED', message: /ENOSPC/ });
  isFull = false;
  await assert.rejects(log.sequence(), { code: 'LEDGER_STOPPED' });
  assert.deepEqual(stops, ['LEDGER_STOPPED']);
  assert.equal((await log.prove(3)).size, 100, 'what is published is read on');
  await assertRecovers({ ...disk.world, tiles: await openTileStore('/ledger', disk.fs) });
});

// ---- two writers ----

test('a second sequencer at any moment of the first, and any order of their ends, forks nothing and loses nothing', async () => {
  const [size, added] = [254, 3];
  const steps = await stepsOf(size, added);
  for (let call = 1; call <= steps.length; call += 1) {
    for (const extra of [0, 2]) {
      const world = await worldOf(size);
      addEvents(world, added);
      const first = pausedAt(world, call);
      const running = attemptQuietly(world, first.deps);
      await Promise.race([first.reached, running]);
      addEvents(world, extra);
      const outcome = await attemptQuietly(world, world);
      first.resume();
      const codes = [await running, outcome];
      for (const code of codes.filter((code) => code !== undefined))
        assert.match(code, /^LEDGER_(?:HEAD_MOVED|SIGNER_AHEAD|SIGNER_REFUSED|FORKED|CORRUPT)$/);
      await assertRecovers(world);
    }
  }
});

async function attemptQuietly(world: World, deps: RoundDeps): Promise<string | undefined> {
  const error = await attempt(world, deps);
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Its n-th call waits until `resume`. */
function pausedAt(real: RoundDeps, call: number) {
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  let calls = 0;
  const pausing = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (object, name) => {
        const method: unknown = Reflect.get(object, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]): Promise<unknown> => {
          calls += 1;
          if (calls === call) {
            reached.resolve();
            await go.promise;
          }
          return Reflect.apply(method, object, args) as unknown;
        };
      },
    });
  const deps: RoundDeps = {
    tiles: pausing(real.tiles),
    heads: pausing(real.heads),
    signer: pausing(real.signer),
    cosign: async (note) => note,
  };
  return { deps, reached: reached.promise, resume: go.resolve };
}

// ---- old copies ----

test('a database that was put back to an earlier day is refused, and so is a whole data directory', async () => {
  const old = await worldOf(20);
  const oldHead = await old.heads.head();
  assert.ok(oldHead);
  const oldFiles = new Map(old.tiles.files);
  const log = await startedLog(old);
  addEvents(old, 5);
  await sequenceAll(log);
  const yesterday = { ...old.heads, head: async () => oldHead };
  const signed = old.signer.signed.length;

  await assert.rejects(logOf(old, { heads: yesterday }).start(), { code: 'LEDGER_ROLLED_BACK' });
  old.tiles.files.delete('checkpoint');
  await assert.rejects(logOf(old, { heads: yesterday }).start(), { code: 'LEDGER_SIGNER_AHEAD' });
  old.tiles.files.clear();
  for (const [path, bytes] of oldFiles) old.tiles.files.set(path, bytes);
  await assert.rejects(logOf(old, { heads: yesterday }).start(), { code: 'LEDGER_SIGNER_AHEAD' });
  assert.equal(old.signer.signed.length, signed, 'nothing was signed');
});

test('a log with another history, under the same signer or the same checkpoint, is refused', async () => {
  const [one, other] = [await worldOf(20), await worldOf(0)];
  for (let n = 0; n < 20; n += 1) other.heads.add({ eventId: `other-${n}`, entry: Buffer.from(String(n)) });
  await sequenceAll(await startedLog(other));
  await assert.rejects(logOf({ ...other, signer: one.signer }).start(), { code: 'LEDGER_FORKED' });
  await assert.rejects(logOf({ ...one, tiles: other.tiles }).start(), { code: 'LEDGER_FORKED' });
  const elsewhere = memoryWorld();
  await elsewhere.heads.inaugurate('elsewhere.example/log');
  await assert.rejects(logOf({ ...elsewhere, tiles: one.tiles }).start(), { code: 'LEDGER_FORKED' });
});

test('a signer that forgot some of what it signed goes on; a damaged head row, checkpoint or edge does not start', async () => {
  const world = await worldOf(300);
  const log = await startedLog(world);
  addEvents(world, 10);
  await sequenceAll(log);
  const { files } = world.tiles;
  const head = await world.heads.head();
  assert.ok(head);
  const damagedHead = { ...world.heads, head: async () => ({ ...head, root: head.root.replace(/^./, 'x') }) };
  await assert.rejects(logOf(world, { heads: damagedHead }).start(), { code: 'LEDGER_CORRUPT' });
  for (const path of ['checkpoint', 'tile/0/001.p/54', 'tile/1/000.p/1', 'tile/entries/001.p/54']) {
    const whole = files.get(path);
    assert.ok(whole);
    files.set(path, whole.subarray(0, -1));
    await assert.rejects(logOf(world).start(), { code: 'LEDGER_CORRUPT' }, path);
    if (path === 'checkpoint') {
      files.set(path, whole);
      continue;
    }
    files.delete(path);
    await assert.rejects(logOf(world).start(), { code: 'LEDGER_CORRUPT' }, path);
    files.set(path, whole);
  }
  await assertRecovers(world);
  assert.equal(clock().getTime(), log.state().timeMs);
});

test('a staged batch that was signed and is damaged, or gone, is never made up for', async () => {
  for (const damage of ['flip', 'gone'] as const) {
    const world = await worldOf(3);
    addEvents(world, 2);
    const names = await stepsOf(3, 2);
    const cut: Cut = { call: names.indexOf('signer.sign') + 1, how: 'dies', when: 'after' };
    await attempt(world, withCut(world, cut).deps);
    const [name = ''] = world.tiles.staging.keys();
    const bytes = world.tiles.staging.get(name) ?? new Uint8Array(0);
    if (damage === 'gone') world.tiles.staging.delete(name);
    else world.tiles.staging.set(name, flipped(bytes, 1600));
    const code = damage === 'gone' ? 'LEDGER_SIGNER_AHEAD' : 'LEDGER_CORRUPT';
    await assert.rejects(logOf(world).start(), { code });
    world.tiles.staging.set(name, bytes);
    await assertRecovers(world);
  }
});

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const at = Math.floor(bit / 8);
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit % 8));
  return changed;
}
