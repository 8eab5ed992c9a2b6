import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  newTufSigner,
  serveTuf,
  tufFiles,
  tufRoot,
  type ServedTuf,
  type TufFiles,
  type TufSigner,
} from '../../test/support/tuf-repository.ts';
import { AssayError } from '../core/errors.ts';
import { writeFileDurably } from '../server/durable-file.ts';
import { openPublicFiles } from '../upstream/public-files.ts';
import { keptTufRoot, refreshFromTuf, replaceTufRoot, type TufAnswer } from './tuf.ts';

const past = '2020-01-01T00:00:00Z';
const wanted = ['trusted_root.json', 'registry.example.com/keys.json', 'other.example.com/keys.json'];
const content = (text: string): Readonly<Record<string, Buffer>> => ({
  'trusted_root.json': Buffer.from(`root ${text}`),
  'registry.example.com/keys.json': Buffer.from(`keys ${text}`),
});

interface World {
  readonly server: ServedTuf;
  readonly directory: string;
  readonly holder: TufSigner;
  readonly online: TufSigner;
  readonly root: Buffer;
  readonly refresh: (root?: Buffer) => Promise<TufAnswer>;
  readonly serve: (...all: readonly TufFiles[]) => void;
}

async function world(context: TestContext): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-tuf-'));
  context.after(() => rm(directory, { recursive: true }));
  const files = openPublicFiles({ retries: 0 });
  context.after(files.close);
  const server = await serveTuf(context);
  const [holder, online] = [newTufSigner(), newTufSigner()];
  const root = tufRoot({ version: 1, holders: [holder], online });
  return {
    server,
    directory,
    holder,
    online,
    root,
    refresh: (start = root) =>
      refreshFromTuf(
        { url: `${server.url}/`, directory, root: start, targets: wanted },
        { read: files.read, writeDurably: (path, bytes) => writeFileDurably(path, bytes, 0o600) },
      ),
    serve: (...all) => {
      for (const one of all) for (const [path, bytes] of one) server.files.set(path, bytes);
    },
  };
}

const kept = (directory: string): readonly string[] =>
  readdirSync(directory)
    .sort()
    .map((name) => `${name} ${readFileSync(join(directory, name), 'utf8')}`);

/** What is refused leaves what is trusted as it was, and nothing else behind. */
async function refuses({ refresh, directory }: World, code: string): Promise<void> {
  const before = kept(directory);
  await assert.rejects(refresh(), { code });
  assert.deepEqual(kept(directory), before);
}

test('targets are fetched, verified and handed over; one that the repository does not have is left out', async (context) => {
  const at = await world(context);
  at.serve(tufFiles({ online: at.online, version: 1, targets: content('one') }));
  const answer = await at.refresh();
  assert.deepEqual(
    [...answer.targets].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
    [
      ['trusted_root.json', 'root one'],
      ['registry.example.com/keys.json', 'keys one'],
    ],
  );
  assert.deepEqual(answer.root, { version: 1, expires: '2099-01-01T00:00:00.000Z' });
  assert.deepEqual(readdirSync(at.directory).sort(), [
    'root.json',
    'snapshot.json',
    'targets.json',
    'timestamp.json',
  ]);
});

test("a registry's keys are found where a role of its own answers for them, and only by its key", async (context) => {
  const at = await world(context);
  const signer = newTufSigner();
  const { 'trusted_root.json': root = Buffer.alloc(0), ...own } = content('one');
  const delegated = { role: 'registry.example.com', paths: 'registry.example.com/*', signer, targets: own };
  const files = (version: number, signedBy: TufSigner): TufFiles =>
    tufFiles({
      online: at.online,
      version,
      targets: { 'trusted_root.json': root },
      delegated: { ...delegated, signedBy },
    });
  at.serve(files(1, signer));
  const answer = await at.refresh();
  assert.equal(
    Buffer.from(answer.targets.get('registry.example.com/keys.json') ?? []).toString(),
    'keys one',
  );
  at.serve(files(2, at.online));
  await assert.rejects(at.refresh(), { code: 'TRUST_TUF_UNSIGNED' });
});

test('a later refresh takes over what is newer, and does not ask again for what it has', async (context) => {
  const at = await world(context);
  at.serve(tufFiles({ online: at.online, version: 1, targets: content('one') }));
  await at.refresh();
  at.server.asked.length = 0;
  await at.refresh();
  assert.ok(!at.server.asked.includes('1.snapshot.json'));
  at.serve(tufFiles({ online: at.online, version: 2, targets: content('two') }));
  const answer = await at.refresh();
  assert.equal(Buffer.from(answer.targets.get('trusted_root.json') ?? []).toString(), 'root two');
});

