import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytes, failsWith, memoryBlobs, routes, upstreamId, until } from './testing/harness.ts';

const path = '/left.tgz';

test('a length over the limit is refused before the body is read', async (t) => {
  let written = 0;
  const { client, server } = await routes(t, {
    [path]: (_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000_000 });
      response.write('x', () => (written += 1));
    },
  });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left.tgz`, []), 'UPSTREAM_TOO_LARGE');
  assert.ok(written <= 1);
});

test('a body over the limit without a length is cut off', async (t) => {
  let stopped = false;
  const { client, blobs, server } = await routes(t, {
    [path]: (_, response) => {
      response.on('close', () => (stopped = true));
      const more = (): void => {
        if (!stopped) response.write(Buffer.alloc(16 * 1024), () => setImmediate(more));
      };
      more();
    },
  });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left.tgz`, []), 'UPSTREAM_TOO_LARGE');
  await until(async () => stopped, 'the endless body goes on');
  assert.equal(blobs.kept.size, 0);
});

test('a body of exactly the limit is fine, one byte more is not', async (t) => {
  const { client, server } = await routes(
    t,
    {
      '/a.tgz': (_, response) => response.end(Buffer.alloc(100)),
      '/b.tgz': (_, response) => response.end(Buffer.alloc(101)),
    },
    { limits: { fileBytes: 100 } },
  );
  assert.equal((await client.fetchFile(upstreamId, `${server.url}a.tgz`, [])).artifact.sizeBytes, 100);
  await failsWith(client.fetchFile(upstreamId, `${server.url}b.tgz`, []), 'UPSTREAM_TOO_LARGE');
});

test('a caller may set a lower limit for one file, and no higher one', async (t) => {
  const { client, blobs, server } = await routes(
    t,
    { [path]: (_, response) => response.end(Buffer.alloc(100)) },
    { limits: { fileBytes: 100 } },
  );
  const url = `${server.url}left.tgz`;
  await failsWith(client.fetchFile(upstreamId, url, [], 99), 'UPSTREAM_TOO_LARGE');
  assert.equal(blobs.kept.size, 0);
  assert.equal((await client.fetchFile(upstreamId, url, [], 1000)).artifact.sizeBytes, 100);
});

test('endless headers are cut off', async (t) => {
  const { client, server } = await bytes(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const more = (): void => {
      if (!socket.destroyed) socket.write(`x-more: ${'a'.repeat(1000)}\r\n`, () => setImmediate(more));
    };
    more();
  });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left.tgz`, []), 'UPSTREAM_TOO_LARGE');
});

test('silence before the headers ends after idleMs', async (t) => {
  const { client, server } = await routes(t, { [path]: () => undefined }, { limits: { idleMs: 50 } });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left.tgz`, []), 'UPSTREAM_TIMEOUT');
});

test('headers that drip in do not count as an answer', async (t) => {
  const { client, server } = await bytes(
    t,
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const drip = setInterval(() => socket.write('a'), 10);
      socket.on('close', () => clearInterval(drip));
    },
    { limits: { idleMs: 60 } },
  );
  await failsWith(client.fetchFile(upstreamId, `${server.url}left.tgz`, []), 'UPSTREAM_TIMEOUT');
});

test('endless interim answers do not count as an answer', async (t) => {
  const { client, server } = await bytes(
    t,
    (socket) => {
      const drip = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5);
      socket.on('close', () => clearInterval(drip));
    },
    { limits: { idleMs: 60 } },
  );
  await failsWith(client.fetchFile(upstreamId, `${server.url}left.tgz`, []), 'UPSTREAM_TIMEOUT');
});

test('a stall in the middle of the body ends after idleMs', async (t) => {
  const { client, blobs, server } = await routes(
    t,
    { [path]: (_, response) => void response.writeHead(200, { 'content-length': 100 }).write('half') },
    { limits: { idleMs: 50 } },
  );
  await failsWith(client.fetchFile(upstreamId, `${server.url}left.tgz`, []), 'UPSTREAM_TIMEOUT');
  assert.equal(blobs.kept.size, 0);
});

test('a stall in the middle of a gzip index ends after idleMs', async (t) => {
  const { client } = await routes(
    t,
    {
      '/left': (_, response) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).write(Buffer.from('1f8b0800', 'hex')),
    },
    { limits: { idleMs: 50 } },
  );
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_TIMEOUT');
});

test('a body that drips in is never idle, yet ends after totalMs', async (t) => {
  const { client, server } = await routes(
    t,
    {
      [path]: (_, response) => {
        const drip = setInterval(() => response.write('a'), 10);
        response.on('close', () => clearInterval(drip));
      },
    },
    { limits: { idleMs: 1000, totalMs: 150 } },
  );
  const error = await failsWith(
    client.fetchFile(upstreamId, `${server.url}left.tgz`, []),
    'UPSTREAM_TIMEOUT',
  );
  assert.match(error.message, /150 ms/);
});

test('a slow disk is not the upstream being silent', async (t) => {
  const blobs = memoryBlobs();
  const slow = async (): ReturnType<typeof blobs.create> => {
    const writer = await blobs.create();
    const write = async (chunk: Uint8Array): Promise<void> => {
      await sleep(120);
      await writer.write(chunk);
    };
    return { ...writer, write };
  };
  const { client, server } = await routes(
    t,
    { [path]: (_, response) => response.end(Buffer.alloc(40_000, 'a')) },
    { limits: { idleMs: 60 }, blobs: { ...blobs, create: slow } },
  );
  assert.equal((await client.fetchFile(upstreamId, `${server.url}left.tgz`, [])).artifact.sizeBytes, 40_000);
});

test('an upstream that switches protocols unasked is an error, not a hang', async (t) => {
  const { client, server } = await bytes(t, (socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tls\r\n\r\n');
  });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left.tgz`, []), 'UPSTREAM_UNREACHABLE');
});

test('something that is not HTTP at all is refused', async (t) => {
  const { client, server } = await bytes(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
  await failsWith(client.fetchFile(upstreamId, `${server.url}left.tgz`, []), 'UPSTREAM_PROTOCOL');
});
