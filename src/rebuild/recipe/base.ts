import type { Recipe } from './recipe.ts';

/**
 * What a base root holds besides Debian's smallest system: what Node is linked to, certificates, the unpackers of
 * sources, and the library that freezes the clock. Compilers only where a recipe names them (`nativeBuild`).
 */
const always = ['bzip2', 'ca-certificates', 'libatomic1', 'libfaketime', 'libstdc++6', 'xz-utils'];

/** For recipes of packages that compile C or C++ (node-gyp). */
export const nativeBuild: readonly string[] = ['g++', 'make', 'python3'];

/** Debian packages of the base root of a recipe, sorted. */
export function basePackages(recipe: Pick<Recipe, 'environment'>): readonly string[] {
  return [...new Set([...always, ...recipe.environment.packages])].sort();
}

export const defaultSuite = 'bookworm';
