/** Entries for an auditor: each with the proof that it is in the log, and with what opens it. */
import type { Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { ReleaseId } from '../../core/subject.ts';
import { openingsOf } from '../../ledger/disclose.ts';
import type { Log, PublishedProof } from '../../ledger/log/sequencer.ts';
import type { Disclosure, DisclosedEntry } from '../../ledger/verify/disclosure.ts';
import { parseLeaf, type LeafField } from '../../ledger/verify/leaf.ts';
import { formatProofBundle } from '../../ledger/verify/proof-bundle.ts';
import type { LedgerEvent } from '../../storage/events.ts';
import type { Storage } from '../../storage/open.ts';
import { envelopeText } from './statements.ts';

export interface DiscloseDeps {
  readonly storage: Pick<Storage, 'events' | 'blobs'>;
  readonly log: Pick<Log, 'prove' | 'state'>;
}

/** One entry, by its index or event id; whole histories; or all that is about the log itself: the changes of its key. */
export type Wanted =
  | { readonly index: number }
  | { readonly eventId: string }
  | { readonly releases: readonly ReleaseId[] }
  | { readonly aboutLog: true };

export interface Disclosed {
  readonly disclosure: Disclosure;
  /** Recorded, but not under the published checkpoint yet. */
  readonly waiting: number;
}

/** Throws LEDGER_INDEX_UNKNOWN when there is no such entry, LEDGER_CORRUPT, STORAGE_*. */
export async function disclose(
  deps: DiscloseDeps,
  wanted: Wanted,
  fields: readonly LeafField[],
): Promise<Disclosed> {
  const events = await eventsOf(deps.storage, wanted);
  const { size } = deps.log.state();
  const logged = events.filter(({ index }) => index !== undefined && index < size);
  const entries: DisclosedEntry[] = [];
  for (const event of logged) entries.push(await discloseOne(deps, event, fields));
  const claim = 'releases' in wanted ? 'history' : 'entries';
  return { disclosure: { claim, entries }, waiting: events.length - logged.length };
}

/** Throws LEDGER_INDEX_UNKNOWN. */
export async function eventsOf(
  { events }: Pick<Storage, 'events'>,
  wanted: Wanted,
): Promise<readonly LedgerEvent[]> {
  if ('releases' in wanted)
    return (await Promise.all(wanted.releases.map((release) => events.ofRelease(release)))).flat();
  if ('aboutLog' in wanted) return events.ofLog();
  const found = await ('index' in wanted ? events.byIndex(wanted.index) : events.byId(wanted.eventId));
  if (found !== undefined) return [found];
  const what = 'index' in wanted ? `entry ${wanted.index}` : `entry with the id ${wanted.eventId}`;
  throw new AssayError('LEDGER_INDEX_UNKNOWN', `there is no ${what}`);
}

async function discloseOne(
  { storage, log }: DiscloseDeps,
  event: LedgerEvent,
  fields: readonly LeafField[],
): Promise<DisclosedEntry> {
  const proven = await log.prove(event.index ?? -1);
  const entry = Buffer.from(proven.entry).toString('utf8');
  const parsed = parseLeaf(entry);
  // The outbox and the log's files are two records of one thing.
  if (entry !== event.leaf || !parsed.ok)
    throw new AssayError('LEDGER_CORRUPT', `entry ${proven.index} is not the event that is recorded for it`);
  const { statement, salts, previousEventId } = event;
  const openings = openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, fields);
  const isShown = openings.statement !== undefined;
  const textOf = async (digest: Sha256 | undefined): Promise<string | undefined> =>
    isShown ? envelopeText(storage.blobs, digest) : undefined;
  const [envelope, summary] = [await textOf(event.envelope), await textOf(event.summary?.envelope)];
  return { index: proven.index, entry, proof: proofText(proven), openings, envelope, summary };
}

function proofText({ index, proof, checkpoint }: PublishedProof): string {
  const hashes = proof.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  return formatProofBundle({ extra: undefined, index, proof: hashes, checkpoint });
}
