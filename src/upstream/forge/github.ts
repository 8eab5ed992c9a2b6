/**
 * A forge in the shape of GitHub's REST API (version 2022-11-28), also of an Enterprise server's `/api/v3/`. A 404 is
 * "not there for us"; whatever is neither that nor a whole answer of the right shape is `not-checked`.
 */
import { isAssayError } from '../../core/errors.ts';
import type { CommitAnswer, Forge, NotChecked, ReviewAnswer } from '../../core/forge.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Clock } from '../../core/time.ts';
import { createAnswerCache } from './cache.ts';
import type { ForgeExchange, ForgeReply } from './exchange.ts';
import {
  readComparison,
  readCommit,
  readHeads,
  readRef,
  readRepository,
  readRun,
  readTagObject,
  type GithubRepository,
  type GithubTarget,
} from './github-parse.ts';
import { reviewOf } from './github-review.ts';
import { failedToAsk, NoAnswer, notChecked } from './not-checked.ts';
import { isObjectId, isTagName, parseRepositoryUri, parseRunUri } from './repository-uri.ts';

/** A comparison lists files with their differences: none where the branch holds the commit, many MiB where it does not. */
const maxBytes = 4 * 1024 * 1024;
const maxNames = 20;
/** Tags of tags of tags: nobody has more. */
const maxPeels = 5;
/** A forge that names a later reset is asked again then all the same. */
const longestPauseMs = 3_600_000;

/** Of the questions that a forge answers in an hour: without a token that is sixty. */
const keptBack = 25;

const absent = { state: 'known', exists: false } as const;

export function createGithubForge(exchange: ForgeExchange, host: string, clock: Clock): Forge {
  const repositories = createAnswerCache(clock);
  const requests = createAnswerCache(clock);
  let left: { readonly count: number; readonly untilMs: number } | undefined;
  let pause: { readonly untilMs: number; readonly why: string } | undefined;

  /** Undefined: 404 or 422, which GitHub answers for a commit it does not have. Throws NoAnswer and UPSTREAM_*. */
  async function get(path: string): Promise<unknown> {
    if (pause !== undefined && pause.untilMs > clock().getTime()) throw new NoAnswer(pause.why);
    const reply = await exchange.send({
      path,
      headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
      maxBytes,
    });
    left = leftOf(reply) ?? left;
    if (reply.status === 200) return parsed(reply);
    if (reply.status === 404 || reply.status === 410 || reply.status === 422) return undefined;
    pause = pauseOf(reply, host, clock().getTime()) ?? pause;
    if (pause !== undefined && pause.untilMs > clock().getTime()) throw new NoAnswer(pause.why);
    throw new NoAnswer(`${host} answered status ${reply.status}`);
  }

  async function getObject(path: string): Promise<JsonObject | undefined> {
    const body = await get(path);
    if (body === undefined || isJsonObject(body)) return body;
    throw new NoAnswer(`${host} answered something else than an object`);
  }

  /** Asked by several questions about one publication, and by all packages of one repository. */
  function repositoryAt(base: string): Promise<GithubRepository | undefined> {
    return repositories.ask(
      base,
      async () => readRepositoryFrom(await getObject(base), host),
      (found) => found !== undefined,
    );
  }

  async function commitAt(base: string, commit: string): Promise<CommitAnswer> {
    const body = await getObject(`${base}/git/commits/${commit}`);
    if (body === undefined) {
      const none = { ...absent, reachable: 'unknown', committedAt: undefined, signature: 'unknown' } as const;
      // Only a repository that is there can be without a commit.
      if ((await repositoryAt(base)) === undefined) throw new NoAnswer(`${host} shows no such repository`);
      return none;
    }
    const read = readCommit(body, commit);
    if (read === undefined) throw new NoAnswer(`${host} answered about another commit`);
    const reachable = (await isReachable(base, commit)) ? 'yes' : 'unknown';
    return { state: 'known', exists: true, reachable, ...read };
  }

  /** A commit of a fork is shown under the original's name too, so that it exists says nothing yet. */
  async function isReachable(base: string, commit: string): Promise<boolean> {
    const branch = (await repositoryAt(base))?.defaultBranch;
    if (branch !== undefined) {
      const range = `${encodeURIComponent(branch)}...${commit}`;
      const comparison = await getObject(`${base}/compare/${range}?per_page=1`).catch(tooLargeIsNo);
      if (comparison !== undefined && readComparison(comparison) === true) return true;
    }
    return readHeads(await get(`${base}/commits/${commit}/branches-where-head`), commit);
  }

  /** Reviews are many questions: those that an install waits for come first. */
  async function reviewAt(base: string, commit: string): Promise<ReviewAnswer> {
    const ask = (path: string): Promise<unknown> => {
      if (left !== undefined && left.count < keptBack && left.untilMs > clock().getTime())
        throw new NoAnswer(`${host} answers few questions more for now (its rate limit)`);
      return get(`${base}/${path}`);
    };
    const id = (await repositoryAt(base))?.answer.id;
    if (id === undefined) throw new NoAnswer(`${host} shows no such repository`);
    const judge: Parameters<typeof reviewOf>[1] = (number, work) =>
      requests.ask(JSON.stringify([base, number]), work, () => true);
    return reviewOf(async (path) => ask(path), judge, id, commit);
  }

  async function tagAt(base: string, name: string): Promise<string | undefined> {
    const encoded = name.split('/').map(encodeURIComponent).join('/');
    const body = await getObject(`${base}/git/ref/tags/${encoded}`);
    if (body === undefined) return undefined;
    let target = demanded(readRef(body, `refs/tags/${name}`), name);
    for (let peeled = 0; target.kind === 'tag'; peeled += 1) {
      if (peeled >= maxPeels) throw new NoAnswer(`the tag ${name} is a tag of tags without end`);
      const tag = await getObject(`${base}/git/tags/${target.id}`);
      target = demanded(tag === undefined ? undefined : readTagObject(tag, target.id), name);
    }
    if (target.kind !== 'commit') throw new NoAnswer(`the tag ${name} names no commit`);
    return target.id;
  }

  function demanded(target: GithubTarget | undefined, name: string): GithubTarget {
    if (target === undefined) throw new NoAnswer(`${host} answered something else than the tag ${name}`);
    return target;
  }

  return {
    repository: (uri) =>
      withRepository(uri, async (base) => (await repositoryAt(base))?.answer ?? noRepository),
    commit: (uri, commit) =>
      isObjectId(commit)
        ? withRepository(uri, (base) => commitAt(base, commit))
        : Promise.resolve(notChecked('the commit is no commit id')),
    review: (uri, commit) =>
      isObjectId(commit)
        ? withRepository(uri, (base) => reviewAt(base, commit))
        : Promise.resolve(notChecked('the commit is no commit id')),
    tags: (uri, names) =>
      withRepository(uri, async (base) => {
        if (names.length > maxNames) throw new NoAnswer(`more than ${maxNames} tags were asked for`);
        const found: [string, string][] = [];
        for (const name of new Set(names.filter(isTagName))) {
          const commit = await tagAt(base, name);
          if (commit !== undefined) found.push([name, commit]);
        }
        // A repository that is gone or private has no tags to show; that is not the same as having none.
        if (found.length === 0 && (await repositoryAt(base)) === undefined)
          throw new NoAnswer(`${host} shows no such repository`);
        return { state: 'known', commits: Object.fromEntries(found) };
      }),
    run: async (invocation) => {
      const place = parseRunUri(invocation);
      if (place === undefined) return notChecked('the run is no address of a run of GitHub Actions');
      const { owner, name, run, attempt } = place;
      return answered(async () => {
        const base = `repos/${owner}/${name}`;
        const body = await getObject(`${base}/actions/runs/${run}/attempts/${attempt}`);
        if (body === undefined) {
          if ((await repositoryAt(base)) === undefined)
            throw new NoAnswer(`${host} shows no such repository`);
          return noRun;
        }
        const answer = readRun(body, run, attempt);
        if (answer === undefined) throw new NoAnswer(`${host} answered about another run`);
        return answer;
      });
    },
  };
}

