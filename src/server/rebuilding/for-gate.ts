/** Building from source as a running gate has it: wired here, asked by the control socket, the evidence and the queue. */
import { randomUUID, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AssayInput } from '../../admission/build-inputs.ts';
import type { AdmissionStore, NewAlarm, UpstreamClient } from '../../admission/deps.ts';
import type { Indexes } from '../../admission/indexes.ts';
import { builderIdOf } from '../../core/build-attestation.ts';
import type { ReadingOutcome } from '../../core/collector.ts';
import type { ArtifactDigests, Sha256 } from '../../core/digest.ts';
import type { PackageClass } from '../../core/rebuild.ts';
import type { Forge } from '../../core/forge.ts';
import { formatPurl, type Ecosystem, type Purl } from '../../core/purl.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { Clock } from '../../core/time.ts';
import { defaultSuite } from '../../rebuild/recipe/base.ts';
import type { PackageRegistry } from '../../rebuild/recipe/deps.ts';
import type { SshIdentity } from '../../rebuild/source/git/git-sandbox.ts';
import type { Storage } from '../../storage/open.ts';
import { createDial } from '../../upstream/dial.ts';
import { openPublicFiles } from '../../upstream/public-files.ts';
import { authorities } from '../config/authorities.ts';
import type { Settings } from '../config/settings.ts';
import type { LedgerRooms } from '../ledger/open.ts';
import type { Logger } from '../logger.ts';
import type { IndexPool } from '../workers/index-pool.ts';
import { buildWhatIsUsed } from './automatic.ts';
import { createComparer } from './comparer.ts';
import { createDebianRebuilder } from './debian.ts';
import { findDebianSource } from './debian-package.ts';
import { createDebianSuites } from './debian-suites.ts';
import type { Rebuilder } from './deps.ts';
import { openKnownBuilds, type KnownBuilds } from './known.ts';
import { createNpmRebuilder } from './npm.ts';
import { npmRegistry } from './npm-registry.ts';
import { correctionFor, findNpmSource, type NpmSourcesDeps } from './npm-sources.ts';
import { locateNpm, type NpmTarget } from './npm-target.ts';
import { openQueue, type BuildQueue } from './queue.ts';
import { rebuildOne } from './rebuild-one.ts';
import { tellOfBuilds } from './telling.ts';
import { createWorkshop, type LazyWorkshop } from './workshop.ts';

export interface RebuildingNeeds {
  readonly settings: Settings;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: AdmissionStore;
  readonly indexes: Pick<Indexes, 'look'>;
  readonly upstream: UpstreamClient;
  readonly indexPool: IndexPool;
  readonly forge: Forge;
  readonly ledgerRooms: Pick<LedgerRooms, 'builder' | 'verifier'>;
  readonly known: KnownBuilds;
  readonly upstreamOf: (name: string) => UpstreamId | undefined;
  readonly readArchive: (artifact: ArtifactDigests) => Promise<ReadingOutcome>;
  readonly assayInput: AssayInput;
  /** Decisions about the package no longer stand. */
  readonly onChange: (purl: Purl) => Promise<void>;
}

export interface Rebuilding {
  /** Kinds of packages that are built here. */
  readonly ecosystems: readonly Ecosystem[];
  /** By what was built here alone: a sub-grade of Community stands on other evidence. */
  readonly classOf: (purl: Purl, artifact: Sha256) => PackageClass;
  readonly queue: BuildQueue;
  readonly known: KnownBuilds;
  readonly workshop: LazyWorkshop;
  /** Finds the source of a version as a build would, and builds nothing. */
  readonly locateNpm: (purl: Purl) => Promise<NpmTarget>;
  readonly npmSources: NpmSourcesDeps;
  /** What runs in the sandbox may be given, for a package of that upstream. */
  readonly npmRegistry: (upstream: UpstreamId) => PackageRegistry;
  readonly findDebianSource: (purl: Purl) => ReturnType<typeof findDebianSource>;
  /** What a person approved of the package's source, or took back, counts from now on. Throws STORAGE_*. */
  readonly approvalsChanged: (ecosystem: Ecosystem, name: string) => Promise<void>;
}

/** One builder for each gate; who runs it is the operator of this machine. Throws STORAGE_*. */
export async function openKnown(
  storage: Pick<Storage, 'builds' | 'sources' | 'recipeReviews'>,
  { origin }: LedgerRooms['verifier'],
): Promise<KnownBuilds> {
  const builder = builderIdOf(origin);
  const known = await openKnownBuilds(storage.builds, { builder, operator: builder, host: hostname() });
  const approvals = await storage.sources.allApproved();
  for (const { ecosystem, name } of approvals) {
    const of = approvals.filter((one) => one.ecosystem === ecosystem && one.name === name);
    known.approve(
      ecosystem,
      name,
      of.map(({ identity }) => identity),
    );
  }
  const reviews = await storage.recipeReviews.allApproved();
  for (const { ecosystem, name } of reviews) {
    const of = reviews.filter((one) => one.ecosystem === ecosystem && one.name === name);
    known.review(
      ecosystem,
      name,
      of.map(({ correction }) => correction),
    );
  }
  return known;
}

