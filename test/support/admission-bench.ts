/** Admission with real rooms around it (storage, upstream client, readers, policy) and a clock a test can move. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createTurns } from '../../src/admission/turns.ts';
import { createAdmission, type Admission } from '../../src/admission/admit.ts';
import type { AskForge, AttestationsOf, IndexReader, ReleaseRecord } from '../../src/admission/deps.ts';
import { alarmOnIndexChange } from '../../src/admission/index-alarms.ts';
import { createIndexes } from '../../src/admission/indexes.ts';
import { createHistory } from '../../src/admission/history.ts';
import type { Rooms } from '../../src/admission/rooms.ts';
import { createShelves, type Shelves } from '../../src/admission/shelf.ts';
import { defaultArchiveLimits } from '../../src/archive/limits.ts';
import { createArchiveReader } from '../../src/archive/reader.ts';
import { unscanned, type Collector, type Knowledge } from '../../src/core/collector.ts';
import type { Epochs } from '../../src/core/decision.ts';
import { anonymous, type UpstreamId } from '../../src/core/subject.ts';
import { createCollectors } from '../../src/evidence/collectors.ts';
import { indexFacts } from '../../src/evidence/index-facts.ts';
import { createEventMaker } from '../../src/ledger/event-maker.ts';
import { decide, judge } from '../../src/policy/decide.ts';
import { factsOf } from '../../src/policy/facts.ts';
import { compilePack } from '../../src/policy/pack.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { npmVersionOrder } from '../../src/registries/npm/order.ts';
import { encodeParts, manifestFrom, openParts } from '../../src/registries/npm/packument-parts.ts';
import { readPackument } from '../../src/registries/npm/packument-read.ts';
import { defaultFetchLimits } from '../../src/server/config/defaults.ts';
import { verifyBundle } from '../../src/sigstore/verify.ts';
import { openStorage, type Storage } from '../../src/storage/open.ts';
import { createUpstreamClient } from '../../src/upstream/client.ts';
import { collectorSettings, noTrust } from './collector-input.ts';
import { startFakeRegistry, type FakeRegistry } from './fake-registry.ts';
import { scanReport } from './scan-report.ts';

export const testUpstream = 'npm' as UpstreamId;

export interface AdmissionBench {
  readonly registry: FakeRegistry;
  readonly storage: Storage;
  readonly directory: string;
  readonly rooms: Rooms;
  readonly admission: Admission;
  readonly shelves: Shelves;
  /** Moves the clock forward. */
  readonly pass: (ms: number) => void;
  /** Sets another policy, as a restart with another configuration does. */
  readonly setPolicy: (change: Partial<PolicySettings>) => void;
  /** Installs other collectors, as an upgrade does. */
  readonly setCollectors: (collectors: readonly Collector[]) => void;
  /** What upstream has of attestations; without it nothing is advertised. */
  readonly setAttestations: (attestations: AttestationsOf) => void;
  /** What the scanner does; without it, it finds nothing. */
  readonly setScan: (scan: Rooms['scanner']['scan']) => void;
  /** What the feeds say from now on; without it, there are none. */
  readonly setKnowledge: (knowledge: Partial<Knowledge>) => void;
  /** What install scripts were seen to do; without it, nobody looks. */
  readonly setBehaviour: (behaviour: Rooms['behaviour']) => void;
  /** Releases that were recorded, as who watches hears of them. */
  readonly wanted: readonly ReleaseRecord[];
  readonly admit: (name: string, version: string) => ReturnType<Admission['admit']>;
  readonly file: (name: string, version: string) => string;
}

export const hourMs = 3_600_000;

const notChecked = { state: 'not-checked', why: 'A test has no forge.' } as const;
const noForge: AskForge = () =>
  Promise.resolve({ repository: notChecked, commit: notChecked, run: notChecked, tags: notChecked });

const basePolicy: PolicySettings = {
  preset: 'recommended',
  rules: {},
  cooldownHours: 72,
  deny: [],
  allow: [],
};

