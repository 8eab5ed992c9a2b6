import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { artifactDigestsOf, sha256, type Sha256 } from '../../../core/digest.ts';
import { AssayError, isAssayError } from '../../../core/errors.ts';
import { formatPurl } from '../../../core/purl.ts';
import type { BuildBlobs, PackageRegistry } from '../deps.ts';
import { showIndex } from './index-document.ts';
import { readRequest, registryUrl, requestKey, tarballUrl } from './paths.ts';
import { openRecordingProxy, type RecordingProxy } from './proxy.ts';
import { writeReplay } from './replay.ts';

const shasum = 'a'.repeat(40);

function index(versions: Record<string, unknown>, more: Record<string, unknown> = {}): Buffer {
  return Buffer.from(JSON.stringify({ name: 'thing', versions, ...more }));
}

function version(tarball = 'https://registry.example.com/thing/-/thing-1.0.0.tgz'): Record<string, unknown> {
  return { name: 'thing', scripts: { install: 'x' }, dist: { tarball, shasum } };
}

describe('an address of the build’s registry', () => {
  it('is read as the same request, however it is encoded', () => {
    const request = { kind: 'file', name: '@s/a', version: '1.0.0-b.1+c' } as const;
    assert.deepEqual(readRequest(new URL(tarballUrl('@s/a', '1.0.0-b.1+c')).pathname), request);
    assert.deepEqual(readRequest('/npm/@s%2fa'), { kind: 'index', name: '@s/a' });
    assert.deepEqual(readRequest('/npm/%40s%2Fa?write=true'), { kind: 'index', name: '@s/a' });
    assert.equal(requestKey(request), '@s/a/-/1.0.0-b.1+c');
  });

  it('is nothing for whatever else is asked', () => {
    for (const path of [
      '/',
      '/npm/',
      '/other/a',
      '/npm/../a',
      '/npm/..%2f..%2fetc/passwd',
      '/npm/a/-/b-1.0.0.tgz',
      '/npm/a/-/a-1.0.0.tar',
      '/npm/a/-/a-1.0.0.tgz/-/x',
      '/npm/-/v1/search',
      '/npm/%',
      'http://registry.example.com/npm/a',
    ])
      assert.equal(readRequest(path), undefined, path);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        readRequest(`/npm/${text}`);
        readRequest(text);
      }),
    );
  });
});

describe('an index as a build is shown it', () => {
  it('has every tarball at the build’s registry, and of a version what installs need', () => {
    const { body, files } = showIndex(index({ '1.0.0': version() }), 'thing', undefined);
    assert.doesNotMatch(Buffer.from(body).toString(), /example\.com|scripts/);
    assert.match(Buffer.from(body).toString(), new RegExp(`${registryUrl}thing/-/thing-1.0.0.tgz`));
    assert.equal(files.get('1.0.0')?.uri, 'https://registry.example.com/thing/-/thing-1.0.0.tgz');
  });

  it('leaves out what was published later, or at no known time, and `latest` falls back', () => {
    const versions = {
      '1.0.0': version(),
      '1.1.0': version(),
      '2.0.0-rc.1': version(),
      '2.0.0': version(),
      '3.0.0': version(),
    };
    const time = {
      '1.0.0': '2020-01-01T00:00:00Z',
      '1.1.0': '2021-01-01T00:00:00Z',
      '2.0.0-rc.1': '2021-02-01T00:00:00Z',
      '2.0.0': '2023-01-01T00:00:00Z',
    };
    const shown = showIndex(
      index(versions, { time, 'dist-tags': { latest: '3.0.0', old: '1.0.0' } }),
      'thing',
      '2022-01-01T00:00:00Z',
    );
    assert.deepEqual([...shown.files.keys()], ['1.0.0', '1.1.0', '2.0.0-rc.1']);
    assert.equal(shown.tooLate, 2);
    const tags = (JSON.parse(Buffer.from(shown.body).toString()) as { 'dist-tags': unknown })['dist-tags'];
    assert.deepEqual(tags, { old: '1.0.0', latest: '1.1.0' });
  });

  it('has no version whose bytes nobody claims anything about', () => {
    const bare = { name: 'thing', dist: { tarball: 'https://registry.example.com/t.tgz' } };
    assert.equal(showIndex(index({ '1.0.0': bare }), 'thing', undefined).files.size, 0);
  });

  it('is refused when it is another package’s', () => {
    for (const text of ['{"name":"other"}', '[]', 'x', '{"__proto__":{"name":"thing"}}'])
      assert.throws(
        () => showIndex(Buffer.from(text), 'thing', undefined),
        (error) => isAssayError(error, 'INDEX_INVALID'),
      );
  });
});

