/** What counts as a pull: the whole file, once, for who asked for it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readlink, realpath } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { composeGate, upstreamSettings } from '../../../test/support/composed-gate.ts';
import { requestControl } from '../../../test/support/control.ts';
import { startFakeRegistry, type FakeRegistry } from '../../../test/support/fake-registry.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { PullsAnswer } from '../control/pull-protocol.ts';

async function opened(t: TestContext, change: Parameters<typeof composeGate>[1] = {}) {
  const gate = await composeGate(t, change);
  const pulls = (query: string, limit = 100): Promise<PullsAnswer> =>
    requestControl<PullsAnswer>(gate.directory, 'POST', '/pulls', { query, limit });
  const counts = async (query: string) =>
    (await pulls(query)).pulls.map(({ puller, version, count }) => [
      puller.kind,
      puller.name,
      version,
      count,
    ]);
  return { ...gate, pulls, counts };
}

async function drained(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response;
}

/** Waits for the end of what a client abandoned: another request on a connection of its own was answered after it. */
async function settled(url: string): Promise<void> {
  for (let n = 0; n < 3; n += 1) await drained(`${url}-/health`);
}

test('a whole file is a pull; HEAD, 304, an index and a refusal are none', async (t) => {
  const { url, registry, counts, pulls } = await opened(t);
  registry.publish({ name: 'good', version: '1.0.0' });
  registry.publish({ name: 'good', version: '1.1.0', publishedAt: new Date().toISOString() });
  const file = `${url}good/-/good-1.0.0.tgz`;
  await drained(`${url}good`);
  assert.equal((await drained(file, { method: 'HEAD' })).status, 200);
  assert.equal((await drained(`${url}good/-/good-1.1.0.tgz`)).status, 403);
  assert.deepEqual(await counts('good'), []);
  const first = await drained(file);
  assert.equal(
    (await drained(file, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } })).status,
    304,
  );
  assert.deepEqual(await counts('good'), [['address', '127.0.0.1', '1.0.0', 1]]);
  await Promise.all([drained(file), drained(file)]);
  const answer = await pulls('pkg:npm/good@1.0.0');
  assert.deepEqual([answer.releases, answer.more, answer.lost], [1, 0, 0]);
  const [one] = answer.pulls;
  assert.equal(one?.count, 3);
  assert.ok(one.firstAt <= one.lastAt && one.firstAt >= answer.since);
  assert.deepEqual(
    [one.purl, one.name, one.file, one.upstream],
    ['pkg:npm/good@1.0.0', 'good', 'good-1.0.0.tgz', 'npm'],
  );
});

test('what a header claims of its sender changes nothing', async (t) => {
  const { url, registry, counts } = await opened(t, { anonymous: 'always' });
  registry.publish({ name: 'good', version: '1.0.0' });
  await drained(`${url}good/-/good-1.0.0.tgz`, {
    headers: { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' },
  });
  assert.deepEqual(await counts('good'), [['address', '127.0.0.1', '1.0.0', 1]]);
});

test('a caller with a token is recorded by its name', async (t) => {
  const corp = await startFakeRegistry();
  t.after(() => corp.close());
  const { url, directory, counts } = await opened(t, {
    upstreams: [upstreamSettings(corp.url, { id: 'corp' as UpstreamId, needsToken: true })],
  });
  corp.publish({ name: 'own', version: '1.0.0' });
  const { secret } = await requestControl<{ secret: string }>(directory, 'POST', '/tokens', {
    name: 'ci',
    upstreams: ['corp'],
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  });
  const file = `${url}own/-/own-1.0.0.tgz`;
  assert.equal((await drained(file)).status, 401);
  assert.equal((await drained(file, { headers: { authorization: `Bearer ${secret}` } })).status, 200);
  assert.deepEqual(await counts('own@1.0.0'), [['robot', 'ci', '1.0.0', 1]]);
});

/** A package whose file is streamed. */
function publishLarge(registry: FakeRegistry): void {
  const bytes = Buffer.alloc(24 * 1024 * 1024);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  registry.publish({ name: 'large', version: '1.0.0', files: { 'data.bin': bytes } });
}

/** Reads the beginning, and leaves. */
async function abandon(file: string): Promise<void> {
  const sent = get(file);
  const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
  await once(response, 'readable');
  response.on('error', () => {});
  sent.on('error', () => {}).destroy();
}

test('a large file that is streamed counts at its end, and not when the client left before', async (t) => {
  const { url, registry, counts } = await opened(t);
  publishLarge(registry);
  const file = `${url}large/-/large-1.0.0.tgz`;
  assert.equal((await drained(file, { method: 'HEAD' })).status, 200);
  await abandon(file);
  await settled(url);
  assert.deepEqual(await counts('large'), []);
  await drained(file);
  assert.deepEqual(await counts('large'), [['address', '127.0.0.1', '1.0.0', 1]]);
});

test(
  'a file that a client abandoned is closed',
  { skip: process.platform === 'linux' ? false : 'open files are counted in /proc' },
  async (t) => {
    const { url, registry, directory } = await opened(t);
    publishLarge(registry);
    const file = `${url}large/-/large-1.0.0.tgz`;
    await drained(file, { method: 'HEAD' });
    await Promise.all(Array.from({ length: 24 }, () => abandon(file)));
    const blobs = join(await realpath(directory), 'blobs');
    const deadline = Date.now() + 10_000;
    while ((await openBelow(blobs)) > 0) {
      assert.ok(Date.now() < deadline, 'a transfer waits for a connection that is gone');
      await drained(`${url}-/health`);
    }
  },
);

async function openBelow(directory: string): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter((path) => path.startsWith(directory)).length;
}

test('a package without a version means all of its versions, and no other package', async (t) => {
  const { url, registry, counts, pulls } = await opened(t);
  const versions = ['1.0.0', '2.0.0'];
  for (const version of versions) {
    registry.publish({ name: '@scope/react', version });
    registry.publish({ name: 'react', version });
  }
  for (const version of versions) await drained(`${url}react/-/react-${version}.tgz`);
  await drained(`${url}@scope/react/-/react-1.0.0.tgz`);
  for (const query of ['react', 'pkg:npm/react', `${url}react`])
    assert.deepEqual(
      new Set((await counts(query)).map(([, , version]) => version)),
      new Set(versions),
      query,
    );
  assert.deepEqual((await counts('pkg:npm/%40scope/react')).length, 1);
  assert.equal((await pulls('react', 1)).more, 1);
  assert.equal((await pulls('never-asked-for')).releases, 0);
});

test('what was pulled before the gate stopped is known to the next', async (t) => {
  const { url, registry, directory, stop } = await opened(t);
  registry.publish({ name: 'good', version: '1.0.0' });
  await drained(`${url}good/-/good-1.0.0.tgz`);
  await stop();
  const { openStorage } = await import('../../storage/open.ts');
  const storage = await openStorage({ directory });
  t.after(() => storage.close());
  const ids = await storage.read.releasesNamed('npm', 'good');
  assert.equal((await storage.pulls.of(ids, 10)).pulls[0]?.count, 1);
});

test('the question is checked', async (t) => {
  const { directory } = await opened(t);
  const ask = (body: unknown): Promise<unknown> => requestControl(directory, 'POST', '/pulls', body);
  await assert.rejects(ask({ query: '', limit: 1 }), /REQUEST_INVALID/);
  await assert.rejects(ask({ query: 'good', limit: 0 }), /REQUEST_INVALID/);
  await assert.rejects(ask({ query: 'pkg:npm/good?x=1', limit: 1 }), /PURL_INVALID/);
});
