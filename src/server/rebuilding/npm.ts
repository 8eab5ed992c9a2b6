/** npm packages from source: source, recipe, phases in the sandbox, comparison. Start at `rebuildNpm`. */
import { messageOf, isAssayError } from '../../core/errors.ts';
import type { ArtifactDigests, Sha256 } from '../../core/digest.ts';
import type { Purl } from '../../core/purl.ts';
import type {
  ComparisonVerdict,
  FoundSource,
  InputMode,
  IsolationReport,
  NotBuiltCause,
  RebuildRecord,
  RecipeCorrection,
} from '../../core/rebuild.ts';
import { comparisonVerdicts } from '../../core/rebuild.ts';
import { secureVerdicts } from '../../rebuild/attest/class.ts';
import { basePackages, defaultSuite } from '../../rebuild/recipe/base.ts';
import { buildFromRecipe, type BuilderDeps } from '../../rebuild/recipe/build.ts';
import type { BuildOutcome, PackageRegistry, SourceArchive } from '../../rebuild/recipe/deps.ts';
import {
  corrected,
  correctionSaid,
  recipeDigest,
  writeRecipe,
  type Correction,
} from '../../rebuild/recipe/document.ts';
import { inferRecipes } from '../../rebuild/recipe/infer/infer.ts';
import { inspectSource, type InspectedSource } from '../../rebuild/recipe/inspect.ts';
import { resolvedAnew } from '../../rebuild/recipe/infer/unfit-lockfile.ts';
import type { InferredRecipe, Recipe } from '../../rebuild/recipe/recipe.ts';
import { doubtPacked } from '../../rebuild/source/judge.ts';
import type { SourceMirror, SourceSearch } from '../../rebuild/source/types.ts';
import type { Storage } from '../../storage/open.ts';
import type { Comparer } from './comparer.ts';
import type { BuildPhase, BuildWatch, Rebuilder, Rebuilt } from './deps.ts';
import { npmFacts } from './npm-facts.ts';
import type { NpmTarget } from './npm-target.ts';
import { keepBytes } from './record-outcome.ts';
import type { Workshop } from './workshop.ts';

export interface NpmRebuildDeps {
  readonly workshop: () => Promise<Workshop>;
  readonly blobs: Storage['blobs'];
  readonly comparer: Comparer;
  readonly registryOf: (target: NpmTarget) => PackageRegistry;
  readonly locate: (purl: Purl) => Promise<NpmTarget>;
  /** What a person corrected for the version, its text; undefined: nothing. Throws RECIPE_INVALID. */
  readonly correctionFor: (target: NpmTarget, given: string | undefined) => Promise<Correction | undefined>;
  /** The correction's source where it names one. */
  readonly findSource: (
    target: NpmTarget,
    shop: Workshop,
    correction: Correction | undefined,
    signal: AbortSignal,
  ) => Promise<SourceSearch>;
  readonly inputMode: InputMode;
  readonly clock: () => Date;
}

export function createNpmRebuilder(deps: NpmRebuildDeps): Rebuilder {
  return {
    ecosystem: 'npm',
    locate: async (purl) => {
      const target = await deps.locate(purl);
      return {
        ...target,
        rebuild: async (recipe, watch) => {
          const rebuilt = await rebuildNpm(deps, target, recipe, watch);
          return rebuilt.inputs.length === 0 ? rebuilt : { ...rebuilt, inputMode: deps.inputMode };
        },
      };
    },
  };
}

/** What is known while it goes on; a failure keeps what came before it. */
interface Known {
  isolation: IsolationReport;
  source: FoundSource | undefined;
  correction: RecipeCorrection | undefined;
  attempt: Attempt | undefined;
}

interface Attempt {
  readonly recipe: Sha256;
  readonly recipeText: Sha256;
  readonly log: Sha256;
  readonly inputs: RebuildRecord['inputs'];
  readonly outcome: RebuildRecord['outcome'];
}

const noIsolation: IsolationReport = {
  level: 'none',
  means: 'none',
  limits: { memory: 'none', processes: 'none', cpu: 'none', disk: 'none', time: 'none' },
  missing: ['Nothing was run.'],
};

