/** Retries, the breaker, the queue, health, closing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, failsWith, routes, until, upstreamId } from './testing/harness.ts';

test('429 and 5xx are asked again, and the second answer counts', async (t) => {
  for (const status of [429, 500, 502, 503, 504]) {
    let asked = 0;
    const { client, server } = await routes(
      t,
      { '/left': (_, response) => response.writeHead((asked += 1) === 1 ? status : 200).end('{}') },
      { limits: { retries: 1 } },
    );
    assert.equal((await client.fetchIndex(upstreamId, 'left', {})).state, 'fresh');
    assert.equal(server.heard.length, 2);
    assert.equal(client.health()[0]?.state, 'up');
  }
});

test('after the last retry the status is reported, with the time to wait', async (t) => {
  const { client, server } = await routes(
    t,
    { '/left': (_, response) => response.writeHead(503, { 'retry-after': '0' }).end() },
    { limits: { retries: 2 } },
  );
  const error = await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_STATUS');
  assert.equal(server.heard.length, 3);
  assert.equal(error.retryAfterSeconds, 0);
});

test('a Retry-After beyond our patience is passed on at once', async (t) => {
  const { client, server } = await routes(
    t,
    { '/left': (_, response) => response.writeHead(429, { 'retry-after': '120' }).end() },
    { limits: { retries: 3 } },
  );
  const error = await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_STATUS');
  assert.equal(error.retryAfterSeconds, 120);
  assert.equal(server.heard.length, 1);
});

for (const status of [400, 401, 403, 404, 405, 451]) {
  test(`${status} is not asked again and does not open the breaker`, async (t) => {
    const { client, server } = await routes(
      t,
      { '/a.tgz': (_, response) => response.writeHead(status).end() },
      { limits: { retries: 3 }, client: { breaker: { failures: 1 } } },
    );
    await assert.rejects(client.fetchFile(upstreamId, `${server.url}a.tgz`, []));
    assert.equal(server.heard.length, 1);
    assert.equal(client.health()[0]?.breaker, 'closed');
  });
}

test('a truncated body is fetched again and only the whole one is kept', async (t) => {
  const { client, blobs, server } = await bytes(
    t,
    (socket, count) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n${count === 0 ? 'he' : 'hello'}`);
      if (count === 0) socket.end();
    },
    { limits: { retries: 1 } },
  );
  const { artifact } = await client.fetchFile(upstreamId, `${server.url}a.tgz`, []);
  assert.equal(artifact.sizeBytes, 5);
  assert.equal(blobs.kept.size, 1);
});

test('a kept connection that upstream has closed is replaced without counting as a failure', async (t) => {
  const { client, server } = await bytes(
    t,
    (socket, count) => {
      // The second request is read on the first connection, and answered by closing it.
      if (count === 1) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    },
    { client: { breaker: { failures: 1 } } },
  );
  await client.fetchFile(upstreamId, `${server.url}a.tgz`, []);
  await client.fetchFile(upstreamId, `${server.url}b.tgz`, []);
  assert.equal(server.heard.length, 3);
  assert.equal(client.health()[0]?.breaker, 'closed');
});

test('connections are kept between requests', async (t) => {
  const { client, server } = await routes(t, { '/left': (_, response) => response.end('{}') });
  for (let n = 0; n < 5; n += 1) await client.fetchIndex(upstreamId, 'left', {});
  assert.equal(await server.connections(), 1);
});

test('a missing package does not cost a connection each time', async (t) => {
  const { client, server } = await routes(t, {
    '/left': (_, response) => response.writeHead(404, { 'content-length': 4 }).end('gone'),
  });
  for (let n = 0; n < 5; n += 1) await client.fetchIndex(upstreamId, 'left', {});
  // The next request may start before the small body was read away, hence a second one.
  assert.ok((await server.connections()) <= 2);
});

test('the breaker opens after consecutive failures, lets one probe through, and closes when it succeeds', async (t) => {
  let now = 0;
  let answer = 500;
  let hold: (() => void) | undefined;
  const { client, server } = await routes(
    t,
    {
      '/left': (_, response) => {
        const finish = (): void => void response.writeHead(answer).end('{}');
        if (answer === 200) hold = finish;
        else finish();
      },
      '/right': (_, response) => response.end('{}'),
    },
    { client: { breaker: { failures: 3, coolOffMs: 1000 }, monotonicMs: () => now } },
  );
  const fetch = (name = 'left'): Promise<unknown> => client.fetchIndex(upstreamId, name, {});
  for (let n = 0; n < 3; n += 1) await failsWith(fetch(), 'UPSTREAM_STATUS');
  assert.deepEqual([client.health()[0]?.state, client.health()[0]?.breaker], ['down', 'open']);
  now = 400;
  const busy = await failsWith(fetch(), 'UPSTREAM_BUSY');
  assert.equal(busy.retryAfterSeconds, 1);
  assert.equal(server.heard.length, 3, 'an open breaker asks nobody');

  now = 1000;
  await failsWith(fetch(), 'UPSTREAM_STATUS');
  assert.equal(client.health()[0]?.breaker, 'open', 'a failed probe opens it again');

  now = 2000;
  answer = 200;
  const probe = fetch();
  await until(async () => hold !== undefined, 'no probe');
  await failsWith(fetch('right'), 'UPSTREAM_BUSY');
  hold?.();
  await probe;
  assert.deepEqual([client.health()[0]?.state, client.health()[0]?.breaker], ['up', 'closed']);
  await fetch('right');
});

test('when the breaker opens, retries stop and the true error is reported', async (t) => {
  const { client, server } = await routes(
    t,
    { '/left': (_, response) => response.writeHead(500).end() },
    { limits: { retries: 10 }, client: { breaker: { failures: 2 } } },
  );
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_STATUS');
  assert.equal(server.heard.length, 2);
});

test('bytes that fail their digest never open the breaker', async (t) => {
  const { client, server } = await routes(
    t,
    { '/a.tgz': (_, response) => response.end('x') },
    { client: { breaker: { failures: 1 } } },
  );
  const claims = [{ algorithm: 'sha1', hex: '0'.repeat(40) }] as const;
  await failsWith(client.fetchFile(upstreamId, `${server.url}a.tgz`, claims), 'UPSTREAM_DIGEST_MISMATCH');
  assert.equal(client.health()[0]?.breaker, 'closed');
});

test('at most `concurrency` requests are on the wire, and one more than the queue holds is turned away', async (t) => {
  const waiting: (() => void)[] = [];
  let most = 0;
  const { client } = await routes(
    t,
    {
      '/left': (_, response) =>
        void (most = Math.max(
          most,
          waiting.push(() => response.end('{}')),
        )),
    },
    { limits: { concurrency: 2 }, client: { queueLimit: 3 } },
  );
  const calls = Array.from({ length: 5 }, () => client.fetchIndex(upstreamId, 'left', {}));
  await until(async () => waiting.length === 2, 'two requests should be under way');
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_BUSY');
  let done = false;
  const all = Promise.all(calls).then(() => (done = true));
  await until(async () => {
    waiting.shift()?.();
    return done;
  }, 'the queue does not move');
  await all;
  assert.equal(most, 2);
});

test('waiting in the queue counts into totalMs', async (t) => {
  const { client } = await routes(
    t,
    { '/left': () => undefined },
    { limits: { concurrency: 1, totalMs: 80 } },
  );
  const results = await Promise.allSettled([1, 2].map(() => client.fetchIndex(upstreamId, 'left', {})));
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'rejected'],
  );
});

test('close ends what is under way, waiting or pausing, at once', async (t) => {
  const { client, server, blobs } = await routes(
    t,
    {
      '/stalls.tgz': (_, response) => void response.writeHead(200, { 'content-length': 100 }).write('half'),
      '/hangs': () => undefined,
      '/again': (_, response) => response.writeHead(503, { 'retry-after': '4' }).end(),
    },
    { limits: { concurrency: 3, retries: 5 } },
  );
  const calls = [
    client.fetchFile(upstreamId, `${server.url}stalls.tgz`, []),
    client.fetchIndex(upstreamId, 'hangs', {}),
    client.fetchIndex(upstreamId, 'again', {}),
    client.fetchIndex(upstreamId, 'hangs', {}),
    client.fetchIndex(upstreamId, 'hangs', {}),
  ].map((call) => failsWith(call, 'UPSTREAM_BUSY'));
  await until(async () => server.heard.length >= 4 && blobs.open() === 1, 'not under way');
  await client.close();
  await Promise.all(calls);
  assert.equal(blobs.open(), 0);
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_BUSY');
});

test('health starts unknown and tells the last error with its time', async (t) => {
  let status = 500;
  const { client } = await routes(t, { '/left': (_, response) => response.writeHead(status).end('{}') });
  assert.deepEqual(client.health(), [
    { id: upstreamId, state: 'unknown', lastSuccessAt: undefined, lastError: undefined, breaker: 'closed' },
  ]);
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_STATUS');
  const [sick] = client.health();
  assert.equal(sick?.state, 'degraded');
  assert.equal(sick?.lastError?.code, 'UPSTREAM_STATUS');
  assert.equal(sick?.lastError?.at, '2026-01-02T03:04:05.000Z');
  status = 200;
  await client.fetchIndex(upstreamId, 'left', {});
  assert.equal(client.health()[0]?.state, 'up');
  assert.equal(client.health()[0]?.lastSuccessAt, '2026-01-02T03:04:05.000Z');
});
