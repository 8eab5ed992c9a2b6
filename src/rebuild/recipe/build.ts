/**
 * One build from its recipe: tools, source, fetch, build, pack, each run in a sandbox of its own. What comes of it is a
 * tarball in a blob, or why there is none. Start here.
 */
import type { Sha256 } from '../../core/digest.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { BuildInput, NotBuiltCause } from '../../core/rebuild.ts';
import type { Mount, RunResult, Workspace } from '../../core/sandbox.ts';
import type { BuildDeps, BuildOutcome, BuildRequest, PhaseName, PhaseReport } from './deps.ts';
import { freeze } from './document.ts';
import { fetchInputs, type Fetched } from './fetch.ts';
import { baseInput, dependencyInputs, sourceInput, toolInputs } from './inputs.ts';
import { topOf } from './inside-files.ts';
import { defaultLimits } from './limits.ts';
import { placedLockfile } from './lockfile.ts';
import { saysLockfileUnfit } from './managers/managers.ts';
import { NotBuilt } from './not-built.ts';
import { takePacked } from './packed.ts';
import { inputFiles, installFailed, planBuild, type MountName, type Phase } from './plan.ts';
import type { Recipe } from './recipe.ts';
import { writeReplay } from './registry/replay.ts';
import { storeBytes } from './store-bytes.ts';
import { pinTools, unpackInside, type FetchedToolchain, type ToolFolders } from './tools.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface BuilderDeps extends BuildDeps {
  /** `openToolFolders`: shared by the builds of one process. */
  readonly tools: ToolFolders;
  /** Milliseconds, never going back. */
  readonly monotonicMs: () => number;
}

/** What is known of a build while it goes on. */
interface Progress {
  readonly deps: BuilderDeps;
  readonly request: BuildRequest;
  readonly inputs: BuildInput[];
  readonly phases: PhaseReport[];
  readonly log: string[];
}

/** Never throws for what the package, the registry or the sandbox does: that is the outcome. */
export async function buildFromRecipe(
  deps: BuilderDeps,
  recipe: Recipe,
  request: BuildRequest,
): Promise<BuildOutcome> {
  const progress: Progress = { deps, request, inputs: [], phases: [], log: [] };
  let current = recipe;
  const workspaces: Workspace[] = [];
  try {
    const workspace = await deps.sandbox.workspace();
    workspaces.push(workspace);
    const made = await run(progress, recipe, workspace, (known) => (current = known));
    return { ...(await ended(progress)), recipe: current, state: 'built', ...made };
  } catch (error) {
    const { cause, message } = reasonOf(error, request.signal);
    progress.log.push(`not built: ${cause}: ${message}`);
    const lockfileUnfit = error instanceof NotBuilt && error.lockfileUnfit;
    return { ...(await ended(progress)), recipe: current, state: 'not-built', cause, message, lockfileUnfit };
  } finally {
    for (const workspace of workspaces) await workspace.remove();
  }
}

async function run(
  progress: Progress,
  given: Recipe,
  workspace: Workspace,
  known: (recipe: Recipe) => void,
): Promise<Pick<BuildOutcome & { readonly state: 'built' }, 'tarball' | 'resolution'>> {
  const { deps, request, inputs } = progress;
  inputs.push(sourceInput(given, request.source), baseInput(request.base));
  const { recipe, tools } = await timed(progress, 'tools', () => pinTools(deps, given));
  known(recipe);
  inputs.push(...toolInputs(tools));
  const hosts = await timed(progress, 'tools', () => toolHosts(progress, recipe, tools));
  const source = await timed(progress, 'source', () => unpackSource(progress, workspace, 'source'));

  const plan = planBuild(recipe);
  const fetching = plan.find(({ phase }) => phase === 'fetch');
  const fetched =
    fetching === undefined ? undefined : await fetchPhase(progress, workspace, recipe, fetching, hosts);
  if (fetched?.resolution !== undefined) known(freeze(recipe, fetched.resolution.digest));

  const caches = await workspace.folder('build-caches');
  const own = { source, caches, ...(fetched === undefined ? {} : { inputs: fetched.folder }) };
  const building = plan.find(({ phase }) => phase === 'build');
  if (building !== undefined) await phaseRun(progress, building, { ...hosts, ...own });

  const out = await workspace.folder('out');
  const packing = plan.find(({ phase }) => phase === 'pack');
  if (packing === undefined) throw new NotBuilt('pack-failed', 'the plan has no pack phase');
  const packCaches = recipe.pack === 'npm' ? await workspace.folder('pack-caches') : caches;
  await phaseRun(progress, packing, { ...hosts, source, caches: packCaches, out });
  return { tarball: await takePacked(out, deps.blobs), resolution: fetched?.resolution?.digest };
}

