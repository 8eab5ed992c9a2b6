import type { BuildBlobs } from './deps.ts';
import { readInside } from './inside-files.ts';
import { maxLockfileBytes } from './managers/lockfile.ts';
import { managerOf } from './managers/managers.ts';
import { NotBuilt } from './not-built.ts';
import type { Recipe } from './recipe.ts';

/**
 * The lockfile that an installation is given, with the build's own places: the committed one, or the frozen one.
 * Undefined: there is none yet. Throws NotBuilt.
 */
export async function placedLockfile(
  recipe: Recipe,
  source: string,
  blobs: BuildBlobs,
): Promise<string | undefined> {
  const { dependencies, toolchain } = recipe;
  if (dependencies.kind === 'none') return undefined;
  if (dependencies.kind === 'resolve') {
    if (dependencies.frozen === undefined) return undefined;
    return Buffer.from(await blobs.read(dependencies.frozen, maxLockfileBytes)).toString('utf8');
  }
  const text = await readInside(source, dependencies.path, maxLockfileBytes);
  if (text === undefined) throw new NotBuilt('dependencies', `there is no lockfile ${dependencies.path}`);
  return place(recipe, text, dependencies.path, toolchain.manager);
}

function place(recipe: Recipe, text: string, path: string, manager: Recipe['toolchain']['manager']): string {
  let result;
  try {
    result = managerOf(manager).place(text);
  } catch {
    throw new NotBuilt('dependencies', `the lockfile ${path} of ${recipe.purl} cannot be read`);
  }
  const [first] = result.refused;
  if (first !== undefined) throw new NotBuilt('dependencies', `the lockfile ${path}: ${first}`);
  return result.text;
}
