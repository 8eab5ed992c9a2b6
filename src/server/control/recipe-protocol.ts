/**
 * Routes of the control socket about what people correct of recipes (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `POST /recipes/show` | `recipeQuery` | `RecipeShown`: the recipe of the newest build |
 * | `POST /recipes/review` | `recipeReview` | `RecipeReviewed` |
 * | `POST /recipes/list` | `recipeList` | `RecipeListAnswer` |
 */
import { z } from '../zod.ts';

const purl = z.string().min(1).max(1024);
const text = z.string().max(10_000);
const said = z.string().trim().min(1);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const recipeQuery = z.object({ purl });
export type RecipeQuery = z.infer<typeof recipeQuery>;

export const recipeReview = z.object({
  purl,
  action: z.enum(['approve', 'revoke']),
  /** The correction that the person means; another one is not reviewed. */
  correction: digest.optional(),
  reviewer: said.max(200),
  reason: said.max(500),
});
export type RecipeReviewAsked = z.infer<typeof recipeReview>;

/** Without a package: what is in force of all. */
export const recipeList = z.object({ purl: purl.optional() });
export type RecipeListed = z.infer<typeof recipeList>;

const reviewShown = z.object({
  package: text,
  action: z.enum(['approve', 'revoke']),
  correction: digest,
  author: text,
  reviewer: text,
  reason: text,
  principal: z.object({ kind: text, name: text }),
  at: text,
  eventId: text,
});
export type ReviewShown = z.infer<typeof reviewShown>;

const correctionShown = z.object({ digest, who: text, why: text, at: text });
export type CorrectionShown = z.infer<typeof correctionShown>;

export const recipeShown = z.object({
  purl: text,
  /** YAML. */
  recipe: z.string().max(8 * 1024 * 1024),
  /** Absent: it is as it was inferred. */
  correction: correctionShown.optional(),
  /** In force; absent: nobody reviewed the correction. */
  review: reviewShown.optional(),
});
export type RecipeShown = z.infer<typeof recipeShown>;

export const recipeReviewed = z.object({
  reviews: z.array(reviewShown),
  /** False: it was so already. */
  recorded: z.boolean(),
});
export type RecipeReviewed = z.infer<typeof recipeReviewed>;

export const recipeListAnswer = z.object({
  approved: z.array(reviewShown),
  /** Of the one package that was asked about: everything that was said, newest first. */
  history: z.array(reviewShown),
});
export type RecipeListAnswer = z.infer<typeof recipeListAnswer>;
