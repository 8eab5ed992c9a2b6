/** The trust of a running gate: opened once, refreshed by a job, changed by the operator, and never in anybody's way. */
import { setTimeout as wait } from 'node:timers/promises';
import { gateItself, localOperator, type Principal } from '../../core/subject.ts';
import { isAssayError, messageOf } from '../../core/errors.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import type { TrustMaterial } from '../../core/trust.ts';
import type { Storage } from '../../storage/open.ts';
import { trustExpiries, type TrustExpiry } from '../../trust/expiry.ts';
import { pinnedTrust } from '../../trust/pinned.ts';
import { readDocument } from '../../trust/reading.ts';
import { createTrustStore, type OfferOutcome, type TrustAlarm, type TrustStore } from '../../trust/store.ts';
import { keptTufRoot, replaceTufRoot, type TufDeps } from '../../trust/tuf.ts';
import type { PublicFiles } from '../../upstream/public-files.ts';
import type { Settings, UpstreamSettings } from '../config/settings.ts';
import type { RegistryDocument } from '../beside-index/documents.ts';
import { writeFileDurably } from '../durable-file.ts';
import type { Logger } from '../logger.ts';
import { readImport, type ImportRequest } from './import.ts';
import { broughtRoot, offerOf, tufDirectory, tufPlaces, type TufPlace } from './repositories.ts';
import { keepingIn } from './keeping.ts';

export interface TrustParts {
  readonly settings: Pick<Settings, 'trust' | 'dataDirectory' | 'upstreams'>;
  readonly storage: Pick<Storage, 'settings' | 'blobs' | 'events'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly raiseAlarm: (alarm: TrustAlarm) => Promise<void>;
  readonly registryDocument: RegistryDocument;
  readonly files: Pick<PublicFiles, 'read'>;
  /** How long after the start the first refresh is; a minute, where it is not given. */
  readonly firstRefreshMs?: number;
  /** Instead of what comes with the program. */
  readonly pinned?: TrustMaterial | undefined;
}