async function rebuildNpm(
  deps: NpmRebuildDeps,
  target: NpmTarget,
  given: string | undefined,
  watch: BuildWatch,
): Promise<Rebuilt> {
  const known: Known = {
    isolation: noIsolation,
    source: undefined,
    correction: undefined,
    attempt: undefined,
  };
  try {
    const correction = await deps.correctionFor(target, given);
    known.correction = correction === undefined ? undefined : correctionSaid(correction);
    const shop = await deps.workshop();
    known.isolation = shop.sandbox.isolation;
    if (known.isolation.level === 'none')
      return notBuilt(known, 'sandbox', `No sandbox here: ${known.isolation.missing.join(' ')}`);
    watch.phase('source');
    const search = await deps.findSource(target, shop, correction, watch.signal);
    for (const line of [...search.because, ...search.disagreements]) watch.line(line);
    if (search.state === 'not-found') return notBuilt(known, search.cause, search.message);
    known.source = search.found;
    const source = { digest: search.mirror.archive, uri: search.mirror.uri };
    watch.phase('recipe');
    const base = await shop.base(inspecting, defaultSuite);
    const inspected = await inspectSource(
      { sandbox: shop.sandbox, blobs: deps.blobs },
      source,
      base,
      watch.signal,
    );
    if (inspected.isPacked) {
      known.source = doubtPacked(search.found);
      for (const line of known.source.disagreements.slice(search.found.disagreements.length))
        watch.line(line);
    }
    const recipes = recipesFor(target, search, inspected, correction, watch);
    if (typeof recipes === 'string') return notBuilt(known, 'unsupported', recipes);
    await tryEach(deps, shop, target, { recipes, source, mirror: search.mirror, inspected, known }, watch);
    return ended(known);
  } catch (error) {
    if (watch.signal.aborted) return notBuilt(known, 'cancelled', 'It was cancelled.');
    if (!isAssayError(error)) throw error;
    const cause = causeOf(error.code);
    if (cause === undefined) throw error;
    return notBuilt(known, cause, messageOf(error));
  }
}

function recipesFor(
  target: NpmTarget,
  { found, mirror }: Extract<SourceSearch, { state: 'found' }>,
  inspected: InspectedSource,
  correction: Correction | undefined,
  watch: BuildWatch,
): readonly Recipe[] | string {
  const { recipes, problem } = inferRecipes({
    purl: target.purl,
    source: found.source,
    paths: inspected.paths,
    texts: inspected.texts,
    sourceDate: mirror.committedAt ?? inspected.newest,
    sourceDateFrom: mirror.committedAt === undefined ? 'files' : 'commit',
    namedCommit: inspected.namedCommit,
    publication: target.publication,
    platform: process.arch === 'arm64' ? 'arm64' : 'x64',
    suite: defaultSuite,
  });
  if (recipes.length === 0) return problem ?? 'No recipe could be inferred.';
  for (const [place, recipe] of recipes.entries()) watch.line(told(place, recipes.length, recipe));
  if (correction === undefined) return recipes.map(({ recipe }) => recipe);
  const [first] = recipes;
  return first === undefined ? [] : [corrected(first.recipe, correction)];
}

/** Unpacks sources; what a recipe asks for besides is not needed to look at one. */
const inspecting = basePackages({
  environment: { packages: [], sourceDateEpoch: 0, freezeClock: false, variables: {}, suite: defaultSuite },
});

interface Attempts {
  readonly recipes: readonly Recipe[];
  readonly source: SourceArchive;
  readonly mirror: SourceMirror;
  readonly inspected: InspectedSource;
  readonly known: Known;
}

/**
 * In their order, until one gives what upstream published; the best one counts. Where the committed lockfile does not fit
 * its manifest, one more is tried behind them.
 */
async function tryEach(
  deps: NpmRebuildDeps,
  shop: Workshop,
  target: NpmTarget,
  attempts: Attempts,
  watch: BuildWatch,
): Promise<void> {
  const { known } = attempts;
  const recipes = [...attempts.recipes];
  let anew: InferredRecipe | undefined;
  for (let place = 0; place < recipes.length; place += 1) {
    const recipe = recipes[place];
    if (recipe === undefined) return;
    if (recipes.length > 1) watch.line(`Trying recipe ${place + 1} of ${recipes.length}.`);
    const { attempt, lockfileUnfit } = await tryOne(deps, shop, target, recipe, attempts, watch);
    if (lockfileUnfit && anew === undefined) {
      anew = resolvedAnew(recipe, target.publication.publishedAt);
      if (anew !== undefined) recipes.push(anew.recipe);
    }
    if (known.attempt === undefined || isBetter(attempt, known.attempt)) known.attempt = attempt;
    const verdict = verdictOf(attempt);
    watch.line(
      attempt.outcome.state === 'compared'
        ? `Recipe ${place + 1}: ${verdict}.`
        : `Recipe ${place + 1}: not built (${attempt.outcome.cause}): ${attempt.outcome.message}`,
    );
    if (secureVerdicts.includes(verdict) || watch.signal.aborted) return;
    if (anew !== undefined && recipes[place + 1] === anew.recipe)
      watch.line(told(place + 1, recipes.length, anew));
  }
}

