/** What a gate is made of: opened in the order in which one part needs the other, and handed to admission as its rooms. */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createHistory } from '../admission/history.ts';
import { alarmOnIndexChange } from '../admission/index-alarms.ts';
import { createIndexes } from '../admission/indexes.ts';
import type { AdmissionStore, PolicyEngine } from '../admission/deps.ts';
import type { PackageScanner } from '../admission/scan-deps.ts';
import { keepText } from '../admission/replay-inputs.ts';
import type { Rooms } from '../admission/rooms.ts';
import { createTurns } from '../admission/turns.ts';
import { rememberingTags } from '../admission/tag-sightings.ts';
import { createArchiveReader, type PooledArchiveReader } from '../archive/reader.ts';
import type { Collector } from '../core/collector.ts';
import type { Forge } from '../core/forge.ts';
import type { TrustMaterial } from '../core/trust.ts';
import type { Clock } from '../core/time.ts';
import { createCollectors } from '../evidence/collectors.ts';
import { indexFacts } from '../evidence/index-facts.ts';
import { createEventMaker } from '../ledger/event-maker.ts';
import { decide, judge } from '../policy/decide.ts';
import { factsOf } from '../policy/facts.ts';
import { compilePack, policyText } from '../policy/pack.ts';
import { isPackageName } from '../registries/npm/names.ts';
import { npmVersionOrder } from '../registries/npm/order.ts';
import { openStorage, type Storage } from '../storage/open.ts';
import { answersFor } from '../upstream/forge/answers.ts';
import type { ClosableUpstreamClient } from '../upstream/client.ts';
import { withBait } from './bait.ts';
import type { SettingInForce } from './config/shown.ts';
import type { Settings } from './config/settings.ts';
import { createAttestations } from './beside-index/attestations.ts';
import { createRegistryDocument, type RegistryDocument } from './beside-index/documents.ts';
import { epochsFrom, type EpochsInForce } from './epochs.ts';
import { openFeeds, type Feeds } from './feeds/for-gate.ts';
import type { Gate } from './gate.ts';
import { openLedger, type LedgerRooms } from './ledger/open.ts';
import { createLogger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openForge, openUpstream } from './outside.ts';
import { openPullLog, type PullLog } from './pulls/log.ts';
import { openKnownBehaviour } from './behaviour/for-gate.ts';
import type { KnownBehaviour } from './behaviour/known.ts';
import { openKnown } from './rebuilding/for-gate.ts';
import type { KnownBuilds } from './rebuilding/known.ts';
import { createNpmRoutes } from './routes.ts';
import { openScanner } from './scanner.ts';
import { openTrustForGate } from './trust/for-gate.ts';
import type { Trust } from './trust/open.ts';
import { createIndexPool, type IndexPool } from './workers/index-pool.ts';
import { createVerifyPool } from './workers/verify-pool.ts';
export interface GateInput {
  readonly settings: Settings;
  readonly shown: readonly SettingInForce[];
  /** Instead of the trust that comes with the program: roots of a private Sigstore, or of a test's. */
  readonly pinned?: TrustMaterial;
}
/** A bundle takes milliseconds. */
const verifyThreads = 1;
/** How long upstream's 404 for a package is believed. */
const absentSeconds = 60;
export interface Parts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Gate['log'];
  readonly storage: Storage;
  /** Storage's own, and every alarm is heard. */
  readonly store: AdmissionStore;
  readonly policy: PolicyEngine;
  readonly collectors: readonly Collector[];
  readonly epochs: EpochsInForce;
  readonly client: ClosableUpstreamClient;
  readonly indexPool: IndexPool;
  readonly archive: PooledArchiveReader;
  readonly scanner: PackageScanner;
  readonly metrics: Metrics;
  readonly ledgerRooms: LedgerRooms;
  readonly registryDocument: RegistryDocument;
  readonly forge: Forge;
  readonly trust: Trust;
  readonly feeds: Feeds;
  readonly pulls: PullLog;
  readonly builds: KnownBuilds;
  readonly behaviour: KnownBehaviour;
}

