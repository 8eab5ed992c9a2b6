/**
 * Builds one binary package from its verified source, in the sandbox and without a network. Start at `buildDebian`.
 *
 * Tests of packages are not run (`nocheck`): they prove nothing about where a package comes from, and many want a network.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { BuildInput, NotBuiltCause } from '../../core/rebuild.ts';
import { mostFileBytes, type Suite } from './archive.ts';
import type { BinaryPackage } from './binary-package.ts';
import { buildDependencies, buildKind, dependencyInputs, type BuildKind } from './build-dependencies.ts';
import type { RunLimits, RunResult, RunSpec, Sandbox } from '../../core/sandbox.ts';
import type { BaseSuites, DebianBases } from './bases.ts';
import type { OutputReader } from './deps.ts';
import { fetchSource, type SourceFile, type SourcePackage } from './source-package.ts';

export interface DebianBuildDeps {
  readonly sandbox: Sandbox;
  readonly outputs: OutputReader;
  readonly bases: DebianBases;
  readonly monotonicMs: () => number;
}

export interface DebianBuildRequest {
  /** Where the package and its source were found. */
  readonly suite: Suite;
  /** What the base root is made of. Default: `suite` alone. */
  readonly baseSuites?: BaseSuites;
  readonly binary: BinaryPackage;
  readonly source: SourcePackage;
  readonly limits?: RunLimits;
  readonly onPhase?: (phase: DebianPhase) => void;
  readonly onOutput?: (phase: DebianPhase, line: string) => void;
  readonly signal?: AbortSignal;
}

export const debianPhases = ['source', 'base', 'unpack', 'build'] as const;
export type DebianPhase = (typeof debianPhases)[number];

export type DebianBuild = {
  readonly inputs: readonly BuildInput[];
  /** Hostile, well-formed. */
  readonly log: string;
  readonly phases: readonly { readonly phase: DebianPhase; readonly wallMs: number }[];
} & (
  | {
      readonly state: 'built';
      readonly deb: Uint8Array;
      /** Of the source's changelog; undefined: it is no plain file. */
      readonly changelog: Sha256 | undefined;
      /** Unix seconds: the time of the newest entry in the changelog. */
      readonly sourceDateEpoch: number;
      /** Of the base root, where the package can be inflated too. */
      readonly root: string;
    }
  | { readonly state: 'not-built'; readonly cause: NotBuiltCause; readonly message: string }
);

const gibibyte = 1024 ** 3;
export const defaultBuildLimits: RunLimits = {
  memoryBytes: 4 * gibibyte,
  processes: 1024,
  cpuSeconds: 2 * 3600,
  wallMs: 60 * 60_000,
  diskBytes: 8 * gibibyte,
};

/** As Debian's builders: a path of its own for each version, the same every time. */
const buildFolder = '/build/reproducible-path';
/** `$1`: the `.dsc`, `$2`: where to. Its digest was verified, its developer's signature cannot be. */
const unpackScript = `mkdir -p ${buildFolder}
dpkg-source --no-check -x "/source/$1" "${buildFolder}/$2" >&2
cd "${buildFolder}/$2"
printf 'assay-epoch %s\\n' "$(dpkg-parsechangelog -STimestamp)"`;
const buildScript = `umask 0022
cd "${buildFolder}/$1"
exec dpkg-buildpackage -us -uc "--build=$2"`;

class NotBuilt extends Error {
  readonly notBuilt: NotBuiltCause;
  constructor(cause: NotBuiltCause, message: string) {
    super(message);
    this.notBuilt = cause;
  }
}

interface Progress {
  readonly deps: DebianBuildDeps;
  readonly request: DebianBuildRequest;
  readonly inputs: BuildInput[];
  readonly phases: { readonly phase: DebianPhase; readonly wallMs: number }[];
  readonly log: string[];
}

