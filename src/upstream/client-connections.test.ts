/** Name resolution, the connected address, and TLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResolvedAddress } from './types.ts';
import { clientOf, failsWith, routes, upstreamId } from './testing/harness.ts';
import { testAuthority } from './testing/certificates.ts';
import { serveBytes, serveRoutes } from './testing/lying-server.ts';

const loopback: ResolvedAddress = { address: '127.0.0.1', family: 4 };
const index: Parameters<typeof serveRoutes>[0] = { '/left': (_, response) => response.end('{}') };

for (const [what, addresses] of Object.entries({
  'a private address': ['127.0.0.1'],
  'a public and a private address': ['93.184.215.14', '10.0.0.1'],
  'an IPv4-mapped address': ['::ffff:127.0.0.1'],
})) {
  test(`a file host whose name leads to ${what} is not connected to, not even over https`, async (t) => {
    const { client, server, refused } = await routes(t, index, {
      upstream: { fileHosts: ['files.example.com'] },
      limits: { retries: 3 },
      client: {
        resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      },
    });
    await failsWith(
      client.fetchFile(upstreamId, 'https://files.example.com/left.tgz?token=s3cret', []),
      'UPSTREAM_HOST_REFUSED',
    );
    assert.equal(await server.connections(), 0);
    assert.deepEqual(
      refused.map(({ kind, to }) => [kind, to]),
      [['address', 'https://files.example.com/left.tgz?[query removed]']],
      'reported once: a refusal is not tried again',
    );
  });
}

for (const address of ['169.254.169.254', '0.0.0.0', '::ffff:10.0.0.1', 'fd00:ec2::254']) {
  test(`even an insecure upstream may not lead to ${address}`, async (t) => {
    const server = await serveRoutes(index);
    const { client } = clientOf(t, server, {
      upstream: { url: `http://mirror.example.com:${server.port}/` },
      client: { resolve: async () => [{ address, family: address.includes(':') ? 6 : 4 }] },
    });
    await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_HOST_REFUSED');
  });
}

test('a public file host that leads inside is refused, though the insecure upstream may be there', async (t) => {
  const server = await serveRoutes(index);
  const { client, refused } = clientOf(t, server, {
    upstream: {
      url: `http://mirror.example.com:${server.port}/`,
      fileHosts: [`files.example.com:${server.port}`],
    },
    client: { resolve: async () => [loopback] },
  });
  assert.equal((await client.fetchIndex(upstreamId, 'left', {})).state, 'fresh');
  const url = `http://files.example.com:${server.port}/left`;
  await failsWith(client.fetchFile(upstreamId, url, []), 'UPSTREAM_HOST_REFUSED');
  assert.equal(refused[0]?.kind, 'address');
  assert.equal(server.heard.length, 1);
});

test('every connection resolves and checks anew, so a name that is rebound gets nowhere', async (t) => {
  const server = await serveRoutes({
    '/left': (_, response) => response.writeHead(200, { connection: 'close' }).end('{}'),
  });
  const answers = ['127.0.0.1', '169.254.169.254'];
  const { client } = clientOf(t, server, {
    upstream: { url: `http://mirror.example.com:${server.port}/` },
    client: { resolve: async () => [{ address: answers.shift() ?? '', family: 4 }] },
  });
  assert.equal((await client.fetchIndex(upstreamId, 'left', {})).state, 'fresh');
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_HOST_REFUSED');
});

test('a literal private address is refused when it is not the upstream itself', async (t) => {
  const { client, server } = await routes(t, index, {
    upstream: { url: 'https://registry.example.com/', fileHosts: ['127.0.0.1'], allowInsecure: false },
  });
  await failsWith(client.fetchFile(upstreamId, 'https://127.0.0.1/left.tgz', []), 'UPSTREAM_HOST_REFUSED');
  assert.equal(await server.connections(), 0);
});

test('plain http is refused to an upstream that is not insecure', async (t) => {
  const { client, server } = await routes(t, index, { upstream: { allowInsecure: false } });
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_HOST_REFUSED');
  assert.equal(server.heard.length, 0);
});

test('a name that does not resolve is unreachable', async (t) => {
  const { client } = await routes(
    t,
    {},
    {
      upstream: { url: 'https://registry.example.com/' },
      client: {
        resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })),
      },
    },
  );
  const error = await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_UNREACHABLE');
  assert.match(error.message, /ENOTFOUND/);
});

test('a name without addresses is unreachable', async (t) => {
  const { client } = await routes(
    t,
    {},
    {
      upstream: { url: 'https://registry.example.com/' },
      client: { resolve: async () => [] },
    },
  );
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_UNREACHABLE');
});

test('a resolver that hangs is ended by connectMs', async (t) => {
  const { client } = await routes(
    t,
    {},
    {
      upstream: { url: 'https://registry.example.com/' },
      limits: { connectMs: 50 },
      client: { resolve: () => new Promise(() => undefined) },
    },
  );
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_TIMEOUT');
});

test('a refused connection is unreachable', async (t) => {
  const gone = await serveRoutes({});
  await gone.close();
  const { client } = await routes(t, {}, { upstream: { url: gone.url } });
  const error = await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_UNREACHABLE');
  assert.match(error.message, /ECONNREFUSED/);
});

// ---- TLS ----

test('an upstream that is not insecure may lie inside when its certificate proves it', async (t) => {
  const server = await serveRoutes(index, true);
  const { client } = clientOf(t, server, {
    upstream: { url: `https://registry.example.com:${server.port}/`, allowInsecure: false },
    client: { resolve: async () => [loopback], ca: testAuthority },
  });
  assert.equal((await client.fetchIndex(upstreamId, 'left', {})).state, 'fresh');
});

test('a TLS upstream of a company authority is trusted when that authority is named', async (t) => {
  const server = await serveRoutes(index, true);
  const { client } = clientOf(t, server, {
    upstream: { url: `https://registry.example.com:${server.port}/` },
    client: { resolve: async () => [loopback], ca: testAuthority },
  });
  assert.equal((await client.fetchIndex(upstreamId, 'left', {})).state, 'fresh');
  assert.equal((await client.fetchIndex(upstreamId, 'left', {})).state, 'fresh');
});

test('a certificate of an unknown authority is refused, also for an insecure upstream', async (t) => {
  const server = await serveRoutes(index, true);
  const { client } = clientOf(t, server, {
    upstream: { url: `https://registry.example.com:${server.port}/`, authorization: 'Bearer secret-token' },
    client: { resolve: async () => [loopback] },
  });
  const error = await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_UNREACHABLE');
  assert.match(error.hint, /ca/);
  assert.equal(server.heard.length, 0);
});

test('a good certificate for another name is refused', async (t) => {
  const server = await serveRoutes(index, true);
  const { client } = clientOf(t, server, {
    upstream: { url: `https://mirror.example.com:${server.port}/` },
    client: { resolve: async () => [loopback], ca: testAuthority },
  });
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_UNREACHABLE');
  assert.equal(server.heard.length, 0);
});

test('a TLS handshake that never ends is ended by connectMs', async (t) => {
  const server = await serveBytes(() => undefined);
  const { client } = clientOf(t, server, {
    upstream: { url: server.url.replace('http', 'https') },
    limits: { connectMs: 60 },
  });
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_TIMEOUT');
});

test('a redirect from https to plain http is refused', async (t) => {
  const server = await serveRoutes(
    {
      '/left': (_, response) =>
        response.writeHead(302, { location: `http://registry.example.com:${server.port}/x` }).end(),
    },
    true,
  );
  const { client, refused } = clientOf(t, server, {
    upstream: { url: `https://registry.example.com:${server.port}/` },
    client: { resolve: async () => [loopback], ca: testAuthority },
  });
  await failsWith(
    client.fetchFile(upstreamId, `https://registry.example.com:${server.port}/left`, []),
    'UPSTREAM_REDIRECT_REFUSED',
  );
  assert.equal(refused.length, 1);
});

test("an https upstream's old plain http URLs are asked over https", async (t) => {
  const server = await serveRoutes(index, true);
  const { client } = clientOf(t, server, {
    upstream: { url: `https://registry.example.com:${server.port}/` },
    client: { resolve: async () => [loopback], ca: testAuthority },
  });
  const { origin } = await client.fetchFile(
    upstreamId,
    `http://registry.example.com:${server.port}/left`,
    [],
  );
  assert.deepEqual(origin.urls, [`https://registry.example.com:${server.port}/left`]);
});