/** What a refresh of one repository came to. */
export interface Refreshed {
  readonly name: string;
  readonly url: string;
  readonly at: string;
  readonly outcome: OfferOutcome | undefined;
  /** Undefined when it went well. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

export interface ImportOutcome extends OfferOutcome {
  readonly applied: boolean;
}

export interface Trust extends Pick<TrustStore, 'current' | 'onChange' | 'byDigest' | 'history'> {
  /** Asks every repository now; one that fails is in the answer and hinders no other. Never throws. */
  readonly refresh: (principal: Principal) => Promise<readonly Refreshed[]>;
  /** Of each repository the newest refresh since the start. */
  readonly refreshed: () => readonly Refreshed[];
  /** Throws TRUST_INVALID, TRUST_TUF_*, USAGE_INVALID, STORAGE_*. Without `apply` nothing is changed. */
  readonly import: (
    request: ImportRequest & { readonly apply: boolean; readonly via: string },
  ) => Promise<ImportOutcome>;
  /** Asks a registry for its keys where nobody else speaks for it, at most once an hour. Never throws. */
  readonly learnKeys: (upstream: string) => Promise<void>;
  readonly expiries: () => readonly TrustExpiry[];
  /** Sentences for the status; empty when all is well. */
  readonly problems: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** A gate that is started for a moment, as by a test, asks nobody. */
const defaultFirstRefreshMs = 60_000;
const expiryCheckMs = 24 * 3_600_000;
const learnAgainMs = 3_600_000;
const learnFailedMs = 300_000;
/** A refresh under way when the gate stops is left to itself then: what it verified is kept, or not. */
const closePatienceMs = 3000;
/** The longest that a timer of Node can wait. */
const maxWaitMs = 2 ** 31 - 1;

/** Throws TRUST_INVALID when what is stored cannot be read, STORAGE_*. */
export async function openTrust(parts: TrustParts): Promise<Trust> {
  const { settings, clock, log } = parts;
  const now = (): string => rfc3339(clock());
  const store = await createTrustStore({
    ...keepingIn(parts.storage),
    pinned: parts.pinned ?? pinnedTrust(),
    clock,
    maxAgeMs: settings.trust.maxAgeMs,
    raiseAlarm: parts.raiseAlarm,
  });
  const places = tufPlaces(settings);
  const tuf: TufDeps = {
    read: parts.files.read,
    writeDurably: (path, bytes) => writeFileDurably(path, bytes, 0o600),
  };
  const latest = new Map<string, Refreshed>();
  const learned = new Map<string, { readonly untilMs: number; readonly done: Promise<boolean> }>();
  const closing = new AbortController();
  let refreshing: Promise<unknown> = Promise.resolve();

  function hosts(): readonly string[] {
    const configured = settings.upstreams.map(({ identityHost }) => identityHost.toLowerCase());
    return [...new Set([...configured, ...store.current().registryKeys.keys()])].sort();
  }

  async function refreshOne(place: TufPlace, principal: Principal): Promise<Refreshed> {
    const { name, url } = place;
    const base = { name, url, at: now() };
    try {
      const offer = await offerOf(place, hosts(), tuf);
      const outcome = await store.take(offer, { via: url, principal });
      log.info({ repository: url, changes: outcome.changes }, 'trust was refreshed');
      return { ...base, outcome, problem: undefined };
    } catch (error) {
      log.warn({ err: error, repository: url }, 'trust could not be refreshed');
      const code = isAssayError(error) ? error.code : 'STORAGE_FAILED';
      return { ...base, outcome: undefined, problem: { code, message: messageOf(error) } };
    }
  }

  async function refresh(principal: Principal): Promise<readonly Refreshed[]> {
    const done: Refreshed[] = [];
    for (const place of places) {
      const one = await refreshOne(place, principal);
      latest.set(place.name, one);
      done.push(one);
    }
    return done;
  }

  /** Two refreshes at a time would write one folder. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = refreshing.then(work);
    refreshing = turn.catch(() => undefined);
    return turn;
  }

  async function importFile(
    request: ImportRequest & { readonly apply: boolean; readonly via: string },
  ): Promise<ImportOutcome> {
    const imported = await readImport(request);
    const by = { via: request.via, principal: localOperator };
    if (imported.kind === 'offer') {
      const { offer } = imported;
      const outcome = request.apply ? await store.take(offer, by) : store.preview(offer);
      return { ...outcome, applied: request.apply };
    }
    const { name, root } = imported;
    const directory = tufDirectory(settings.dataDirectory, name);
    const place = places.find((one) => one.name === name);
    const brought = place === undefined ? undefined : await broughtRoot(place);
    if (brought !== undefined && root.version < brought.version) {
      const older = `root ${root.version} is older than root ${brought.version}, which ${name} starts from without it`;
      return { changes: [], refused: [older], digest: store.current().digest, applied: request.apply };
    }
    const kept = await keptTufRoot(directory);
    const ended = root.expires <= now() ? ', expired' : '';
    const back = kept !== undefined && root.version < kept.version ? `, back from root ${kept.version}` : '';
    const change = `TUF starts from root ${root.version} (until ${root.expires}${ended}) for ${name}${back}`;
    if (request.apply) {
      await replaceTufRoot(directory, request.bytes, tuf);
      await store.note(change, by);
    }
    const refused = place === undefined ? [`trust.tuf names no repository ${name}`] : [];
    return { changes: [change], refused, digest: store.current().digest, applied: request.apply };
  }

  /** Everybody who comes while it is asked waits for the one answer. */
  async function learnKeys(id: string): Promise<void> {
    const upstream = settings.upstreams.find((one) => one.id === id);
    if (upstream === undefined) return;
    const known = store.current().registryKeys.get(upstream.identityHost.toLowerCase()) ?? [];
    if (known.some(({ source }) => source !== 'endpoint')) return;
    const nowMs = clock().getTime();
    const before = learned.get(id);
    if (before !== undefined && nowMs < before.untilMs) {
      await before.done;
      return;
    }
    const done = learnFrom(upstream);
    learned.set(id, { untilMs: nowMs + learnAgainMs, done });
    if (!(await done)) learned.set(id, { untilMs: nowMs + learnFailedMs, done });
  }

  async function learnFrom({ id, identityHost }: UpstreamSettings): Promise<boolean> {
    try {
      const bytes = await parts.registryDocument('-/npm/v1/keys', id);
      if (bytes !== undefined) await store.learnEndpointKeys(identityHost, readDocument(bytes));
      return true;
    } catch (error) {
      log.warn({ err: error, upstream: id }, 'the keys of a registry could not be learned');
      return false;
    }
  }

  async function alarmExpiries(): Promise<void> {
    for (const { about, what, at, state } of trustExpiries(store.current(), now())) {
      if (state === 'ahead') continue;
      await parts.raiseAlarm({
        kind: 'trust-root-expiring',
        severity: state === 'over' ? 'critical' : 'warning',
        about,
        message: `${about}: ${what} ${state === 'over' ? 'ended' : 'ends'} at ${at}.`,
        data: { what, at, state },
        at: now(),
      });
    }
  }

  async function every(firstMs: number, thenMs: number, work: () => Promise<unknown>): Promise<void> {
    let pauseMs = firstMs;
    while (!closing.signal.aborted) {
      await wait(Math.min(pauseMs, maxWaitMs), undefined, { signal: closing.signal, ref: false }).catch(
        () => undefined,
      );
      if (closing.signal.aborted) return;
      await work().catch((error: unknown) => log.warn({ err: error }, 'a job of trust failed'));
      pauseMs = thenMs;
    }
  }

  const { refreshEveryMs } = settings.trust;
  const jobs = [every(0, expiryCheckMs, alarmExpiries)];
  if (refreshEveryMs !== undefined)
    jobs.push(
      every(parts.firstRefreshMs ?? defaultFirstRefreshMs, refreshEveryMs, () =>
        inTurn(() => refresh(gateItself)),
      ),
    );

  return {
    ...store,
    refresh: (principal) => inTurn(() => refresh(principal)),
    refreshed: () => [...latest.values()],
    import: (request) => inTurn(() => importFile(request)),
    learnKeys,
    expiries: () => trustExpiries(store.current(), now()),
    problems: () => problemsOf(trustExpiries(store.current(), now()), [...latest.values()]),
    close: async () => {
      closing.abort();
      const patience = new AbortController();
      const enough = wait(closePatienceMs, undefined, { signal: patience.signal }).catch(() => undefined);
      await Promise.race([Promise.all([...jobs, refreshing]), enough]);
      patience.abort();
    },
  };
}

function problemsOf(expiries: readonly TrustExpiry[], refreshed: readonly Refreshed[]): readonly string[] {
  return [
    ...expiries.flatMap(({ about, what, at, state }) =>
      state === 'ahead'
        ? []
        : [`Trust: ${what} of ${about} ${state === 'over' ? 'ended' : 'ends'} at ${at}.`],
    ),
    ...refreshed.flatMap(({ name, problem }) =>
      problem === undefined ? [] : [`Trust: ${name} could not be refreshed (${problem.code}).`],
    ),
  ];
}
