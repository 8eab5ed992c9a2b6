/** A log with everything around it that outlives it, and what must be true of it whatever happened. */
import assert from 'node:assert/strict';
import type { TileStore } from '../../../src/ledger/log/deps.ts';
import { checkLog } from '../../../src/ledger/log/check.ts';
import { createLog, type Log, type LogOptions } from '../../../src/ledger/log/sequencer.ts';
import { toHex } from '../../../src/ledger/verify/bytes.ts';
import { emptyRange, extendRange, rangeRoot } from '../../../src/ledger/verify/compact-range.ts';
import { hashLeaf } from '../../../src/ledger/verify/rfc6962.ts';
import {
  memoryHeads,
  memoryTiles,
  origin,
  sha256Of,
  testSigner,
  type MemoryHeads,
  type TestSigner,
} from './memory-stores.ts';

export interface World<T extends TileStore = TileStore> {
  readonly tiles: T;
  readonly heads: MemoryHeads;
  readonly signer: TestSigner;
}

export function memoryWorld(): World<ReturnType<typeof memoryTiles>> {
  return { tiles: memoryTiles(), heads: memoryHeads(), signer: testSigner() };
}

/** New events, acknowledged from now on. */
export function addEvents({ heads }: Pick<World, 'heads'>, count: number): void {
  for (let n = 0; n < count; n += 1) {
    const eventId = `event-${heads.events.length}`;
    heads.add({ eventId, entry: Buffer.from(`{"id":"${eventId}"}`) });
  }
}

export const clock = (): Date => new Date('2026-01-02T03:04:05Z');

export function logOf(world: World, options: Partial<LogOptions> = {}): Log {
  return createLog({ ...world, clock, ...options });
}

/** A log as a start of the gate finds and leaves it. */
export async function startedLog(world: World, options: Partial<LogOptions> = {}): Promise<Log> {
  await world.heads.inaugurate(origin);
  const log = logOf(world, options);
  await log.start();
  return log;
}

export async function sequenceAll(log: Log): Promise<void> {
  while ((await log.sequence()) > 0);
}

/** By size, the one root a log of these entries can have. Hex. */
export function rootsOf(entries: readonly Uint8Array[]): readonly string[] {
  let range = emptyRange;
  const roots = [toHex(rangeRoot(range, sha256Of))];
  for (const entry of entries) {
    range = extendRange(range, [hashLeaf(entry, sha256Of)], sha256Of);
    roots.push(toHex(rangeRoot(range, sha256Of)));
  }
  return roots;
}

/**
 * Every event is in the log once, where the database says, with its bytes; every file is as signed; and nothing that
 * was ever signed is contradicted by what stands now.
 */
export async function assertWhole({ tiles, heads, signer }: World): Promise<void> {
  const entries: Uint8Array[] = [];
  const check = await checkLog({
    read: tiles.read,
    trust: signer.trust,
    verify: signer.verify,
    onEntry: (entry) => void entries.push(entry),
  });
  assert.deepEqual(check.findings, []);
  assert.equal(check.size, heads.events.length);
  for (const [index, entry] of entries.entries()) {
    const eventId = (await heads.eventAt(index)) ?? '';
    assert.equal(Buffer.from(entry).toString(), `{"id":"${eventId}"}`);
  }
  assert.equal(new Set(entries.map((entry) => Buffer.from(entry).toString())).size, heads.events.length);
  let range = emptyRange;
  for (const { size, root } of signer.signed.toSorted((a, b) => a.size - b.size)) {
    const added = entries.slice(range.size, size).map((entry) => hashLeaf(entry, sha256Of));
    range = extendRange(range, added, sha256Of);
    assert.equal(root, toHex(rangeRoot(range, sha256Of)), `what was signed at size ${size}`);
  }
  assert.deepEqual(await tiles.stagedNames(), []);
}