type HostPaths = Partial<Record<MountName, string>>;

async function toolHosts(progress: Progress, recipe: Recipe, tools: FetchedToolchain): Promise<HostPaths> {
  const { deps, request } = progress;
  const { node, npm, manager } = tools;
  return {
    'tool:node': await deps.tools.of(node, request.base),
    'tool:npm': await deps.tools.of(npm, request.base),
    ...(manager === undefined ? {} : { 'tool:manager': await deps.tools.of(manager, request.base) }),
    bin: await deps.tools.bin(recipe, tools, request.base),
  };
}

async function unpackSource(
  { deps, request }: Progress,
  workspace: Workspace,
  name: string,
): Promise<string> {
  const out = await workspace.folder(name);
  const { source, base, signal } = request;
  await unpackInside(deps, workspace, source.digest, base, {
    out,
    strip: 0,
    signal,
    given: `${name}-archive`,
    broken: 'no-source',
  });
  return topOf(out);
}

/**
 * Runs the package manager beside the recording proxy, in a copy of the source that is thrown away, and prepares what
 * the build mounts: the recorded answers and the lockfile.
 */
async function fetchPhase(
  progress: Progress,
  workspace: Workspace,
  recipe: Recipe,
  phase: Phase,
  hosts: HostPaths,
): Promise<Fetched & { readonly folder: string }> {
  const { deps } = progress;
  const source = await timed(progress, 'source', () => unpackSource(progress, workspace, 'fetch-source'));
  const lockfile = await placedLockfile(recipe, source, deps.blobs);
  const inputs = await lockfileFolder(workspace, 'fetch-inputs', lockfile);
  const caches = await workspace.folder('fetch-caches');
  const fetched = await fetchInputs(deps, workspace, recipe, source, (socketPath) =>
    phaseRun(progress, phase, { ...hosts, source, caches, inputs }, socketPath),
  );
  const { recorded, resolution, barred } = fetched;
  for (const line of barred) {
    progress.log.push(`not let in: ${line}`);
    progress.request.onOutput?.('fetch', `not let in: ${line}`);
  }
  progress.inputs.push(...dependencyInputs(recorded, resolution));
  const folder = await lockfileFolder(workspace, 'build-inputs', resolution?.text ?? lockfile);
  const registry = join(folder, inputFiles.registry);
  await writeReplay(registry, recorded, deps.blobs);
  await workspace.give(folder);
  // The bytes that were installed from are on record; this copy is of no more use.
  return { ...fetched, folder };
}

async function lockfileFolder(workspace: Workspace, name: string, text: string | undefined): Promise<string> {
  const folder = await workspace.folder(name);
  if (text !== undefined) await writeFile(join(folder, inputFiles.lockfile), text);
  await workspace.give(folder);
  return folder;
}

// ---- one run ----

