/** A server in the shape of GitHub's API: answers by path, anything else is 404; hears what was asked and with what. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { serveRoutes, type LyingServer } from '../../testing/lying-server.ts';
import { createForge, type ClosableForge } from '../forge.ts';
import type { ForgeDeps, ForgeSource } from '../types.ts';

export const commit = '11435857e4cd9795fa5ee68c20b674e5f96052ab';
export const otherCommit = '22435857e4cd9795fa5ee68c20b674e5f96052ab';
export const tagObject = '33435857e4cd9795fa5ee68c20b674e5f96052ab';
export const repository = 'https://git.example.com/owner/name';
export const runUri = `${repository}/actions/runs/77/attempts/2`;

export type Answers = Readonly<Record<string, unknown>>;

export const repositoryBody = {
  id: 500,
  fork: false,
  owner: { id: 9, login: 'owner' },
  default_branch: 'release/main',
  html_url: repository,
};
export const commitBody = {
  sha: commit,
  committer: { name: 'x', date: '2026-05-01T10:00:00Z' },
  verification: { verified: true, reason: 'valid' },
};
export const runBody = {
  id: 77,
  run_attempt: 2,
  status: 'completed',
  conclusion: 'success',
  head_sha: commit,
  created_at: '2026-05-01T10:00:00Z',
  run_started_at: '2026-05-01T10:01:00Z',
  updated_at: '2026-05-01T10:05:00Z',
};

export const paths = {
  repository: '/api/v3/repos/owner/name',
  commit: `/api/v3/repos/owner/name/git/commits/${commit}`,
  compare: `/api/v3/repos/owner/name/compare/release%2Fmain...${commit}?per_page=1`,
  heads: `/api/v3/repos/owner/name/commits/${commit}/branches-where-head`,
  run: '/api/v3/repos/owner/name/actions/runs/77/attempts/2',
  tag: (name: string): string => `/api/v3/repos/owner/name/git/ref/tags/${name}`,
  tagObject: `/api/v3/repos/owner/name/git/tags/${tagObject}`,
} as const;

export const good: Answers = {
  [paths.repository]: repositoryBody,
  [paths.commit]: commitBody,
  [paths.compare]: { status: 'behind' },
  [paths.run]: runBody,
  [paths.tag('v1.0.0')]: { ref: 'refs/tags/v1.0.0', object: { type: 'commit', sha: commit } },
};

export interface FakeGithub {
  readonly forge: ClosableForge;
  readonly server: LyingServer;
  readonly headers: () => readonly IncomingHttpHeaders[];
}

/** A function answers itself; anything else is sent as JSON. */
export async function fakeGithub(
  t: TestContext,
  answers: Answers,
  more: { readonly source?: Partial<ForgeSource>; readonly deps?: Partial<ForgeDeps> } = {},
): Promise<FakeGithub> {
  const server = await serveRoutes(
    Object.fromEntries(
      Object.entries(answers).map(([path, answer]) => [
        path,
        (_request, response: ServerResponse) => {
          if (typeof answer === 'function') answer(response);
          else response.end(JSON.stringify(answer));
        },
      ]),
    ),
  );
  const forge = createForge(
    [
      {
        host: 'git.example.com',
        kind: 'github',
        api: `${server.url}api/v3/`,
        token: undefined,
        ...more.source,
      },
    ],
    {
      clock: () => new Date('2026-11-01T00:00:00Z'),
      retries: 0,
      totalMs: 5000,
      random: () => 0,
      ...more.deps,
    },
  );
  t.after(async () => {
    forge.close();
    await server.close();
  });
  return { forge, server, headers: () => server.heard.map((one) => one.headers) };
}
