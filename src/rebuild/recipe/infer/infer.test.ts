import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import semver from 'semver';
import { sha256 } from '../../../core/digest.ts';
import { formatPurl } from '../../../core/purl.ts';
import { readRecipe, writeRecipe } from '../document.ts';
import type { InferredRecipe } from '../recipe.ts';
import { wantedFiles, type PublicationFacts, type SourceFacts } from './facts.ts';
import { inferRecipes } from './infer.ts';
import { linesAt, nodeReleases, npmFor } from './releases.ts';
import { leavesBuildOut } from './steps.ts';

const nothingPublished: PublicationFacts = {
  nodeVersion: undefined,
  npmVersion: undefined,
  publishedAt: undefined,
  paths: undefined,
  manifest: undefined,
};

/** 2022-04-07 */
const sourceDate = 1_649_289_600;

function facts(
  files: Readonly<Record<string, unknown>>,
  changes: Partial<Omit<SourceFacts, 'publication'>> & {
    readonly publication?: Partial<PublicationFacts>;
  } = {},
): SourceFacts {
  const texts = new Map(
    Object.entries(files).map(([path, value]) => [
      path,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  return {
    purl: formatPurl('npm', 'thing', '1.0.0'),
    source: { kind: 'archive', url: 'https://example.com/t.tgz', sha256: sha256('t'), directory: '' },
    paths: [...texts.keys()],
    texts,
    sourceDate,
    sourceDateFrom: 'commit',
    platform: 'x64',
    suite: 'bookworm',
    ...changes,
    publication: { ...nothingPublished, ...changes.publication },
  };
}

function first(given: SourceFacts): InferredRecipe {
  const [recipe] = inferRecipes(given).recipes;
  if (recipe === undefined) throw new Error('no recipe');
  return recipe;
}

const manifest = { name: 'thing', version: '1.0.0', main: 'index.js' };

describe('the toolchain', () => {
  it('is what the publish record names, then what the source pins, then what was in use that day', () => {
    const given = facts(
      { 'package.json': manifest, 'index.js': '', '.nvmrc': 'v14.18.0\n' },
      { publication: { nodeVersion: '17.9.1', npmVersion: '8.5.5' } },
    );
    const { recipes } = inferRecipes(given);
    const tools = recipes.map(
      ({ recipe }) => `${recipe.toolchain.node.version} ${recipe.toolchain.npm.version}`,
    );
    assert.deepEqual(tools.slice(0, 3), ['17.9.1 8.5.5', '14.18.0 6.14.15', '16.14.2 8.5.0']);
    assert.deepEqual(
      recipes.slice(0, 2).map(({ confidence }) => confidence),
      ['high', 'medium'],
    );
    assert.ok(recipes.every(({ reasons }) => reasons.length >= 3));
  });

  it('is never one that engines or the lockfile rules out', () => {
    const engines = { node: '>=14.16 <16' };
    const { recipes } = inferRecipes(facts({ 'package.json': { ...manifest, engines }, 'index.js': '' }));
    assert.ok(recipes.length > 0);
    assert.ok(recipes.every(({ recipe }) => semver.satisfies(recipe.toolchain.node.version, engines.node)));
    const lock = '{"lockfileVersion": 3}';
    const modern = inferRecipes(
      facts(
        { 'package.json': manifest, 'package-lock.json': lock, 'index.js': '' },
        { sourceDate: 1_500_000_000 },
      ),
    );
    assert.ok(modern.recipes.length > 0);
    assert.ok(modern.recipes.every(({ recipe }) => semver.gte(recipe.toolchain.npm.version, '7.0.0')));
  });

  it('has an npm that writes the committed lockfile’s version, where one was in use that day', () => {
    const npms = (version: number): readonly string[] => {
      const lock = JSON.stringify({ lockfileVersion: version }, null, 2);
      const { recipes } = inferRecipes(
        facts({ 'package.json': manifest, 'package-lock.json': lock, 'index.js': '' }),
      );
      return recipes.map(({ recipe }) => recipe.toolchain.npm.version);
    };
    assert.equal(npms(1)[0], '6.14.16');
    assert.equal(npms(2)[0], '8.5.0');
  });

  it('is of the commit’s day where the registry’s time lies far behind it, and then of the registry’s', () => {
    const files = { 'package.json': manifest, 'index.js': '' };
    const { recipes } = inferRecipes(facts(files, { publication: { publishedAt: '2025-11-01T00:00:00Z' } }));
    const nodes = recipes.map(({ recipe }) => recipe.toolchain.node.version);
    assert.deepEqual(nodes.slice(0, 2), ['16.14.2', '24.11.0']);
  });

  it('is one that packs in the order of the published archive, where nothing names another', () => {
    const files = { 'package.json': manifest, 'index.js': '', LICENSE: '' };
    const npmOf = (paths: readonly string[], more: Partial<PublicationFacts> = {}): string => {
      const { recipe } = first(facts(files, { publication: { paths, ...more } }));
      return recipe.toolchain.npm.version;
    };
    const old = ['package.json', 'index.js', 'LICENSE'];
    assert.ok(semver.lt(npmOf(old), '6.10.0'));
    assert.ok(semver.gte(npmOf(['LICENSE', 'index.js', 'package.json']), '8.0.0'));
    assert.equal(npmOf(old, { nodeVersion: 'v16.14.2', npmVersion: '8.5.0' }), '8.5.0');
    assert.equal(npmOf(['package.json']), '8.5.0');
    assert.equal(npmOf(['index.js', 'LICENSE', 'package.json']), '8.5.0');
  });

  it('is the first that can be used, where what was in use that day can not', () => {
    const files = { 'package.json': manifest, 'index.js': '' };
    const { recipes } = inferRecipes(facts(files, { sourceDate: 1_460_000_000 }));
    const [one] = recipes;
    assert.equal(one?.recipe.toolchain.node.version, '8.12.0');
    assert.match(one.reasons[0] ?? '', /oldest of its line that can be used/);
  });

  it('takes no time that a source can only have made up', () => {
    for (const made of [-1, 0, 5, 8e15, Number.NaN, Number.POSITIVE_INFINITY]) {
      const { recipe } = first(facts({ 'package.json': manifest, 'index.js': '' }, { sourceDate: made }));
      assert.equal(recipe.environment.sourceDateEpoch, 499_162_500);
    }
  });

  it('follows the clock of the table, whose npm never runs ahead of its Node', () => {
    assert.deepEqual(linesAt('2022-04-07').slice(0, 2), [16, 14]);
    assert.deepEqual(linesAt('2016-01-01'), [8]);
    assert.equal(npmFor('16.15.1', '2022-06-01'), '8.5.5');
    for (const { node, date, npm } of nodeReleases) {
      assert.match(date, /^20\d\d-\d\d-\d\d$/);
      assert.ok(semver.valid(node) !== null && semver.valid(npm) !== null, node);
    }
  });
});

describe('the package manager', () => {
  const src = {
    'package.json': { ...manifest, main: 'dist/index.js', scripts: { build: 'tsc' } },
    'src/index.ts': '',
  };

  it('is that of the lockfile, in a version that wrote it', () => {
    const lockfile = (files: Record<string, string>): readonly (string | undefined)[] => {
      const { toolchain, dependencies } = first(facts({ ...src, ...files })).recipe;
      const path = dependencies.kind === 'lockfile' ? dependencies.path : dependencies.kind;
      return [toolchain.manager, toolchain.managerTool?.version, path];
    };
    assert.deepEqual(lockfile({}), ['npm', undefined, 'resolve']);
    assert.deepEqual(lockfile({ 'package-lock.json': '{}' }), ['npm', undefined, 'package-lock.json']);
    assert.deepEqual(lockfile({ 'yarn.lock': '# yarn lockfile v1\n' }), [
      'yarn-classic',
      '1.22.22',
      'yarn.lock',
    ]);
    assert.deepEqual(lockfile({ 'yarn.lock': '__metadata:\n  version: 6\n' }), [
      'yarn-berry',
      '3.8.7',
      'yarn.lock',
    ]);
    assert.deepEqual(lockfile({ 'pnpm-lock.yaml': 'lockfileVersion: 5.4\n' }), [
      'pnpm',
      '7.33.7',
      'pnpm-lock.yaml',
    ]);
    assert.deepEqual(lockfile({ 'bun.lock': '{}' }), ['bun', '1.2.21', 'bun.lock']);
    const binary = first(facts({ ...src, 'bun.lockb': '' }));
    assert.equal(binary.recipe.toolchain.manager, 'npm');
    assert.ok(binary.reasons.some((reason) => reason.includes('a binary form that is not read here')));
    const arm = first(facts({ ...src, 'bun.lock': '{}' }, { platform: 'arm64' })).recipe.toolchain;
    assert.equal(arm.managerTool?.package, '@oven/bun-linux-aarch64');
  });

  it('is what packageManager says, also where two lockfiles lie', () => {
    const own = { ...src['package.json'], packageManager: 'pnpm@8.6.0+sha512.abc' };
    const given = facts({
      'package.json': own,
      'yarn.lock': '',
      'pnpm-lock.yaml': "lockfileVersion: '6.0'\n",
    });
    const { toolchain, dependencies } = first(given).recipe;
    assert.deepEqual(toolchain.managerTool, { package: 'pnpm', version: '8.6.0', integrity: undefined });
    assert.deepEqual(dependencies, { kind: 'lockfile', path: 'pnpm-lock.yaml' });
    assert.ok(semver.gte(toolchain.node.version, '16.14.0'));
  });

  it('resolves as of the time of publishing where nothing is locked, and says so', () => {
    const publishedAt = '2022-04-08T00:00:00Z';
    const { recipe } = first(facts(src, { publication: { publishedAt } }));
    assert.deepEqual(recipe.dependencies, { kind: 'resolve', before: publishedAt, frozen: undefined });
    const blind = first(facts(src));
    assert.equal(blind.confidence, 'low');
    assert.ok(blind.reasons.some((reason) => reason.includes('newest today')));
  });
});

describe('the steps', () => {
  const scripts = { build: 'tsc', test: 'ava', prepare: 'husky install' };

  it('are none where all that is published lies in the source', () => {
    const { recipe } = first(facts({ 'package.json': { ...manifest, scripts }, 'index.js': '' }));
    assert.deepEqual(recipe.build, []);
    assert.deepEqual(recipe.dependencies, { kind: 'none' });
  });

  it('are those of prepack also where nothing is missing: it may decide what is left out', () => {
    const own = { ...manifest, scripts: { prepack: 'npmignore --auto' } };
    const { recipes } = inferRecipes(facts({ 'package.json': own, 'index.js': '' }));
    const steps = recipes.map(({ recipe }) => recipe.build.length);
    assert.deepEqual(steps.slice(0, 2), [1, 0]);
  });

  it('build what is published and not in the source, without what sets up a checkout', () => {
    const built = { ...manifest, main: 'dist/index.js', scripts };
    const { recipe } = first(facts({ 'package.json': built, 'src/index.ts': '' }));
    assert.deepEqual(recipe.build, [{ kind: 'script', script: 'build', directory: '' }]);
    const byList = first(
      facts(
        { 'package.json': { ...manifest, scripts }, 'index.js': '' },
        { publication: { paths: ['index.js', 'index.min.js'] } },
      ),
    );
    assert.equal(byList.recipe.build.length, 1);
    assert.ok(byList.reasons.some((reason) => reason.includes('index.min.js')));
  });

  it('set the version that the source leaves open, and install nothing for that', () => {
    const open = { ...manifest, version: '0.0.0-development' };
    const { recipe, reasons } = first(facts({ 'package.json': open, 'index.js': '' }));
    const command = ['npm', 'version', '--no-git-tag-version', '--ignore-scripts', '1.0.0'];
    assert.deepEqual(recipe.build, [{ kind: 'command', command, directory: '' }]);
    assert.deepEqual(recipe.dependencies, { kind: 'none' });
    assert.ok(reasons.some((reason) => reason.includes('0.0.0-development')));
    const built = { ...open, main: 'dist/i.js', scripts: { build: 'tsc' } };
    const texts = new Map([['package.json', JSON.stringify(built)]]);
    const both = first(facts({ 'package.json': built })).recipe;
    assert.deepEqual(
      both.build.map(({ kind }) => kind),
      ['command', 'script'],
    );
    assert.equal(both.dependencies.kind, 'resolve');
    assert.equal(leavesBuildOut(texts, both), false);
    assert.equal(leavesBuildOut(texts, { ...both, build: recipe.build }), true);
    assert.equal(leavesBuildOut(texts, { ...both, build: [] }), true);
    assert.deepEqual(first(facts({ 'package.json': manifest, 'index.js': '' })).recipe.build, []);
  });

  it('make nothing that old tools and editors leave behind', () => {
    const left = ['.npmignore', 'a.js~', 'yarn-error.log', 'x/.DS_Store', '.a.js.swp', 'test/._a.js'];
    const own = { 'package.json': { ...manifest, scripts }, 'index.js': '' };
    const { recipe } = first(facts(own, { publication: { paths: ['index.js', ...left] } }));
    assert.deepEqual(recipe.build, []);
    const made = first(facts(own, { publication: { paths: ['index.js', ...left, 'error.log.js'] } }));
    assert.equal(made.recipe.build.length, 1);
  });

  it('are those that npm itself runs when it packs, before those that are only named so', () => {
    const both = { ...manifest, main: 'dist/i.js', scripts: { build: 'tsc', prepack: 'node make.js' } };
    const { recipes } = inferRecipes(facts({ 'package.json': both }));
    const [one, two] = recipes.map(({ recipe }) => recipe.build);
    assert.deepEqual(one, [{ kind: 'script', script: 'prepack', directory: '' }]);
    assert.ok(
      recipes.some(({ recipe }) =>
        recipe.build.some((step) => step.kind === 'script' && step.script === 'build'),
      ),
    );
    assert.notDeepEqual(one, two);
  });

  it('never come from a CI file', () => {
    const given = facts({
      'package.json': { ...manifest, main: 'dist/i.js' },
      '.github/workflows/release.yml': 'run: npm run evil',
      '.travis.yml': 'script: evil',
    });
    assert.deepEqual(wantedFiles(given.paths), ['package.json']);
    assert.doesNotMatch(JSON.stringify(inferRecipes(given)), /evil/);
  });

  it('build the neighbours in a workspace first, each before those that need it', () => {
    const at = (name: string, dependencies = {}): unknown => ({
      name,
      version: '1.0.0',
      main: 'dist/i.js',
      dependencies,
      scripts: { build: 'tsc' },
    });
    const given = facts({
      'package.json': { private: true, workspaces: ['packages/*'] },
      'packages/thing/package.json': at('thing', { b: '^1.0.0' }),
      'packages/b/package.json': at('b', { c: '^1.0.0', thing: '*' }),
      'packages/c/package.json': at('c'),
      'packages/other/package.json': at('other'),
    });
    const { recipe } = first(given);
    assert.deepEqual(
      recipe.build.map(({ directory }) => directory),
      ['packages/c', 'packages/b', 'packages/thing'],
    );
    assert.equal(recipe.source.kind === 'archive' && recipe.source.directory, 'packages/thing');
  });
});

describe('inference', () => {
  it('says so when no manifest in the source is that of the package', () => {
    const { recipes, problem } = inferRecipes(facts({ 'package.json': { name: 'other' } }));
    assert.deepEqual(recipes, []);
    assert.match(problem ?? '', /no package\.json/);
  });

  it('packs with pnpm where npm would leave `workspace:` in the manifest', () => {
    const given = facts({
      'package.json': { ...manifest, dependencies: { b: 'workspace:^' } },
      'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
      'index.js': '',
    });
    const { recipe } = first(given);
    assert.equal(recipe.pack, 'pnpm');
    assert.equal(recipe.dependencies.kind, 'lockfile');
  });

  it('gives a build the commit that an archive names, and says so', () => {
    const namedCommit = 'c'.repeat(40);
    const given = facts({ 'package.json': manifest, 'index.js': '' }, { namedCommit });
    assert.deepEqual(first(given).recipe.environment.variables, { SOURCE_COMMIT: namedCommit });
    assert.ok(first(given).reasons.some((reason) => reason.includes(namedCommit)));
    const git: SourceFacts['source'] = {
      kind: 'git',
      url: 'https://forge.example/a/b',
      commit: 'd'.repeat(40),
      ref: undefined,
      directory: '',
    };
    assert.deepEqual(first({ ...given, source: git }).recipe.environment.variables, {});
  });

  it('makes recipes that can be written and read again, whatever a source holds', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom('../x', '>=1', 'v16', 'npm run build', 'pnpm@9.0.0', '__proto__'),
    );
    const own = fc.record(
      {
        name: fc.constantFrom('thing', 'other'),
        main: text,
        bin: fc.oneof(text, fc.dictionary(text, text)),
        exports: fc.jsonValue({ maxDepth: 3 }),
        engines: fc.oneof(fc.record({ node: text }), fc.jsonValue()),
        packageManager: text,
        scripts: fc.oneof(
          fc.dictionary(fc.constantFrom('build', 'prepare', 'prepack', '__proto__'), text),
          fc.jsonValue(),
        ),
        workspaces: fc.jsonValue(),
        dependencies: fc.oneof(fc.dictionary(text, text), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const path = fc.constantFrom(
      'package.json',
      'packages/thing/package.json',
      'a/../package.json',
      '.git/package.json',
      'x/package.json',
    );
    const others = fc.dictionary(
      fc.constantFrom('.nvmrc', 'yarn.lock', 'pnpm-lock.yaml', 'package-lock.json', '.yarnrc.yml'),
      text,
    );
    fc.assert(
      fc.property(fc.dictionary(path, own), others, text, (manifests, more, node) => {
        const given = facts(
          { ...manifests, ...more },
          { publication: { nodeVersion: node, npmVersion: node } },
        );
        const { recipes, problem } = inferRecipes(given);
        assert.ok(recipes.length > 0 || problem !== undefined);
        assert.ok(recipes.length <= 6);
        for (const { recipe } of recipes) assert.deepEqual(readRecipe(writeRecipe(recipe)), recipe);
      }),
      { numRuns: 300 },
    );
  });
});
