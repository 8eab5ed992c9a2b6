import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aRecipe } from '../../../test/support/recipes.ts';
import { isAssayError } from '../../core/errors.ts';
import { sha256 } from '../../core/digest.ts';
import { formatPurl } from '../../core/purl.ts';
import {
  corrected,
  correctionFile,
  freeze,
  readCorrection,
  readRecipe,
  recipeDigest,
  writeRecipe,
} from './document.ts';

const why =
  'schema: 1\npurl: pkg:npm/thing\nauthor: { kind: person, who: ann, why: it needs make, at: "2026-01-02T03:04:05Z" }\n';

function refused(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (isAssayError(error, 'RECIPE_INVALID')) return error.message;
    throw error;
  }
  return 'taken';
}

describe('a recipe as a document', () => {
  it('reads back what it wrote, with the same digest', () => {
    const recipe = aRecipe({
      build: [
        { kind: 'script', script: 'build', directory: 'packages/a' },
        { kind: 'command', command: ['node', 'make.js', "it's"], directory: '' },
      ],
      dependencies: { kind: 'resolve', before: '2022-01-02T03:04:05Z', frozen: undefined },
    });
    const again = readRecipe(writeRecipe(recipe));
    assert.deepEqual(again, recipe);
    assert.equal(recipeDigest(again), recipeDigest(recipe));
  });

  it('has another digest when anything in it is different', () => {
    const recipe = aRecipe();
    const digests = new Set([
      recipeDigest(recipe),
      recipeDigest({ ...recipe, revision: 2 }),
      recipeDigest({ ...recipe, allowScripts: ['esbuild'] }),
      recipeDigest({ ...recipe, environment: { ...recipe.environment, freezeClock: false } }),
      recipeDigest(
        freeze(
          { ...recipe, dependencies: { kind: 'resolve', before: undefined, frozen: undefined } },
          sha256('lock'),
        ),
      ),
    ]);
    assert.equal(digests.size, 5);
  });

  it('refuses what is misspelt, climbs out of the source, or sets what the sandbox sets', () => {
    const text = writeRecipe(aRecipe());
    const tries = [
      text.replace('freezeClock', 'freezeClok'),
      text.replace('directory: ""', 'directory: ../up'),
      text.replace('directory: ""', 'directory: .git'),
      text.replace('variables: {}', 'variables: { NODE_OPTIONS: --require=/x }'),
      text.replace('variables: {}', 'variables: { npm_config_registry: "https://registry.example.com" }'),
      text.replace('variables: {}', 'variables: { LD_PRELOAD: /x }'),
      text.replace('purl: pkg:npm/thing@1.0.0', 'purl: pkg:npm/thing'),
      text.replace('purl: pkg:npm/thing@1.0.0', 'purl: &a pkg:npm/thing@1.0.0'),
      `${text}\nschema: 1\n`,
      '['.repeat(100_000),
    ];
    for (const [index, wrong] of tries.entries()) {
      assert.notEqual(wrong, text, `try ${index} changes nothing`);
      assert.match(
        refused(() => readRecipe(wrong)),
        /^the recipe cannot be used/,
        `try ${index}`,
      );
    }
  });

  it('never fails but with its own error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        assert.notEqual(
          refused(() => readRecipe(text)),
          'taken',
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('what a person corrects', () => {
  it('wins, counts the revision up and says who and why', () => {
    const correction = readCorrection(
      `${why}build:\n  - command: [make, dist]\nenvironment: { packages: [make] }\n`,
    );
    const recipe = corrected(aRecipe(), correction);
    assert.deepEqual(recipe.build, [{ kind: 'command', command: ['make', 'dist'], directory: '' }]);
    assert.deepEqual(recipe.environment.packages, ['make']);
    assert.equal(recipe.environment.suite, aRecipe().environment.suite);
    assert.equal(recipe.revision, 2);
    assert.equal(recipe.author.kind === 'person' && recipe.author.who, 'ann');
    assert.deepEqual(recipe.toolchain, aRecipe().toolchain);
  });

  it('is for its own package and version alone', () => {
    const correction = readCorrection(why.replace('npm/thing', 'npm/thing@2.0.0'));
    assert.match(
      refused(() => corrected(aRecipe(), correction)),
      /not for/,
    );
  });

  it('needs an author who is a person, and a version where it names a source', () => {
    assert.match(
      refused(() => readCorrection(why.replace(/author:.*/, 'author: { kind: inferred, by: x }'))),
      /author/,
    );
    const source = `source: { kind: archive, url: "https://example.com/a.tgz", sha256: ${'a'.repeat(64)} }\n`;
    assert.match(
      refused(() => readCorrection(why + source)),
      /name the version/,
    );
  });

  it('lies in a file named after its package', () => {
    assert.equal(correctionFile(formatPurl('npm', '@scope/a', '1.0.0')), 'npm+@scope+a@1.0.0.yaml');
    assert.equal(correctionFile(formatPurl('npm', 'a')), 'npm+a.yaml');
  });
});

describe('docs/recipes.md', () => {
  it('shows a correction that is one', () => {
    const text = readFileSync(new URL('../../../docs/recipes.md', import.meta.url), 'utf8');
    const example = /```yaml\n([^`]*)```/.exec(text)?.[1] ?? '';
    const correction = readCorrection(example);
    const recipe = corrected({ ...aRecipe(), purl: formatPurl('npm', 'thing', '1.2.3') }, correction);
    assert.deepEqual(recipe.toolchain.managerTool, {
      package: 'pnpm',
      version: '8.15.9',
      integrity: undefined,
    });
    assert.equal(recipe.environment.freezeClock, false);
  });
});
