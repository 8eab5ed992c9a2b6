/**
 * The trust in force, and all that ever was: durable, recorded in the ledger, and alarmed when it changes. One change at
 * a time; what a change leads to is seen only after it is on disk.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import { forTerminal } from '../core/encode.ts';
import type { Alarm, AlarmKind } from '../core/alarm.ts';
import type { Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import { gateItself, type Principal } from '../core/subject.ts';
import { instantOf, rfc3339, type Clock } from '../core/time.ts';
import type { SigstoreTrust, TrustMaterial } from '../core/trust.ts';
import { conflictLine, linesOfOffer } from './lines.ts';
import { materialJson, readMaterial } from './material.ts';
import { parseRegistryKeys } from './npm-keys.ts';
import { withOffer, type Offer, type Offered } from './offer.ts';
import {
  changesKept,
  formatState,
  historyKept,
  parseState,
  type TrustChange,
  type TrustState,
} from './state.ts';

/** Raised as admission's alarms are. */
export interface TrustAlarm {
  readonly kind: AlarmKind;
  readonly severity: Alarm['severity'];
  readonly about: string;
  readonly message: string;
  readonly data: JsonObject;
  readonly at: string;
}

export interface TrustStoreDeps {
  /** What came with the program. */
  readonly pinned: TrustMaterial;
  readonly clock: Clock;
  /** How long a confirmation of a Sigstore root is relied on; undefined: for ever. */
  readonly maxAgeMs: number | undefined;
  readonly readState: () => Promise<string | undefined>;
  readonly writeState: (state: string) => Promise<void>;
  /** Durable under its SHA-256. */
  readonly writeMaterial: (bytes: Uint8Array) => Promise<void>;
  /** Undefined when it is not there. */
  readonly readMaterial: (digest: Sha256) => Promise<Uint8Array | undefined>;
  /** Writes the ledger entry and, in the same transaction, the state that follows from its id. */
  readonly record: (change: Omit<TrustChange, 'entry'>, stateOf: (entry: string) => string) => Promise<void>;
  readonly raiseAlarm: (alarm: TrustAlarm) => Promise<void>;
}

export interface OfferOutcome {
  /** One sentence a change; empty: everything was so before. */
  readonly changes: readonly string[];
  /** What was not taken, and why. */
  readonly refused: readonly string[];
  /** The material it leads to. */
  readonly digest: Sha256;
}

/** Where an offer comes from, and who makes it. */
export interface OfferedBy {
  /** A URL, a file's name. */
  readonly via: string;
  readonly principal: Principal;
}

export interface TrustStore {
  readonly current: () => TrustMaterial;
  /** Called after a change is durable, with the new material; its promise is waited for. */
  readonly onChange: (listener: (material: TrustMaterial) => void | Promise<void>) => void;
  /** Material that was in force at some time. Freshness (`confirmedAt`, `staleAt`) is not part of it. Throws TRUST_INVALID for other bytes. */
  readonly byDigest: (digest: Sha256) => Promise<TrustMaterial | undefined>;
  /** Newest first. */
  readonly history: () => readonly TrustChange[];
  /** What `take` would do. */
  readonly preview: (offer: Offer) => OfferOutcome;
  /** Takes what may be taken of an offer, records it, and confirms the roots in it. Throws STORAGE_*. */
  readonly take: (offer: Offer, by: OfferedBy) => Promise<OfferOutcome>;
  /** Records that something else about trust was changed by hand, such as the root that TUF starts from. */
  readonly note: (change: string, by: OfferedBy) => Promise<void>;
  /**
   * What a registry's own endpoint says (`/-/npm/v1/keys`, parsed). Believed where nobody else speaks for the identity
   * host. Throws TRUST_INVALID, STORAGE_*.
   */
  readonly learnEndpointKeys: (identityHost: string, document: JsonObject) => Promise<OfferOutcome>;
}

