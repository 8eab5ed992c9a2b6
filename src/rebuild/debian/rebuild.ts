/** A binary package from source to comparison. Start reading this room here: `rebuildDebian`. */
import type { BuildFacts } from '../../core/comparison-input.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { isAssayError, messageOf } from '../../core/errors.ts';
import {
  comparisonVerdicts,
  type BuildInput,
  type Comparison,
  type ComparisonVerdict,
  type FoundSource,
  type NotBuiltCause,
} from '../../core/rebuild.ts';
import type { Suite } from './archive.ts';
import {
  buildDebian,
  type DebianBuild,
  type DebianBuildDeps,
  type DebianBuildRequest,
  type DebianPhase,
} from './build.ts';
import { inflateDeb } from './inflate.ts';
import { findSourcePackage, foundSource, type SourcePackage } from './source-package.ts';

export interface DebianRebuildDeps extends DebianBuildDeps {
  /** `readPlainDeb` and `debianRules`, in a child. Throws COMPARISON_*. */
  readonly compare: (upstream: PlainDeb, rebuilt: PlainDeb, facts: BuildFacts) => Promise<Comparison>;
}

/** A package without compression, and the digest of the one it was made of. */
export interface PlainDeb {
  readonly plain: Uint8Array;
  readonly d0: Sha256;
}

export interface DebianRebuild {
  /** Undefined: it was not found, and `outcome` says why. */
  readonly source: FoundSource | undefined;
  readonly inputs: readonly BuildInput[];
  /** Hostile, well-formed. */
  readonly log: string;
  readonly phases: readonly { readonly phase: DebianPhase; readonly wallMs: number }[];
  readonly outcome:
    | { readonly state: 'compared'; readonly comparison: Comparison }
    | { readonly state: 'not-built'; readonly cause: NotBuiltCause; readonly message: string };
}

export interface DebianRebuildRequest extends Omit<DebianBuildRequest, 'source'> {
  /** What Debian was before; asked for only where it may help. Undefined: it is not to be had. Throws as opening a suite does. */
  readonly earlier?: () => Promise<EarlierSuite | undefined>;
}

export interface EarlierSuite {
  readonly suite: Suite;
  /** Unix seconds. What was uploaded before that was built with its compilers and libraries, not with those of its successor. */
  readonly releasedAt: number;
}

type Attempt = Omit<DebianRebuild, 'source'>;

/**
 * Whatever the archive, the package or its build do is the outcome. What is older than the suite before this one, and did not come
 * out as it was published, is built once more in a base of that suite; the better one counts. Throws STORAGE_*, COMPARISON_*, and
 * our own faults.
 */
export async function rebuildDebian(
  deps: DebianRebuildDeps,
  request: DebianRebuildRequest,
): Promise<DebianRebuild> {
  const { suite, binary } = request;
  let source: FoundSource | undefined;
  try {
    const found = await findSourcePackage(suite, binary.source.name, binary.source.version);
    source = foundSource(suite, binary, found);
    const first = await attempt(deps, { ...request, source: found });
    const earlier = await earlierFor(request, first);
    if (earlier === undefined) return { source, ...first };
    const second = await attempt(deps, { ...request, source: found, baseSuites: [earlier.suite] });
    return { source, ...better(first, second, earlier) };
  } catch (error) {
    return { source, inputs: [], log: '', phases: [], outcome: notBuilt(error, source) };
  }
}

/** Throws what is no doing of the package. */
async function attempt(
  deps: DebianRebuildDeps,
  request: DebianBuildRequest,
): Promise<Attempt & Pick<Built, 'sourceDateEpoch'>> {
  let built: DebianBuild | undefined;
  let outcome: DebianRebuild['outcome'];
  try {
    built = await buildDebian(deps, request);
    outcome = await outcomeOf(deps, request, built);
  } catch (error) {
    outcome = notBuilt(error, 'found');
  }
  const { inputs = [], log = '', phases = [] } = built ?? {};
  return {
    inputs,
    log,
    phases,
    outcome,
    sourceDateEpoch: built?.state === 'built' ? built.sourceDateEpoch : Infinity,
  };
}

