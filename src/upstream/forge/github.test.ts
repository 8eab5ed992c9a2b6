import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { answersFor } from './answers.ts';
import {
  commit,
  commitBody,
  fakeGithub,
  good,
  otherCommit,
  paths,
  repository,
  repositoryBody,
  runBody,
  runUri,
  tagObject,
} from './testing/github-server.ts';

test('a repository is known by its ids, and a fork names its parent', async (t) => {
  const { forge } = await fakeGithub(t, good);
  const plain = { state: 'known', exists: true, id: '500', ownerId: '9', forkOf: undefined };
  assert.deepEqual(await forge.repository(repository), plain);
  assert.deepEqual(await forge.repository(`git+${repository}.git`), plain);
  const parent = { html_url: 'https://git.example.com/first/name' };
  const fork = await fakeGithub(t, { [paths.repository]: { ...repositoryBody, fork: true, parent } });
  assert.deepEqual(await fork.forge.repository(repository), { ...plain, forkOf: parent.html_url });
});

test('a fork whose parent is not told is still a fork', async (t) => {
  const { forge } = await fakeGithub(t, { [paths.repository]: { ...repositoryBody, fork: true } });
  const answer = await forge.repository(repository);
  assert.equal(answer.state === 'known' && answer.forkOf, 'unknown');
});

test('a repository that is not there does not exist; its commits, runs and tags are not checked', async (t) => {
  const { forge } = await fakeGithub(t, {});
  const answer = await forge.repository(repository);
  assert.equal(answer.state === 'known' && answer.exists, false);
  for (const other of [
    await forge.commit(repository, commit),
    await forge.run(runUri),
    await forge.tags(repository, ['v1.0.0']),
  ])
    assert.equal(other.state, 'not-checked');
});

test('a commit that the default branch holds is reachable', async (t) => {
  for (const status of ['behind', 'identical']) {
    const { forge } = await fakeGithub(t, { ...good, [paths.compare]: { status } });
    assert.deepEqual(await forge.commit(repository, commit), {
      state: 'known',
      exists: true,
      reachable: 'yes',
      committedAt: '2026-05-01T10:00:00.000Z',
      signature: 'verified',
    });
  }
});

test('a commit off the default branch is reachable only as the head of a protected branch', async (t) => {
  const heads = (isProtected: boolean, sha: string): unknown => [
    { name: 'next', protected: isProtected, commit: { sha } },
  ];
  const cases = [
    [heads(true, commit), 'yes'],
    [heads(false, commit), 'unknown'],
    [heads(true, otherCommit), 'unknown'],
    [[], 'unknown'],
  ] as const;
  for (const [branches, reachable] of cases) {
    for (const compare of [{ status: 'diverged' }, { status: 'ahead' }, {}]) {
      const { forge } = await fakeGithub(t, {
        ...good,
        [paths.compare]: compare,
        [paths.heads]: branches,
      });
      const answer = await forge.commit(repository, commit);
      assert.equal(answer.state === 'known' && answer.reachable, reachable);
    }
  }
});

test('a comparison that is too large to read does not make a commit reachable', async (t) => {
  const { forge } = await fakeGithub(t, {
    ...good,
    [paths.compare]: (response: ServerResponse) =>
      response.end(JSON.stringify({ status: 'behind', files: 'x'.repeat(5 * 1024 * 1024) })),
  });
  const answer = await forge.commit(repository, commit);
  assert.equal(answer.state === 'known' && answer.reachable, 'unknown');
});

test('a commit that is not there does not exist; an answer about another commit is no answer', async (t) => {
  const none = await fakeGithub(t, { [paths.repository]: repositoryBody });
  const absent = await none.forge.commit(repository, commit);
  assert.equal(absent.state === 'known' && absent.exists, false);
  const other = await fakeGithub(t, { ...good, [paths.commit]: { ...commitBody, sha: otherCommit } });
  assert.equal((await other.forge.commit(repository, commit)).state, 'not-checked');
});

