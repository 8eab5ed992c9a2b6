/**
 * Packages that can be rebuilt everywhere: with a recipe that was inferred from nothing but the source archive, they come
 * out as the registry has them. Here those with an installation of hundreds of packages.
 */
import { after, before, describe, it } from 'node:test';
import { noBuilds, openBuildWorld, type BuildWorld } from '../../../test/support/builds.ts';
import { knownPackages, rebuildKnown, sourceOfKnown } from '../../../test/support/known-packages.ts';

const chosen = knownPackages.filter(({ installs }) => installs);
const archives = noBuilds === undefined ? await Promise.all(chosen.map(sourceOfKnown)) : [];

describe('from its source archive alone', { skip: noBuilds ?? false }, () => {
  let world: BuildWorld;
  before(async () => {
    world = await openBuildWorld();
  });
  after(() => world.close());

  for (const [index, one] of chosen.entries()) {
    const archive = archives[index];
    const skip = archive === undefined && 'its source is not in the Debian archive of this machine';
    it(`${one.name} ${one.version} is rebuilt ${one.bytes ? 'bit for bit' : 'file by file'}`, { skip }, () =>
      rebuildKnown(world, one, archive ?? Buffer.alloc(0)),
    );
  }
});
