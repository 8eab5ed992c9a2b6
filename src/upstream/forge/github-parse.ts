/**
 * What of GitHub's answers is read, and nothing else. Each reader returns undefined for an answer that is not of its
 * shape: then nothing was learned. Everything is hostile but what the API vouches for by being the configured host.
 */
import type { CommitAnswer, RepositoryAnswer, RunAnswer } from '../../core/forge.ts';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { normaliseTime } from '../../core/time.ts';
import { isObjectId } from './repository-uri.ts';

/** `defaultBranch` is for the next question. */
export interface GithubRepository {
  readonly answer: RepositoryAnswer;
  readonly defaultBranch: string | undefined;
}

export function readRepository(body: JsonObject): GithubRepository | undefined {
  const id = idOf(body);
  const owner = ownObject(body, 'owner');
  const ownerId = owner === undefined ? undefined : idOf(owner);
  const isFork = own(body, 'fork');
  if (id === undefined || ownerId === undefined || typeof isFork !== 'boolean') return undefined;
  const parent = ownObject(body, 'parent');
  const forkOf = parent === undefined ? undefined : clipped(ownString(parent, 'html_url'));
  // A fork whose parent is not told (it may be private) is still a fork.
  return {
    answer: { state: 'known', exists: true, id, ownerId, forkOf: isFork ? (forkOf ?? 'unknown') : undefined },
    defaultBranch: clipped(ownString(body, 'default_branch')),
  };
}

/** Of `git/commits/<commit>`, which unlike `commits/<commit>` brings no differences. */
export function readCommit(
  body: JsonObject,
  commit: string,
): Pick<CommitAnswer, 'committedAt' | 'signature'> | undefined {
  if (ownString(body, 'sha') !== commit) return undefined;
  const committer = ownObject(body, 'committer');
  const verification = ownObject(body, 'verification');
  const verified = verification === undefined ? undefined : own(verification, 'verified');
  return {
    committedAt: committer === undefined ? undefined : timeOf(committer, 'date'),
    signature: typeof verified === 'boolean' ? (verified ? 'verified' : 'unverified') : 'unknown',
  };
}

/** Of `compare/<default branch>...<commit>`: whether the branch holds the commit; undefined: the answer doesn't say. */
export function readComparison(body: JsonObject): boolean | undefined {
  const status = ownString(body, 'status');
  if (status === 'behind' || status === 'identical') return true;
  return status === 'ahead' || status === 'diverged' ? false : undefined;
}

/** Of `commits/<commit>/branches-where-head`: whether a protected branch ends in it. */
export function readHeads(body: unknown, commit: string): boolean {
  if (!Array.isArray(body)) return false;
  return body.slice(0, 100).some((branch: unknown) => {
    if (!isJsonObject(branch) || own(branch, 'protected') !== true) return false;
    const head = ownObject(branch, 'commit');
    return head !== undefined && ownString(head, 'sha') === commit;
  });
}

export function readRun(body: JsonObject, run: string, attempt: string): RunAnswer | undefined {
  if (idOf(body) !== run || numberText(own(body, 'run_attempt')) !== attempt) return undefined;
  const status = ownString(body, 'status');
  if (status === undefined) return undefined;
  const isOver = status === 'completed';
  const head = ownString(body, 'head_sha');
  return {
    state: 'known',
    exists: true,
    conclusion: isOver ? conclusionOf(ownString(body, 'conclusion')) : 'running',
    startedAt: timeOf(body, 'run_started_at') ?? timeOf(body, 'created_at'),
    finishedAt: isOver ? timeOf(body, 'updated_at') : undefined,
    headCommit: head !== undefined && isObjectId(head) ? head : undefined,
  };
}

/** Where a ref or an annotated tag points. */
export interface GithubTarget {
  readonly kind: 'commit' | 'tag' | 'other';
  readonly id: string;
}

/** Of `git/ref/tags/<name>`: the answer must be about that very name. */
export function readRef(body: JsonObject, ref: string): GithubTarget | undefined {
  return ownString(body, 'ref') === ref ? targetOf(body) : undefined;
}

/** Of `git/tags/<id>`: an annotated tag, one layer. */
export function readTagObject(body: JsonObject, id: string): GithubTarget | undefined {
  return ownString(body, 'sha') === id ? targetOf(body) : undefined;
}

function targetOf(body: JsonObject): GithubTarget | undefined {
  const object = ownObject(body, 'object');
  const id = object === undefined ? undefined : ownString(object, 'sha');
  const type = object === undefined ? undefined : ownString(object, 'type');
  if (id === undefined || type === undefined || !isObjectId(id)) return undefined;
  return { kind: type === 'commit' || type === 'tag' ? type : 'other', id };
}

function conclusionOf(text: string | undefined): RunAnswer['conclusion'] {
  return text === 'success' || text === 'failure' || text === 'cancelled' ? text : 'other';
}

export function idOf(body: JsonObject): string | undefined {
  return numberText(own(body, 'id'));
}

/** Ids stay exact: one that JavaScript could not hold is no id. */
function numberText(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? String(value) : undefined;
}

function timeOf(body: JsonObject, key: string): string | undefined {
  const text = ownString(body, key);
  return text === undefined ? undefined : normaliseTime(text);
}

function clipped(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text.toWellFormed().slice(0, 500).toWellFormed();
}
