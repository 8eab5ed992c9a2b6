import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, clientOf, failsWith, routes, upstreamId } from './testing/harness.ts';
import { serveRoutes } from './testing/lying-server.ts';

const secret = 'Bearer not-for-others';

function to(location: string, status = 302): Parameters<typeof serveRoutes>[0][string] {
  return (_, response) => response.writeHead(status, { location }).end('moved');
}

test('redirects within the upstream are followed, each URL is on record', async (t) => {
  const { client, server, refused } = await routes(t, {
    '/a.tgz': to('/b.tgz?token=s3cret', 301),
    '/b.tgz?token=s3cret': to('c.tgz#part', 307),
    '/c.tgz': to('/d.tgz', 308),
    '/d.tgz': (_, response) => response.end('bytes'),
  });
  const { origin } = await client.fetchFile(upstreamId, `${server.url}a.tgz`, []);
  const names = origin.urls.map((url) => url.slice(server.url.length));
  assert.deepEqual(names, ['a.tgz', 'b.tgz?[query removed]', 'c.tgz', 'd.tgz']);
  assert.equal(refused.length, 0);
});

test('an index may be redirected within the upstream', async (t) => {
  const { client } = await routes(t, {
    '/left': to('/moved/left'),
    '/moved/left': (_, response) => response.end('{}'),
  });
  assert.equal((await client.fetchIndex(upstreamId, 'left', {})).state, 'fresh');
});

test('one redirect more than allowed is refused', async (t) => {
  const { client, server } = await routes(
    t,
    { '/a.tgz': to('/b.tgz'), '/b.tgz': to('/c.tgz'), '/c.tgz': (_, response) => response.end('bytes') },
    { limits: { redirects: 1 } },
  );
  await failsWith(client.fetchFile(upstreamId, `${server.url}a.tgz`, []), 'UPSTREAM_REDIRECT_REFUSED');
  assert.deepEqual(
    server.heard.map(({ path }) => path),
    ['/a.tgz', '/b.tgz'],
  );
});

test('a redirect circle is refused at once', async (t) => {
  const { client, server } = await routes(
    t,
    { '/a.tgz': to('/b.tgz'), '/b.tgz': to('/a.tgz') },
    { limits: { redirects: 1000 } },
  );
  await failsWith(client.fetchFile(upstreamId, `${server.url}a.tgz`, []), 'UPSTREAM_REDIRECT_REFUSED');
  assert.equal(server.heard.length, 2);
});

test('a redirect to nowhere is refused', async (t) => {
  const { client, server } = await routes(t, { '/a.tgz': (_, response) => response.writeHead(302).end() });
  await failsWith(client.fetchFile(upstreamId, `${server.url}a.tgz`, []), 'UPSTREAM_REDIRECT_REFUSED');
});

test('a redirect to another port of the same host is another place: nobody is asked, no credential leaves', async (t) => {
  const other = await serveRoutes({ '/a.tgz': (_, response) => response.end('bytes') });
  t.after(other.close);
  const { client, server, refused } = await routes(
    t,
    { '/a.tgz': to(`${other.url}a.tgz`) },
    { upstream: { authorization: secret } },
  );
  await failsWith(client.fetchFile(upstreamId, `${server.url}a.tgz`, []), 'UPSTREAM_REDIRECT_REFUSED');
  assert.equal(server.heard[0]?.headers.authorization, secret);
  assert.equal(other.heard.length, 0);
  assert.equal(refused.length, 1);
  assert.deepEqual(
    { ...refused[0], why: '' },
    {
      upstream: upstreamId,
      kind: 'redirect',
      to: `${other.url}a.tgz`,
      from: `${server.url}a.tgz`,
      why: '',
    },
  );
});

test('a redirect to a private address is refused even when it is a configured file host', async (t) => {
  const other = await serveRoutes({ '/a.tgz': (_, response) => response.end('bytes') });
  t.after(other.close);
  const { client, server, refused } = await routes(
    t,
    { '/a.tgz': to(`${other.url}a.tgz`) },
    { upstream: { fileHosts: [`127.0.0.1:${other.port}`] } },
  );
  const error = await failsWith(
    client.fetchFile(upstreamId, `${server.url}a.tgz`, []),
    'UPSTREAM_REDIRECT_REFUSED',
  );
  assert.match(error.message, /not a public address/);
  assert.equal(other.heard.length, 0);
  assert.equal(refused[0]?.kind, 'redirect');
});

test('an index is never taken from a file host', async (t) => {
  const { client, refused } = await routes(
    t,
    { '/left': to('https://files.example.com/left') },
    { upstream: { fileHosts: ['files.example.com'] }, client: { resolve: () => assert.fail('resolved') } },
  );
  await failsWith(client.fetchIndex(upstreamId, 'left', {}), 'UPSTREAM_REDIRECT_REFUSED');
  assert.equal(refused.length, 1);
});

