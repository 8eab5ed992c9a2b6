/** One version's install scripts, run and watched: its bytes are located, what it needs is laid beside it, and what was seen is kept. */
import type { BehaviourStore } from '../../admission/behaviour-deps.ts';
import type { ReadingOutcome } from '../../core/collector.ts';
import type { ArtifactDigests, Sha256 } from '../../core/digest.ts';
import { AssayError, isAssayError, messageOf } from '../../core/errors.ts';
import { own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import { readPackageJson, type ReadPackageJson } from '../../evidence/package-json.ts';
import type {
  ObserveDeps,
  ObserveOutcome,
  ObserveRequest,
  ObserveToolchain,
} from '../../rebuild/behaviour/deps.ts';
import type { Storage } from '../../storage/open.ts';
import { keepBytes } from '../rebuilding/record-outcome.ts';
import { dependenciesHere, type DependenciesHere, type DependencyDeps } from './dependencies.ts';
import { nothingToRun } from './known.ts';
import { keepBehaviour, type StoredBehaviour } from './stored.ts';

export interface Watching {
  readonly observe: ObserveDeps;
  readonly toolchain: ObserveToolchain;
}

export interface WatchOneDeps {
  readonly behaviours: Pick<BehaviourStore, 'recordReport' | 'recordFailure'>;
  readonly blobs: Storage['blobs'];
  /** Digests of bytes that are on record here. */
  readonly artifactOf: (artifact: Sha256) => Promise<ArtifactDigests | undefined>;
  /** The bytes of a version, fetched where they are not here. Throws UPSTREAM_*, INDEX_*. */
  readonly locate: (purl: Purl) => Promise<ArtifactDigests>;
  readonly readArchive: (artifact: ArtifactDigests) => Promise<ReadingOutcome>;
  readonly upstreamOf: DependencyDeps['upstreamOf'];
  readonly store: DependencyDeps['store'];
  /** Throws BEHAVIOUR_UNAVAILABLE where nothing can be watched here; BASE_UNAVAILABLE, UPSTREAM_*, SANDBOX_*. */
  readonly open: (purl: Purl) => Promise<Watching>;
  readonly observeInstall: (deps: ObserveDeps, request: ObserveRequest) => Promise<ObserveOutcome>;
  readonly registryHosts: readonly string[];
  readonly observer: string;
  readonly clock: Clock;
}

export interface WatchRequest {
  readonly purl: Purl;
  /** Undefined: whatever the version's bytes are. */
  readonly artifact: Sha256 | undefined;
}

/** `away`: the machine could not, which says nothing of the package. `failed`: it was tried with these bytes. */
export type WatchEnd =
  | { readonly state: 'recorded' | 'nothing'; readonly artifact: Sha256 }
  | { readonly state: 'failed'; readonly artifact: Sha256; readonly code: string; readonly message: string }
  | { readonly state: 'away'; readonly code: string; readonly message: string };

/** Throws STORAGE_*. */
export async function watchOne(
  deps: WatchOneDeps,
  { purl, artifact }: WatchRequest,
  watch: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
): Promise<WatchEnd> {
  try {
    const known = artifact === undefined ? undefined : await deps.artifactOf(artifact);
    const digests = known ?? (await deps.locate(purl));
    const read = readPackageJson(await deps.readArchive(digests));
    if (read.state !== 'read')
      return await nothing(
        deps,
        purl,
        digests.sha256,
        'what it would run could not be read from its archive',
      );
    const { observe, toolchain } = await deps.open(purl);
    const asked = await requestFor(deps, purl, digests, read);
    const { missing, absent, ...request } = asked;
    const beside = [...new Set(request.dependencies.map(({ name }) => name))].sort();
    for (const one of missing) watch.onLine(`Not here, and so not beside it: ${one}`);
    const outcome = await deps.observeInstall(observe, { ...request, toolchain, ...watch });
    return await ended(deps, { purl, artifact: digests.sha256, missing, absent, beside }, outcome);
  } catch (error) {
    if (!isAssayError(error) || error.code.startsWith('STORAGE_')) throw error;
    return { state: 'away', code: error.code, message: messageOf(error) };
  }
}

/** Of packages within an archive that run scripts; more than a handful is unheard of. */
const mostBundled = 100;

type Request = Omit<ObserveRequest, 'toolchain' | 'signal' | 'onLine'>;

async function requestFor(
  deps: WatchOneDeps,
  purl: Purl,
  digests: ArtifactDigests,
  { content, files, nested }: ReadPackageJson,
): Promise<Request & Pick<DependenciesHere, 'missing' | 'absent'>> {
  const { name, version = '' } = parsePurl(purl);
  const path = await deps.blobs.path(digests.sha256);
  if (path === undefined) throw new AssayError('BLOB_MISSING', `the bytes of ${purl} are no longer stored`);
  const { found, missing, absent } = await dependenciesHere(
    {
      store: deps.store,
      upstreamOf: deps.upstreamOf,
      pathOf: ({ sha256 }) => deps.blobs.path(sha256),
      manifestOf: async (artifact) => {
        const read = readPackageJson(await deps.readArchive(artifact));
        return read.state === 'read' ? read.content : undefined;
      },
    },
    { name, manifest: content },
  );
  const unread = nested.manifests.filter((one) => one.content === undefined);
  return {
    package: { path, sha256: digests.sha256, name, version },
    dependencies: found,
    ...scriptsIn(content, files, ''),
    bundled: nested.manifests
      .slice(0, mostBundled)
      .flatMap((one) =>
        one.content === undefined
          ? []
          : [{ folder: one.folder, ...scriptsIn(one.content, files, `${one.folder}/`) }],
      ),
    registryHosts: deps.registryHosts,
    missing: [...missing, ...unread.map(({ folder }) => `${folder}, which cannot be read`)],
    absent,
  };
}

/** `within`: the folder of a package in the archive, with its slash. */
function scriptsIn(
  manifest: JsonObject,
  files: readonly string[],
  within: string,
): Pick<ObserveRequest, 'scripts' | 'hasBindingGyp'> {
  const scripts = ownObject(manifest, 'scripts') ?? {};
  const commands = Object.keys(scripts).flatMap((event): [string, string][] => {
    const command = ownString(scripts, event);
    return command === undefined ? [] : [[event, command]];
  });
  const hasBindingGyp = files.includes(`${within}binding.gyp`) && own(manifest, 'gypfile') !== false;
  return { scripts: Object.fromEntries(commands), hasBindingGyp };
}

interface About extends Pick<StoredBehaviour, 'missing' | 'absent' | 'beside'> {
  readonly purl: Purl;
  readonly artifact: Sha256;
}

async function ended(deps: WatchOneDeps, about: About, outcome: ObserveOutcome): Promise<WatchEnd> {
  const { purl, artifact, ...surroundings } = about;
  switch (outcome.state) {
    case 'no-script':
      return nothing(
        deps,
        purl,
        artifact,
        'none of the scripts that could be read is one that runs at install',
      );
    case 'not-observed':
      return { state: 'away', code: 'BEHAVIOUR_UNAVAILABLE', message: outcome.why };
    case 'failed': {
      const { code, message } = outcome;
      if (passing(code)) return { state: 'away', code, message };
      await deps.behaviours.recordFailure(keyOf(deps, purl, artifact), { code, message }, now(deps));
      return { state: 'failed', artifact, code, message };
    }
    case 'observed': {
      const { report, output } = outcome;
      const events = await keepBytes(deps.blobs, Buffer.from(outcome.events, 'utf8'));
      const blob = await keepBehaviour(deps.blobs, { schema: 1, report, events, output, ...surroundings });
      await deps.behaviours.recordReport({ purl, artifact, observer: report.observer }, blob, now(deps));
      return { state: 'recorded', artifact };
    }
  }
}

async function nothing(deps: WatchOneDeps, purl: Purl, artifact: Sha256, why: string): Promise<WatchEnd> {
  const failure = { code: nothingToRun, message: why };
  await deps.behaviours.recordFailure(keyOf(deps, purl, artifact), failure, now(deps));
  return { state: 'nothing', artifact };
}

/** Faults of this machine, or of its stopping: they say nothing of the package. */
function passing(code: string): boolean {
  return code === 'BEHAVIOUR_CANCELLED' || code === 'SANDBOX_UNAVAILABLE' || code === 'BASE_UNAVAILABLE';
}

function keyOf({ observer }: WatchOneDeps, purl: Purl, artifact: Sha256) {
  return { purl, artifact, observer };
}

function now({ clock }: WatchOneDeps): string {
  return rfc3339(clock());
}