test('a root is followed by the next one, signed by the keys of both', async (context) => {
  const at = await world(context);
  const [next, online] = [newTufSigner(), newTufSigner()];
  const second = tufRoot({ version: 2, holders: [next], online, signedBy: [at.holder, next] });
  const third = tufRoot({ version: 3, holders: [next], online });
  at.serve(
    new Map([
      ['2.root.json', second],
      ['3.root.json', third],
    ]),
    tufFiles({ online, version: 1, targets: content('new') }),
  );
  const answer = await at.refresh();
  assert.equal(answer.root.version, 3);
  assert.equal((await keptTufRoot(at.directory))?.version, 3);
});

test('a root that the keys of the one before did not sign is refused', async (context) => {
  const at = await world(context);
  at.serve(tufFiles({ online: at.online, version: 1, targets: content('one') }));
  await at.refresh();
  const thief = newTufSigner();
  at.serve(new Map([['2.root.json', tufRoot({ version: 2, holders: [thief], online: thief })]]));
  await refuses(at, 'TRUST_TUF_UNSIGNED');
});

test('a threshold is not reached by one holder, however often they sign', async (context) => {
  const at = await world(context);
  const two = [newTufSigner(), newTufSigner()] as const;
  const start = tufRoot({ version: 1, holders: two, threshold: 2, online: at.online });
  at.serve(tufFiles({ online: at.online, version: 1, targets: content('one') }));
  await at.refresh(start);
  for (const signedBy of [[two[0]], [two[0], two[0]]]) {
    at.serve(
      new Map([
        ['2.root.json', tufRoot({ version: 2, holders: two, threshold: 2, online: at.online, signedBy })],
      ]),
    );
    await assert.rejects(at.refresh(start), (error: { readonly code?: string }) =>
      ['TRUST_TUF_UNSIGNED', 'TRUST_TUF_INVALID'].includes(error.code ?? ''),
    );
    assert.equal((await keptTufRoot(at.directory))?.version, 1);
  }
});

test('a root that skips a version, or is an old one, is refused', async (context) => {
  const at = await world(context);
  at.serve(new Map([['2.root.json', tufRoot({ version: 3, holders: [at.holder], online: at.online })]]));
  await assert.rejects(at.refresh(), { code: 'TRUST_TUF_ROLLBACK' });
  at.serve(new Map([['2.root.json', at.root]]));
  await assert.rejects(at.refresh(), { code: 'TRUST_TUF_ROLLBACK' });
});

test('older metadata than was seen before is refused', async (context) => {
  const at = await world(context);
  at.serve(tufFiles({ online: at.online, version: 2, targets: content('two') }));
  await at.refresh();
  at.serve(tufFiles({ online: at.online, version: 1, targets: content('one') }));
  await refuses(at, 'TRUST_TUF_ROLLBACK');
});

for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
  test(`an expired ${role} is refused`, async (context) => {
    const at = await world(context);
    at.serve(tufFiles({ online: at.online, version: 1, targets: content('one') }));
    await at.refresh();
    at.serve(tufFiles({ online: at.online, version: 2, targets: content('two'), expires: { [role]: past } }));
    await assert.rejects(at.refresh(), { code: 'TRUST_TUF_EXPIRED' });
    at.serve(tufFiles({ online: at.online, version: 3, targets: content('three') }));
    await at.refresh();
  });
}

test('a repository whose newest root has expired is refused', async (context) => {
  const at = await world(context);
  at.serve(
    new Map([
      ['2.root.json', tufRoot({ version: 2, holders: [at.holder], online: at.online, expires: past })],
    ]),
    tufFiles({ online: at.online, version: 1, targets: content('one') }),
  );
  await assert.rejects(at.refresh(), { code: 'TRUST_TUF_EXPIRED' });
});

test('an expired root to start from is fine where a newer one follows', async (context) => {
  const at = await world(context);
  const start = tufRoot({ version: 1, holders: [at.holder], online: at.online, expires: past });
  at.serve(
    new Map([['2.root.json', tufRoot({ version: 2, holders: [at.holder], online: at.online })]]),
    tufFiles({ online: at.online, version: 1, targets: content('one') }),
  );
  assert.equal((await at.refresh(start)).root.version, 2);
});