/** Throws TRUST_INVALID when what is stored cannot be read, STORAGE_*. A newer pinned root is taken over here. */
export async function createTrustStore(deps: TrustStoreDeps): Promise<TrustStore> {
  const stored = await deps.readState();
  let state = stored === undefined ? await begin(deps) : parseState(stored);
  const kept = await materialOf(deps, state.current);
  let material = kept ?? deps.pinned;
  let turn: Promise<unknown> = Promise.resolve();
  const listeners: ((material: TrustMaterial) => void | Promise<void>)[] = [];

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  }

  async function change(
    to: TrustMaterial,
    offer: Offer,
    changes: readonly string[],
    by: OfferedBy,
    now: string,
  ): Promise<void> {
    const bytes = Buffer.from(canonicalJson(materialJson(to)));
    await deps.writeMaterial(bytes);
    const entry = {
      before: state.current,
      after: to.digest,
      source: offer.source,
      via: forTerminal(by.via, 500),
      changes: shortened(changes),
      principal: by.principal,
      at: now,
    };
    let next = state;
    await deps.record(entry, (id) => {
      next = {
        ...state,
        current: to.digest,
        confirmed: confirmedBy(state, offer, now),
        history: [{ ...entry, entry: id }, ...state.history].slice(0, historyKept),
      };
      return formatState(next);
    });
    state = next;
    material = to;
    for (const listener of listeners) await listener(current());
  }

  function current(): TrustMaterial {
    return {
      ...material,
      sigstore: material.sigstore.map((one) => withFreshness(one, state, deps.maxAgeMs)),
    };
  }

  async function take(offer: Offer, by: OfferedBy): Promise<OfferOutcome> {
    const now = rfc3339(deps.clock());
    const before = material;
    const offered = withOffer(before, offer, now);
    const outcome = outcomeOf(offered);
    if (outcome.changes.length > 0) await change(offered.material, offer, outcome.changes, by, now);
    else if (offer.roots.length > 0 && offered.roots.length === 0) {
      const next = { ...state, confirmed: confirmedBy(state, offer, now) };
      await deps.writeState(formatState(next));
      state = next;
    }
    for (const alarm of alarmsOf(offered, offer, outcome, by, before, now)) await deps.raiseAlarm(alarm);
    return outcome;
  }

  /** Its bytes are gone: what the program brings is trusted, as on a first start, and people are told. */
  async function replaceLost(): Promise<void> {
    const now = rfc3339(deps.clock());
    const line = `the material ${state.current} was lost, and what comes with the program is in force`;
    const by = { via: 'this version of Assay', principal: gateItself };
    await change(deps.pinned, { source: 'pinned', roots: [], keys: [] }, [line], by, now);
    await deps.raiseAlarm(changed(line, [line], by, deps.pinned.digest, now));
  }

  const store: TrustStore = {
    current,
    onChange: (listener) => void listeners.push(listener),
    byDigest: async (digest) => {
      if (digest === material.digest) return material;
      const bytes = await deps.readMaterial(digest);
      return bytes === undefined ? undefined : readMaterial(bytes, digest);
    },
    history: () => state.history,
    preview: (offer) => outcomeOf(withOffer(material, offer, rfc3339(deps.clock()))),
    take: (offer, by) => inTurn(() => take(offer, by)),
    note: (text, by) =>
      inTurn(async () => {
        const now = rfc3339(deps.clock());
        const nothing: Offer = { source: 'imported', roots: [], keys: [] };
        await change(material, nothing, [text], by, now);
        await deps.raiseAlarm(changed(text, [text], by, material.digest, now));
      }),
    learnEndpointKeys: async (identityHost, document) => {
      const keys = parseRegistryKeys(document, 'endpoint');
      const offer: Offer = {
        source: 'endpoint',
        roots: [],
        keys: [{ host: identityHost.toLowerCase(), keys }],
      };
      return store.take(offer, { via: `the registry ${identityHost} itself`, principal: gateItself });
    },
  };
  if (kept === undefined) await inTurn(() => replaceLost());
  await takePinned(store, deps.pinned);
  return store;
}

/** The material that comes with the program is in force from the start; it is no change, and no entry. */
async function begin(deps: TrustStoreDeps): Promise<TrustState> {
  await deps.writeMaterial(Buffer.from(canonicalJson(materialJson(deps.pinned))));
  const state: TrustState = {
    current: deps.pinned.digest,
    since: rfc3339(deps.clock()),
    confirmed: {},
    history: [],
  };
  await deps.writeState(formatState(state));
  return state;
}

