/** Makes the outbox event of a decision transition, an erasure or a change of the log's key: a leaf, version 1, with the salts that open it. */
import { hash as digest } from 'node:crypto';

import type { OutboxEvent } from '../admission/deps.ts';
import { canonicalBytes } from '../core/canonical-json.ts';
import { isSha256, type Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { Principal, Subject } from '../core/subject.ts';
import { fromHex, toHex } from './verify/bytes.ts';
import { commit, prevPayload, saltBytes } from './verify/commitment.ts';
import { evidenceRoot, type EvidenceOpening } from './verify/evidence.ts';
import { encodeLeaf, type LeafType } from './verify/leaf.ts';
import type { FieldOpening, Openings } from './verify/opening.ts';

/** What an entry about the log itself is about, by its origin. */
export interface LogSubject {
  readonly log: string;
}

/** What an entry about a package as a whole is about; `package` is its purl, without a version. */
export interface PackageSubject {
  readonly upstream: string;
  readonly package: string;
}

/** What an entry about whom the gate trusts is about; there is one such chain. */
export interface TrustSubject {
  readonly trust: 'roots and keys';
}

/** What an entry about the feeds of advisories is about; there is one such chain. */
export interface FeedSubject {
  readonly feeds: 'advisories';
}

/** What an entry about builds of a version is about, its purl; of the source of a package, the purl without a version. */
export interface RebuildSubject {
  readonly rebuild: string;
}

/** What an entry about the builder's key is about, by the key's name; there is one such chain. */
export interface BuilderSubject {
  readonly builder: string;
}

export interface EventInput {
  readonly type: LeafType;
  /** Random and unguessable, 26 to 64 characters of `0-9A-Za-z_-` (at least 128 bits). Used once. */
  readonly eventId: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly subject:
    | Subject
    | LogSubject
    | PackageSubject
    | TrustSubject
    | FeedSubject
    | RebuildSubject
    | BuilderSubject;
  readonly actor: Principal;
  /** What `decisionStatement` or `erasureStatement` made, or the signer (a change of key, a new key of the builder). */
  readonly statement: JsonObject;
  /** Digests of the whole evidence set, in any order. */
  readonly evidence: readonly Sha256[];
  /** Event id of the subject's previous entry; undefined when this is its first. */
  readonly previousEventId: string | undefined;
  readonly randomBytes: (count: number) => Uint8Array;
}

export type DecisionEventInput = Omit<EventInput, 'type' | 'subject'> & { readonly subject: Subject };

type Committed = Pick<EventInput, 'subject' | 'actor' | 'statement' | 'evidence' | 'previousEventId'>;

const plainFields = ['subject', 'actor', 'statement', 'prev'] as const;

/**
 * SHA-256 as `ledger/verify` takes it. The detour through text is for speed (`bench/ledger-verify.ts`): the buffers
 * that node:crypto returns have memory of their own each, which costs more than the hashing of a node does.
 */
export function sha256Bytes(bytes: Uint8Array): Uint8Array {
  const text = digest('sha256', bytes, 'binary');
  const result = new Uint8Array(32);
  for (let n = 0; n < result.length; n += 1) result[n] = text.charCodeAt(n);
  return result;
}

/**
 * Throws RangeError for an event id, time, digest or random source that is not as described, and
 * CANONICAL_JSON_UNREPRESENTABLE for a text with a lone surrogate.
 */
export function makeEvent(input: EventInput): OutboxEvent {
  if (!input.evidence.every(isSha256)) throw new RangeError('an evidence digest is no SHA-256');
  const salts = drawSalts(input);
  const openings = decisionOpenings(input, salts);
  const evidence = openings.evidence && evidenceRoot(openings.evidence, sha256Bytes);
  if (evidence === undefined) throw new RangeError('too many pieces of evidence, or a salt is too short');
  const leaf = encodeLeaf({
    id: input.eventId,
    type: input.type,
    time: input.time,
    subject: commitmentOf('subject', openings),
    actor: commitmentOf('actor', openings),
    statement: commitmentOf('statement', openings),
    evidence,
    prev: commitmentOf('prev', openings),
  });
  const { eventId, type, time, statement, previousEventId } = input;
  return { eventId, type, time, leaf, salts, statement, previousEventId };
}

export function makeDecisionEvent(input: DecisionEventInput): OutboxEvent {
  return makeEvent({ ...input, type: 'decision/v1' });
}

/**
 * What opens the leaf's fields, from the stored payloads and salts. A field whose salt was erased stays
 * closed; so does the whole evidence set when one of its salts is missing.
 */
export function decisionOpenings(committed: Committed, salts: Readonly<Record<string, string>>): Openings {
  const payloads = {
    subject: subjectPayload(committed.subject),
    actor: actorPayload(committed.actor),
    statement: canonicalBytes(committed.statement),
    prev: prevPayload(committed.previousEventId),
  };
  const plain: Partial<Record<(typeof plainFields)[number], FieldOpening>> = {};
  for (const field of plainFields) {
    const salt = saltOf(salts, field);
    if (salt !== undefined) plain[field] = { salt, payload: payloads[field] };
  }
  const places: EvidenceOpening[] = [];
  for (const [n, digest] of evidencePlaces(committed.evidence).entries()) {
    const salt = saltOf(salts, `evidence/${n}`);
    if (salt === undefined) return plain;
    places.push({ salt, digest });
  }
  return { ...plain, evidence: places };
}

/** Named field by field: a field added to Subject must not change these bytes unnoticed. */
function subjectPayload(subject: EventInput['subject']): Uint8Array {
  if ('log' in subject) return canonicalBytes({ log: subject.log });
  if ('trust' in subject) return canonicalBytes({ trust: subject.trust });
  if ('rebuild' in subject) return canonicalBytes({ rebuild: subject.rebuild });
  if ('builder' in subject) return canonicalBytes({ builder: subject.builder });
  if ('feeds' in subject) return canonicalBytes({ feeds: subject.feeds });
  if ('package' in subject) return canonicalBytes({ package: subject.package, upstream: subject.upstream });
  const { upstream, channel, ecosystem, purl, file, claimedIntegrity, artifact } = subject;
  const named = { upstream, channel, ecosystem, purl, file, claimedIntegrity };
  return canonicalBytes(artifact === undefined ? named : { ...named, artifact });
}

function actorPayload(actor: Principal): Uint8Array {
  return canonicalBytes({ kind: actor.kind, name: actor.name });
}

/** Sorted, nothing twice; the empty set has one place with an empty digest. */
function evidencePlaces(digests: readonly Sha256[]): readonly string[] {
  return digests.length === 0 ? [''] : [...new Set(digests)].sort();
}

function drawSalts(input: EventInput): Readonly<Record<string, string>> {
  const places = evidencePlaces(input.evidence).map((_, n) => `evidence/${n}`);
  return Object.fromEntries(
    [...plainFields, ...places].map((key) => [key, toHex(input.randomBytes(saltBytes))]),
  );
}

function saltOf(salts: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(salts, key) ? salts[key] : undefined;
}

function commitmentOf(field: (typeof plainFields)[number], openings: Openings): string {
  const opening = openings[field];
  const salt = opening && fromHex(opening.salt, saltBytes);
  if (opening === undefined || salt === undefined)
    throw new RangeError(`no ${saltBytes}-byte salt for ${field}`);
  return toHex(commit(field, salt, opening.payload, sha256Bytes));
}