for (const path of ['2.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json']) {
  test(`a ${path} without end is cut off`, async (context) => {
    const at = await world(context);
    at.serve(tufFiles({ online: at.online, version: 1, targets: content('one') }));
    at.server.files.set(path, (send) => {
      const chunk = Buffer.alloc(65_536, 0x20);
      const more = (): void => {
        if (send(chunk)) setImmediate(more);
        else setTimeout(more, 5).unref();
      };
      more();
    });
    await assert.rejects(at.refresh(), { code: 'TRUST_TUF_TOO_LARGE' });
  });
}

test('a target that is not what its metadata says is refused', async (context) => {
  const at = await world(context);
  const files = tufFiles({ online: at.online, version: 1, targets: content('one') });
  at.serve(files);
  await at.refresh();
  for (const [path, bytes] of files)
    if (path.endsWith('trusted_root.json'))
      at.server.files.set(path, Buffer.from(bytes.toString().replace('o', 'x')));
  await assert.rejects(at.refresh(), { code: 'TRUST_TUF_INVALID' });
});

test('metadata that another key signed, or that is no metadata, is refused', async (context) => {
  const at = await world(context);
  at.serve(tufFiles({ online: newTufSigner(), version: 1, targets: content('one') }));
  await assert.rejects(at.refresh(), { code: 'TRUST_TUF_UNSIGNED' });
  for (const text of [
    '',
    '<html>',
    '[]',
    '{"signed":null}',
    '{"signed":{},"signatures":[]}',
    '[['.repeat(10_000),
  ]) {
    at.server.files.set('timestamp.json', Buffer.from(text));
    await assert.rejects(at.refresh(), { code: 'TRUST_TUF_INVALID' }, text.slice(0, 40));
  }
});

test('a store that says 403 of what is not there is understood', async (context) => {
  const at = await world(context);
  const files = tufFiles({ online: at.online, version: 1, targets: content('one') });
  const answer = await refreshFromTuf(
    { url: 'https://tuf.example.com', directory: at.directory, root: at.root, targets: wanted },
    {
      read: async (url) => {
        const bytes = files.get(decodeURIComponent(url.pathname.slice(1)));
        if (bytes === undefined) throw new AssayError('UPSTREAM_UNAUTHORIZED', '403');
        return bytes;
      },
      writeDurably: async (path, bytes) => writeFileSync(path, bytes),
    },
  );
  assert.equal(answer.targets.size, 2);
});

test('a repository that is not there, or lacks a file, is unreachable', async (context) => {
  const at = await world(context);
  await assert.rejects(at.refresh(), { code: 'TRUST_TUF_UNREACHABLE' });
  const files = tufFiles({ online: at.online, version: 1, targets: content('one') });
  files.delete('1.snapshot.json');
  at.serve(files);
  await assert.rejects(at.refresh(), { code: 'TRUST_TUF_UNREACHABLE' });
});

test('without any root there is nothing to start from', async (context) => {
  const at = await world(context);
  await assert.rejects(
    refreshFromTuf(
      { url: at.server.url, directory: at.directory, root: undefined, targets: [] },
      { read: async () => undefined, writeDurably: async () => undefined },
    ),
    { code: 'TRUST_TUF_ROOT_MISSING' },
  );
});

test('what a killed refresh left is removed by the next one', async (context) => {
  const at = await world(context);
  at.serve(tufFiles({ online: at.online, version: 1, targets: content('one') }));
  mkdirSync(join(at.directory, 'refresh-killed'));
  await at.refresh();
  assert.ok(!readdirSync(at.directory).includes('refresh-killed'));
});

test('a newer root that comes with the program replaces an older one that is kept', async (context) => {
  const at = await world(context);
  at.serve(tufFiles({ online: at.online, version: 1, targets: content('one') }));
  await at.refresh();
  const newer = tufRoot({ version: 5, holders: [at.holder], online: at.online });
  assert.equal((await at.refresh(newer)).root.version, 5);
  assert.equal((await at.refresh()).root.version, 5, 'and an older one does not replace it again');
});

test('a root put in place by hand drops what was known under the one before', async (context) => {
  const at = await world(context);
  at.serve(tufFiles({ online: at.online, version: 7, targets: content('seven') }));
  await at.refresh();
  const { online } = at;
  const holder = newTufSigner();
  await replaceTufRoot(at.directory, tufRoot({ version: 1, holders: [holder], online }), {
    writeDurably: async (path, bytes) => writeFileSync(path, bytes),
  });
  at.serve(tufFiles({ online, version: 1, targets: content('one') }));
  assert.equal(
    Buffer.from((await at.refresh()).targets.get('trusted_root.json') ?? []).toString(),
    'root one',
  );
});
