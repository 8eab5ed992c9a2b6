/** Debian packages from source: the archive's signed indexes, the build in the sandbox, comparison. Start at `locate`. */
import { artifactDigestsOf } from '../../core/digest.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { IsolationReport } from '../../core/rebuild.ts';
import type { Suite } from '../../rebuild/debian/archive.ts';
import { findBinary, type BinaryPackage } from '../../rebuild/debian/binary-package.ts';
import type { DebianPhase } from '../../rebuild/debian/build.ts';
import { rebuildDebian, type DebianRebuildDeps, type PlainDeb } from '../../rebuild/debian/rebuild.ts';
import { openBases, type Bases } from '../../rebuild/sandbox/bases.ts';
import { listOutput, readOutput } from '../../rebuild/sandbox/outputs.ts';
import type { Storage } from '../../storage/open.ts';
import type { Comparer, NamedFile } from './comparer.ts';
import { keyringPath, type DebianSuites } from './debian-suites.ts';
import type { BuildPhase, BuildTarget, BuildWatch, Rebuilder, Rebuilt } from './deps.ts';
import { keepBytes } from './record-outcome.ts';
import type { Workshop } from './workshop.ts';

export interface DebianRebuildNeeds {
  readonly suites: Pick<DebianSuites, 'open'>;
  /** Codename. */
  readonly suite: string;
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
  const { name, version } = parsePurl(purl);
  const suite = await needs.suites.open(needs.suite);
  const binary = await findBinary(suite, name, version);
  const artifact = artifactDigestsOf(await suite.file(binary.path, binary.file));
  return {
    purl: formatPurl('debian', name, binary.version),
    artifact,
    rebuild: (recipe, watch) => rebuild(needs, { suite, binary }, recipe, watch),
  };
}

interface Located {
  readonly suite: Suite;
  readonly binary: BinaryPackage;
}

/** From the suite that was verified and no other, so that each package of a base is in its signed index. */
function basesFrom({ basesDirectory }: DebianRebuildNeeds, { options }: Suite): Bases {
  const { archive, suite, component } = options;
  return openBases({
    directory: basesDirectory,
    mirrors: [`deb [signed-by=${keyringPath}] ${archive.replace(/\/+$/, '')} ${suite} ${component}`],
  });
}

const shownPhases: Readonly<Record<DebianPhase, BuildPhase>> = {
  source: 'source',
  base: 'fetch',
  unpack: 'build',
  build: 'build',
};

async function rebuild(
  needs: DebianRebuildNeeds,
  { suite, binary }: Located,
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
    bases: basesFrom(needs, suite),
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
    binary,
    signal: watch.signal,
    onPhase: (phase) => watch.phase(shownPhases[phase]),
    onOutput: (_phase, line) => watch.line(line),
  });
  for (const line of source?.because ?? []) watch.line(line);
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