// ---- the proxy ----

function memoryBlobs(folder: string): BuildBlobs {
  const known = new Map<string, Buffer>();
  return {
    create: () => {
      const chunks: Uint8Array[] = [];
      return Promise.resolve({
        write: (chunk) => Promise.resolve(void chunks.push(chunk)),
        commit: async () => {
          const bytes = Buffer.concat(chunks);
          const digests = artifactDigestsOf(bytes);
          known.set(digests.sha256, bytes);
          await writeFile(join(folder, digests.sha256), bytes);
          return digests;
        },
        abort: () => Promise.resolve(),
      });
    },
    path: (digest) => Promise.resolve(known.has(digest) ? join(folder, digest) : undefined),
    read: (digest) => Promise.resolve(known.get(digest) ?? Buffer.alloc(0)),
  };
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

function ask(socketPath: string, path: string, method = 'GET'): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the recording proxy', () => {
  let folder: string;
  let blobs: BuildBlobs;
  let proxy: RecordingProxy;
  let socketPath: string;
  let asked: string[];
  const tarball = Buffer.from('the bytes');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-proxy-'));
    blobs = memoryBlobs(folder);
    asked = [];
    const store = async (bytes: Buffer): Promise<Sha256> => {
      const writer = await blobs.create();
      await writer.write(bytes);
      return (await writer.commit()).sha256;
    };
    const registry: PackageRegistry = {
      index: async (name) => {
        asked.push(name);
        if (name !== 'thing') return undefined;
        const bytes = index({
          '1.0.0': version(),
          '5.0.0': version('https://registry.example.com/thing/-/thing-5.0.0.tgz'),
          '8.0.0': version('https://registry.example.com/barred.tgz'),
          '9.0.0': version('https://evil.example/'),
        });
        return {
          uri: 'https://registry.example.com/thing',
          body: await store(bytes),
          sizeBytes: bytes.length,
        };
      },
      file: async (uri, _claims, of) => {
        asked.push(uri);
        if (uri.includes('barred'))
          throw new AssayError('BUILD_INPUT_REFUSED', `${of.name}@${of.version} may not go in`);
        if (uri.includes('evil')) throw new Error('refused: not a place of this registry');
        await store(tarball);
        return { uri, artifact: artifactDigestsOf(tarball) };
      },
    };
    socketPath = join(folder, 's');
    const clock = (): Date => new Date('2026-01-02T03:04:05Z');
    proxy = await openRecordingProxy({
      socketPath,
      registry,
      blobs,
      clock,
      before: undefined,
      built: formatPurl('npm', 'thing', '5.0.0'),
      limits: { answers: 20, bytes: 1e9, indexBytes: 1e6 },
    });
  });
  after(async () => {
    await proxy.close();
    await rm(folder, { recursive: true });
  });

  it('gives what the registry has, and keeps every byte with its URL and time', async () => {
    assert.equal((await ask(socketPath, '/npm/thing')).status, 200);
    const { status, body } = await ask(socketPath, '/npm/thing/-/thing-1.0.0.tgz');
    assert.deepEqual({ status, body }, { status: 200, body: 'the bytes' });
    const [shown, file] = proxy.recorded();
    assert.equal(shown?.uri, 'https://registry.example.com/thing');
    assert.notEqual(shown?.sent, shown?.digest);
    assert.equal(file?.uri, 'https://registry.example.com/thing/-/thing-1.0.0.tgz');
    assert.equal(file?.digest, sha256(tarball));
    assert.equal(file?.at, '2026-01-02T03:04:05.000Z');
  });

  it('does not count an index as shown that only led to a tarball', async () => {
    const other = join(folder, 'other');
    const index = version();
    const bytes = Buffer.from(JSON.stringify({ name: 'b', versions: { '1.0.0': index } }));
    const writer = await blobs.create();
    await writer.write(bytes);
    const { sha256: body } = await writer.commit();
    const second = await openRecordingProxy({
      socketPath: other,
      registry: {
        index: () => Promise.resolve({ uri: 'u', body, sizeBytes: bytes.length }),
        file: (uri) => Promise.resolve({ uri, artifact: artifactDigestsOf(tarball) }),
      },
      blobs,
      clock: () => new Date(0),
      before: undefined,
      built: formatPurl('npm', 'thing', '5.0.0'),
    });
    assert.equal((await ask(other, '/npm/b/-/b-1.0.0.tgz')).status, 200);
    assert.deepEqual(
      second.recorded().map(({ request: { kind } }) => kind),
      ['file'],
    );
    await second.close();
  });

  it('asks the registry once for the same thing', async () => {
    await Promise.all([ask(socketPath, '/npm/thing'), ask(socketPath, '/npm/thing?x')]);
    assert.equal(asked.filter((name) => name === 'thing').length, 1);
  });

  it('gives nothing else, and says what was asked for', async () => {
    const before = asked.length;
    for (const path of [
      '/',
      '/npm/-/ping',
      '/npm/a/-/../../x',
      'http://evil.example/npm/thing',
      '/npm/thing/-/thing-7.0.0.tgz',
    ])
      assert.ok([403, 404].includes((await ask(socketPath, path)).status), path);
    assert.equal((await ask(socketPath, '/npm/thing', 'POST')).status, 405);
    assert.equal(asked.length, before);
    assert.ok(proxy.refused().some((line) => line.includes('thing-7.0.0.tgz')));
  });

  it('leads nowhere the registry’s own rules do not lead', async () => {
    assert.equal((await ask(socketPath, '/npm/thing/-/thing-9.0.0.tgz')).status, 502);
    assert.ok(proxy.failures() > 0);
    assert.ok(proxy.recorded().every(({ uri }) => !uri.includes('evil')));
  });

  it('says no to what may not go into a build, and tells it apart from what failed', async () => {
    const failures = proxy.failures();
    for (let count = 0; count < 2; count += 1)
      assert.equal((await ask(socketPath, '/npm/thing/-/thing-8.0.0.tgz')).status, 403);
    assert.deepEqual(proxy.barred(), ['thing@8.0.0 may not go in']);
    assert.equal(proxy.failures(), failures);
    assert.ok(proxy.recorded().every(({ uri }) => !uri.includes('barred')));
  });

  it('does not give what is built, as it was published, and shows it in no index; another version of it is given', async () => {
    const { body } = await ask(socketPath, '/npm/thing');
    const { versions } = JSON.parse(body) as { versions: Record<string, unknown> };
    assert.deepEqual(Object.keys(versions), ['1.0.0', '8.0.0', '9.0.0']);
    assert.equal((await ask(socketPath, '/npm/thing/-/thing-5.0.0.tgz')).status, 403);
    assert.ok(proxy.barred().some((line) => line.startsWith('thing@5.0.0 may not go into the build')));
    assert.equal((await ask(socketPath, '/npm/thing/-/thing-1.0.0.tgz')).status, 200);
  });

  it('ends what asks without end', async () => {
    for (let count = 0; count < 30; count += 1) await ask(socketPath, `/npm/missing-${count}`);
    assert.equal((await ask(socketPath, '/npm/one-more')).status, 502);
    assert.ok(asked.length < 30);
  });

  it('is replayed from files that hold what was sent, and nothing else', async () => {
    const to = join(folder, 'replay');
    await writeReplay(to, proxy.recorded(), blobs);
    const answers = JSON.parse(await readFile(join(to, 'answers.json'), 'utf8')) as Record<string, string>;
    assert.deepEqual(Object.keys(answers), ['thing', 'thing/-/1.0.0']);
    assert.equal(await readFile(join(to, answers['thing/-/1.0.0'] ?? ''), 'utf8'), 'the bytes');
  });
});
