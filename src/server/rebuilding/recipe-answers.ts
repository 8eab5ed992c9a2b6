/**
 * What the command line asks about recipes that a person corrected. A correction makes nothing Secure before somebody else
 * reviewed it: whoever writes a build step could write into it what was smuggled into the published file.
 */
import { randomBytes } from 'node:crypto';
import type { Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { RecipeCorrection } from '../../core/rebuild.ts';
import type { RecipeReview } from '../../core/source-approval.ts';
import { localOperator } from '../../core/subject.ts';
import { rfc3339 } from '../../core/time.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import { makeSourceEvent } from '../../ledger/source-event.ts';
import type {
  RecipeListAnswer,
  RecipeListed,
  RecipeQuery,
  RecipeReviewAsked,
  RecipeReviewed,
  RecipeShown,
  ReviewShown,
} from '../control/recipe-protocol.ts';
import type { Gate } from '../gate.ts';
import { purlOf, reportRebuild } from './answers.ts';

type Needs = Pick<Gate, 'rebuilding' | 'storage' | 'clock' | 'raiseEpoch'>;

/** Throws PURL_INVALID, REBUILD_NOT_FOUND, BLOB_*, STORAGE_*. */
export async function showRecipe(gate: Needs, { purl }: RecipeQuery): Promise<RecipeShown> {
  const { outcome, text } = await reportRebuild(gate, purl, 'recipe');
  const of = purlOf(outcome.purl);
  const { ecosystem, name } = parsePurl(of);
  const correction = gate.rebuilding.known.ofVersion(of).find(({ id }) => id === outcome.build)
    ?.record.correction;
  if (correction === undefined) return { purl: of, recipe: text };
  const reviews = await gate.storage.recipeReviews.approved(ecosystem, name);
  const review = reviews.find((one) => one.correction === correction.digest);
  return {
    purl: of,
    recipe: text,
    correction: { ...correction },
    ...(review === undefined ? {} : { review: reviewShown(review) }),
  };
}

/**
 * Approves the correction that the newest build of the version used, or takes that back.
 * Throws RECIPE_NOT_CORRECTED, RECIPE_DIFFERS, RECIPE_REVIEW_OWN, RECIPE_NOT_REVIEWED, PURL_INVALID, STORAGE_*.
 */
export async function reviewRecipe(gate: Needs, asked: RecipeReviewAsked): Promise<RecipeReviewed> {
  const purl = purlOf(asked.purl);
  return asked.action === 'approve' ? approve(gate, purl, asked) : revoke(gate, purl, asked);
}

async function approve(gate: Needs, purl: Purl, asked: RecipeReviewAsked): Promise<RecipeReviewed> {
  const correction = correctionOf(gate, purl);
  const { digest, who } = correction;
  if (asked.correction !== undefined && asked.correction !== digest)
    throw new AssayError(
      'RECIPE_DIFFERS',
      `the newest build of ${purl} was made by the correction ${digest}, not by ${asked.correction}`,
    );
  if (isSame(asked.reviewer, who))
    throw new AssayError('RECIPE_REVIEW_OWN', `${asked.reviewer} wrote this correction of ${purl}`);
  const { ecosystem, name } = parsePurl(purl);
  const before = await gate.storage.recipeReviews.approved(ecosystem, name);
  const known = before.find((one) => one.correction === digest);
  if (known !== undefined) return { reviews: [reviewShown(known)], recorded: false };
  const said = await say(gate, purl, [{ correction: digest, author: who }], asked);
  return { reviews: said.map(reviewShown), recorded: said.length > 0 };
}

async function revoke(gate: Needs, purl: Purl, asked: RecipeReviewAsked): Promise<RecipeReviewed> {
  const { ecosystem, name } = parsePurl(purl);
  const before = await gate.storage.recipeReviews.approved(ecosystem, name);
  const meant = before.filter(
    ({ correction }) => asked.correction === undefined || correction === asked.correction,
  );
  if (meant.length === 0)
    throw new AssayError(
      'RECIPE_NOT_REVIEWED',
      `no such correction of ${formatPurl(ecosystem, name)} was approved`,
    );
  const said = await say(gate, purl, meant, asked);
  return { reviews: said.map(reviewShown), recorded: said.length > 0 };
}

/** Throws PURL_INVALID, STORAGE_*. */
export async function listReviews(
  { storage }: Pick<Needs, 'storage'>,
  { purl }: RecipeListed,
): Promise<RecipeListAnswer> {
  const { recipeReviews } = storage;
  if (purl === undefined)
    return { approved: (await recipeReviews.allApproved()).map(reviewShown), history: [] };
  const { ecosystem, name } = parsePurl(purlOf(purl));
  const approved = await recipeReviews.approved(ecosystem, name);
  const history = await recipeReviews.history(ecosystem, name);
  return { approved: approved.map(reviewShown), history: history.map(reviewShown) };
}

function correctionOf({ rebuilding: { known } }: Needs, purl: Purl): RecipeCorrection {
  const { ecosystem, name, version } = parsePurl(purl);
  const [newest] = version === undefined ? known.ofPackage(ecosystem, name) : known.ofVersion(purl);
  const correction = newest?.record.correction;
  if (correction !== undefined) return correction;
  throw new AssayError(
    'RECIPE_NOT_CORRECTED',
    newest === undefined
      ? `${purl} was not built here yet`
      : `the recipe of ${newest.record.purl} is as it was inferred`,
  );
}

/** As people write names: in whichever case, with whichever blanks. */
function isSame(one: string, other: string): boolean {
  const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
  return plain(one) === plain(other);
}

/** Each is durable, with its entry, before it has an effect. */
async function say(
  gate: Needs,
  purl: Purl,
  about: readonly { readonly correction: Sha256; readonly author: string }[],
  { action, reviewer, reason }: RecipeReviewAsked,
): Promise<readonly RecipeReview[]> {
  const { storage, rebuilding, clock, raiseEpoch } = gate;
  const { ecosystem, name } = parsePurl(purl);
  const said: RecipeReview[] = [];
  for (const { correction, author } of about) {
    const time = rfc3339(clock());
    const what = { correction, author, reviewer, reason };
    const made = await storage.recipeReviews.record(
      { ecosystem, name, action, ...what, principal: localOperator, at: time },
      (previousEventId) =>
        makeSourceEvent({
          eventId: newEventId(randomBytes),
          purl: formatPurl(ecosystem, name),
          change: { action: `${action}-recipe`, ...what },
          principal: localOperator,
          time,
          previousEventId,
          randomBytes,
        }),
    );
    if (made !== 'unchanged') said.push(made);
  }
  const inForce = await storage.recipeReviews.approved(ecosystem, name);
  rebuilding.known.review(
    ecosystem,
    name,
    inForce.map((one) => one.correction),
  );
  if (said.length > 0) await raiseEpoch('feeds');
  return said;
}

function reviewShown({ ecosystem, name, principal, ...rest }: RecipeReview): ReviewShown {
  return {
    package: formatPurl(ecosystem, name),
    ...rest,
    principal: { kind: principal.kind, name: principal.name },
  };
}
