/** What the trust store remembers besides the material itself: which one is in force, since when, and what came before. */
import type { Sha256 } from '../core/digest.ts';
import { isSha256 } from '../core/digest.ts';
import { own, ownString, type Json, type JsonObject } from '../core/json.ts';
import type { Principal } from '../core/subject.ts';
import type { TrustSource } from '../core/trust.ts';
import { invalid, list, object, optionalTime, readDocument, text } from './reading.ts';

/** One change of the material, as the ledger has it. */
export interface TrustChange {
  readonly before: Sha256;
  readonly after: Sha256;
  readonly source: TrustSource;
  /** A URL, a file's name. */
  readonly via: string;
  /** One sentence each. */
  readonly changes: readonly string[];
  readonly principal: Principal;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** Id of its ledger entry. */
  readonly entry: string;
}

export interface TrustState {
  readonly current: Sha256;
  /** When this data directory first held trust material. */
  readonly since: string;
  /** Name of a Sigstore instance → when a refresh or an import last said that its root is current. */
  readonly confirmed: Readonly<Record<string, string>>;
  /** Newest first, the newest 200. All are in the ledger. */
  readonly history: readonly TrustChange[];
}

export const historyKept = 200;
export const changesKept = 50;
const sources: readonly string[] = ['pinned', 'tuf', 'imported', 'configured', 'endpoint'];

export function formatState({ current, since, confirmed, history }: TrustState): string {
  return JSON.stringify({ version: 1, current, since, confirmed, history });
}

/** Throws TRUST_INVALID. */
export function parseState(stored: string): TrustState {
  const document = readDocument(Buffer.from(stored), maxStateBytes);
  if (own(document, 'version') !== 1)
    throw invalid('the stored state of trust', 'is of another version of Assay');
  const confirmed = Object.entries(object(own(document, 'confirmed'), 'confirmed'));
  return {
    current: digestOf(document, 'current'),
    since: time(document, 'since'),
    confirmed: Object.fromEntries(confirmed.map(([name, at]) => [name, text(at, name)])),
    history: list(own(document, 'history'), 'history', historyKept).map(changeFrom),
  };
}

const maxStateBytes = 16 * 1024 * 1024;

function changeFrom(value: Json): TrustChange {
  const change = object(value, 'history');
  const principal = object(own(change, 'principal'), 'principal');
  return {
    before: digestOf(change, 'before'),
    after: digestOf(change, 'after'),
    source: sourceFrom(ownString(change, 'source')),
    via: text(own(change, 'via'), 'via'),
    changes: list(own(change, 'changes'), 'changes', changesKept + 1).map((one) => text(one, 'changes')),
    principal: { kind: ownString(principal, 'kind'), name: ownString(principal, 'name') } as Principal,
    at: time(change, 'at'),
    entry: text(own(change, 'entry'), 'entry'),
  };
}

function sourceFrom(source: string | undefined): TrustSource {
  if (source === undefined || !sources.includes(source)) throw invalid('source', 'is none that is known');
  return source as TrustSource;
}

function digestOf(from: JsonObject, key: string): Sha256 {
  const digest = ownString(from, key);
  if (digest === undefined || !isSha256(digest)) throw invalid(key, 'is no digest');
  return digest;
}

function time(from: JsonObject, key: string): string {
  const found = optionalTime(own(from, key), key);
  if (found === undefined) throw invalid(key, 'is missing');
  return found;
}
