/** The composition root: builds the rooms, hands each what it needs, and starts the surfaces. */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createAdmission, type Admission } from '../admission/admit.ts';
import { createHistory } from '../admission/history.ts';
import { alarmOnIndexChange } from '../admission/index-alarms.ts';
import { createIndexes } from '../admission/indexes.ts';
import type { AdmissionStore, PolicyEngine } from '../admission/deps.ts';
import type { PackageScanner } from '../admission/scan-deps.ts';
import { createLru } from '../admission/lru.ts';
import { recommend } from '../admission/recommend.ts';
import { readArchive } from '../admission/read-archive.ts';
import { keepText } from '../admission/replay-inputs.ts';
import type { Rooms } from '../admission/rooms.ts';
import { createTurns } from '../admission/turns.ts';
import { createShelves, type Shelves } from '../admission/shelf.ts';
import { rememberingTags } from '../admission/tag-sightings.ts';
import { createArchiveReader, type PooledArchiveReader } from '../archive/reader.ts';
import { AssayError } from '../core/errors.ts';
import type { Collector } from '../core/collector.ts';
import type { Forge } from '../core/forge.ts';
import { parsePurl, type Ecosystem } from '../core/purl.ts';
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
import { createCallers } from './callers.ts';
import type { SettingInForce } from './config/shown.ts';
import type { Settings } from './config/settings.ts';
import { startControlServer } from './control/server.ts';
import { createAttestations } from './beside-index/attestations.ts';
import { createRegistryDocument, type RegistryDocument } from './beside-index/documents.ts';
import { epochsFrom, type EpochsInForce } from './epochs.ts';
import { openFeeds, type Feeds } from './feeds/for-gate.ts';
import type { Gate } from './gate.ts';
import { createBodies } from './gateway/bodies.ts';
import { createGateway } from './gateway/gateway.ts';
import { openLedger, type LedgerRooms } from './ledger/open.ts';
import { createLogger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openForge, openUpstream } from './outside.ts';
import { assayVersion } from './package-version.ts';
import { createRegistryKeysDocument } from './beside-index/registry-keys.ts';
import { createReleaseSignatures } from './beside-index/release-signatures.ts';
import { openPullLog, type PullLog } from './pulls/log.ts';
import { reconsiderOnChange } from './reconsider.ts';
import { openKnown, openRebuilding, type Rebuilding } from './rebuilding/for-gate.ts';
import type { KnownBuilds } from './rebuilding/known.ts';
import { createNpmRoutes } from './routes.ts';
import { openScanner } from './scanner.ts';
import { startTime, statusOf } from './status.ts';
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

export interface RunningGate {
  readonly url: string;
  /** Finishes what is under way (at most about five seconds), then closes everything. */
  readonly stop: () => Promise<void>;
}

/** A bundle takes milliseconds. */
const verifyThreads = 1;
/** How long upstream's 404 for a package is believed. */
const absentSeconds = 60;