/** Everything that must be closed again, in the order in which one needs the other. */
export async function openParts(
  { settings, pinned }: GateInput,
  closers: (() => Promise<void>)[],
): Promise<Parts> {
  const clock: Clock = () => new Date();
  const log = createLogger(settings.logLevel);
  const storage = await openStorage({ directory: settings.dataDirectory, clock });
  closers.push(storage.close);
  const pack = compilePack(settings.policy);
  // Under its digest, so that what it decides can be derived again when another one is in force.
  await keepText(storage.blobs, policyText(settings.policy), pack.digest);
  const policy: PolicyEngine = {
    digest: pack.digest,
    decide: (input, now) => decide(input, pack, [], now),
    judge: (input, now) => judge(input, pack, [], now),
  };
  const verifiers = createVerifyPool({ threads: verifyThreads });
  closers.push(verifiers.close);
  const collectors = createCollectors({
    verifyBundle: verifiers.verify,
    feedLimits: settings.feedLimits,
    licences: settings.licences,
  });
  const epochs = await epochsFrom(
    await storage.settings.bumpEpochOnChange('policy', 'judged-by', judgedBy(pack.digest, collectors)),
    storage.settings,
  );
  const client = openUpstream(settings, storage, clock, log);
  closers.push(client.close);
  const forge = openForge(settings, clock);
  closers.push(() => Promise.resolve(forge.close()));
  const indexPool = createIndexPool({
    directory: join(settings.dataDirectory, 'indexes'),
    blobs: storage.blobs,
    threads: Math.min(2, availableParallelism()),
    maxIndexBytes: settings.fetchLimits.indexBytes,
  });
  closers.push(indexPool.close);
  const archive = createArchiveReader({
    limits: settings.archiveLimits,
    children: Math.min(4, availableParallelism()),
    nodePath: process.execPath,
    readable: [join(settings.dataDirectory, 'blobs')],
    onDeath: (info) => log.warn({ info }, 'a reader child ended'),
  });
  closers.push(archive.close);
  const scanner = openScanner(settings, log, closers);
  const metrics = createMetrics({
    held: async () => (await storage.read.counts()).releases.hold,
    alarms: async () => (await storage.read.counts()).alarms,
  });
  const store = loudly(storage, log, metrics);
  const ledgerRooms = await openLedger({ settings, storage, clock, log, store }, closers);
  const builds = await openKnown(storage, ledgerRooms.verifier);
  const registryDocument = createRegistryDocument(settings.upstreams, client, storage.blobs, clock);
  const trust = await openTrustForGate(
    { settings, storage, clock, log, raiseAlarm: store.raiseAlarm, registryDocument, epochs, pinned },
    closers,
  );
  const onUntold = (): Promise<void> => epochs.raise('feeds');
  const feeds = await openFeeds({ settings, storage, clock, log, onUntold }, closers);
  const pulls = await openPullLog({ store: storage.pulls, clock, log });
  closers.push(pulls.close);
  return {
    settings,
    clock,
    log,
    storage,
    store,
    policy,
    collectors,
    epochs,
    client,
    indexPool,
    archive,
    scanner,
    metrics,
    ledgerRooms,
    registryDocument,
    forge,
    trust,
    feeds,
    pulls,
    builds,
    behaviour: openKnownBehaviour(storage, settings.behaviour),
  };
}
export function roomsOf({
  settings,
  clock,
  storage,
  store,
  policy,
  collectors,
  epochs,
  client,
  indexPool,
  archive,
  scanner,
  ledgerRooms,
  registryDocument,
  forge,
  trust,
  feeds,
  pulls,
  builds,
  behaviour,
}: Parts): Rooms {
  const { blobs } = storage;
  const upstream = withBait(client, blobs, clock);
  const indexes = createIndexes({
    upstream,
    reader: indexPool,
    store,
    clock,
    freshSeconds: settings.indexFreshSeconds,
    absentSeconds,
    onChange: (_id, _name, view) => alarmOnIndexChange(store, clock, view),
  });
  const rooms: Omit<Rooms, 'history'> = {
    store,
    blobs,
    upstream,
    identityHostOf: (id) => settings.upstreams.find((one) => one.id === id)?.identityHost ?? id,
    archive,
    indexReader: indexPool,
    indexes,
    routeOf: routeOfName(settings),
    attestations: createAttestations(registryDocument),
    askForge: rememberingTags({
      askForge: (question) => answersFor(forge, question),
      records: storage.history,
      clock,
    }),
    trust: trust.current,
    learnKeys: trust.learnKeys,
    scanner,
    scans: storage.scans,
    behaviour: behaviour.of,
    behaviourWanted: behaviour.wanted,
    knowledge: ({ ecosystem, name }) => ({
      advisories: feeds.current(ecosystem),
      advisoryOverrides: feeds.overrides().filter((one) => one.name === name),
      vex: feeds.vexAbout(ecosystem, name),
      popular: feeds.popular(ecosystem),
      rebuildOf: builds.finding,
    }),
    pulls: pulls.of,
    collectors,
    policy,
    facts: { atIndex: indexFacts, atFile: factsOf },
    makeEvent: createEventMaker(randomBytes, ledgerRooms.verifier),
    order: { npm: npmVersionOrder },
    epochs: epochs.of,
    inTurn: createTurns(),
    clock,
    randomBytes,
  };
  return { ...rooms, history: createHistory({ ...rooms, records: storage.history }) };
}

/** Names of dependencies are whatever a manifest says. */
function routeOfName({ upstreams }: Settings): Rooms['routeOf'] {
  const routes = createNpmRoutes(upstreams);
  return (name) => (isPackageName(name) ? routes(name) : undefined);
}
/** A new policy, or a check that now looks differently: what was refused under the old ones is asked again. */
function judgedBy(policy: string, collectors: readonly Collector[]): string {
  return [policy, ...collectors.map(({ kind, version }) => `${kind}/${version}`).sort()].join(' ');
}

/** Alarms are records; the log and the metrics hear of them too. */
function loudly(storage: Storage, log: Gate['log'], metrics: Gate['metrics']): AdmissionStore {
  return {
    ...storage.admission,
    raiseAlarm: async (alarm) => {
      log.error({ alarm: alarm.kind, about: alarm.about }, alarm.message);
      metrics.alarm(alarm.kind);
      await storage.admission.raiseAlarm(alarm);
    },
  };
}
