/** The control socket's routes about what people correct of recipes; shapes in `recipe-protocol.ts`. */
import type { Gate } from '../gate.ts';
import { jsonAnswer, type Answer } from '../gateway/answer.ts';
import { listReviews, reviewRecipe, showRecipe } from '../rebuilding/recipe-answers.ts';
import { parseWith } from './parse.ts';
import { recipeList, recipeQuery, recipeReview } from './recipe-protocol.ts';

/** Undefined when there is no such route. `body` reads and parses the request's JSON. */
export async function answerRecipes(
  gate: Gate,
  route: string,
  body: () => Promise<unknown>,
): Promise<Answer | undefined> {
  switch (route) {
    case 'POST /recipes/show':
      return jsonAnswer(200, await showRecipe(gate, parseWith(recipeQuery, await body())));
    case 'POST /recipes/review':
      return jsonAnswer(200, await reviewRecipe(gate, parseWith(recipeReview, await body())));
    case 'POST /recipes/list':
      return jsonAnswer(200, await listReviews(gate, parseWith(recipeList, await body())));
    default:
      return undefined;
  }
}
