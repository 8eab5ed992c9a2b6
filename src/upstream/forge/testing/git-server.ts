/** Real repositories, made by git, and git's own HTTP server in front of them. */
import { execFileSync, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const env = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

export interface Repositories {
  /** Holds `owner/name/` (a work tree) and `owner/bare.git/`. */
  readonly folder: string;
  readonly work: string;
  /** Oldest first; `inner` is neither a branch's nor a tag's tip. */
  readonly commits: { readonly inner: string; readonly tagged: string; readonly tip: string };
}

/** Tags: `v1.0.0` annotated and `light` at `tagged`, `twice` a tag of `v1.0.0`; branch `main` at `tip`. */
export async function repositories(t: TestContext): Promise<Repositories> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'assay-git-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const work = join(folder, 'owner', 'name');
  git(folder, 'init', '-q', '-b', 'main', work);
  const commit = (text: string): string => {
    git(work, 'commit', '-q', '--allow-empty', '-m', text);
    return git(work, 'rev-parse', 'HEAD');
  };
  const inner = commit('one');
  const tagged = commit('two');
  git(work, 'tag', '-a', 'v1.0.0', '-m', 'first');
  git(work, 'tag', 'light');
  git(work, 'tag', '-a', 'twice', 'v1.0.0', '-m', 'again');
  const tip = commit('three');
  git(folder, 'clone', '-q', '--mirror', work, join(folder, 'owner', 'bare.git'));
  return { folder, work, commits: { inner, tagged, tip } };
}

/** Base URL of git-http-backend over the folder, ends with `/`. `heard` sees every request's headers. */
export async function serveGit(
  t: TestContext,
  folder: string,
  heard: (request: IncomingMessage) => void = () => undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    heard(request);
    backend(folder, request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** CGI (RFC 3875), as far as git needs it. */
function backend(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const child = spawn('git', ['http-backend'], {
    env: {
      ...env,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const lines = all.subarray(0, end).toString('latin1').split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    const status = Number(headers.find(([name]) => name === 'status')?.[1]?.slice(0, 3) ?? 200);
    response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'status')));
    response.end(all.subarray(end + 4));
  });
}