function told(place: number, of: number, { confidence, reasons }: InferredRecipe): string {
  return `Recipe ${place + 1} of ${of} (confidence ${confidence}): ${reasons.join(' ')}`;
}

async function tryOne(
  deps: NpmRebuildDeps,
  shop: Workshop,
  target: NpmTarget,
  recipe: Recipe,
  { source, mirror, inspected }: Omit<Attempts, 'recipes' | 'known'>,
  watch: BuildWatch,
): Promise<{ readonly attempt: Attempt; readonly lockfileUnfit: boolean }> {
  const { blobs } = deps;
  const base = await shop.base(basePackages(recipe), recipe.environment.suite);
  const builder: BuilderDeps = {
    sandbox: shop.sandbox,
    blobs,
    registry: deps.registryOf(target),
    tools: shop.tools,
    clock: deps.clock,
    monotonicMs: () => performance.now(),
  };
  let phase = '';
  const built = await buildFromRecipe(builder, recipe, {
    source,
    base,
    signal: watch.signal,
    onOutput: (of, line) => {
      const now = shownPhases[of];
      if (now !== undefined && now !== phase) watch.phase(now);
      phase = now ?? phase;
      watch.line(line);
    },
  });
  const recipeText = await keepBytes(blobs, Buffer.from(writeRecipe(built.recipe), 'utf8'));
  const common = { recipe: recipeDigest(built.recipe), recipeText, log: built.log, inputs: built.inputs };
  if (built.state === 'not-built') {
    const { cause, message, lockfileUnfit } = built;
    return { attempt: { ...common, outcome: { state: 'not-built', cause, message } }, lockfileUnfit };
  }
  watch.phase('compare');
  const comparison = await deps.comparer.compare(
    'npm',
    await fileOf(blobs, target.artifact),
    await fileOf(blobs, built.tarball),
    npmFacts(target, recipe, mirror, inspected),
  );
  return { attempt: { ...common, outcome: { state: 'compared', comparison } }, lockfileUnfit: false };
}

const shownPhases: Readonly<Record<BuildOutcome['phases'][number]['phase'], BuildPhase | undefined>> = {
  tools: undefined,
  source: undefined,
  fetch: 'fetch',
  build: 'build',
  pack: 'pack',
};

async function fileOf(
  blobs: Storage['blobs'],
  { sha256, sizeBytes }: ArtifactDigests,
): Promise<{ readonly path: string; readonly sizeBytes: number; readonly sha256: Sha256 }> {
  return { path: (await blobs.path(sha256)) ?? '', sizeBytes, sha256 };
}

function verdictOf({ outcome }: Attempt): ComparisonVerdict {
  return outcome.state === 'compared' ? outcome.comparison.verdict : 'not-built';
}

/** A recipe that comes closer to what was published was closer to how it was built; with two alike the first one stands. */
function isBetter(one: Attempt, other: Attempt): boolean {
  return comparisonVerdicts.indexOf(verdictOf(one)) < comparisonVerdicts.indexOf(verdictOf(other));
}

function ended({ isolation, source, correction, attempt }: Known): Rebuilt {
  if (attempt === undefined)
    return {
      isolation,
      source,
      correction,
      recipe: undefined,
      recipeText: undefined,
      log: undefined,
      inputs: [],
      outcome: { state: 'not-built', cause: 'unsupported', message: 'No recipe was tried.' },
    };
  return { isolation, source, correction, ...attempt };
}

function notBuilt(
  { isolation, source, correction, attempt }: Known,
  cause: NotBuiltCause,
  message: string,
): Rebuilt {
  const { recipe, recipeText, log, inputs = [] } = attempt ?? {};
  return {
    isolation,
    source,
    correction,
    recipe,
    recipeText,
    log,
    inputs,
    outcome: { state: 'not-built', cause, message },
  };
}

/** Faults of the machine or the outside are outcomes; ours are thrown. */
function causeOf(code: string): NotBuiltCause | undefined {
  if (code.startsWith('SANDBOX_') || code === 'BASE_UNAVAILABLE') return 'sandbox';
  if (code.startsWith('SOURCE_')) return 'no-source';
  if (code.startsWith('UPSTREAM_')) return 'fetch-failed';
  if (code === 'BUILD_OUTPUT_INVALID') return 'pack-failed';
  return undefined;
}
