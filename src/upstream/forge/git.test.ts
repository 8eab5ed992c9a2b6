import assert from 'node:assert/strict';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { serveRoutes } from '../testing/lying-server.ts';
import { createForge, type ClosableForge } from './forge.ts';
import { packet } from './pkt-line.ts';
import { git, repositories, serveGit, type Repositories } from './testing/git-server.ts';

const clock = (): Date => new Date('2026-11-01T00:00:00Z');
const named = 'https://git.example.com/owner/name';
const bare = 'https://git.example.com/owner/bare';

function forgeAt(t: TestContext, api: string, token?: string): ClosableForge {
  const forge = createForge([{ host: 'git.example.com', kind: 'git', api, token }], {
    clock,
    retries: 0,
    totalMs: 10_000,
  });
  t.after(forge.close);
  return forge;
}

/** Both ways to the same repositories must say the same. */
async function bothWays(t: TestContext, made: Repositories): Promise<readonly ClosableForge[]> {
  return [forgeAt(t, await serveGit(t, made.folder)), forgeAt(t, pathToFileURL(`${made.folder}/`).href)];
}

test('tags are told exactly, peeled, whether loose or packed, bare or with a work tree', async (t) => {
  const made = await repositories(t);
  const { tagged } = made.commits;
  const all = ['v1.0.0', 'light', 'twice', 'v1', '../HEAD', 'x y'];
  for (const when of ['loose', 'packed']) {
    if (when === 'packed') git(made.work, 'pack-refs', '--all');
    for (const forge of await bothWays(t, made)) {
      for (const uri of [named, bare, `${bare}.git`]) {
        assert.deepEqual(
          await forge.tags(uri, all),
          { state: 'known', commits: { 'v1.0.0': tagged, light: tagged, twice: tagged } },
          `${when} ${uri}`,
        );
      }
    }
  }
});

test('a commit is reachable as the tip of a branch or tag; of any other nothing is known', async (t) => {
  const made = await repositories(t);
  const { inner, tagged, tip } = made.commits;
  for (const forge of await bothWays(t, made)) {
    for (const commit of [tagged, tip]) {
      assert.deepEqual(await forge.commit(named, commit), {
        state: 'known',
        exists: true,
        reachable: 'yes',
        committedAt: undefined,
        signature: 'unknown',
      });
    }
    for (const commit of [inner, 'f'.repeat(40), 'main', tip.slice(0, 10)])
      assert.equal((await forge.commit(named, commit)).state, 'not-checked');
  }
});

test('git knows no runs and no owners, and a repository is there or not', async (t) => {
  const made = await repositories(t);
  for (const forge of await bothWays(t, made)) {
    assert.equal((await forge.run(`${named}/actions/runs/1/attempts/1`)).state, 'not-checked');
    const none = { id: undefined, ownerId: undefined, forkOf: undefined };
    assert.deepEqual(await forge.repository(named), { state: 'known', exists: true, ...none });
    assert.deepEqual(await forge.repository(`${named}x`), { state: 'known', exists: false, ...none });
    assert.equal((await forge.tags(`${named}x`, ['v1.0.0'])).state, 'not-checked');
    assert.equal((await forge.commit(`${named}x`, made.commits.tip)).state, 'not-checked');
  }
});

test('a tag that moved is told where it is now', async (t) => {
  const made = await repositories(t);
  git(made.work, 'pack-refs', '--all');
  git(made.work, 'tag', '-f', 'light', made.commits.tip);
  for (const forge of await bothWays(t, made)) {
    const answer = await forge.tags(named, ['light']);
    assert.deepEqual(answer.state === 'known' && answer.commits, { light: made.commits.tip });
  }
});

test('an object that lies in a pack is no answer, rather than the tag for the commit', async (t) => {
  const made = await repositories(t);
  git(made.work, 'gc', '-q');
  // Unpacked again as a file, as after a fetch: the tag's object stays in the pack.
  const tag = git(made.work, 'rev-parse', 'v1.0.0');
  await mkdir(join(made.work, '.git/refs/tags'), { recursive: true });
  await writeFile(join(made.work, '.git/refs/tags/v1.0.0'), `${tag}\n`);
  const forge = forgeAt(t, pathToFileURL(`${made.folder}/`).href);
  assert.equal((await forge.tags(named, ['v1.0.0'])).state, 'not-checked');
});

