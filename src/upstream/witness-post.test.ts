import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test, type TestContext } from 'node:test';
import { failsWith } from './testing/harness.ts';
import { serveBytes, serveRoutes, type LyingServer, type Routes } from './testing/lying-server.ts';
import { createWitnessPost, type WitnessPost, type WitnessPostOptions } from './witness-post.ts';

const limits = { timeoutMs: 2000, maxBytes: 100 };

function poster(t: TestContext, options: WitnessPostOptions = {}): WitnessPost {
  const post = createWitnessPost(options);
  t.after(post.close);
  return post;
}

async function routed(t: TestContext, routes: Routes): Promise<LyingServer> {
  const server = await serveRoutes(routes);
  t.after(server.close);
  return server;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString('utf8');
  return text;
}

test('a text is posted and the answer read, whatever its status', async (t) => {
  const server = await routed(t, {
    '/add-checkpoint': (request, response) => {
      void bodyOf(request).then((text) =>
        response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end(`${request.method} ${text}`),
      );
    },
    '/h/checkpoint': (request, response) => response.end(`${request.method}`),
  });
  const { postText, getText } = poster(t);
  assert.deepEqual(await postText(new URL('/add-checkpoint', server.url).href, 'old 0\n\n— é\n', limits), {
    status: 409,
    text: 'POST old 0\n\n— é\n',
  });
  assert.deepEqual(await getText(new URL('/h/checkpoint', server.url).href, limits), {
    status: 200,
    text: 'GET',
  });
});

test('connections are kept', async (t) => {
  const ports = new Set<number | undefined>();
  const server = await routed(t, {
    '/x': (request, response) => {
      ports.add(request.socket.remotePort);
      request.resume();
      response.end('ok');
    },
  });
  const { postText } = poster(t);
  for (let n = 0; n < 5; n += 1) await postText(new URL('/x', server.url).href, 'x', limits);
  assert.equal(ports.size, 1);
});

test('an answer that is too large, encoded, or breaks off is an error; so is silence', async (t) => {
  const server = await routed(t, {
    '/large': (_, response) => response.end('x'.repeat(101)),
    '/fits': (_, response) => response.end('x'.repeat(100)),
    '/gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    '/silent': () => undefined,
  });
  const { postText } = poster(t);
  const at = (path: string): string => new URL(path, server.url).href;
  assert.equal((await postText(at('/fits'), '', limits)).text.length, 100);
  await failsWith(postText(at('/large'), '', limits), 'UPSTREAM_TOO_LARGE');
  await failsWith(postText(at('/gzip'), '', limits), 'UPSTREAM_INVALID_ENCODING');
  await failsWith(postText(at('/silent'), '', { ...limits, timeoutMs: 200 }), 'UPSTREAM_TIMEOUT');
  const cut = await serveBytes((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345'));
  t.after(cut.close);
  await failsWith(postText(cut.url, '', limits), 'UPSTREAM_TRUNCATED');
});

test('a redirect is an answer like any other, and is not followed', async (t) => {
  let reached = false;
  const server = await routed(t, {
    '/moved': (_, response) => response.writeHead(307, { location: '/there' }).end(),
    '/there': (_, response) => {
      reached = true;
      response.end();
    },
  });
  const { postText } = poster(t);
  assert.equal((await postText(new URL('/moved', server.url).href, '', limits)).status, 307);
  assert.equal(reached, false);
});

test('plain http is for this machine only, by name or by number', async (t) => {
  const resolve = async (name: string): Promise<readonly { address: string; family: number }[]> => [
    { address: name === 'here.example.com' ? '127.0.0.1' : '10.0.0.7', family: 4 },
  ];
  const { postText } = poster(t, { resolve });
  for (const url of [
    'http://witness.example.com/',
    'http://10.0.0.7/',
    'http://192.0.2.1/',
    'http://[fc00::1]/',
  ])
    await failsWith(postText(url, '', limits), 'UPSTREAM_HOST_REFUSED');
  // Port 9 of this machine: it is tried, and nobody is there.
  await failsWith(postText('http://here.example.com:9/', '', limits), 'UPSTREAM_UNREACHABLE');
});

test('a metadata address is never asked, and an address with a password is none', async (t) => {
  const resolve = async (): Promise<readonly { address: string; family: number }[]> => [
    { address: '169.254.169.254', family: 4 },
  ];
  const { postText, getText } = poster(t, { resolve });
  for (const url of ['https://witness.example.com/', 'https://169.254.169.254/', 'http://169.254.169.254/'])
    await failsWith(postText(url, '', limits), 'UPSTREAM_HOST_REFUSED');
  for (const url of ['https://me:secret@witness.example.com/', 'ftp://witness.example.com/', 'witness', ''])
    await failsWith(getText(url, limits), 'UPSTREAM_HOST_REFUSED');
});