async function materialOf(deps: TrustStoreDeps, digest: Sha256): Promise<TrustMaterial | undefined> {
  if (digest === deps.pinned.digest) return deps.pinned;
  const bytes = await deps.readMaterial(digest);
  return bytes === undefined ? undefined : readMaterial(bytes, digest);
}

/** A program that was updated may bring a newer root than the one in use. An older one is what it was: no news. */
async function takePinned(store: TrustStore, pinned: TrustMaterial): Promise<void> {
  const known = store.current();
  const newer = pinned.sigstore.filter((one) => {
    const used = known.sigstore.find(({ name }) => name === one.name);
    return (one.tufRoot?.version ?? 0) > (used?.tufRoot?.version ?? 0) && used?.source !== 'imported';
  });
  if (newer.length === 0) return;
  const keys = [...pinned.registryKeys].map(([host, list]) => ({ host, keys: list }));
  await store.take(
    { source: 'pinned', roots: newer, keys },
    { via: 'this version of Assay', principal: gateItself },
  );
}

function outcomeOf(offered: Offered): OfferOutcome {
  return { ...linesOfOffer(offered), digest: offered.material.digest };
}

/** Roots that were offered and are in force are current as of now; what came with the program says nothing of today. */
function confirmedBy(state: TrustState, offer: Offer, now: string): TrustState['confirmed'] {
  if (offer.source === 'pinned') return state.confirmed;
  return { ...state.confirmed, ...Object.fromEntries(offer.roots.map(({ name }) => [name, now])) };
}

function withFreshness(trust: SigstoreTrust, state: TrustState, maxAgeMs: number | undefined): SigstoreTrust {
  const confirmedAt = Object.hasOwn(state.confirmed, trust.name) ? state.confirmed[trust.name] : undefined;
  const from = instantOf(confirmedAt ?? state.since);
  const staleAt = maxAgeMs === undefined ? undefined : rfc3339(new Date(from + maxAgeMs));
  return { ...trust, confirmedAt, staleAt };
}

/** What is stored must be readable at the next start, whatever a file or key is called. */
function shortened(changes: readonly string[]): readonly string[] {
  const kept = changes.slice(0, changesKept).map((change) => forTerminal(change, 1000));
  return kept.length === changes.length ? kept : [...kept, `and ${changes.length - kept.length} more`];
}

function alarmsOf(
  offered: Offered,
  offer: Offer,
  outcome: OfferOutcome,
  by: OfferedBy,
  before: TrustMaterial,
  at: string,
): readonly TrustAlarm[] {
  // The first keys of a registry that nobody vouches for but itself are a beginning, not a change.
  const isFirst =
    offer.source === 'endpoint' && offer.keys.every(({ host }) => !before.registryKeys.has(host));
  const [first] = outcome.changes;
  return [
    ...(first === undefined || isFirst ? [] : [changed(first, outcome.changes, by, outcome.digest, at)]),
    ...offered.conflicts.map((conflict) => ({
      kind: 'trust-conflict' as const,
      severity: 'critical' as const,
      about: conflict.host,
      message: conflictLine(conflict),
      data: { keyid: conflict.keyid, kept: conflict.kept, refused: conflict.refused },
      at,
    })),
    ...offered.keys
      .filter(({ what }) => what === 'unvouched')
      .map(({ host, keyid }) => ({
        kind: 'trust-conflict' as const,
        severity: 'warning' as const,
        about: host,
        message: `The registry ${host} lists a key ${keyid} that nobody else vouches for; it is not used.`,
        data: { keyid },
        at,
      })),
  ];
}

function changed(
  first: string,
  changes: readonly string[],
  by: OfferedBy,
  digest: Sha256,
  at: string,
): TrustAlarm {
  const more = changes.length > 1 ? ` (and ${changes.length - 1} more)` : '';
  return {
    kind: 'trust-root-changed',
    severity: 'warning',
    about: by.via,
    message: `What signatures are judged by has changed: ${first}${more}.`,
    data: { digest, principal: by.principal.name },
    at,
  };
}