test('no repository outside the configured folder is read, through whatever link', async (t) => {
  const made = await repositories(t);
  await mkdir(join(made.folder, 'inside'));
  await symlink(made.work, join(made.folder, 'inside', 'linked'));
  const forge = forgeAt(t, pathToFileURL(`${join(made.folder, 'inside')}/`).href);
  for (const path of ['linked', '../owner/name', '%2e%2e/owner/name', '..']) {
    const answer = await forge.repository(`https://git.example.com/${path}`);
    assert.notEqual(answer.state === 'known' && answer.exists, true, path);
  }
  const above = forgeAt(t, pathToFileURL(`${made.folder}/`).href);
  const answer = await above.repository('https://git.example.com/inside/linked');
  assert.equal(answer.state === 'known' && answer.exists, true, 'a link inside the folder is fine');
});

test('a link, a folder or a device in the place of a ref is not read', async (t) => {
  const made = await repositories(t);
  await writeFile(join(made.folder, 'secret'), `${made.commits.tip}\n`);
  await symlink(join(made.folder, 'secret'), join(made.work, '.git/refs/tags/linked'));
  const forge = forgeAt(t, pathToFileURL(`${made.folder}/`).href);
  assert.equal((await forge.tags(named, ['linked'])).state, 'not-checked');
});

test('refs kept in a reftable are no answer', async (t) => {
  const made = await repositories(t);
  await mkdir(join(made.work, '.git/reftable'));
  const forge = forgeAt(t, pathToFileURL(`${made.folder}/`).href);
  assert.equal((await forge.tags(named, ['light'])).state, 'not-checked');
});

test('a repository named without .git on disk is found at both names', async (t) => {
  const made = await repositories(t);
  await rename(join(made.folder, 'owner/bare.git'), join(made.folder, 'owner/plain'));
  for (const forge of await bothWays(t, made)) {
    const answer = await forge.tags('https://git.example.com/owner/plain', ['light']);
    assert.equal(answer.state, 'known');
  }
});

test('a token goes as a password, and a server that refuses it is not-checked', async (t) => {
  const made = await repositories(t);
  const seen: (string | undefined)[] = [];
  const api = await serveGit(t, made.folder, (request) => seen.push(request.headers.authorization));
  const forge = forgeAt(t, api, 'secret');
  assert.equal((await forge.tags(named, ['light'])).state, 'known');
  const expected = `Basic ${Buffer.from('x-access-token:secret').toString('base64')}`;
  assert.ok(seen.length >= 2 && seen.every((one) => one === expected));
});

const advertised = [
  packet('# service=git-upload-pack\n'),
  '0000',
  packet('version 2\n'),
  packet('ls-refs=unborn\n'),
  packet('object-format=sha1\n'),
  '0000',
].join('');

async function lying(t: TestContext, first: string, second: string, types: boolean): Promise<string> {
  const send = (type: string, body: string) => (_: unknown, response: ServerResponse) =>
    response.writeHead(200, { 'content-type': types ? type : 'text/html' }).end(body);
  const server = await serveRoutes({
    '/owner/name.git/info/refs?service=git-upload-pack': send(
      'application/x-git-upload-pack-advertisement',
      first,
    ),
    '/owner/name.git/git-upload-pack': send('application/x-git-upload-pack-result', second),
  });
  t.after(server.close);
  const answer = await forgeAt(t, server.url).tags(named, ['v1']);
  return answer.state === 'known' ? JSON.stringify(answer.commits) : answer.why;
}

test('a server that lies about its list of refs is not believed', async (t) => {
  const id = 'a'.repeat(40);
  const good = `${packet(`${id} refs/tags/v1\n`)}0000`;
  assert.equal(await lying(t, advertised, good, true), JSON.stringify({ v1: id }));
  assert.match(await lying(t, advertised, good, false), /no git server/);
  assert.match(await lying(t, advertised.replace('version 2', 'version 1'), good, true), /version 2/);
  assert.match(await lying(t, advertised.replace('ls-refs=', 'ls-reft='), good, true), /does not list refs/);
  assert.match(await lying(t, advertised.replace('=sha1', '=md5x'), good, true), /unknown format/);
  assert.match(await lying(t, advertised, good.slice(0, -4), true), /does not end/);
  assert.match(await lying(t, advertised, `${good}${good}`, true), /does not end/);
  assert.match(await lying(t, advertised, `${packet('ERR no access\n')}0000`, true), /refuses: no access/);
  assert.match(await lying(t, advertised, `${packet(`${id.slice(1)} refs/tags/v1\n`)}0000`, true), /is none/);
  assert.match(await lying(t, advertised, `${packet(`${id} refs/tags/v1 peeled:x\n`)}0000`, true), /peeled/);
  assert.match(await lying(t, advertised, 'ffff', true), /packet lines/);
});
