/** Brings a log that may have stopped anywhere to where it can go on, or refuses. */
import { AssayError } from '../../core/errors.ts';
import { readEdge } from './batch.ts';
import type { HeadStore, LogHead, TileStore } from './deps.ts';
import {
  applyRound,
  planRound,
  publishHead,
  tidyRound,
  type Round,
  type RoundDeps,
  type Standing,
} from './round.ts';
import { planRecovery } from './situation.ts';
import { parseStaged, type StagedBatch } from './staging.ts';

export interface Recovered {
  readonly standing: Standing;
  /** A batch that was signed and is not committed: it comes next, whatever else waits. */
  readonly carryOn: Round | undefined;
}

/**
 * Writes only what the head row, which is the authority, already says. Throws LEDGER_NOT_INAUGURATED,
 * LEDGER_ROLLED_BACK, LEDGER_FORKED, LEDGER_SIGNER_AHEAD, LEDGER_CORRUPT, LEDGER_SIGNER_UNAVAILABLE, and what the stores
 * throw.
 */
export async function recover({ tiles, heads, signer }: RoundDeps): Promise<Recovered> {
  const { origin } = await readHead(heads);
  // In this order, and the head last: another writer that goes on meanwhile does not look like a rolled back database.
  const published = await tiles.published();
  const signed = await signer.last(origin);
  const staged = await tiles.stagedNames();
  const head = await readHead(heads);
  const plan = planRecovery({ head, published, signed, staged });
  const applied = plan.apply === undefined ? undefined : await applyStaged(tiles, head, plan.apply);
  const edge = applied?.growth.edge ?? (await readEdge(tiles.read, head.size, head.root));
  if (plan.publish) await publishHead(tiles, head);
  if (applied !== undefined) await tidyRound(tiles, applied);
  const standing = { head, edge };
  const carryOn = plan.carryOn === undefined ? undefined : await carriedOn(tiles, standing, plan.carryOn);
  for (const name of plan.drop) await tiles.unstage(name);
  return { standing, carryOn };
}

async function readHead(heads: HeadStore): Promise<LogHead> {
  const head = await heads.head();
  if (head === undefined) throw new AssayError('LEDGER_NOT_INAUGURATED', 'the log has no head row');
  return head;
}

/** The files of the batch that made the head. */
async function applyStaged(tiles: TileStore, head: LogHead, name: string): Promise<Round> {
  const batch = await readStaged(tiles, name);
  const edge = await readEdge(tiles.read, batch.oldSize, batch.oldRoot);
  const round = planRound(
    { head: { ...head, size: batch.oldSize, root: batch.oldRoot }, edge },
    batch.entries,
  );
  if (round.batch.root !== head.root || round.batch.size !== head.size || batch.origin !== head.origin)
    throw new AssayError('LEDGER_CORRUPT', `the staged batch ${name} does not lead to the head of the log`);
  await applyRound(tiles, round);
  return round;
}

/** The signer signed this batch, so there is no other way on. Throws LEDGER_SIGNER_AHEAD when it does not lead from here. */
async function carriedOn(tiles: TileStore, standing: Standing, name: string): Promise<Round> {
  const batch = await readStaged(tiles, name);
  const { origin, size, root } = standing.head;
  const leadsOn = batch.origin === origin && batch.oldSize === size && batch.oldRoot === root;
  const round = planRound(standing, leadsOn ? batch.entries : []);
  if (!leadsOn || round.batch.size !== batch.size || round.batch.root !== batch.root)
    throw new AssayError('LEDGER_SIGNER_AHEAD', `the staged batch ${name} does not continue this log`);
  return round;
}

async function readStaged(tiles: TileStore, name: string): Promise<StagedBatch> {
  const bytes = await tiles.staged(name);
  const batch = bytes === undefined ? undefined : parseStaged(bytes);
  if (batch === undefined) throw new AssayError('LEDGER_CORRUPT', `the staged batch ${name} is damaged`);
  return batch;
}