/** Bit for bit, or but for times in the container: nothing is better. */
const matches: readonly ComparisonVerdict[] = ['identical', 'identical-container', 'equivalent'];

async function earlierFor(
  { earlier, signal }: DebianRebuildRequest,
  { outcome, sourceDateEpoch }: Awaited<ReturnType<typeof attempt>>,
): Promise<EarlierSuite | undefined> {
  if (outcome.state === 'not-built' || matches.includes(outcome.comparison.verdict)) return undefined;
  if (earlier === undefined || signal?.aborted === true) return undefined;
  try {
    const before = await earlier();
    return before !== undefined && sourceDateEpoch < before.releasedAt ? before : undefined;
  } catch (error) {
    // Nothing is believed of it then; what was built stands.
    if (isAssayError(error) && /^(?:DEBIAN|SOURCE|UPSTREAM)_/.test(error.code)) return undefined;
    throw error;
  }
}

function better(first: Attempt, second: Attempt, { suite }: EarlierSuite): Attempt {
  const rank = ({ outcome }: Attempt): number =>
    comparisonVerdicts.indexOf(outcome.state === 'compared' ? outcome.comparison.verdict : 'not-built');
  const { inputs, outcome } = rank(second) < rank(first) ? second : first;
  return {
    inputs,
    outcome,
    log: `${first.log}\n== once more, with the packages of ${suite.options.suite}\n${second.log}`,
    phases: [...first.phases, ...second.phases],
  };
}

type Built = Extract<DebianBuild, { state: 'built' }>;

function notBuilt(
  error: unknown,
  source: FoundSource | 'found' | undefined,
): Extract<DebianRebuild['outcome'], { state: 'not-built' }> {
  const cause = isAssayError(error) ? causeOf(error.code, source) : undefined;
  if (cause === undefined) throw error;
  return { state: 'not-built', cause, message: messageOf(error) };
}

async function outcomeOf(
  deps: DebianRebuildDeps,
  { suite, binary, source, signal }: DebianBuildRequest,
  built: DebianBuild,
): Promise<DebianRebuild['outcome']> {
  if (built.state === 'not-built') return { state: 'not-built', cause: built.cause, message: built.message };
  const published = await suite.file(binary.path, binary.file);
  const plain = async (bytes: Uint8Array, d0: Sha256): Promise<PlainDeb> => ({
    plain: await inflateDeb(deps, built.root, bytes, signal),
    d0,
  });
  const comparison = await deps.compare(
    // What cannot be read in one way only is compared as it came, and found suspicious for that.
    await plain(published, binary.file.sha256).catch((error: unknown) => {
      if (!isAssayError(error, 'DEBIAN_ARCHIVE_INVALID')) throw error;
      return { plain: published, d0: binary.file.sha256 };
    }),
    await plain(built.deb, sha256(built.deb)),
    factsOf(source, built),
  );
  return { state: 'compared', comparison };
}

function factsOf({ version }: SourcePackage, { sourceDateEpoch, changelog }: Built): BuildFacts {
  return {
    version,
    commit: undefined,
    committedAt: undefined,
    sourceDateEpoch,
    publishedAt: undefined,
    sourcePaths: { upstream: [], rebuilt: [] },
    // Only this one is asked for: most of a source is compiled.
    sourceFiles: changelog === undefined ? undefined : [changelog],
  };
}

/** Undefined: not the package's doing. */
function causeOf(code: string, source: unknown): NotBuiltCause | undefined {
  if (code === 'DEBIAN_PACKAGE_ABSENT') return source === undefined ? 'no-source' : 'dependencies';
  if (/^(?:DEBIAN|SOURCE|UPSTREAM)_/.test(code)) return 'fetch-failed';
  if (code === 'BASE_UNAVAILABLE') return 'dependencies';
  if (code === 'BUILD_OUTPUT_INVALID') return 'pack-failed';
  return code.startsWith('SANDBOX_') ? 'sandbox' : undefined;
}