const noRepository = { ...absent, id: undefined, ownerId: undefined, forkOf: undefined };
const noRun = {
  ...absent,
  conclusion: 'other',
  startedAt: undefined,
  finishedAt: undefined,
  headCommit: undefined,
} as const;

function readRepositoryFrom(body: JsonObject | undefined, host: string): GithubRepository | undefined {
  if (body === undefined) return undefined;
  const read = readRepository(body);
  if (read === undefined) throw new NoAnswer(`${host} answered something else than a repository`);
  return read;
}

function tooLargeIsNo(error: unknown): undefined {
  if (!isAssayError(error, 'UPSTREAM_TOO_LARGE')) throw error;
}

function withRepository<T>(uri: string, work: (base: string) => Promise<T>): Promise<T | NotChecked> {
  const [owner, name, ...more] = parseRepositoryUri(uri)?.path ?? [];
  if (owner === undefined || name === undefined || more.length > 0)
    return Promise.resolve(notChecked('the repository is not named by owner and name'));
  return answered(() => work(`repos/${owner}/${name}`));
}

async function answered<T>(work: () => Promise<T>): Promise<T | NotChecked> {
  try {
    return await work();
  } catch (error) {
    return failedToAsk(error);
  }
}

function parsed({ bytes, place }: ForgeReply): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new NoAnswer(`${place}: the answer is not JSON`);
  }
}

/** How many questions are left, and until when. */
function leftOf({ headers }: ForgeReply): { readonly count: number; readonly untilMs: number } | undefined {
  const number = (name: string): number | undefined => {
    const text = headers[name];
    return typeof text === 'string' && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  };
  const [count, reset] = [number('x-ratelimit-remaining'), number('x-ratelimit-reset')];
  return count === undefined || reset === undefined ? undefined : { count, untilMs: reset * 1000 };
}

/**
 * GitHub's "Rate limits for the REST API": 403 or 429 with `x-ratelimit-remaining: 0` and the reset in seconds since
 * the epoch, or with `retry-after`. Asking on would only prolong it.
 */
function pauseOf(
  { status, headers }: ForgeReply,
  host: string,
  nowMs: number,
): { readonly untilMs: number; readonly why: string } | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const seconds = (name: string): number | undefined => {
    const text = headers[name];
    return typeof text === 'string' && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  };
  const after = seconds('retry-after');
  const reset = headers['x-ratelimit-remaining'] === '0' ? seconds('x-ratelimit-reset') : undefined;
  const named = after !== undefined ? nowMs + after * 1000 : reset === undefined ? undefined : reset * 1000;
  if (named === undefined && status === 403) return undefined;
  const untilMs = Math.min(Math.max(named ?? nowMs + 60_000, nowMs), nowMs + longestPauseMs);
  return {
    untilMs,
    why: `${host} answers no more questions before ${new Date(untilMs).toISOString()} (its rate limit)`,
  };
}
