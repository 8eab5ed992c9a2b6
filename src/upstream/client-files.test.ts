import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  artifactDigestsOf,
  claimedFromHex,
  sha256,
  type ClaimedDigest,
  type DigestAlgorithm,
} from '../core/digest.ts';
import { bytes, failsWith, memoryBlobs, routes, upstreamId } from './testing/harness.ts';

const tarball = gzipSync('pretend this is a tar');
const path = '/left/-/left-1.0.0.tgz';
const algorithms: readonly DigestAlgorithm[] = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

function claim(algorithm: DigestAlgorithm, content: Uint8Array = tarball): ClaimedDigest {
  const claimed = claimedFromHex(algorithm, createHash(algorithm).update(content).digest('hex'));
  assert.ok(claimed);
  return claimed;
}

test('a file is stored with its digests and where it came from', async (t) => {
  const { client, blobs, server } = await routes(t, { [path]: (_, response) => response.end(tarball) });
  const answer = await client.fetchFile(
    upstreamId,
    `${server.url}left/-/left-1.0.0.tgz`,
    algorithms.map((a) => claim(a)),
  );
  assert.deepEqual(answer.artifact, artifactDigestsOf(tarball));
  assert.deepEqual(answer.origin, {
    upstream: upstreamId,
    identityHost: `127.0.0.1:${server.port}`,
    urls: [`${server.url}left/-/left-1.0.0.tgz`],
    fetchedAt: '2026-01-02T03:04:05.000Z',
  });
  assert.deepEqual(blobs.kept.get(sha256(tarball)), tarball);
  assert.equal(server.heard[0]?.headers['accept-encoding'], 'identity');
});

test('a file may have no claims at all', async (t) => {
  const { client, server } = await routes(t, { [path]: (_, response) => response.end(tarball) });
  const answer = await client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, []);
  assert.equal(answer.artifact.sha256, sha256(tarball));
});

for (const algorithm of algorithms) {
  test(`one flipped bit against a ${algorithm} claim: nothing is kept and the digests are named`, async (t) => {
    const flipped = Buffer.from(tarball);
    flipped.writeUInt8(flipped.readUInt8(12) ^ 1, 12);
    const { client, blobs, server } = await routes(t, { [path]: (_, response) => response.end(flipped) });
    const claimed = claim(algorithm);
    const error = await failsWith(
      client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, [claimed]),
      'UPSTREAM_DIGEST_MISMATCH',
    );
    assert.ok(
      error.message.includes(`${algorithm} claimed ${claimed.hex}, got ${claim(algorithm, flipped).hex}`),
      error.message,
    );
    assert.equal(blobs.kept.size, 0);
    assert.equal(server.heard.length, 1, 'a mismatch is reported at once');
  });
}

test('a weak claim that fails is not outvoted by a strong one that holds', async (t) => {
  const { client, server } = await routes(t, { [path]: (_, response) => response.end(tarball) });
  const claims = [claim('sha512'), claim('sha1', Buffer.from('else'))];
  await failsWith(
    client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, claims),
    'UPSTREAM_DIGEST_MISMATCH',
  );
});

test('a file cut short under a length that fits is caught by its digest', async (t) => {
  const cut = tarball.subarray(0, 20);
  const { client, server } = await routes(t, {
    [path]: (_, response) => response.writeHead(200, { 'content-length': cut.length }).end(cut),
  });
  await failsWith(
    client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, [claim('sha512')]),
    'UPSTREAM_DIGEST_MISMATCH',
  );
});

test('a file cut short of its announced length is truncated', async (t) => {
  const { client, blobs, server } = await bytes(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${tarball.length}\r\n\r\n`);
    socket.end(tarball.subarray(0, 20));
  });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left-1.0.0.tgz`, []), 'UPSTREAM_TRUNCATED');
  assert.equal(blobs.kept.size, 0);
});

