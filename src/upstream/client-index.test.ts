import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../core/digest.ts';
import type { UpstreamId } from '../core/subject.ts';
import { bytes, clientOf, failsWith, routes, upstreamId } from './testing/harness.ts';
import { serveRoutes } from './testing/lying-server.ts';

const index = JSON.stringify({ name: 'left', versions: {} });

test('an index is stored as it came, with its validators', async (t) => {
  const { client, blobs, server } = await routes(t, {
    '/left': (_, response) =>
      response.writeHead(200, { etag: '"v1"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }).end(index),
  });
  const answer = await client.fetchIndex(upstreamId, 'left', {});
  assert.deepEqual(answer, {
    state: 'fresh',
    body: sha256(index),
    sizeBytes: index.length,
    validators: { etag: '"v1"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' },
  });
  assert.equal(blobs.kept.get(sha256(index))?.toString(), index);
  const headers = server.heard[0]?.headers;
  assert.equal(headers?.accept, 'application/json');
  assert.equal(headers?.['user-agent'], 'assay/1.2.3');
  assert.equal(headers?.authorization, undefined);
});

test('a scoped name is one path segment below the base URL', async (t) => {
  const server = await serveRoutes({ '/npm/@corp%2ftool': (_, response) => response.end(index) });
  const { client } = clientOf(t, server, { upstream: { url: `${server.url}npm/` } });
  assert.equal((await client.fetchIndex(upstreamId, '@corp/tool', {})).state, 'fresh');
  assert.equal(server.heard[0]?.path, '/npm/@corp%2ftool');
});

for (const name of ['', '.', '..', '@corp/..', '%2e%2e', '..\\up', '\ud800']) {
  test(`the name ${JSON.stringify(name)} asks nobody`, async (t) => {
    const { client, server } = await routes(t, {});
    await failsWith(client.fetchIndex(upstreamId, name, {}), 'UPSTREAM_HOST_REFUSED');
    assert.equal(server.heard.length, 0);
  });
}

test('an unknown upstream is an error, not another upstream', async (t) => {
  const { client } = await routes(t, {});
  await failsWith(client.fetchIndex('other' as UpstreamId, 'left', {}), 'UPSTREAM_UNKNOWN');
});

for (const status of [404, 410]) {
  test(`${status} on an index means absent`, async (t) => {
    const { client } = await routes(t, { '/left': (_, response) => response.writeHead(status).end('gone') });
    assert.deepEqual(await client.fetchIndex(upstreamId, 'left', {}), { state: 'absent' });
  });
}

for (const status of [401, 403]) {
  test(`${status} is never taken for absent`, async (t) => {
    const { client } = await routes(t, { '/left': (_, response) => response.writeHead(status).end() });
    await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_UNAUTHORIZED');
    assert.equal(client.health()[0]?.state, 'degraded');
  });
}

test('validators are sent back, and 304 is then an answer', async (t) => {
  const { client, server } = await routes(t, { '/left': (_, response) => response.writeHead(304).end() });
  const answer = await client.fetchIndex(upstreamId, 'left', { etag: '"v1"' });
  assert.deepEqual(answer, { state: 'not-modified' });
  assert.equal(server.heard[0]?.headers['if-none-match'], '"v1"');
});

test('304 to a question without validators is an error', async (t) => {
  const { client } = await routes(t, { '/left': (_, response) => response.writeHead(304).end() });
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_PROTOCOL');
});

test('a stored validator that is no header value is left out', async (t) => {
  const { client, server } = await routes(t, { '/left': (_, response) => response.end(index) });
  await client.fetchIndex(upstreamId, 'left', { etag: '"a"\r\nx-evil: 1' });
  assert.equal(server.heard[0]?.headers['if-none-match'], undefined);
  assert.equal(server.heard[0]?.headers['x-evil'], undefined);
});

for (const [what, body] of Object.entries({
  'an HTML page': '<!doctype html><title>Log in</title>',
  'a JSON array': '[]',
  'an empty body': '',
  'only white space': ' \n',
  'gzip that is not labelled': gzipSync(index),
})) {
  test(`200 with ${what} is not an index`, async (t) => {
    const { client, blobs } = await routes(t, {
      '/left': (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    });
    await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_NOT_JSON');
    assert.equal(blobs.kept.size, 0);
  });
}

test('white space before and after the object is fine', async (t) => {
  const { client } = await routes(t, { '/left': (_, response) => response.end(`\r\n ${index}\n\n`) });
  assert.equal((await client.fetchIndex(upstreamId, 'left', {})).state, 'fresh');
});

test('an index without a length that is cut short is noticed', async (t) => {
  const { client } = await bytes(t, (socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${index.slice(0, -2)}`));
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_TRUNCATED');
});

test('an index without a length that is whole is fine', async (t) => {
  const { client } = await bytes(t, (socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${index}`));
  assert.equal((await client.fetchIndex(upstreamId, 'left', {})).state, 'fresh');
});

test('a gzip index is stored decoded', async (t) => {
  const { client, blobs, server } = await routes(t, {
    '/left': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(index)),
  });
  await client.fetchIndex(upstreamId, 'left', {});
  assert.equal(blobs.kept.get(sha256(index))?.toString(), index);
  assert.equal(server.heard[0]?.headers['accept-encoding'], 'gzip');
});

test('an index labelled gzip that is none is refused', async (t) => {
  const { client } = await routes(t, {
    '/left': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(index),
  });
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_INVALID_ENCODING');
});

test('a gzip index that ends early is truncated', async (t) => {
  const { client } = await routes(t, {
    '/left': (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(index).subarray(0, -9)),
  });
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_TRUNCATED');
});

test('a gzip index with damaged content is refused', async (t) => {
  const packed = gzipSync(index);
  packed.writeUInt8(packed.readUInt8(packed.length - 6) ^ 1, packed.length - 6);
  const { client } = await routes(t, {
    '/left': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
  });
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_INVALID_ENCODING');
});

test('an encoding that was not asked for is refused', async (t) => {
  for (const encoding of ['br', 'gzip, gzip', 'zstd']) {
    const { client } = await routes(t, {
      '/left': (_, response) => response.writeHead(200, { 'content-encoding': encoding }).end('x'),
    });
    await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_INVALID_ENCODING');
  }
});

test('a small gzip index that expands over the limit is refused', async (t) => {
  const bomb = gzipSync(`{"a":"${'a'.repeat(4_000_000)}"}`);
  const { client, blobs } = await routes(t, {
    '/left': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  });
  assert.ok(bomb.length < 64 * 1024);
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_TOO_LARGE');
  assert.equal(blobs.kept.size, 0);
});
