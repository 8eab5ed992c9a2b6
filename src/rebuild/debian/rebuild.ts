/** A binary package from source to comparison. Start reading this room here: `rebuildDebian`. */
import type { BuildFacts } from '../../core/comparison-input.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { isAssayError, messageOf } from '../../core/errors.ts';
import type { BuildInput, Comparison, FoundSource, NotBuiltCause } from '../../core/rebuild.ts';
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

export type DebianRebuildRequest = Omit<DebianBuildRequest, 'source'>;

/** Whatever the archive, the package or its build do is the outcome. Throws STORAGE_*, COMPARISON_*, and our own faults. */
export async function rebuildDebian(
  deps: DebianRebuildDeps,
  request: DebianRebuildRequest,
): Promise<DebianRebuild> {
  const { suite, binary } = request;
  let source: FoundSource | undefined;
  let built: DebianBuild | undefined;
  try {
    const found = await findSourcePackage(suite, binary.source.name, binary.source.version);
    source = foundSource(suite, binary, found);
    built = await buildDebian(deps, { ...request, source: found });
    return { source, ...said(built), outcome: await outcomeOf(deps, request, found, built) };
  } catch (error) {
    const cause = isAssayError(error) ? causeOf(error.code, source) : undefined;
    if (cause === undefined) throw error;
    return { source, ...said(built), outcome: { state: 'not-built', cause, message: messageOf(error) } };
  }
}

function said(built: DebianBuild | undefined): Pick<DebianRebuild, 'inputs' | 'log' | 'phases'> {
  return { inputs: built?.inputs ?? [], log: built?.log ?? '', phases: built?.phases ?? [] };
}

async function outcomeOf(
  deps: DebianRebuildDeps,
  { suite, binary, signal }: DebianRebuildRequest,
  source: SourcePackage,
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

function factsOf(
  { version }: SourcePackage,
  { sourceDateEpoch, changelog }: Extract<DebianBuild, { state: 'built' }>,
): BuildFacts {
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
function causeOf(code: string, source: FoundSource | undefined): NotBuiltCause | undefined {
  if (code === 'DEBIAN_PACKAGE_ABSENT') return source === undefined ? 'no-source' : 'dependencies';
  if (/^(?:DEBIAN|SOURCE|UPSTREAM)_/.test(code)) return 'fetch-failed';
  if (code === 'BASE_UNAVAILABLE') return 'dependencies';
  if (code === 'BUILD_OUTPUT_INVALID') return 'pack-failed';
  return code.startsWith('SANDBOX_') ? 'sandbox' : undefined;
}