test('a chunked file that breaks off is truncated', async (t) => {
  const { client, server } = await bytes(t, (socket) => {
    socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n');
  });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left-1.0.0.tgz`, []), 'UPSTREAM_TRUNCATED');
});

test('a connection reset in the middle of a file is truncated', async (t) => {
  const { client, server } = await bytes(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc', () => socket.resetAndDestroy());
  });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left-1.0.0.tgz`, []), 'UPSTREAM_TRUNCATED');
});

test('a file with a broken chunk never reaches its end', async (t) => {
  const { client, server } = await bytes(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\nhello\r\n0\r\n\r\n');
  });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left-1.0.0.tgz`, []), 'UPSTREAM_TRUNCATED');
});

test('both a length and chunks is the start of smuggling and refused (CVE-2022-32213 class)', async (t) => {
  const { client, server } = await bytes(t, (socket) => {
    socket.write(
      'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    );
  });
  await failsWith(client.fetchFile(upstreamId, `${server.url}left-1.0.0.tgz`, []), 'UPSTREAM_PROTOCOL');
});

test('bytes after an answer are never taken for the next answer', async (t) => {
  const answer = (text: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  const { client, blobs, server } = await bytes(t, (socket, count) => {
    socket.write(count === 0 ? answer('first') + answer('smuggled') : answer('second'));
  });
  await client.fetchFile(upstreamId, `${server.url}a.tgz`, []).catch(() => undefined);
  const second = await client.fetchFile(upstreamId, `${server.url}b.tgz`, []);
  assert.equal(blobs.kept.get(second.artifact.sha256)?.toString(), 'second');
});

for (const status of [404, 410]) {
  test(`${status} on a file is UPSTREAM_FILE_ABSENT and no stain on the upstream`, async (t) => {
    const { client, server } = await routes(t, { [path]: (_, response) => response.writeHead(status).end() });
    await failsWith(
      client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, []),
      'UPSTREAM_FILE_ABSENT',
    );
    assert.equal(client.health()[0]?.state, 'up');
  });
}

for (const status of [204, 206, 304]) {
  test(`${status} is no answer to a request for a file`, async (t) => {
    const { client, server } = await routes(t, { [path]: (_, response) => response.writeHead(status).end() });
    await failsWith(
      client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, []),
      'UPSTREAM_PROTOCOL',
    );
  });
}

test('a tarball mislabelled as gzip-encoded is stored as it came when its digest holds', async (t) => {
  const { client, blobs, server } = await routes(t, {
    [path]: (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(tarball),
  });
  await client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, [claim('sha512')]);
  assert.deepEqual(blobs.kept.get(sha256(tarball)), tarball);
});

test('a tarball that was really compressed again fails, and the message says why', async (t) => {
  const { client, server } = await routes(t, {
    [path]: (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(tarball)),
  });
  const error = await failsWith(
    client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, [claim('sha512')]),
    'UPSTREAM_DIGEST_MISMATCH',
  );
  assert.match(error.message, /labelled content-encoding "gzip"/);
});

test('an encoded tarball that nobody claims a digest for is refused', async (t) => {
  const { client, server } = await routes(t, {
    [path]: (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(tarball),
  });
  await failsWith(
    client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, []),
    'UPSTREAM_INVALID_ENCODING',
  );
});

for (const when of ['write', 'commit'] as const) {
  test(`a disk that fails at ${when} is our error, not the upstream's`, async (t) => {
    const { client, server } = await routes(
      t,
      { [path]: (_, response) => response.end(tarball) },
      { blobs: memoryBlobs(when), limits: { retries: 2 } },
    );
    await assert.rejects(client.fetchFile(upstreamId, `${server.url}left/-/left-1.0.0.tgz`, []), {
      code: 'ENOSPC',
    });
    assert.equal(server.heard.length, 1, 'it is not fetched again');
    assert.equal(client.health()[0]?.state, 'unknown');
  });
}
