/** What is tried after a package manager said that the committed lockfile does not fit its manifest. Pure. */
import type { InferredRecipe, Recipe } from '../recipe.ts';

/**
 * The same recipe, that resolves from the committed lockfile as `npm install` does: what fits of it stays, the rest is
 * resolved and frozen. Undefined where nothing was locked, or a person said how.
 */
export function resolvedAnew(recipe: Recipe, before: string | undefined): InferredRecipe | undefined {
  const { author, dependencies } = recipe;
  if (author.kind === 'person' || dependencies.kind !== 'lockfile') return undefined;
  const from = dependencies.path;
  const when = before === undefined ? 'to what is newest today' : `as of ${before}`;
  return {
    recipe: { ...recipe, dependencies: { kind: 'resolve', from, before, frozen: undefined } },
    confidence: 'low',
    reasons: [`${from.slice(0, 200)} does not fit its manifest: what it lacks is resolved ${when}.`],
  };
}
