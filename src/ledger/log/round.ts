/** The steps by which one batch of entries becomes the log's. Recovery takes the same ones. */
import { AssayError } from '../../core/errors.ts';
import { fromHex, utf8 } from '../verify/bytes.ts';
import { formatCheckpoint, parseCheckpoint } from '../verify/checkpoint.ts';
import { parseNote } from '../verify/note.ts';
import { grow, type Edge, type Growth } from './batch.ts';
import type { CheckpointSigner, Cosign, HeadStore, LogHead, PendingEntry, TileStore } from './deps.ts';
import { proveConsistency, type Tree } from './prove.ts';
import type { ReadFile } from './read-tile.ts';
import { stagedName, type StagedBatch } from './staging.ts';

export interface RoundDeps {
  readonly tiles: TileStore;
  readonly heads: HeadStore;
  readonly signer: CheckpointSigner;
  /** Without it checkpoints are published without cosignatures. */
  readonly cosign?: Cosign | undefined;
}

/** What is published, and what the next batch continues. */
export interface Standing {
  readonly head: LogHead;
  readonly edge: Edge;
}

export interface Round {
  readonly batch: StagedBatch;
  readonly growth: Growth;
}

/** Throws LEDGER_ENTRY_INVALID: too long, or one event twice. */
export function planRound({ head, edge }: Standing, entries: readonly PendingEntry[]): Round {
  if (new Set(entries.map(({ eventId }) => eventId)).size !== entries.length)
    throw new AssayError('LEDGER_ENTRY_INVALID', 'one event is to be in the log twice');
  const growth = grow(
    edge,
    entries.map(({ entry }) => entry),
  );
  const { origin, size: oldSize, root: oldRoot } = head;
  const { root } = growth;
  return { growth, batch: { origin, oldSize, oldRoot, size: growth.edge.size, root, entries } };
}

/** The note the signer gave. Throws LEDGER_SIGNER_* (see there), LEDGER_FORKED, LEDGER_CORRUPT. */
export async function signRound({ tiles, signer }: RoundDeps, { batch, growth }: Round): Promise<string> {
  const { origin, size, root } = batch;
  const last = await signer.last(origin);
  if (last.size > size)
    throw new AssayError(
      'LEDGER_SIGNER_AHEAD',
      `the signer has signed size ${last.size}, this is to be ${size}`,
    );
  if (last.size === size && last.root !== root)
    throw new AssayError('LEDGER_FORKED', `the signer has signed size ${size} with another root`);
  const proof = await proveConsistency(withNewFiles(tiles, growth), batch, last.size, size);
  const note = await signer.sign({ origin, oldSize: last.size, size, root, proof });
  return sameCheckpoint(note, batch, 'the signer');
}

/** Throws LEDGER_NO_QUORUM. */
export async function cosignRound(deps: RoundDeps, { batch, growth }: Round, note: string): Promise<string> {
  if (deps.cosign === undefined) return note;
  const read = withNewFiles(deps.tiles, growth);
  const cosigned = await deps.cosign(note, (oldSize) => proveConsistency(read, batch, oldSize, batch.size));
  return sameCheckpoint(cosigned, batch, 'the witnesses');
}

/** Throws LEDGER_HEAD_MOVED. */
export async function commitRound(
  { heads }: RoundDeps,
  standing: Standing,
  { batch, growth }: Round,
  signed: { readonly checkpoint: string; readonly timeMs: number },
): Promise<Standing> {
  const { origin, size, root, oldSize, entries } = batch;
  const head = { origin, size, root, ...signed };
  const committed = entries.map(({ eventId }, n) => ({
    eventId,
    index: oldSize + n,
    leafHash: growth.leafHashes[n] ?? '',
  }));
  if (!(await heads.commit(standing.head.epoch, head, committed)))
    throw new AssayError(
      'LEDGER_HEAD_MOVED',
      `the head is no longer at size ${oldSize}, or an event is not waiting`,
    );
  return { head: { ...head, epoch: standing.head.epoch + 1 }, edge: growth.edge };
}

/** Everything after the commit. Done again after a crash, it finds what is there and adds what is not. */
export async function publishRound({ tiles }: RoundDeps, { head }: Standing, round: Round): Promise<void> {
  await applyRound(tiles, round);
  await publishHead(tiles, head);
  await tidyRound(tiles, round);
}

export async function applyRound(tiles: TileStore, { growth }: Round): Promise<void> {
  await allOf(growth.files, ({ path, bytes }) => tiles.putImmutable(path, bytes));
}

/** Throws LEDGER_HEAD_MOVED when another process has published a later checkpoint: it never goes back. */
export async function publishHead(tiles: TileStore, { size, checkpoint }: LogHead): Promise<void> {
  const published = await tiles.published();
  const seen = published === undefined ? undefined : parseCheckpoint(parseNote(published)?.text ?? '');
  if (seen !== undefined && seen.size > size)
    throw new AssayError(
      'LEDGER_HEAD_MOVED',
      `a checkpoint of size ${seen.size} is published, ours has ${size}`,
    );
  await tiles.publish(utf8(checkpoint));
}

export async function tidyRound(tiles: TileStore, { batch, growth }: Round): Promise<void> {
  await allOf(growth.outgrown, (path) => tiles.dropPartials(path));
  if (batch.entries.length > 0) await tiles.unstage(stagedName(batch));
}

/** Before the commit the new files are nowhere but here. */
function withNewFiles(tiles: TileStore, { files }: Growth): ReadFile {
  const fresh = new Map(files.map(({ path, bytes }) => [path, bytes]));
  return async (path) => fresh.get(path) ?? tiles.read(path);
}

/** The note is about what it was asked for. Throws LEDGER_CORRUPT. */
function sameCheckpoint(
  note: string,
  { origin, size, root }: Tree & { origin: string },
  who: string,
): string {
  const text = formatCheckpoint({ origin, size, root: fromHex(root, 32) ?? new Uint8Array(0) });
  if (parseNote(note)?.text === text) return note;
  throw new AssayError('LEDGER_CORRUPT', `${who} answered with a note that is not about size ${size}`);
}

const atOnce = 16;

/** A few at a time. When one fails, the others under way end first: nothing happens after the answer. */
async function allOf<T>(items: readonly T[], call: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += atOnce) {
    const settled = await Promise.allSettled(items.slice(at, at + atOnce).map(call));
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