/** Throws PORT_IN_USE, DATA_DIRECTORY_LOCKED, STORAGE_*, GATE_START_FAILED; then nothing stays open. */
export async function startGate(input: GateInput): Promise<RunningGate> {
  const { settings } = input;
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const gate = await composeGate(input, closers);
    const gateway = createGateway(gate);
    await listen(gateway.server, settings);
    closers.push(gateway.close);
    const control = await startControlServer(gate);
    closers.push(control.close);
    gate.log.info({ url: gate.url, data: settings.dataDirectory, version: assayVersion }, 'the gate is open');
    return { url: gate.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function composeGate(input: GateInput, closers: (() => Promise<void>)[]): Promise<Gate> {
  const parts = await openParts(input, closers);
  const rooms = roomsOf(parts);
  const admission = createAdmission(rooms);
  const { store, epochs, feeds, clock, log } = parts;
  const feedOf = (ecosystem: Ecosystem) => feeds.current(ecosystem).feed;
  const limits = parts.settings.feedLimits;
  const reconsider = await reconsiderOnChange(
    { store, epochs, admission, feedOf, limits, clock, log },
    closers,
  );
  feeds.onChange(reconsider);
  const { settings, storage, indexPool, forge, ledgerRooms, builds } = parts;
  const rebuilding = await openRebuilding(
    {
      settings,
      storage,
      clock,
      log,
      store,
      indexes: rooms.indexes,
      upstream: rooms.upstream,
      indexPool,
      forge,
      ledgerRooms,
      known: builds,
      upstreamOf: (name) => rooms.routeOf(name)?.upstream,
      readArchive: (artifact) => readArchive(rooms, artifact),
      onChange: async (purl) => {
        const { ecosystem, name } = parsePurl(purl);
        await reconsider({ ecosystem, names: [name] });
      },
    },
    closers,
  );
  return gateOf(parts, input.shown, { admission, rebuilding, shelves: createShelves(rooms, admission) });
}

interface Parts {
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
}

/** Everything that must be closed again, in the order in which one needs the other. */
async function openParts({ settings, pinned }: GateInput, closers: (() => Promise<void>)[]): Promise<Parts> {
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
  };
}

function roomsOf({
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
    // What the sandbox sees of install scripts is not wired yet.
    behaviour: () => Promise.resolve({ state: 'not-observed', why: 'install scripts are not run here yet' }),
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

interface Admitting {
  readonly admission: Admission;
  readonly rebuilding: Rebuilding;
  readonly shelves: Shelves;
}

function gateOf(
  parts: Parts,
  shown: readonly SettingInForce[],
  { admission, rebuilding, shelves }: Admitting,
): Gate {
  const { settings, clock, log, storage, store, policy, client, indexPool, metrics, ledgerRooms, epochs } =
    parts;
  const { registryDocument, trust, feeds, pulls } = parts;
  const { ledger, releaseKeys } = ledgerRooms;
  const { upstreams } = settings;
  const releaseSignatures = createReleaseSignatures(storage, admission);
  ledgerRooms.onSigned(releaseSignatures.forget);
  const url =
    settings.publicUrl ??
    `http://${settings.listen.includes(':') ? `[${settings.listen}]` : settings.listen}:${settings.port}/`;
  const statusParts = {
    settings,
    storage,
    upstreamHealth: client.health,
    policyDigest: policy.digest,
    url,
    clock,
    startedAt: startTime(clock),
    otherProblems: () => [
      ...ledger.problems(),
      ...trust.problems(),
      ...feeds.problems(),
      ...pulls.problems(),
    ],
  };
  return {
    settings,
    shownSettings: shown,
    storage: { ...storage, admission: store },
    ledger,
    admission,
    shelves,
    indexes: indexPool,
    bodies: createBodies(),
    hotFiles: createLru(hotFileBytes, (bytes) => bytes.length),
    routes: createNpmRoutes(settings.upstreams),
    callers: createCallers(storage.tokens, clock),
    clock,
    log,
    metrics,
    raiseEpoch: epochs.raise,
    url,
    status: () => statusOf(statusParts),
    registryDocument,
    registryKeys: createRegistryKeysDocument({
      upstreams,
      registryDocument,
      trust: trust.current,
      own: releaseKeys,
    }),
    trust,
    feeds,
    pulls,
    rebuilding,
    collectors: parts.collectors,
    releaseKeys,
    releaseSignatures,
    recommend: (decision, upstream, principal) => {
      const { name, version = '' } = parsePurl(decision.subject.purl);
      return recommend(admission, shelves, npmVersionOrder, { upstream, name, version, principal });
    },
  };
}

const hotFileBytes = 24 * 1024 * 1024;

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

function listen(
  server: ReturnType<typeof createGateway>['server'],
  { listen: host, port }: Settings,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'GATE_START_FAILED';
      reject(new AssayError(code, `cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
}
