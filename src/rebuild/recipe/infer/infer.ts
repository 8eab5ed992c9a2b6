/** Recipes of a version, best first, from what its source and its publication say. Pure; never throws. */
import { instantOf } from '../../../core/time.ts';
import { parsePurl } from '../../../core/purl.ts';
import { nativeBuild } from '../base.ts';
import { managerOf } from '../managers/managers.ts';
import { commitVariable } from '../plan.ts';
import type { Dependencies, InferredRecipe, Recipe, Tool } from '../recipe.ts';
import { isPathBelow } from '../schema.ts';
import type { SourceFacts } from './facts.ts';
import { chooseManager, type ManagerChoice } from './manager.ts';
import { manifestAt, manifestOf, type Manifest } from './manifest.ts';
import { packOrderOf } from './pack-order.ts';
import { stepChoices, versionSteps, type StepsChoice } from './steps.ts';
import { toolchainChoices, type ToolchainChoice } from './toolchain.ts';

export const inferrer = 'assay-infer/2';

export interface Inference {
  /** In the order in which they are worth trying, at most six. */
  readonly recipes: readonly InferredRecipe[];
  /** Why there is none. */
  readonly problem: string | undefined;
}

/** 1985-10-26T08:15:00Z, the time npm gives to files: for sources that name no date. */
const noDate = 499_162_500;
const most = 6;

export function inferRecipes(given: SourceFacts): Inference {
  const facts = { ...given, sourceDate: plausible(given.sourceDate) };
  const found = findDirectory(facts);
  if (found === undefined)
    return { recipes: [], problem: `no package.json in the source is that of ${facts.purl}` };
  const { directory, manifest } = found;
  const top = manifestAt(facts, '');
  const manager = chooseManager(facts, directory, top, manifest);
  if (facts.source.kind === 'debian-source')
    return { recipes: [], problem: 'a source of Debian is built by Debian' };
  const toolchains = toolchainChoices({
    ...facts,
    ...facts.publication,
    pinned: pinnedNode(facts, directory, manifest, top),
    engines: manifest.engines,
    publishedAt: secondsOf(facts.publication.publishedAt),
    packOrder: packOrderOf(facts.publication.paths ?? []),
    ...manager,
  });
  const steps = stepChoices(facts, directory, manifest);
  const packs = packers(facts, manager, manifest);
  const choices = toolchains.flatMap((toolchain, a) =>
    steps.flatMap((step, b) => packs.map((pack, c) => ({ toolchain, step, pack, rank: a + b + c }))),
  );
  const recipes = choices
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ toolchain, step, pack }) =>
      recipeOf({ facts, directory, manifest, manager }, toolchain, step, pack),
    );
  return { recipes, problem: undefined };
}

interface Basis {
  readonly facts: SourceFacts;
  readonly directory: string;
  readonly manifest: Manifest;
  readonly manager: ManagerChoice;
}

function recipeOf(
  { facts, directory, manifest, manager }: Basis,
  toolchain: ToolchainChoice,
  step: StepsChoice,
  pack: Recipe['pack'],
): InferredRecipe {
  const { purl, publication, sourceDate, suite } = facts;
  const namedCommit = facts.source.kind === 'archive' ? facts.namedCommit : undefined;
  const installs = step.steps.length > 0 || manifest.bundles || pack !== 'npm';
  const { version = '' } = parsePurl(purl);
  const setting = versionSteps(manifest, directory, version);
  const native = facts.paths.includes(directory === '' ? 'binding.gyp' : `${directory}/binding.gyp`);
  const recipe: Recipe = {
    schema: 1,
    purl,
    revision: 1,
    author: { kind: 'inferred', by: inferrer },
    source: { ...facts.source, directory } as Recipe['source'],
    toolchain: toolsOf(facts, manager, toolchain),
    dependencies: installs ? dependenciesOf(manager, publication.publishedAt) : { kind: 'none' },
    allowScripts: [],
    build: [...setting, ...step.steps],
    pack,
    environment: {
      sourceDateEpoch: sourceDate ?? secondsOf(publication.publishedAt) ?? noDate,
      freezeClock: true,
      variables: namedCommit === undefined ? {} : { [commitVariable]: namedCommit },
      packages: native ? nativeBuild : [],
      suite,
    },
  };
  const resolving =
    recipe.dependencies.kind !== 'resolve'
      ? []
      : [
          recipe.dependencies.before === undefined
            ? 'Dependencies are resolved to what is newest today: the registry tells no times of publishing.'
            : `Dependencies are resolved as of ${recipe.dependencies.before}.`,
        ];
  const named = namedCommit === undefined ? [] : [`The archive says that it is commit ${namedCommit}.`];
  const set =
    setting.length === 0
      ? []
      : [
          `The source says version ${(manifest.version ?? '').slice(0, 60)}: ${version} is set as \`npm version\` does.`,
        ];
  const reasons = [toolchain.reason, manager.reason, step.reason, ...resolving, ...named, ...set];
  const weak = recipe.dependencies.kind === 'resolve' && recipe.dependencies.before === undefined;
  return { recipe, confidence: weak ? 'low' : toolchain.confidence, reasons };
}

