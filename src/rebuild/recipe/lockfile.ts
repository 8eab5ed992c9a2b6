import type { BuildBlobs } from './deps.ts';
import { readInside } from './inside-files.ts';
import { maxLockfileBytes } from './managers/lockfile.ts';
import { managerOf } from './managers/managers.ts';
import { NotBuilt } from './not-built.ts';
import { committedLockfile, type Recipe } from './recipe.ts';

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
  const frozen = dependencies.kind === 'resolve' ? dependencies.frozen : undefined;
  if (frozen !== undefined) return Buffer.from(await blobs.read(frozen, maxLockfileBytes)).toString('utf8');
  const path = committedLockfile(dependencies);
  if (path === undefined) return undefined;
  const text = await readInside(source, path, maxLockfileBytes);
  if (text === undefined) throw new NotBuilt('dependencies', `there is no lockfile ${path}`);
  return place(recipe, text, path, toolchain.manager);
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