test('a branch name is never asked for where a commit belongs', async (t) => {
  const { forge, server } = await fakeGithub(t, good);
  for (const text of ['main', commit.slice(0, 12), `${commit}/../x`, commit.toUpperCase(), ''])
    assert.equal((await forge.commit(repository, text)).state, 'not-checked');
  assert.equal(server.heard.length, 0);
});

test('a run ends as it ended; one under way is running, and its words are a closed list', async (t) => {
  const cases = [
    [{}, 'success'],
    [{ conclusion: 'failure' }, 'failure'],
    [{ conclusion: 'cancelled' }, 'cancelled'],
    [{ conclusion: 'timed_out' }, 'other'],
    [{ conclusion: null }, 'other'],
    [{ status: 'in_progress', conclusion: null }, 'running'],
    [{ status: 'queued', conclusion: 'success' }, 'running'],
  ] as const;
  for (const [change, conclusion] of cases) {
    const { forge } = await fakeGithub(t, { ...good, [paths.run]: { ...runBody, ...change } });
    assert.deepEqual(await forge.run(runUri), {
      state: 'known',
      exists: true,
      conclusion,
      startedAt: '2026-05-01T10:01:00.000Z',
      finishedAt: conclusion === 'running' ? undefined : '2026-05-01T10:05:00.000Z',
      headCommit: commit,
    });
  }
});

test('another attempt, another run or another form of address is no answer', async (t) => {
  for (const change of [{ run_attempt: 1 }, { id: 78 }, { id: '77' }, { status: undefined }]) {
    const { forge } = await fakeGithub(t, { ...good, [paths.run]: { ...runBody, ...change } });
    assert.equal((await forge.run(runUri)).state, 'not-checked');
  }
  const { forge, server } = await fakeGithub(t, good);
  for (const uri of [`${repository}/actions/runs/77`, `${repository}/runs/77/attempts/2`, `${runUri}/x`])
    assert.equal((await forge.run(uri)).state, 'not-checked');
  assert.equal(server.heard.length, 0);
});

test('tags point where they point now; annotated ones are peeled', async (t) => {
  const { forge } = await fakeGithub(t, {
    ...good,
    [paths.tag('pkg/v2')]: { ref: 'refs/tags/pkg/v2', object: { type: 'tag', sha: tagObject } },
    [paths.tagObject]: { sha: tagObject, object: { type: 'commit', sha: otherCommit } },
  });
  assert.deepEqual(await forge.tags(repository, ['v1.0.0', 'pkg/v2', 'v9', '../x', 'a b']), {
    state: 'known',
    commits: { 'v1.0.0': commit, 'pkg/v2': otherCommit },
  });
});

test('a tag of tags without end, of a tree, or answered under another name is no answer', async (t) => {
  const tag = (object: unknown, ref = 'refs/tags/v1'): unknown => ({ ref, object });
  const cases = [
    {
      [paths.tag('v1')]: tag({ type: 'tag', sha: tagObject }),
      [paths.tagObject]: { sha: tagObject, object: { type: 'tag', sha: tagObject } },
    },
    { [paths.tag('v1')]: tag({ type: 'tree', sha: tagObject }) },
    { [paths.tag('v1')]: tag({ type: 'commit', sha: commit }, 'refs/tags/v1.0') },
    { [paths.tag('v1')]: [tag({ type: 'commit', sha: commit })] },
  ];
  for (const answers of cases) {
    const { forge } = await fakeGithub(t, { ...good, ...answers });
    assert.equal((await forge.tags(repository, ['v1'])).state, 'not-checked');
  }
});