function toolsOf(
  facts: SourceFacts,
  manager: ManagerChoice,
  { node, npm }: ToolchainChoice,
): Recipe['toolchain'] {
  const tool = (name: string, version: string): Tool => ({ package: name, version, integrity: undefined });
  return {
    node: tool(`node-linux-${facts.platform}`, node),
    npm: tool('npm', npm),
    manager: manager.kind,
    managerTool:
      manager.version === undefined
        ? undefined
        : tool(managerOf(manager.kind).tool(facts.platform), manager.version),
  };
}

function dependenciesOf({ lockfile }: ManagerChoice, before: string | undefined): Dependencies {
  if (lockfile !== undefined) return { kind: 'lockfile', path: lockfile };
  return { kind: 'resolve', before, frozen: undefined };
}

/** pnpm and Yarn replace `workspace:` and `catalog:` when they pack; npm leaves them, so such a project was packed by its own. */
function packers(facts: SourceFacts, { kind }: ManagerChoice, manifest: Manifest): readonly Recipe['pack'][] {
  if (kind !== 'pnpm' && kind !== 'yarn-berry') return ['npm'];
  const replaces = [...manifest.dependencies.values()].some((text) => /^(?:workspace|catalog):/.test(text));
  return replaces || packedByPnpm(facts, kind, manifest) ? [kind] : ['npm', kind];
}

/** pnpm leaves `prepublishOnly` and its like out of what it packs. */
function packedByPnpm(
  { publication }: SourceFacts,
  kind: ManagerChoice['kind'],
  manifest: Manifest,
): boolean {
  if (kind !== 'pnpm' || publication.manifest === undefined) return false;
  const published = manifestOf(publication.manifest);
  const dropped = ['prepublishOnly', 'prepack', 'prepare', 'postpack'];
  return dropped.some((name) => manifest.scripts.has(name) && published?.scripts.has(name) === false);
}

// ---- where the package is ----

interface Place {
  readonly directory: string;
  readonly manifest: Manifest;
}

/** The folder that is named, the top, `packages/<name>`, then wherever a manifest has the name. */
function findDirectory(facts: SourceFacts): Place | undefined {
  const { name } = parsePurl(facts.purl);
  const named = facts.source.kind === 'debian-source' ? '' : facts.source.directory;
  const unscoped = name.slice(name.indexOf('/') + 1);
  const elsewhere = [...facts.texts.keys()]
    .filter((path) => path.endsWith('/package.json'))
    .map((path) => path.slice(0, -'/package.json'.length))
    .sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
  for (const directory of [named, '', `packages/${unscoped}`, ...elsewhere]) {
    if (!isPathBelow(directory)) continue;
    const manifest = manifestAt(facts, directory);
    if (manifest?.name === name) return { directory, manifest };
  }
  return undefined;
}

function pinnedNode(
  facts: SourceFacts,
  directory: string,
  own: Manifest,
  top: Manifest | undefined,
): string | undefined {
  const folders = directory === '' ? [''] : [`${directory}/`, ''];
  const files = folders.flatMap((folder) => [`${folder}.nvmrc`, `${folder}.node-version`]);
  const text = files.map((file) => facts.texts.get(file)).find((found) => found !== undefined);
  return own.voltaNode ?? top?.voltaNode ?? text?.slice(0, 40);
}

/** Archives can claim any time: what is before npm or after this century is none. */
function plausible(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds >= 1_262_304_000 && seconds < 4_102_444_800
    ? Math.floor(seconds)
    : undefined;
}

function secondsOf(time: string | undefined): number | undefined {
  const ms = time === undefined ? Number.NaN : instantOf(time);
  return plausible(ms / 1000);
}
