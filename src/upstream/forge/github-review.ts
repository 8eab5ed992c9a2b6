/**
 * How a commit came into a repository, by the pull request it was merged with. Of GitHub's answers only what is named here is
 * read; one that is not of its shape tells nothing (docs.github.com "List pull requests associated with a commit", "Get a pull
 * request", "List reviews for a pull request").
 */
import { reviewKinds, type ReviewKind } from '../../core/commits.ts';
import type { ReviewAnswer } from '../../core/forge.ts';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { idOf } from './github-parse.ts';
import { NoAnswer } from './not-checked.ts';
import { isObjectId } from './repository-uri.ts';

/** A page holds no more; where it is full, more may be behind it. */
const page = 100;
/** Of a commit that was merged more than once. */
const requestsAsked = 5;

/** Asks below the repository's own address. Undefined: 404 and its like. Throws NoAnswer and UPSTREAM_*. */
export type Ask = (path: string) => Promise<unknown>;

/** The best of the requests counts: one that was approved is not undone by another. Throws NoAnswer and UPSTREAM_*. */
export async function reviewOf(
  ask: Ask,
  judge: (number: string, ask: () => Promise<ReviewKind>) => Promise<ReviewKind>,
  repositoryId: string,
  commit: string,
): Promise<ReviewAnswer> {
  const body = await ask(`commits/${commit}/pulls?per_page=${page}`);
  if (body === undefined) return { state: 'known', exists: false, kind: 'direct', request: undefined };
  const numbers = readMerged(body, repositoryId);
  let best: ReviewAnswer = { state: 'known', exists: true, kind: 'direct', request: undefined };
  for (const number of numbers.slice(0, requestsAsked)) {
    const kind = await judge(number, () => judgeRequest(ask, number, repositoryId));
    if (reviewKinds.indexOf(kind) < reviewKinds.indexOf(best.kind)) best = { ...best, kind, request: number };
  }
  return best;
}

/** Numbers of the requests that were merged into this very repository. Throws NoAnswer. */
export function readMerged(body: unknown, repositoryId: string): readonly string[] {
  if (!Array.isArray(body) || body.length > page) throw strange();
  return body.flatMap((one: unknown) => {
    if (!isJsonObject(one)) throw strange();
    const number = numberOf(one);
    const isMerged = typeof own(one, 'merged_at') === 'string' && baseOf(one) === repositoryId;
    return isMerged && number !== undefined ? [number] : [];
  });
}

async function judgeRequest(ask: Ask, number: string, repositoryId: string): Promise<ReviewKind> {
  const [request, reviews] = [
    await ask(`pulls/${number}`),
    await ask(`pulls/${number}/reviews?per_page=${page}`),
  ];
  return readReview(request, reviews, repositoryId);
}

/**
 * Whoever asked cannot approve, nor can somebody who may not write to the repository (anybody can press the button), nor a
 * program; the last word of each counts, of the commit that was merged. Throws NoAnswer.
 */
export function readReview(request: unknown, reviews: unknown, repositoryId: string): ReviewKind {
  if (!isJsonObject(request) || own(request, 'merged') !== true || baseOf(request) !== repositoryId)
    throw strange();
  const head = ownObject(request, 'head');
  const merged = head === undefined ? undefined : ownString(head, 'sha');
  const author = personOf(request, 'user');
  if (merged === undefined || !isObjectId(merged) || author === undefined) throw strange();
  if (!Array.isArray(reviews) || reviews.length >= page) throw strange();
  const last = new Map<string, { readonly approved: boolean; readonly commit: string | undefined }>();
  for (const review of reviews) {
    if (!isJsonObject(review)) throw strange();
    const said = saidBy(review, author);
    if (said !== undefined) last.set(said.reviewer, said);
  }
  const approvals = [...last.values()].filter(({ approved }) => approved);
  if (approvals.some(({ commit }) => commit === merged)) return 'approved';
  if (approvals.length > 0) return 'changed-after-approval';
  // Who merged is not told of some: that is not somebody else.
  const merger = personOf(request, 'merged_by');
  return merger === undefined || merger === author ? 'self-merged' : 'unapproved';
}

const mayWrite: ReadonlySet<string | undefined> = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

function saidBy(review: JsonObject, author: string) {
  const state = ownString(review, 'state');
  const user = ownObject(review, 'user');
  const reviewer = user === undefined ? undefined : idOf(user);
  // A comment takes no approval back; a dismissal does.
  if (state !== 'APPROVED' && state !== 'CHANGES_REQUESTED' && state !== 'DISMISSED') return undefined;
  if (user === undefined || reviewer === undefined || reviewer === author) return undefined;
  if (ownString(user, 'type') !== 'User' || !mayWrite.has(ownString(review, 'author_association')))
    return undefined;
  return { reviewer, approved: state === 'APPROVED', commit: ownString(review, 'commit_id') };
}

function personOf(body: JsonObject, key: string): string | undefined {
  const person = ownObject(body, key);
  return person === undefined ? undefined : idOf(person);
}

function numberOf(body: JsonObject): string | undefined {
  const number = own(body, 'number');
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0
    ? String(number)
    : undefined;
}

function baseOf(body: JsonObject): string | undefined {
  const base = ownObject(body, 'base');
  const repository = base === undefined ? undefined : ownObject(base, 'repo');
  return repository === undefined ? undefined : idOf(repository);
}

function strange(): NoAnswer {
  return new NoAnswer('the forge answered something else than requests and their reviews');
}
