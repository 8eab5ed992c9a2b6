/** Lockfiles that do not fit: real package managers, in a real sandbox. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { noBuilds, openBuildWorld, type BuildWorld } from '../../../test/support/builds.ts';
import { aRecipe, aTool } from '../../../test/support/recipes.ts';
import { tarMembers } from '../../../test/support/tar-members.ts';
import { buildFromRecipe } from './build.ts';
import type { BuildOutcome } from './deps.ts';
import { recipeDigest } from './document.ts';
import { resolvedAnew } from './infer/unfit-lockfile.ts';
import { managerOf } from './managers/managers.ts';
import type { Recipe, Toolchain } from './recipe.ts';

const managers: readonly (readonly [Toolchain['manager'], Partial<Toolchain>])[] = [
  ['npm', {}],
  ['pnpm', { managerTool: aTool('pnpm', '8.15.9') }],
  ['yarn-classic', { managerTool: aTool('yarn', '1.22.22') }],
  ['yarn-berry', { managerTool: aTool('@yarnpkg/cli-dist', '3.8.7') }],
  ['bun', { managerTool: aTool('@oven/bun-linux-x64-baseline', '1.2.21') }],
];

function files(ms: string, lock: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    'package.json': JSON.stringify({
      name: 'thing',
      version: '1.0.0',
      main: 'made.js',
      scripts: { build: 'node make.js' },
      devDependencies: { ms },
    }),
    'make.js':
      "require('fs').writeFileSync('made.js', 'exports.ms = \"' + require('ms/package.json').version + '\";\\n');\n",
    '.yarnrc.yml': 'nodeLinker: node-modules\n',
    ...lock,
  };
}

describe('a lockfile that does not fit its manifest', { skip: noBuilds ?? false }, () => {
  let world: BuildWorld;
  before(async () => {
    world = await openBuildWorld();
  });
  after(() => world.close());

  async function build(recipe: Recipe, given: Readonly<Record<string, string>>): Promise<BuildOutcome> {
    const source = await world.project(given);
    return buildFromRecipe(world.deps, recipe, { source, base: await world.base(recipe) });
  }

  for (const [manager, more] of managers) {
    it(`is said to be so by ${manager}, and resolved anew it is frozen and put back`, async () => {
      const toolchain = { ...aRecipe().toolchain, manager, ...more };
      const steps: Partial<Recipe> = {
        toolchain,
        build: [{ kind: 'script', script: 'build', directory: '' }],
      };
      const resolve = { kind: 'resolve', before: undefined, frozen: undefined } as const;
      const made = await build(aRecipe({ ...steps, dependencies: resolve }), files('2.1.2'));
      assert.ok(made.state === 'built' && made.resolution !== undefined, JSON.stringify(made));
      const path = managerOf(manager).lockfile;
      const lock = await world.text(made.resolution);
      const given = files('2.1.3', { [path]: lock });

      const locked = aRecipe({ ...steps, dependencies: { kind: 'lockfile', path } });
      const unfit = await build(locked, given);
      assert.ok(unfit.state === 'not-built', unfit.state);
      const log = await world.text(unfit.log);
      assert.deepEqual([unfit.cause, unfit.lockfileUnfit], ['dependencies', true], log);

      const anew = resolvedAnew(locked, undefined)?.recipe;
      assert.ok(anew !== undefined);
      const built = await build(anew, given);
      assert.ok(built.state === 'built', JSON.stringify(built));
      const members = await tarMembers(gunzipSync(await world.bytes(built.tarball.sha256)));
      assert.equal(members.get('package/made.js'), 'exports.ms = "2.1.3";\n');
      const packed = members.get(`package/${path}`);
      assert.ok(packed === undefined || packed === lock, 'what is packed is the committed lockfile');

      const again = await build(built.recipe, given);
      assert.ok(again.state === 'built' && again.resolution === undefined, JSON.stringify(again));
      assert.equal(again.tarball.sha256, built.tarball.sha256);
      assert.equal(recipeDigest(again.recipe), recipeDigest(built.recipe));
    });
  }

  it('is no cause where something else failed, and a person’s recipe is left alone', async () => {
    const locked = aRecipe({ dependencies: { kind: 'lockfile', path: 'package-lock.json' } });
    const broken = await build(locked, files('2.1.2', { 'package-lock.json': '[' }));
    assert.ok(broken.state === 'not-built');
    assert.equal(broken.lockfileUnfit, false);
    const at = '2026-01-01T00:00:00Z';
    const person: Recipe = { ...locked, author: { kind: 'person', who: 'Ann', why: 'so', at } };
    assert.equal(resolvedAnew(person, undefined), undefined);
    assert.equal(resolvedAnew(aRecipe({ dependencies: { kind: 'none' } }), undefined), undefined);
  });
});
