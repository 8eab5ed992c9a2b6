/** Which scripts make what is published and not committed. Never a CI file: only the manifest's own scripts. */
import semver from 'semver';
import type { BuildStep, Recipe } from '../recipe.ts';
import type { SourceFacts } from './facts.ts';
import { manifestAt, manifestOf, type Manifest } from './manifest.ts';

export interface StepsChoice {
  readonly steps: readonly BuildStep[];
  readonly reason: string;
}

/** What npm itself runs when it packs, in its order (npm's documentation of scripts, "Life Cycle Operation Order"). */
const lifecycle = ['prepack', 'prepare'];
const onPublish = ['prepublishOnly', 'prepublish'];
const byName = ['build', 'compile', 'dist', 'bundle'];
/** Scripts that set up a developer's checkout. */
const setsUp =
  /^\s*(?:(?:npx|is-ci|node)\s+)*(?:husky|lefthook|simple-git-hooks|patch-package|is-ci|lerna bootstrap|git config)\b/;
const maxWorkspaces = 500;

/** In the order in which they are worth trying; never none, at most three. No step where nothing is missing. */
export function stepChoices(facts: SourceFacts, directory: string, own: Manifest): readonly StepsChoice[] {
  const missing = missingFiles(facts, directory, own);
  const none = { steps: [], reason: 'All that is published lies in the source: nothing is built.' };
  const building = withScripts(facts, directory, own, missing[0]);
  if (missing.length === 0) {
    // npm ran it when upstream packed, and it may decide what is left out (npmignore and its like).
    const packs = own.scripts.has('prepack') && !setsUp.test(own.scripts.get('prepack') ?? '');
    return packs ? [...building.slice(0, 1), none] : [none, ...building.slice(0, 1)];
  }
  if (building.length > 0) return building.slice(0, 3);
  const reason = `${(missing[0] ?? '').slice(0, 200)} is not in the source, and no script says how it is made.`;
  return [{ steps: [], reason }];
}

/** The package has scripts that make files, and the recipe runs nothing at all. */
export function leavesBuildOut(
  texts: SourceFacts['texts'],
  { build, source }: Pick<Recipe, 'build' | 'source'>,
): boolean {
  const own = manifestAt({ texts }, source.kind === 'debian-source' ? '' : source.directory);
  const runs = build.some((step) => !isVersionStep(step));
  return !runs && own !== undefined && scriptSets(own).length > 0;
}

const versionCommand = ['npm', 'version', '--no-git-tag-version', '--ignore-scripts'] as const;

/**
 * Sets the version that the source leaves open or behind: many release tools publish what they never commit
 * (`0.0.0-development`).
 */
export function versionSteps(
  own: Pick<Manifest, 'version'>,
  directory: string,
  version: string,
): readonly BuildStep[] {
  if (own.version === undefined || own.version === version || semver.valid(version) === null) return [];
  return [{ kind: 'command', command: [...versionCommand, version], directory }];
}

function isVersionStep(step: BuildStep): boolean {
  return step.kind === 'command' && versionCommand.every((word, at) => step.command[at] === word);
}

/** Files that are published, or that the manifest promises, and that are not in the source. */
export function missingFiles(facts: SourceFacts, directory: string, own: Manifest): readonly string[] {
  const start = directory === '' ? '' : `${directory}/`;
  const present = new Set(
    facts.paths.filter((path) => path.startsWith(start)).map((path) => path.slice(start.length)),
  );
  const { paths, manifest } = facts.publication;
  const published = paths?.filter((path) => !isLeftOver(path) && path !== 'package.json');
  const promised = [...own.entries, ...(manifest === undefined ? [] : (manifestOf(manifest)?.entries ?? []))];
  const optional = published === undefined ? promised : published;
  return optional.filter((path) => !present.has(path) && !path.startsWith('node_modules/'));
}

/** No step makes these: npm before 5 packed `.gitignore` under another name, and editors and failures leave files behind. */
function isLeftOver(path: string): boolean {
  return (
    path.startsWith('node_modules/') ||
    /(?:^|\/)(?:\.npmignore|\.DS_Store|\._[^/]+|[^/]+~|\.[^/]+\.sw[op]|(?:npm-debug|yarn-(?:error|debug)|lerna-debug)\.log)$/.test(
      path,
    )
  );
}

function withScripts(
  facts: SourceFacts,
  directory: string,
  own: Manifest,
  missing: string | undefined,
): readonly StepsChoice[] {
  const before = neighbourSteps(facts, directory, own);
  const why =
    missing === undefined ? 'it may change what is packed' : `${missing.slice(0, 200)} is not in the source`;
  const found: StepsChoice[] = scriptSets(own).map((names) => ({
    steps: [...before, ...names.map((script) => ({ kind: 'script' as const, script, directory }))],
    reason: `The script ${names.join(' and ')} runs, because ${why}.`,
  }));
  const top = directory === '' ? undefined : manifestAt(facts, '');
  const atTop = top === undefined ? undefined : byName.find((name) => top.scripts.has(name));
  if (atTop !== undefined)
    found.push({
      steps: [{ kind: 'script', script: atTop, directory: '' }],
      reason: `The script ${atTop} at the top runs, because ${why}.`,
    });
  return found;
}

function scriptSets({ scripts }: Manifest): readonly (readonly string[])[] {
  const useful = (name: string): boolean => {
    const text = scripts.get(name);
    return text !== undefined && !setsUp.test(text);
  };
  const packing = lifecycle.filter(useful);
  const named = byName.filter(useful).slice(0, 1);
  const publishing = onPublish.filter(useful).slice(0, 1);
  const sets = [packing, named, publishing].filter((names) => names.length > 0);
  const [first, second] = sets;
  // `"prepare": "npm run build"` is the same as `build`.
  const same =
    first !== undefined && second !== undefined && isCallOf(scripts.get(first[0] ?? ''), second[0] ?? '');
  return same && first.length === 1 ? [first, ...sets.slice(2)] : sets;
}

function isCallOf(text: string | undefined, script: string): boolean {
  return new RegExp(`^\\s*(?:npm run|npm run-script|yarn|yarn run|pnpm|pnpm run)\\s+${script}\\s*$`).test(
    text ?? '',
  );
}

/** Packages of the same workspace that this one needs are built before it, those they need first. */
function neighbourSteps(facts: SourceFacts, directory: string, own: Manifest): readonly BuildStep[] {
  const top = manifestAt(facts, '');
  if (top?.workspaces !== true && !facts.texts.has('pnpm-workspace.yaml')) return [];
  const neighbours = new Map<string, { readonly directory: string; readonly manifest: Manifest }>();
  for (const [path, text] of [...facts.texts].slice(0, maxWorkspaces)) {
    if (!path.endsWith('/package.json')) continue;
    const manifest = manifestOf(text);
    const at = path.slice(0, -'/package.json'.length);
    if (manifest?.name !== undefined && at !== directory)
      neighbours.set(manifest.name, { directory: at, manifest });
  }
  const steps: BuildStep[] = [];
  const seen = new Set<string>();
  const visit = (manifest: Manifest): void => {
    for (const name of manifest.dependencies.keys()) {
      const neighbour = neighbours.get(name);
      if (neighbour === undefined || seen.has(name)) continue;
      seen.add(name);
      visit(neighbour.manifest);
      const [names] = scriptSets(neighbour.manifest);
      if (steps.length < 40 && names !== undefined)
        steps.push(
          ...names.map((script) => ({ kind: 'script' as const, script, directory: neighbour.directory })),
        );
    }
  };
  visit(own);
  return steps;
}