/** What the package or its build does is the outcome. Throws DEBIAN_*, SOURCE_UNREADABLE, BASE_UNAVAILABLE, SANDBOX_*, UPSTREAM_*, STORAGE_*. */
export async function buildDebian(deps: DebianBuildDeps, request: DebianBuildRequest): Promise<DebianBuild> {
  const progress: Progress = { deps, request, inputs: [], phases: [], log: [] };
  const ended = (): Pick<DebianBuild, 'inputs' | 'log' | 'phases'> => ({
    inputs: progress.inputs,
    log: progress.log.join('\n').slice(-mostLog).toWellFormed(),
    phases: progress.phases,
  });
  try {
    return { ...(await build(progress)), ...ended() };
  } catch (error) {
    if (!(error instanceof NotBuilt)) throw error;
    return { state: 'not-built', cause: error.notBuilt, message: error.message, ...ended() };
  }
}

const mostLog = 4 * 1024 * 1024;

async function build(
  progress: Progress,
): Promise<Omit<Extract<DebianBuild, { state: 'built' }>, 'inputs' | 'log' | 'phases'>> {
  const { deps, request } = progress;
  const { suite, binary, source } = request;
  checkSupported(binary);
  const kind = buildKind(binary);
  const files = await timed(progress, 'source', () => fetchSource(suite, source));
  progress.inputs.push(...sourceInputs(suite, source, files));
  const base = await timed(progress, 'base', () => baseFor(progress, kind));
  const workspace = await deps.sandbox.workspace();
  try {
    const input = await workspace.folder('source');
    for (const { name, bytes } of files) await writeFile(join(input, name), bytes);
    await workspace.give(input);
    const output = await workspace.folder('build');
    const mounts = [
      { from: input, to: '/source', writable: false },
      { from: output, to: '/build', writable: true },
    ];
    const run = (
      phase: DebianPhase,
      script: string,
      args: readonly string[],
      epoch: number,
    ): Promise<RunResult> =>
      timed(progress, phase, () =>
        runPhase(progress, phase, {
          root: base.path,
          mounts,
          command: ['/bin/sh', '-euc', script, 'sh', ...args],
          sourceDateEpoch: epoch,
          freezeClock: phase === 'build',
        }),
      );
    const folder = `${source.name}-${upstreamVersion(source.version)}`;
    const unpacked = await run('unpack', unpackScript, [source.dscName, folder], 0);
    const sourceDateEpoch = epochOf(unpacked);
    const changelog = await changelogOf(deps, output, `reproducible-path/${folder}/debian/changelog`);
    await run('build', buildScript, [folder, kind], sourceDateEpoch);
    const name = `${binary.name}_${withoutEpoch(binary.version)}_${binary.architecture}.deb`;
    const made = `${buildFolder.slice('/build/'.length)}/${name}`;
    const there = await deps.outputs.list(join(output, 'reproducible-path'), mostEntries);
    if (!there.some(({ path }) => path === name))
      throw new NotBuilt('pack-failed', `The build ended well and made no ${name}.`);
    return {
      state: 'built',
      deb: await deps.outputs.read(output, made, mostFileBytes),
      changelog,
      sourceDateEpoch,
      root: base.path,
    };
  } finally {
    await workspace.remove();
  }
}

const mostEntries = 1_000_000;

/** A binary rebuild of the same source has an entry in its changelog that is in no source. */
function checkSupported({ version, source }: BinaryPackage): void {
  if (version !== source.version && version.replace(/\+b\d+$/, '') === source.version)
    throw new NotBuilt(
      'unsupported',
      `Upstream rebuilt ${source.version} as ${version}, with a changelog entry that is in no source.`,
    );
}

function sourceInputs(
  suite: Suite,
  source: SourcePackage,
  files: readonly SourceFile[],
): readonly BuildInput[] {
  const archive = suite.options.archive.replace(/\/+$/, '');
  return [
    {
      role: 'source',
      name: 'InRelease',
      uri: `${archive}/dists/${suite.options.suite}/InRelease`,
      digest: { sha256: suite.inRelease },
    },
    ...files.map(({ name, sha256: digest }) => ({
      role: 'source',
      name,
      uri: `${archive}/${source.folder}/${name}`,
      digest: { sha256: digest },
    })),
  ];
}

