/** The composition root: builds the rooms, hands each what it needs, and starts the surfaces. */
import { createAdmission, type Admission } from '../admission/admit.ts';
import { createLru } from '../admission/lru.ts';
import { recommend } from '../admission/recommend.ts';
import { readArchive } from '../admission/read-archive.ts';
import { createShelves, type Shelves } from '../admission/shelf.ts';
import { AssayError } from '../core/errors.ts';
import { parsePurl, type Ecosystem } from '../core/purl.ts';
import { npmVersionOrder } from '../registries/npm/order.ts';
import { createCallers } from './callers.ts';
import type { SettingInForce } from './config/shown.ts';
import type { Settings } from './config/settings.ts';
import { startControlServer } from './control/server.ts';
import type { Gate } from './gate.ts';
import { createBodies } from './gateway/bodies.ts';
import { createGateway } from './gateway/gateway.ts';
import { assayVersion } from './package-version.ts';
import { createRegistryKeysDocument } from './beside-index/registry-keys.ts';
import { createReleaseSignatures } from './beside-index/release-signatures.ts';
import { reconsiderOnChange } from './reconsider.ts';
import { openBehaviour, type Behaviour } from './behaviour/for-gate.ts';
import { openRebuilding, type Rebuilding } from './rebuilding/for-gate.ts';
import { inputAssayOf } from './rebuilding/input-assay.ts';
import { openParts, roomsOf, type GateInput, type Parts } from './parts.ts';
import { createNpmRoutes } from './routes.ts';
import { createSecureChannel, type SecureChannel } from './secure-channel/for-gate.ts';
import { openSecureChannel } from './secure-channel/listener.ts';
import { startTime, statusOf } from './status.ts';

export interface RunningGate {
  readonly url: string;
  /** Of the Secure channel; undefined: it is not open. */
  readonly secureUrl: string | undefined;
  /** Finishes what is under way (at most about five seconds), then closes everything. */
  readonly stop: () => Promise<void>;
}

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
    await openSecureChannel(gate, closers);
    const control = await startControlServer(gate);
    closers.push(control.close);
    gate.log.info({ url: gate.url, data: settings.dataDirectory, version: assayVersion }, 'the gate is open');
    return { url: gate.url, secureUrl: gate.secureChannel.state.shown().url, stop };
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
      assayInput: await inputAssayOf(parts, rooms),
      onChange: async (purl) => {
        const { ecosystem, name } = parsePurl(purl);
        await reconsider({ ecosystem, names: [name] });
      },
    },
    closers,
  );
  const behaviour = await openBehaviour(
    {
      settings,
      storage,
      clock,
      log,
      store,
      rebuilding,
      known: parts.behaviour,
      upstreamOf: (name) => rooms.routeOf(name)?.upstream,
      readArchive: (artifact) => readArchive(rooms, artifact),
      onChange: async (ecosystem, name) => reconsider({ ecosystem, names: [name] }),
    },
    closers,
  );
  const shelves = createShelves(rooms, admission);
  const secureChannel = createSecureChannel({
    settings,
    storage,
    store,
    shelves,
    ledgerRooms,
    clock,
    log,
    known: builds,
    readArchive: (artifact) => readArchive(rooms, artifact),
  });
  return gateOf(parts, input.shown, { admission, rebuilding, behaviour, shelves, secureChannel });
}

interface Admitting {
  readonly admission: Admission;
  readonly rebuilding: Rebuilding;
  readonly behaviour: Behaviour;
  readonly shelves: Shelves;
  readonly secureChannel: SecureChannel;
}

function gateOf(
  parts: Parts,
  shown: readonly SettingInForce[],
  { admission, rebuilding, behaviour, shelves, secureChannel }: Admitting,
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
      ...secureChannel.state.problems(),
    ],
    secureChannel: secureChannel.state.shown,
    behaviourIdle: behaviour.known.idle,
    isolation: rebuilding.workshop.isolation,
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
    behaviour,
    secureChannel,
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
