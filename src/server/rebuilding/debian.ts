/** Debian packages from source: the archive's signed indexes, the build in the sandbox, comparison. Start at `locate`. */
import { debianOrder } from '../../advisories/versions/debian.ts';
import { artifactDigestsOf } from '../../core/digest.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { IsolationReport } from '../../core/rebuild.ts';
import type { Suite } from '../../rebuild/debian/archive.ts';
import { binariesNamed, type BinaryPackage } from '../../rebuild/debian/binary-package.ts';
import type { DebianPhase } from '../../rebuild/debian/build.ts';
import { rebuildDebian, type DebianRebuildDeps, type PlainDeb } from '../../rebuild/debian/rebuild.ts';
import { listOutput, readOutput } from '../../rebuild/sandbox/outputs.ts';
import type { Storage } from '../../storage/open.ts';
import type { Comparer, NamedFile } from './comparer.ts';
import type { DebianSuites } from './debian-suites.ts';
import type { BuildPhase, BuildTarget, BuildWatch, Rebuilder, Rebuilt } from './deps.ts';
import { keepBytes } from './record-outcome.ts';
import type { Workshop } from './workshop.ts';

export interface DebianRebuildNeeds {
  readonly suites: Pick<DebianSuites, 'open'>;
  /** Codename. */
  readonly suite: string;
  readonly workshop: () => Promise<Workshop>;
  readonly blobs: Storage['blobs'];
  readonly comparer: Comparer;
}

export function createDebianRebuilder(needs: DebianRebuildNeeds): Rebuilder {
  return { ecosystem: 'debian', locate: (purl) => locate(needs, purl) };
}

/** The suite itself; what was added to it since only where apt knows of it. */
async function suitesOf({ suites, suite }: DebianRebuildNeeds): Promise<readonly Suite[]> {
  const opened = [await suites.open(suite)];
  for (const added of [`${suite}-updates`, `${suite}-security`]) {
    try {
      opened.push(await suites.open(added));
    } catch (error) {
      if (!isAssayError(error, 'SOURCE_UNREADABLE')) throw error;
    }
  }
  return opened;
}

/** Throws PURL_INVALID, DEBIAN_*, SOURCE_UNREADABLE, UPSTREAM_*, STORAGE_*. */
async function locate(needs: DebianRebuildNeeds, purl: Purl): Promise<BuildTarget> {
  const { name, version } = parsePurl(purl);
  const suites = await suitesOf(needs);
  const { suite, binary } = await newest(suites, name, version);
  const artifact = artifactDigestsOf(await suite.file(binary.path, binary.file));
  const others = suites.filter((one) => one !== suite);
  return {
    purl: formatPurl('debian', name, binary.version),
    artifact,
    rebuild: (recipe, watch) => rebuild(needs, { suite, others, binary }, recipe, watch),
  };
}

interface Located {
  readonly suite: Suite;
  readonly others: readonly Suite[];
  readonly binary: BinaryPackage;
}

async function newest(
  suites: readonly Suite[],
  name: string,
  version: string | undefined,
): Promise<Pick<Located, 'suite' | 'binary'>> {
  let best: Pick<Located, 'suite' | 'binary'> | undefined;
  const there: string[] = [];
  for (const suite of suites)
    for (const binary of await binariesNamed(suite, name)) {
      there.push(binary.version);
      if (version !== undefined && binary.version !== version) continue;
      if (best === undefined || isNewer(binary.version, best.binary.version)) best = { suite, binary };
    }
  if (best !== undefined) return best;
  const what = version === undefined ? name : `${name} ${version}`;
  const rest = there.length === 0 ? '' : `; it has ${[...new Set(there)].join(', ')}`;
  throw new AssayError('DEBIAN_PACKAGE_ABSENT', `the archive has no package ${JSON.stringify(what)}${rest}`);
}

function isNewer(a: string, b: string): boolean {
  return (debianOrder.compare(a, b) ?? 0) > 0;
}

const shownPhases: Readonly<Record<DebianPhase, BuildPhase>> = {
  source: 'source',
  base: 'fetch',
  unpack: 'build',
  build: 'build',
};

async function rebuild(
  needs: DebianRebuildNeeds,
  { suite, others, binary }: Located,
  recipe: string | undefined,
  watch: BuildWatch,
): Promise<Rebuilt> {
  const { sandbox, bases } = await needs.workshop();
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
    bases,
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
    others,
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