async function phaseRun(
  progress: Progress,
  phase: Phase,
  hosts: HostPaths,
  socketPath?: string,
): Promise<void> {
  const { deps, request } = progress;
  const { onOutput, signal } = request;
  progress.log.push(`== ${phase.phase}`, phase.script.trimEnd());
  const result = await timed(progress, phase.phase, () =>
    deps.sandbox.run({
      root: request.base.path,
      mounts: phase.mounts.flatMap((mount) => mountOf(mount, hosts)),
      command: ['/bin/sh', '-euc', phase.script],
      cwd: '/',
      env: phase.environment,
      network: socketPath === undefined ? { kind: 'none' } : { kind: 'proxy', socketPath },
      sourceDateEpoch: phase.sourceDateEpoch,
      freezeClock: phase.freezeClock,
      limits: request.limits ?? defaultLimits,
      ...(onOutput === undefined ? {} : { onOutput: (line: string) => onOutput(phase.phase, line) }),
      ...(signal === undefined ? {} : { signal }),
    }),
  );
  progress.log.push(result.output.trimEnd(), `== ${phase.phase}: ${endOf(result)}`);
  if (result.ended !== 'exit' || result.exitCode !== 0) throw failed(phase, result);
}

function mountOf({ what, to, writable }: Phase['mounts'][number], hosts: HostPaths): readonly Mount[] {
  const from = hosts[what];
  return from === undefined ? [] : [{ from, to, writable }];
}

function endOf({ ended, exitCode, signal }: RunResult): string {
  return ended === 'exit'
    ? `ended with code ${exitCode ?? '?'}`
    : ended === 'signal'
      ? `killed by ${signal ?? '?'}`
      : ended;
}

const phaseCauses = { fetch: 'dependencies', build: 'build-failed', pack: 'pack-failed' } as const;

function failed({ phase }: Phase, result: RunResult): NotBuilt {
  const told = tellingLines(result.output);
  const message = `${phase}: ${endOf(result)}${told === '' ? '' : `: ${told}`}`;
  if (result.ended === 'timeout' || result.ended === 'cancelled') return new NotBuilt(result.ended, message);
  if (result.ended === 'memory') return new NotBuilt('out-of-memory', message);
  if (phase === 'build' && result.exitCode === installFailed) return new NotBuilt('dependencies', message);
  return new NotBuilt(phaseCauses[phase], message, phase === 'fetch' && saysLockfileUnfit(result.output));
}

/** The first lines near the end that speak of an error; else the last one. */
function tellingLines(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-80);
  const noise = /complete log of this run|_logs\/|^npm (?:ERR!|error)\s*$|^\s*$/i;
  const useful = lines.filter((line) => !noise.test(line));
  const errors = useful.filter((line) => /err|fail|cannot|not found|unable/i.test(line));
  const told = errors.length > 0 ? errors.slice(0, 3) : useful.slice(-1);
  return told.map((line) => line.trim().slice(0, 200)).join(' / ');
}

async function timed<T>(progress: Progress, phase: PhaseName, what: () => Promise<T>): Promise<T> {
  const { deps, phases, request } = progress;
  if (request.signal?.aborted === true) throw new NotBuilt('cancelled', 'cancelled');
  const begin = deps.monotonicMs();
  try {
    return await what();
  } finally {
    phases.push({ phase, wallMs: deps.monotonicMs() - begin });
  }
}

// ---- the outcome ----

const maxLogLength = 4 * 1024 * 1024;

async function ended({ deps, inputs, phases, log }: Progress): Promise<{
  readonly inputs: readonly BuildInput[];
  readonly log: Sha256;
  readonly phases: readonly PhaseReport[];
}> {
  const text = `${log.join('\n')}\n`.slice(-maxLogLength).toWellFormed();
  return { inputs, log: await storeBytes(deps.blobs, text), phases };
}

function reasonOf(
  error: unknown,
  signal: AbortSignal | undefined,
): { readonly cause: NotBuiltCause; readonly message: string } {
  if (signal?.aborted === true) return { cause: 'cancelled', message: 'cancelled' };
  if (error instanceof NotBuilt) return { cause: error.cause, message: error.message };
  if (!(error instanceof AssayError)) throw error;
  if (error.code === 'BUILD_INPUT_REFUSED') return { cause: 'dependencies', message: messageOf(error) };
  const message = `${error.code}: ${messageOf(error)}`;
  if (error.code.startsWith('SANDBOX_')) return { cause: 'sandbox', message };
  return { cause: error.code.startsWith('STORAGE_') ? 'sandbox' : 'fetch-failed', message };
}
