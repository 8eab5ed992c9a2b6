/** Who looked at what a person corrected of a package's recipes, other than its author. */
import type { Migration } from '../migrate.ts';

export const recipeReviews: Migration = {
  id: 11,
  name: 'recipe-reviews',
  statements: [
    `CREATE TABLE recipe_reviews (
      ecosystem TEXT NOT NULL,
      name TEXT NOT NULL,
      revision {{int}} NOT NULL,
      action TEXT NOT NULL,
      correction TEXT NOT NULL,
      author TEXT NOT NULL,
      reviewer TEXT NOT NULL,
      reason TEXT NOT NULL,
      principal TEXT NOT NULL,
      at TEXT NOT NULL,
      event_id TEXT NOT NULL,
      PRIMARY KEY (ecosystem, name, revision)
    ) {{strict}}`,
  ],
};
