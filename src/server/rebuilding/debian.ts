/** Debian packages from source: the archive's signed indexes, the build in the sandbox, comparison. Start at `locate`. */
import { artifactDigestsOf } from '../../core/digest.ts';
import type { Purl } from '../../core/purl.ts';
import type { IsolationReport } from '../../core/rebuild.ts';
import type { DebianPhase } from '../../rebuild/debian/build.ts';
import type { DebianBases } from '../../rebuild/debian/bases.ts';
import { rebuildDebian, type DebianRebuildDeps, type PlainDeb } from '../../rebuild/debian/rebuild.ts';
import { openBases } from '../../rebuild/sandbox/bases.ts';
import { listOutput, readOutput } from '../../rebuild/sandbox/outputs.ts';
import type { Storage } from '../../storage/open.ts';
import type { Comparer, NamedFile } from './comparer.ts';
import { findDebianPackage, type DebianPackage, type DebianPackageNeeds } from './debian-package.ts';
import { keyringPath, type DebianSuites } from './debian-suites.ts';
import type { BuildPhase, BuildTarget, BuildWatch, Rebuilder, Rebuilt } from './deps.ts';
import { keepBytes } from './record-outcome.ts';
import type { Workshop } from './workshop.ts';

export interface DebianRebuildNeeds extends DebianPackageNeeds {
  readonly suites: Pick<DebianSuites, 'open' | 'before'>;
  readonly workshop: () => Promise<Workshop>;
  /** Base roots are kept there. */
  readonly basesDirectory: string;
  readonly blobs: Storage['blobs'];
  readonly comparer: Comparer;
}

export function createDebianRebuilder(needs: DebianRebuildNeeds): Rebuilder {
  return { ecosystem: 'debian', locate: (purl) => locate(needs, purl) };
}

/** Throws PURL_INVALID, DEBIAN_*, SOURCE_UNREADABLE, UPSTREAM_*, STORAGE_*. */
async function locate(needs: DebianRebuildNeeds, purl: Purl): Promise<BuildTarget> {
  const found = await findDebianPackage(needs, purl);
  const { suite, binary } = found;
  const artifact = artifactDigestsOf(await suite.file(binary.path, binary.file));
  return {
    purl: found.purl,
    artifact,
    rebuild: (recipe, watch) => rebuild(needs, found, recipe, watch),
  };
}

/** From the suites that were verified and no other, so that each package of a base is in a signed index. */
function basesFrom({ basesDirectory }: DebianRebuildNeeds): DebianBases {
  return {
    base: (packages, suites) => {
      const mirrors = suites.map(
        ({ options: { archive, suite, component } }) =>
          `deb [signed-by=${keyringPath}] ${archive.replace(/\/+$/, '')} ${suite} ${component}`,
      );
      return openBases({ directory: basesDirectory, mirrors }).base(packages, suites[0].options.suite);
    },
  };
}

const shownPhases: Readonly<Record<DebianPhase, BuildPhase>> = {
  source: 'source',
  base: 'fetch',
  unpack: 'build',
  build: 'build',
};

async function rebuild(
  needs: DebianRebuildNeeds,
  { suite, binary, baseSuites, unread }: DebianPackage,
  recipe: string | undefined,
  watch: BuildWatch,
): Promise<Rebuilt> {
  const { sandbox } = await needs.workshop();
  const { isolation } = sandbox;
  if (recipe !== undefined)
    return notBuilt(
      isolation,
      'unsupported',
      'A Debian package is built as its own source says; it has no recipe here.',
    );
  if (isolation.level === 'none')
    return notBuilt(isolation, 'sandbox', `No sandbox here: ${isolation.missing.join(' ')}`);
  const deps: DebianRebuildDeps = {
    sandbox,
    bases: basesFrom(needs),
    outputs: { list: listOutput, read: readOutput },
    monotonicMs: () => performance.now(),
    compare: async (upstream, rebuilt, facts) => {
      watch.phase('compare');
      const [theirs, ours] = [await fileOf(needs.blobs, upstream), await fileOf(needs.blobs, rebuilt)];
      return needs.comparer.compare('debian', theirs, ours, facts);
    },
  };
  const { source, inputs, log, outcome } = await rebuildDebian(deps, {
    suite,
    baseSuites,
    earlier: () => needs.suites.before(needs.suite),
    binary,
    signal: watch.signal,
    onPhase: (phase) => watch.phase(shownPhases[phase]),
    onOutput: (_phase, line) => watch.line(line),
  });
  for (const line of [...(source?.because ?? []), ...unread]) watch.line(line);
  return {
    isolation,
    source,
    recipe: undefined,
    recipeText: undefined,
    log: log === '' ? undefined : await keepBytes(needs.blobs, Buffer.from(log, 'utf8')),
    inputs,
    outcome: watch.signal.aborted
      ? { state: 'not-built', cause: 'cancelled', message: 'It was cancelled.' }
      : outcome,
  };
}

function notBuilt(isolation: IsolationReport, cause: 'unsupported' | 'sandbox', message: string): Rebuilt {
  return {
    isolation,
    source: undefined,
    recipe: undefined,
    recipeText: undefined,
    log: undefined,
    inputs: [],
    outcome: { state: 'not-built', cause, message },
  };
}

/** The child reads files; these are of no use afterwards, but to look at what was compared. */
async function fileOf(blobs: Storage['blobs'], { plain, d0 }: PlainDeb): Promise<NamedFile> {
  const digest = await keepBytes(blobs, plain);
  return { path: (await blobs.path(digest)) ?? '', sizeBytes: plain.length, sha256: d0, inflatedFrom: d0 };
}