test('a rate limit is not-checked, says when it ends, and stops further questions until then', async (t) => {
  let now = new Date('2026-11-01T00:00:00Z');
  const reset = Math.floor(now.getTime() / 1000) + 600;
  const limited = (response: ServerResponse): void => {
    response.writeHead(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }).end('{}');
  };
  const { forge, server } = await fakeGithub(
    t,
    { ...good, [paths.repository]: limited },
    { deps: { clock: () => now } },
  );
  const answer = await forge.repository(repository);
  assert.match(answer.state === 'not-checked' ? answer.why : '', /2026-11-01T00:10:00\.000Z/);
  assert.equal((await forge.run(runUri)).state, 'not-checked');
  assert.equal(server.heard.length, 1);
  now = new Date('2026-11-01T00:10:01Z');
  assert.equal((await forge.run(runUri)).state, 'known');
});

test('a refusal, a broken server, a lie about JSON and silence are not-checked', async (t) => {
  const bodies = [
    (response: ServerResponse) => response.writeHead(401).end(),
    (response: ServerResponse) => response.writeHead(403).end(),
    (response: ServerResponse) => response.writeHead(429).end(),
    (response: ServerResponse) => response.writeHead(503).end(),
    (response: ServerResponse) => response.end('<html>'),
    (response: ServerResponse) => response.end('[]'),
    (response: ServerResponse) => response.end('{"id":1}'),
    (response: ServerResponse) => void response,
  ];
  for (const body of bodies) {
    const { forge } = await fakeGithub(t, { [paths.repository]: body }, { deps: { totalMs: 300 } });
    assert.equal((await forge.repository(repository)).state, 'not-checked');
  }
});

test('a renamed repository is followed below the API, and nowhere else', async (t) => {
  const to = (location: string) => (response: ServerResponse) => response.writeHead(301, { location }).end();
  const renamed = { '/api/v3/repositories/500': repositoryBody, '/elsewhere': repositoryBody };
  const inside = await fakeGithub(t, { ...renamed, [paths.repository]: to('/api/v3/repositories/500') });
  assert.equal((await inside.forge.repository(repository)).state, 'known');
  for (const place of [
    '/elsewhere',
    'http://127.0.0.1:9/api/v3/x',
    'https://example.com/',
    '//example.com/api/v3/',
  ]) {
    const outside = await fakeGithub(t, { ...renamed, [paths.repository]: to(place) });
    assert.equal((await outside.forge.repository(repository)).state, 'not-checked');
    assert.equal(outside.server.heard.length, 1);
  }
  const elsewhere = await fakeGithub(t, good);
  const away = await fakeGithub(t, {
    [paths.repository]: to(new URL(paths.repository, elsewhere.server.url).href),
  });
  assert.equal((await away.forge.repository(repository)).state, 'not-checked');
  assert.equal(elsewhere.server.heard.length, 0, 'the token would have gone there');
  const circle = await fakeGithub(t, { [paths.repository]: to(paths.repository) });
  assert.equal((await circle.forge.repository(repository)).state, 'not-checked');
});

test('the token goes to the API as a bearer token, and not into messages', async (t) => {
  const { forge, headers } = await fakeGithub(t, {}, { source: { token: 'ghx_secret' } });
  const answer = await forge.run(runUri);
  assert.equal(headers()[0]?.authorization, 'Bearer ghx_secret');
  assert.ok(!JSON.stringify(answer).includes('ghx_secret'));
});

test('answers are kept for minutes, what is not final for less, and questions under way are shared', async (t) => {
  let now = new Date('2026-11-01T00:00:00Z');
  const { forge, server } = await fakeGithub(
    t,
    { ...good, [paths.run]: { ...runBody, status: 'in_progress' } },
    { deps: { clock: () => now } },
  );
  const asked = (path: string): number => server.heard.filter((one) => one.path === path).length;
  await Promise.all([forge.repository(repository), forge.repository(repository), forge.run(runUri)]);
  assert.deepEqual([asked(paths.repository), asked(paths.run)], [1, 1]);
  now = new Date('2026-11-01T00:02:00Z');
  await Promise.all([forge.repository(repository), forge.run(runUri)]);
  assert.deepEqual([asked(paths.repository), asked(paths.run)], [1, 2]);
  now = new Date('2026-11-01T00:11:00Z');
  await forge.repository(repository);
  assert.equal(asked(paths.repository), 2);
});