for (const location of [
  'https://registry.example.org/a.tgz',
  'http://169.254.169.254/latest/meta-data/',
  'http://[::ffff:169.254.169.254]/',
  'http://localhost/',
  '//evil.example.com/a.tgz',
  'file:///etc/passwd',
  'data:text/plain,x',
  'ftp://127.0.0.1/a.tgz',
  'http://[broken',
]) {
  test(`a redirect to ${location} is refused and reported`, async (t) => {
    const { client, server, refused } = await routes(t, { '/a.tgz': to(location) });
    await failsWith(client.fetchFile(upstreamId, `${server.url}a.tgz`, []), 'UPSTREAM_REDIRECT_REFUSED');
    assert.equal(refused.length, 1);
  });
}

test('a redirect that smuggles user info is refused, and the secret is not repeated', async (t) => {
  const { client, server, refused } = await routes(t, {
    '/a.tgz': (request, response) =>
      response.writeHead(302, { location: `http://bob:hunter2@${request.headers.host}/b.tgz` }).end(),
  });
  const error = await failsWith(
    client.fetchFile(upstreamId, `${server.url}a.tgz`, []),
    'UPSTREAM_REDIRECT_REFUSED',
  );
  assert.ok(!`${error.message} ${JSON.stringify(refused)}`.includes('hunter2'));
  assert.equal(server.heard.length, 1);
});

test('the credential goes only below the base URL, also after a redirect', async (t) => {
  const server = await serveRoutes({
    '/corp/a.tgz': to('/public/a.tgz'),
    '/corp-evil/a.tgz': (_, response) => response.end('bytes'),
    '/public/a.tgz': to('/corp/b.tgz'),
    '/corp/b.tgz': (_, response) => response.end('bytes'),
  });
  const { client } = clientOf(t, server, { upstream: { url: `${server.url}corp/`, authorization: secret } });
  await client.fetchFile(upstreamId, `${server.url}corp/a.tgz`, []);
  await client.fetchFile(upstreamId, `${server.url}corp-evil/a.tgz`, []);
  await client.fetchIndex(upstreamId, 'left', {});
  const sent = server.heard.map(({ path, headers }) => [path, headers.authorization]);
  assert.deepEqual(sent, [
    ['/corp/a.tgz', secret],
    ['/public/a.tgz', undefined],
    ['/corp/b.tgz', secret],
    ['/corp-evil/a.tgz', undefined],
    ['/corp/left', secret],
  ]);
});

test('a redirect with an endless body does not hold the connection', async (t) => {
  const { client, server } = await bytes(t, (socket, count) => {
    if (count > 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    else
      socket.write(
        'HTTP/1.1 302 Found\r\nlocation: /b.tgz\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
      );
  });
  const answer = await client.fetchFile(upstreamId, `${server.url}a.tgz`, []);
  assert.equal(answer.artifact.sizeBytes, 2);
});

// ---- what an index may name ----

for (const [what, url] of Object.entries({
  'another host': 'https://evil.example.com/left/-/left-1.0.0.tgz',
  'a host that begins like a file host': 'https://files.example.com.evil.example/left.tgz',
  'a host that ends like a file host': 'https://evil-files.example.com/left.tgz',
  'another port of a file host': 'https://files.example.com:8443/left.tgz',
  'a file host with a trailing dot': 'https://files.example.com./left.tgz',
  'user info': 'https://user:secret@files.example.com/left.tgz',
  'a file URL': 'file:///etc/passwd',
  'a data URL': 'data:application/octet-stream;base64,AAAA',
  'a metadata address': 'http://169.254.169.254/latest/meta-data/',
  'a metadata address in other clothes': 'http://2852039166/latest/meta-data/',
  'no URL': 'left-1.0.0.tgz',
  'an endless URL': `https://files.example.com/${'a'.repeat(5000)}`,
})) {
  test(`an index that names ${what} is refused before anything is resolved`, async (t) => {
    const { client, refused, server } = await routes(
      t,
      {},
      { upstream: { fileHosts: ['files.example.com'] }, client: { resolve: () => assert.fail('resolved') } },
    );
    const error = await failsWith(client.fetchFile(upstreamId, url, []), 'UPSTREAM_HOST_REFUSED');
    assert.equal(refused.length, 1);
    assert.equal(refused[0]?.kind, 'url');
    assert.ok(!`${error.message}${JSON.stringify(refused)}`.includes('user:secret'));
    assert.equal(server.heard.length, 0);
  });
}

test("the public registry's URL in a mirror's index is asked of the mirror", async (t) => {
  const server = await serveRoutes({ '/npm/left/-/left-1.0.0.tgz': (_, response) => response.end('bytes') });
  const { client } = clientOf(t, server, {
    upstream: { url: `${server.url}npm/`, identityHost: 'registry.example.com' },
    client: { resolve: () => assert.fail('resolved') },
  });
  const { origin } = await client.fetchFile(
    upstreamId,
    'https://registry.example.com/left/-/left-1.0.0.tgz',
    [],
  );
  assert.deepEqual(origin.urls, [`${server.url}npm/left/-/left-1.0.0.tgz`]);
  assert.equal(origin.identityHost, 'registry.example.com');
});