async function baseFor(
  progress: Progress,
  kind: BuildKind,
): Promise<Awaited<ReturnType<DebianBases['base']>>> {
  const { deps, request, inputs } = progress;
  const { suite, source, baseSuites = [suite] } = request;
  const packages = await buildDependencies(baseSuites, source, kind);
  const base = await deps.bases.base(packages, baseSuites);
  const name = baseSuites.map(({ options }) => options.suite).join('+');
  inputs.push(
    {
      role: 'base',
      name: `Debian ${name}`,
      uri: `urn:assay:base:${name}:${packages.join('+')}`,
      digest: { sha256: base.digest },
    },
    ...(await dependencyInputs(baseSuites, base)),
  );
  return base;
}

// ---- one run ----

type PhaseSpec = Pick<RunSpec, 'root' | 'mounts' | 'command' | 'sourceDateEpoch' | 'freezeClock'>;

async function runPhase(
  { deps, request, log }: Progress,
  phase: DebianPhase,
  spec: PhaseSpec,
): Promise<RunResult> {
  const { onOutput, signal, limits = defaultBuildLimits } = request;
  const end = await deps.sandbox.run({
    ...spec,
    cwd: '/',
    // In a namespace with one uid chown fails, where fakeroot would only remember it.
    env: { DEB_BUILD_OPTIONS: 'nocheck', FAKEROOTDONTTRYCHOWN: '1', DH_VERBOSE: '0' },
    network: { kind: 'none' },
    limits,
    ...(onOutput === undefined ? {} : { onOutput: (line: string) => onOutput(phase, line) }),
    ...(signal === undefined ? {} : { signal }),
  });
  log.push(`== ${phase}`, end.output.trimEnd());
  if (end.ended !== 'exit' || end.exitCode !== 0) throw failed(phase, end);
  return end;
}

function failed(phase: DebianPhase, { ended, exitCode, signal, output }: RunResult): NotBuilt {
  const told = output.trimEnd().split('\n').slice(-3).join(' / ').slice(0, 600);
  const how =
    ended === 'exit' ? `code ${exitCode ?? '?'}` : ended === 'signal' ? `signal ${signal ?? '?'}` : ended;
  const message = `${phase} ended with ${how}: ${told}`;
  if (ended === 'timeout' || ended === 'cancelled') return new NotBuilt(ended, message);
  if (ended === 'memory') return new NotBuilt('out-of-memory', message);
  return new NotBuilt(output.includes('Unmet build dependencies') ? 'dependencies' : 'build-failed', message);
}

const mostChangelogBytes = 16 * 1024 * 1024;

/** Before the build: what it is in the source. */
async function changelogOf(
  { outputs }: DebianBuildDeps,
  output: string,
  path: string,
): Promise<Sha256 | undefined> {
  try {
    return sha256(await outputs.read(output, path, mostChangelogBytes));
  } catch (error) {
    if (isAssayError(error, 'BUILD_OUTPUT_INVALID')) return undefined;
    throw error;
  }
}

/** The last line that says it: what comes before is the source's own. */
function epochOf({ output }: RunResult): number {
  const epoch = /^assay-epoch (\d{1,11})$/.exec(output.trimEnd().split('\n').at(-1) ?? '')?.[1];
  if (epoch === undefined) throw new NotBuilt('build-failed', 'The changelog names no time.');
  return Number(epoch);
}

async function timed<T>(
  { deps, phases, request }: Progress,
  phase: DebianPhase,
  what: () => Promise<T>,
): Promise<T> {
  if (request.signal?.aborted === true) throw new NotBuilt('cancelled', 'It was cancelled.');
  request.onPhase?.(phase);
  const begin = deps.monotonicMs();
  try {
    return await what();
  } finally {
    phases.push({ phase, wallMs: Math.round(deps.monotonicMs() - begin) });
  }
}

// ---- versions ----

export function withoutEpoch(version: string): string {
  return version.replace(/^\d+:/, '');
}

/** Without epoch and Debian's revision: as the folder of a source is named. */
export function upstreamVersion(version: string): string {
  return withoutEpoch(version).replace(/-[^-]*$/, '');
}