/** Throws STORAGE_*. Nothing is run, and no sandbox looked for, before the first build. */
export async function openRebuilding(
  needs: RebuildingNeeds,
  closers: (() => Promise<void>)[],
): Promise<Rebuilding> {
  const { settings, storage, clock, log, store, known, ledgerRooms } = needs;
  const workshop = createWorkshop(settings.rebuild.directory, storage.blobs);
  closers.push(workshop.close);
  const comparer = createComparer({
    nodePath: process.execPath,
    readable: [join(settings.dataDirectory, 'blobs')],
    children: 1,
    onDeath: (info) => log.warn({ info }, 'a comparison ended before its time'),
  });
  closers.push(comparer.close);
  const files = openPublicFiles();
  closers.push(() => Promise.resolve(files.close()));
  const debian = createDebianSuites({ storage, files, clock });
  const npmSources: NpmSourcesDeps = {
    storage,
    forge: needs.forge,
    files,
    archives: (release) => debian.offersFor(release, defaultSuite),
    dial: createDial({ privateAllowed: (place) => isForge(settings, place) }),
    authorities: authorities(settings.upstreams),
    ssh: sshIdentity(settings),
    clock,
    recipes: settings.rebuild.recipes,
  };
  const locate = (purl: Purl): Promise<NpmTarget> =>
    locateNpm({ ...needs, blobs: storage.blobs, manifest: needs.indexPool.manifest }, purl);
  const npm = createNpmRebuilder({
    workshop: workshop.open,
    blobs: storage.blobs,
    comparer,
    registryOf: (target) => npmRegistry(needs, target.upstream, target.artifact.sha256),
    locate,
    inputMode: settings.rebuild.inputs,
    correctionFor: (target, given) => correctionFor(npmSources, target, given),
    findSource: (target, shop, correction, signal) =>
      findNpmSource(npmSources, target, shop, correction, signal),
    clock,
  });
  const deb = createDebianRebuilder({
    suites: debian,
    suite: defaultSuite,
    workshop: workshop.open,
    basesDirectory: join(settings.rebuild.directory, 'bases'),
    blobs: storage.blobs,
    comparer,
  });
  const rebuilders: readonly Rebuilder[] = [npm, deb];
  const raiseAlarm = (alarm: NewAlarm): Promise<void> => store.raiseAlarm(alarm);
  const one = {
    storage,
    by: ledgerRooms.verifier,
    signer: ledgerRooms.builder,
    randomBytes: (count: number) => randomBytes(count),
    rebuilders,
    known,
    clock,
    newId: randomUUID,
    raiseAlarm,
    onChange: async (purl: Purl) => {
      // Builds may be recorded in another order than they ended in: its own is told of by name.
      await needs.onChange(purl);
      await tellOfBuilds({ storage, onChange: needs.onChange });
    },
  };
  await tellOfBuilds({ storage, onChange: needs.onChange });
  const queue = await openQueue({
    jobs: storage.buildJobs,
    rebuild: (request, watch) => {
      if (request.clean === true) {
        watch.line('From clean: a new folder, tools unpacked anew, the base root compared with its digest.');
        workshop.renew();
      }
      return rebuildOne(one, request, watch);
    },
    clock,
    newId: randomUUID,
    concurrency: settings.rebuild.concurrency,
    log,
  });
  closers.push(queue.close);
  if (settings.rebuild.automatic) closers.push(buildWhatIsUsed({ jobs: storage.buildJobs, queue, log }));
  return {
    ecosystems: rebuilders.map(({ ecosystem }) => ecosystem),
    classOf: (purl, artifact) => known.classOf(purl, artifact, { attested: false, signed: false }),
    queue,
    known,
    workshop,
    locateNpm: locate,
    npmSources,
    npmRegistry: (upstream) => npmRegistry(needs, upstream),
    findDebianSource: (purl) => findDebianSource({ suites: debian, suite: defaultSuite }, purl),
    approvalsChanged: async (ecosystem, name) => {
      const approved = await storage.sources.approved(ecosystem, name);
      known.approve(
        ecosystem,
        name,
        approved.map(({ identity }) => identity),
      );
      await needs.onChange(formatPurl(ecosystem, name));
    },
  };
}

/** Hosts of ssh sources are the operator's word, also those of their own network. */
function sshIdentity({ rebuild: { sshKey, sshKnownHosts } }: Settings): SshIdentity | undefined {
  if (sshKey === undefined || sshKnownHosts === undefined) return undefined;
  const dial = createDial({ privateAllowed: () => true });
  return { keyFile: sshKey, knownHostsFile: sshKnownHosts, dial };
}

/** The operator named it: it may lie in their own network. */
function isForge({ forges }: Settings, hostAndPort: string): boolean {
  return forges.some(({ host }) => hostAndPort === host || hostAndPort === `${host}:443`);
}