test('a host without a forge is not-checked by name; so is what is no web address', async (t) => {
  const { forge, server } = await fakeGithub(t, good);
  for (const uri of ['https://other.example.com/owner/name', 'https://git.example.com:8443/owner/name']) {
    const answer = await forge.repository(uri);
    assert.match(answer.state === 'not-checked' ? answer.why : '', /no forge is configured for/);
  }
  for (const uri of ['file:///etc', 'http://git.example.com/owner/name', 'https://git.example.com', 'x', ''])
    assert.equal((await forge.repository(uri)).state, 'not-checked');
  for (const uri of [
    'https://git.example.com/owner',
    'https://git.example.com/owner/name/tree/x',
    'https://git.example.com/owner/..',
  ])
    assert.equal((await forge.repository(uri)).state, 'not-checked');
  assert.equal(server.heard.length, 0);
});

test('all questions of one publication are answered, and a tag at the commit makes it reachable', async (t) => {
  const { forge } = await fakeGithub(t, { ...good, [paths.compare]: { status: 'diverged' } });
  const questions = { repositoryUri: repository, commit, runUri, tagNames: ['v1.0.0'] };
  const answers = await answersFor(forge, questions);
  assert.equal(answers.commit.state === 'known' && answers.commit.reachable, 'yes');
  const untagged = await answersFor(forge, { ...questions, tagNames: [] });
  assert.equal(untagged.commit.state === 'known' && untagged.commit.reachable, 'unknown');
  const nothing = await answersFor(forge, {
    repositoryUri: undefined,
    commit: undefined,
    runUri: undefined,
    tagNames: [],
  });
  for (const answer of Object.values(nothing)) assert.equal(answer.state, 'not-checked');
});

test('a forge that throws is not-checked', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('broken');
  };
  const forge = { repository: broken, commit: broken, run: broken, tags: broken, review: broken };
  const answers = await answersFor(forge, { repositoryUri: repository, commit, runUri, tagNames: [] });
  for (const answer of Object.values(answers))
    assert.equal(answer.state === 'not-checked' && answer.why, 'broken');
});

test('a forge that is down is left alone after a while; one that knows nothing is not down', async (t) => {
  const names = Array.from({ length: 12 }, (_, n) => `v${n}`);
  const down = (response: ServerResponse): void => void response.writeHead(500).end();
  const { forge, server } = await fakeGithub(
    t,
    Object.fromEntries(names.map((name) => [paths.tag(name), down])),
  );
  for (const name of names) await forge.repository(`https://git.example.com/owner/${name}`);
  const before = server.heard.length;
  for (const name of names) assert.equal((await forge.tags(repository, [name])).state, 'not-checked');
  assert.equal(server.heard.length - before, 5);
  const left = await forge.repository(repository);
  assert.match(left.state === 'not-checked' ? left.why : '', /left alone/);
});

test('an answer that takes too long is not waited for, and is there for the next one', async (t) => {
  let release: () => void = () => undefined;
  const { forge, server } = await fakeGithub(
    t,
    {
      [paths.repository]: (response: ServerResponse) => {
        release = () => response.end(JSON.stringify(repositoryBody));
      },
    },
    { deps: { answerMs: 100 } },
  );
  const late = await forge.repository(repository);
  assert.match(late.state === 'not-checked' ? late.why : '', /did not answer within 100 ms/);
  release();
  assert.equal((await forge.repository(repository)).state, 'known');
  assert.equal(server.heard.length, 1);
});

test('the questions about one publication ask for its repository once', async (t) => {
  const { forge, server } = await fakeGithub(t, good);
  await answersFor(forge, { repositoryUri: repository, commit, runUri, tagNames: ['v1.0.0', 'v9'] });
  assert.equal(server.heard.filter(({ path }) => path === paths.repository).length, 1);
});
