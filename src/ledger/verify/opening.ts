/** Does what was disclosed belong to this leaf? Each field is disclosed, withheld or erased on its own. */
import { fromHex, toHex } from './bytes.ts';
import { commit, saltBytes } from './commitment.ts';
import { evidenceRoot, type EvidenceOpening } from './evidence.ts';
import { isEventId, leafFields, type Leaf, type LeafField } from './leaf.ts';
import type { Hash } from './rfc6962.ts';

export interface FieldOpening {
  /** 64 lower-case hex digits. */
  readonly salt: string;
  readonly payload: Uint8Array;
}

/** A field that is absent stays closed. */
export interface Openings {
  readonly subject?: FieldOpening;
  readonly actor?: FieldOpening;
  readonly statement?: FieldOpening;
  readonly prev?: FieldOpening;
  /** Every place of the set, in order: the root needs all of them. */
  readonly evidence?: readonly EvidenceOpening[];
}

/**
 * `opened`: this is what the leaf commits to. `partly`: the evidence set is of this size and the disclosed
 * places are in it, others are not shown. `closed`: nothing was disclosed. `refuted`: it is not what the leaf
 * commits to.
 */
export type FieldVerdict = 'opened' | 'partly' | 'closed' | 'refuted';
export type OpeningVerdict = Readonly<Record<LeafField, FieldVerdict>>;

/** Looks at the commitments only: that the leaf is in the log is for an inclusion proof to show. */
export function verifyOpening(leaf: Leaf, openings: Openings, hash: Hash): OpeningVerdict {
  return {
    subject: fieldVerdict('subject', leaf, openings.subject, hash),
    actor: fieldVerdict('actor', leaf, openings.actor, hash),
    statement: fieldVerdict('statement', leaf, openings.statement, hash),
    evidence: evidenceVerdict(leaf, openings.evidence, hash),
    prev: isPrevious(openings.prev) ? fieldVerdict('prev', leaf, openings.prev, hash) : 'refuted',
  };
}

/** Whether every field that the caller must rely on is fully disclosed, and nothing at all is refuted. */
export function allOpened(verdict: OpeningVerdict, needed: readonly LeafField[]): boolean {
  return (
    needed.every((field) => verdict[field] === 'opened') &&
    leafFields.every((field) => verdict[field] !== 'refuted')
  );
}

function fieldVerdict(
  field: Exclude<LeafField, 'evidence'>,
  leaf: Leaf,
  opening: FieldOpening | undefined,
  hash: Hash,
): FieldVerdict {
  if (opening === undefined) return 'closed';
  const salt = fromHex(opening.salt, saltBytes);
  if (salt === undefined) return 'refuted';
  return toHex(commit(field, salt, opening.payload, hash)) === leaf[field] ? 'opened' : 'refuted';
}

function evidenceVerdict(
  leaf: Leaf,
  places: readonly EvidenceOpening[] | undefined,
  hash: Hash,
): FieldVerdict {
  if (places === undefined) return 'closed';
  if (evidenceRoot(places, hash) !== leaf.evidence) return 'refuted';
  return places.every((place) => 'digest' in place) ? 'opened' : 'partly';
}

/** A link must lead somewhere: no bytes (the first entry) or an id another entry can have. */
function isPrevious(opening: FieldOpening | undefined): boolean {
  if (opening === undefined || opening.payload.length === 0) return true;
  // One byte more than the longest id is enough to see that it is none.
  return isEventId(String.fromCharCode(...opening.payload.subarray(0, 65)));
}
