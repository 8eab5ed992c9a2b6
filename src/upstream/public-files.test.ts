import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openPublicFiles, type PublicFilesOptions } from './public-files.ts';
import { failsWith } from './testing/harness.ts';
import { serveBytes, serveRoutes, type LyingServer, type Routes } from './testing/lying-server.ts';

const small = 1000;

async function reader(
  t: TestContext,
  server: LyingServer,
  options: PublicFilesOptions = {},
): Promise<(path: string) => Promise<Uint8Array | undefined>> {
  const files = openPublicFiles({ retries: 0, connectMs: 2000, idleMs: 500, totalMs: 3000, ...options });
  t.after(async () => {
    files.close();
    await server.close();
  });
  return (path) => files.read(new URL(path, server.url), small);
}

async function routed(t: TestContext, routes: Routes): ReturnType<typeof reader> {
  return reader(t, await serveRoutes(routes));
}

test('a file is read whole; one that is not there is undefined, not an error', async (t) => {
  const read = await routed(t, {
    '/checkpoint': (_, response) => response.end('log\n1\n'),
    '/empty': (_, response) => response.end(),
    '/gone': (_, response) => response.writeHead(410).end('gone'),
  });
  assert.equal(Buffer.from((await read('checkpoint')) ?? '').toString(), 'log\n1\n');
  assert.equal((await read('empty'))?.length, 0);
  assert.equal(await read('nowhere'), undefined);
  assert.equal(await read('gone'), undefined);
});

test('exactly the limit is fine; one byte more is refused, announced or not', async (t) => {
  const read = await routed(t, {
    '/fits': (_, response) => response.end(Buffer.alloc(small)),
    '/announced': (_, response) => response.end(Buffer.alloc(small + 1)),
    '/streamed': (_, response) => {
      response.write(Buffer.alloc(small));
      response.end(Buffer.alloc(1));
    },
  });
  assert.equal((await read('fits'))?.length, small);
  await failsWith(read('announced'), 'UPSTREAM_TOO_LARGE');
  await failsWith(read('streamed'), 'UPSTREAM_TOO_LARGE');
});

test('a redirect, an error status and an encoding that was not asked for are refused', async (t) => {
  const read = await routed(t, {
    '/moved': (_, response) => response.writeHead(302, { location: '/fits' }).end(),
    '/fits': (_, response) => response.end('x'),
    '/broken': (_, response) => response.writeHead(500).end(),
    '/closed': (_, response) => response.writeHead(403).end(),
    '/gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  });
  await failsWith(read('moved'), 'UPSTREAM_PROTOCOL');
  await failsWith(read('broken'), 'UPSTREAM_STATUS');
  await failsWith(read('closed'), 'UPSTREAM_UNAUTHORIZED');
  await failsWith(read('gzip'), 'UPSTREAM_INVALID_ENCODING');
});

test('an answer that breaks off, or falls silent, is no file', async (t) => {
  const server = await serveBytes((socket, count) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
    if (count === 0) socket.end();
  });
  const read = await reader(t, server);
  await failsWith(read('cut'), 'UPSTREAM_TRUNCATED');
  await failsWith(read('silent'), 'UPSTREAM_TIMEOUT');
});

test('a passing failure is tried again', async (t) => {
  let asked = 0;
  const server = await serveRoutes({
    '/late': (_, response) => {
      asked += 1;
      if (asked < 3) response.writeHead(503).end();
      else response.end('now');
    },
  });
  const read = await reader(t, server, { retries: 2 });
  assert.equal(Buffer.from((await read('late')) ?? '').toString(), 'now');
});

test("a cloud's metadata address is never asked, by name or by number", async (t) => {
  const metadata = async (): Promise<readonly { address: string; family: number }[]> => [
    { address: '169.254.169.254', family: 4 },
  ];
  const files = openPublicFiles({ retries: 0, resolve: metadata });
  t.after(files.close);
  for (const url of ['http://log.example.com/checkpoint', 'http://169.254.169.254/checkpoint'])
    await failsWith(files.read(new URL(url), small), 'UPSTREAM_HOST_REFUSED');
});
