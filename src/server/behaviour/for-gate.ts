/** Watching install scripts as a running gate has it: wired here, asked by decisions, the control socket and the queue. */
import { randomBytes } from 'node:crypto';
import { predecessorIn } from '../../admission/behaviour.ts';
import type { AdmissionStore, ReleaseRecord } from '../../admission/deps.ts';
import type { ReadingOutcome } from '../../core/collector.ts';
import type { ArtifactDigests } from '../../core/digest.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { Evidence } from '../../core/evidence.ts';
import { own } from '../../core/json.ts';
import { parsePurl, type Ecosystem, type Purl } from '../../core/purl.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { Clock } from '../../core/time.ts';
import { observeInstall, observer } from '../../rebuild/behaviour/observe.ts';
import type { Storage } from '../../storage/open.ts';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../logger.ts';
import type { Rebuilding } from '../rebuilding/for-gate.ts';
import { createKnownBehaviour, mostFailures, nothingToRun, type KnownBehaviour } from './known.ts';
import { openWatchQueue, type WatchQueue } from './queue.ts';
import { openToolchain } from './toolchain.ts';
import { watchOne, type Watching, type WatchOneDeps } from './watch-one.ts';

export interface BehaviourNeeds {
  readonly settings: Pick<Settings, 'behaviour' | 'upstreams'>;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Pick<AdmissionStore, 'releasesOf'>;
  readonly known: KnownBehaviour;
  readonly rebuilding: Pick<Rebuilding, 'workshop' | 'locateNpm' | 'npmRegistry'>;
  readonly upstreamOf: (name: string) => UpstreamId | undefined;
  readonly readArchive: (artifact: ArtifactDigests) => Promise<ReadingOutcome>;
  /** Decisions about the package no longer stand, and what was admitted of it is judged anew. */
  readonly onChange: (ecosystem: Ecosystem, name: string) => Promise<void>;
}

export interface Behaviour {
  /** `off`: only who asks for it by name. */
  readonly watch: Settings['behaviour']['watch'];
  readonly queue: WatchQueue;
  readonly known: KnownBehaviour;
}

const isOff = 'install scripts are not watched here (behaviour.watch is off)';
/** At a start: those whose decision was made while nobody watched. */
const mostAtStart = 500;

/** What decisions read; there before the rest is. */
export function openKnownBehaviour(
  { behaviours, blobs }: Storage,
  { watch }: Settings['behaviour'],
): KnownBehaviour {
  return createKnownBehaviour({ behaviours, blobs, observer }, watch === 'off' ? isOff : undefined);
}

/** Throws STORAGE_*. Nothing is run, and no sandbox looked for, before the first release that waits. */
export async function openBehaviour(
  needs: BehaviourNeeds,
  closers: (() => Promise<void>)[],
): Promise<Behaviour> {
  const { storage, known, clock, log, settings } = needs;
  const { watch } = settings.behaviour;
  const queue = await openWatchQueue({
    jobs: storage.behaviourJobs,
    watch: (request, watching) => watchOne(watchDeps(needs), request, watching),
    tell: (artifact, purl) => tell(needs, artifact, purl),
    setIdle: (why) => known.setIdle(watch === 'off' ? isOff : why),
    onlyAsked: watch === 'off',
    clock,
    log,
  });
  closers.push(queue.close);
  const add = async (purl: Purl, evidence: Evidence, artifact: ArtifactDigests['sha256']): Promise<void> => {
    const { ecosystem } = parsePurl(purl);
    const before = predecessorIn({ ecosystem, purl }, evidence);
    if (await isSettled(needs, { purl, artifact })) return;
    await queue.add({ purl, artifact, reason: 'decided' });
    if (before !== undefined && !(await isSettled(needs, before)))
      await queue.add({ purl: before.purl, artifact: before.artifact, reason: 'before' });
  };
  if (watch === 'auto') {
    let adding: Promise<void> = Promise.resolve();
    const behind = (work: () => Promise<void>): void => {
      adding = adding.then(work).catch((error: unknown) => {
        log.warn({ why: messageOf(error) }, 'install scripts could not be queued for watching');
      });
    };
    known.onWanted(({ subject, evidence, artifact, decision }) => {
      const lacking = evidence.find((one) => one.kind === 'behaviour');
      if (artifact === undefined || lacking === undefined || decision.outcome === 'block') return;
      if (isLacking(lacking)) behind(() => add(subject.purl, lacking, artifact.sha256));
    });
    closers.push(() => adding);
    behind(async () => {
      for (const one of await storage.behaviourJobs.unwatched(mostAtStart))
        if (isLacking(one.evidence)) await add(one.purl, one.evidence, one.artifact);
    });
  }
  return { watch, queue, known };
}

/** Nobody saw its scripts, and somebody may. */
function isLacking({ result, facts }: ReleaseRecord['evidence'][number]): boolean {
  return result === 'not-checked' && own(facts, 'watchable') === true;
}

/** Seen already by who watches here, or tried so often that it is left to a person to ask. */
async function isSettled(
  { storage }: BehaviourNeeds,
  { purl, artifact }: { readonly purl: Purl; readonly artifact: ArtifactDigests['sha256'] | undefined },
): Promise<boolean> {
  const records =
    artifact === undefined
      ? await storage.behaviours.ofVersion(purl)
      : await storage.behaviours.ofArtifact(artifact);
  return records.some(
    (one) =>
      one.observer === observer &&
      (one.report !== undefined || one.failure?.code === nothingToRun || one.failures >= mostFailures),
  );
}

async function tell(
  { storage, onChange }: BehaviourNeeds,
  artifact: ArtifactDigests['sha256'],
  purl: Purl,
): Promise<void> {
  const own = parsePurl(purl);
  const others = await storage.behaviours.packagesOf(artifact);
  const all = [own, ...others.filter((one) => one.name !== own.name || one.ecosystem !== own.ecosystem)];
  for (const { ecosystem, name } of all) await onChange(ecosystem, name);
}

function watchDeps(needs: BehaviourNeeds): WatchOneDeps {
  const { storage, settings, store, clock, rebuilding, upstreamOf, readArchive } = needs;
  return {
    behaviours: storage.behaviours,
    blobs: storage.blobs,
    artifactOf: async (artifact) => (await storage.admission.artifact(artifact))?.digests,
    locate: async (purl) => (await rebuilding.locateNpm(purl)).artifact,
    readArchive,
    upstreamOf,
    store,
    open: (purl) => openWatching(needs, purl),
    observeInstall,
    registryHosts: settings.upstreams.map(({ url }) => new URL(url).hostname),
    observer,
    clock,
  };
}

async function openWatching(
  { rebuilding, upstreamOf, storage }: BehaviourNeeds,
  purl: Purl,
): Promise<Watching> {
  const upstream = upstreamOf(parsePurl(purl).name);
  if (upstream === undefined) throw new AssayError('PURL_INVALID', `no upstream answers for ${purl}`);
  const shop = await rebuilding.workshop.open();
  const { isolation } = shop.sandbox;
  if (isolation.level !== 'full')
    throw new AssayError(
      'BEHAVIOUR_UNAVAILABLE',
      `this machine has no sandbox that isolates fully: ${isolation.missing.join(' ')}`,
    );
  return {
    observe: {
      sandbox: shop.sandbox,
      isolation: isolation.level,
      random: (count) => randomBytes(count),
      monotonicMs: () => performance.now(),
    },
    toolchain: await openToolchain(shop, rebuilding.npmRegistry(upstream), storage.blobs),
  };
}