export async function startAdmission(
  t: TestContext,
  policy: Partial<PolicySettings> = {},
): Promise<AdmissionBench> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-admission-'));
  const registry = await startFakeRegistry();
  const storage = await openStorage({ directory });
  const { blobs } = storage;
  const state = {
    offsetMs: 0,
    pack: compilePack({ ...basePolicy, ...policy }),
    epochs: { policy: 1, feeds: 0, exceptions: 0, revocations: 0 } as Epochs,
    collectors: createCollectors({
      verifyBundle: (request) => Promise.resolve(verifyBundle(request)),
      ...collectorSettings,
    }),
    attestations: (() => Promise.resolve({ state: 'not-advertised' })) as AttestationsOf,
    scan: (() => Promise.resolve(scanReport())) as Rooms['scanner']['scan'],
    knowledge: (() => unscanned) as Rooms['knowledge'],
    behaviour: (() =>
      Promise.resolve({
        state: 'not-observed',
        why: 'a test runs nothing',
        awaited: true,
      })) as Rooms['behaviour'],
    wanted: [] as ReleaseRecord[],
  };
  const clock = (): Date => new Date(Date.now() + state.offsetMs);
  const upstream = createUpstreamClient({
    upstreams: [
      {
        id: testUpstream,
        url: registry.url,
        identityHost: new URL(registry.url).host,
        fileHosts: [],
        authorization: undefined,
        allowInsecure: true,
      },
    ],
    limits: { ...defaultFetchLimits, retries: 0, idleMs: 2000, totalMs: 5000 },
    blobs,
    clock,
    // The breaker's own clock, so that an outage in a test ends when the test says so.
    monotonicMs: () => performance.now() + state.offsetMs,
  });
  const archive = createArchiveReader({
    limits: defaultArchiveLimits,
    children: 1,
    nodePath: process.execPath,
    readable: [directory],
  });
  const reader = directReader(async (body) => {
    const path = await blobs.path(body as never);
    if (path === undefined) throw new Error('the index is not stored');
    return readFile(path);
  });
  const indexes = createIndexes({
    upstream,
    reader,
    store: storage.admission,
    clock,
    freshSeconds: 300,
    absentSeconds: 60,
    onChange: (_id, _name, view) => alarmOnIndexChange(storage.admission, clock, view),
  });
  const remembering = {
    store: storage.admission,
    records: storage.history,
    indexes,
    identityHostOf: () => new URL(registry.url).host,
    attestations: ((...asked) => state.attestations(...asked)) as AttestationsOf,
    trust: () => noTrust,
    get collectors() {
      return state.collectors;
    },
    order: { npm: npmVersionOrder },
    clock,
    randomBytes,
  };
  const rooms: Rooms = {
    store: storage.admission,
    blobs,
    upstream,
    identityHostOf: remembering.identityHostOf,
    archive,
    indexReader: reader,
    indexes,
    routeOf: () => ({ upstream: testUpstream, needsToken: false }),
    attestations: remembering.attestations,
    askForge: noForge,
    history: createHistory(remembering),
    trust: remembering.trust,
    // What the scanner finds has tests of its own: here it finds nothing, but where a test says so.
    scanner: { rules: 'none', scan: (...asked) => state.scan(...asked) },
    scans: storage.scans,
    behaviour: (about) => state.behaviour(about),
    behaviourWanted: (release) => void state.wanted.push(release),
    knowledge: (about) => state.knowledge(about),
    pulls: () => Promise.resolve([]),
    get collectors() {
      return state.collectors;
    },
    policy: {
      get digest() {
        return state.pack.digest;
      },
      decide: (input, now) => decide(input, state.pack, [], now),
      judge: (input, now) => judge(input, state.pack, [], now),
    },
    facts: { atIndex: indexFacts, atFile: factsOf },
    makeEvent: createEventMaker(randomBytes, { origin: 'assay.example.com/log', version: '1.0.0' }),
    order: remembering.order,
    epochs: () => state.epochs,
    inTurn: createTurns(),
    clock,
    randomBytes,
  };
  const admission = createAdmission(rooms);
  t.after(async () => {
    await upstream.close();
    await archive.close();
    await storage.close();
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  });
  const file = (name: string, version: string): string =>
    `${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
  return {
    registry,
    storage,
    directory,
    rooms,
    admission,
    shelves: createShelves(rooms, admission),
    pass: (ms) => {
      state.offsetMs += ms;
    },
    setPolicy: (change) => {
      state.pack = compilePack({ ...basePolicy, ...change });
      state.epochs = { ...state.epochs, policy: state.epochs.policy + 1 };
    },
    setCollectors: (collectors) => {
      state.collectors = collectors;
      state.epochs = { ...state.epochs, policy: state.epochs.policy + 1 };
    },
    setAttestations: (attestations) => {
      state.attestations = attestations;
    },
    setScan: (scan) => {
      state.scan = scan;
    },
    setKnowledge: (knowledge) => {
      state.knowledge = () => ({ ...unscanned, ...knowledge });
      state.epochs = { ...state.epochs, feeds: state.epochs.feeds + 1 };
    },
    setBehaviour: (behaviour) => {
      state.behaviour = behaviour;
      state.epochs = { ...state.epochs, feeds: state.epochs.feeds + 1 };
    },
    wanted: state.wanted,
    admit: (name, version) =>
      admission.admit({ upstream: testUpstream, name, file: file(name, version), principal: anonymous }),
    file,
  };
}

/** The pure functions the index threads call, on this thread. */
function directReader(load: (body: string) => Promise<Uint8Array>): IndexReader {
  return {
    read: async (upstream, name, body) =>
      readPackument(await load(body), { name, upstream, digest: body }).view,
    manifest: async (upstream, name, body, version) => {
      const { parts } = readPackument(await load(body), { name, upstream, digest: body });
      const found = manifestFrom(openParts(encodeParts(parts)), version);
      if (found === undefined) throw new Error(`no ${version} in the index of ${name}`);
      return found;
    },
  };
}
