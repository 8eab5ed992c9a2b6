/** A forge in the shape of GitHub's REST API, with the repositories, commits, tags and runs that a test says there are. */
import { createServer } from 'node:http';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { WorkflowRun } from './sigstore/workflow-run.ts';

export interface FakeForge {
  /** Base of its API; ends with `/`. */
  readonly url: string;
  /** The repository, its commit and the run, as they are after a release from a default branch. */
  readonly record: (run: WorkflowRun, how: RunRecord) => void;
  /** Also moves one that is there. */
  readonly setTag: (repository: string, tag: string, commit: string) => void;
  /** The request that a commit was merged with; without one it was pushed. */
  readonly setReview: (
    repository: Pick<WorkflowRun, 'repository' | 'repositoryId' | 'ownerId'>,
    commit: string,
    how?: ReviewRecord,
  ) => void;
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

export interface RunRecord {
  readonly at: Date;
  readonly conclusion?: 'success' | 'failure' | 'cancelled';
  /** Tag that points at the commit. */
  readonly tag?: string;
  /** Default: long before the release. */
  readonly committedAt?: Date;
}

export interface ReviewRecord {
  readonly request: number;
  /** Ids of accounts. */
  readonly author: number;
  readonly mergedBy: number;
  readonly approvedBy?: number;
}

const dayMs = 86_400_000;
const minuteMs = 60_000;

export async function startFakeForge(): Promise<FakeForge> {
  const answers = new Map<string, Json>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?', 1)[0] ?? '/');
    requests.push(path);
    const answer = answers.get(path);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { message: 'Not Found' }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake forge has no port');
  const setTag = (repository: string, tag: string, commit: string): void =>
    void answers.set(`/repos/${repository}/git/ref/tags/${tag}`, {
      ref: `refs/tags/${tag}`,
      object: { type: 'commit', sha: commit },
    });
  return {
    url: `http://127.0.0.1:${address.port}/`,
    requests,
    setReview: (repository, commit, how) => {
      const base = `/repos/${repository.repository}`;
      answers.set(base, repositoryAnswer(repository));
      answers.set(`${base}/git/commits/${commit}`, { sha: commit });
      answers.set(`${base}/compare/main...${commit}`, { status: 'behind' });
      const merged = how === undefined ? undefined : mergedRequest(repository, commit, how);
      answers.set(`${base}/commits/${commit}/pulls`, merged === undefined ? [] : [merged]);
      if (how === undefined || merged === undefined) return;
      answers.set(`${base}/pulls/${how.request}`, merged);
      answers.set(`${base}/pulls/${how.request}/reviews`, reviewsOf(commit, how));
    },
    setTag,
    record: (run, how) => {
      for (const [path, answer] of Object.entries(answersAbout(run, how))) answers.set(path, answer);
      if (how.tag !== undefined) setTag(run.repository, how.tag, run.commit);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function repositoryAnswer({
  repository,
  repositoryId,
  ownerId,
}: Pick<WorkflowRun, 'repository' | 'repositoryId' | 'ownerId'>): JsonObject {
  return {
    id: Number(repositoryId),
    fork: false,
    owner: { id: Number(ownerId), login: repository.split('/', 1)[0] ?? '' },
    default_branch: 'main',
    html_url: `https://github.com/${repository}`,
  };
}

function mergedRequest(
  { repositoryId }: Pick<WorkflowRun, 'repositoryId'>,
  commit: string,
  { request, author, mergedBy }: ReviewRecord,
): JsonObject {
  return {
    number: request,
    merged: true,
    merged_at: '2026-01-01T00:00:00Z',
    user: { id: author, type: 'User' },
    merged_by: { id: mergedBy, type: 'User' },
    head: { sha: commit },
    base: { ref: 'main', repo: { id: Number(repositoryId) } },
  };
}

function reviewsOf(commit: string, { approvedBy }: ReviewRecord): Json {
  if (approvedBy === undefined) return [];
  const user = { id: approvedBy, type: 'User' };
  return [{ state: 'APPROVED', user, author_association: 'MEMBER', commit_id: commit }];
}

function answersAbout(run: WorkflowRun, how: RunRecord): Record<string, JsonObject> {
  const { at, conclusion = 'success', committedAt = new Date(at.getTime() - dayMs) } = how;
  const base = `/repos/${run.repository}`;
  const minutes = (count: number): string => new Date(at.getTime() + count * minuteMs).toISOString();
  return {
    [base]: repositoryAnswer(run),
    [`${base}/git/commits/${run.commit}`]: {
      sha: run.commit,
      committer: { name: 'Somebody', date: committedAt.toISOString() },
      verification: { verified: true, reason: 'valid' },
    },
    [`${base}/compare/main...${run.commit}`]: { status: 'behind' },
    [`${base}/actions/runs/${run.runId}/attempts/1`]: {
      id: Number(run.runId),
      run_attempt: 1,
      status: 'completed',
      conclusion,
      head_sha: run.commit,
      created_at: minutes(-12),
      run_started_at: minutes(-10),
      updated_at: minutes(5),
    },
  };
}
