/**
 * No answer of an upstream, however wrong, leads to unverified bytes or to a crash. Each lie is told about a
 * package of its own; afterwards the gate is alive, and the truth is served once it is told again.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate } from '../support/gate.ts';
import { get, getUntil, packumentOf } from '../support/http.ts';
import type { Lie } from '../support/lies.ts';

const registry = await startFakeRegistry();
const elsewhere = await startFakeRegistry();
const gate = await startGate({
  upstream: registry.url,
  config: {
    limits: {
      fetch: {
        connectMs: 1000,
        idleMs: 1000,
        totalMs: 4000,
        retries: 0,
        indexBytes: '4MiB',
        fileBytes: '4MiB',
      },
    },
  },
});
after(async () => {
  await gate.remove();
  await registry.close();
  await elsewhere.close();
});

const tooMuch = 6 * 1024 * 1024;
const lies: readonly (readonly [string, Lie])[] = [
  ['stops early, the length was stated', { kind: 'truncate', keepBytes: 100, stated: 'full' }],
  ['stops early and says that was all', { kind: 'truncate', keepBytes: 100, stated: 'short' }],
  ['stops early without a stated length', { kind: 'truncate', keepBytes: 100, stated: 'none' }],
  ['states a longer length than it sends', { kind: 'stated-length', bytes: 1_000_000 }],
  ['never answers', { kind: 'hang', when: 'before-headers' }],
  ['stops answering in the middle', { kind: 'hang', when: 'mid-body' }],
  ['trickles', { kind: 'slow', bytes: 1, pauseMs: 400 }],
  ['sends more than is allowed', { kind: 'oversize', bytes: tooMuch }],
  ['sends a small body that unpacks to more than is allowed', { kind: 'gzip-bomb', bytes: tooMuch }],
  ['says gzip and sends plain', { kind: 'gzip-mislabelled' }],
  ['answers with a sign-in page', { kind: 'html' }],
  ['answers with invalid JSON', { kind: 'body', body: '{"name": ' }],
  ['answers with JSON that is no object', { kind: 'body', body: '[]' }],
  ['answers with nothing', { kind: 'body', body: '' }],
  ['answers 500', { kind: 'status', status: 500 }],
  ['answers 429', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
  ['answers 403', { kind: 'status', status: 403 }],
  ['redirects to another host', { kind: 'redirect', to: `${elsewhere.url}stolen` }],
  [
    'redirects to the cloud metadata address',
    { kind: 'redirect', to: 'http://169.254.169.254/latest/meta-data/' },
  ],
  ['redirects to a file', { kind: 'redirect', to: 'file:///etc/passwd' }],
  ['redirects without end', { kind: 'redirect', to: '?again' }],
  ['drops the connection', { kind: 'drop' }],
  ['does not speak HTTP', { kind: 'garbage' }],
];

function publish(name: string): {
  readonly packument: string;
  readonly file: string;
  readonly bytes: Uint8Array;
} {
  // Random content, so that a short prefix of it is no whole archive.
  const { bytes } = registry.publish({
    name,
    version: '1.0.0',
    files: { 'README.md': `${name}\n`.repeat(50) },
  });
  return { packument: name, file: `${name}/-/${name}-1.0.0.tgz`, bytes };
}

async function isAlive(): Promise<void> {
  assert.equal((await get(`${gate.url}-/health`)).status, 200);
}

function refused(status: number, body: Buffer): void {
  assert.ok(status === 403 || status >= 500, `status ${status}: ${body.toString('utf8').slice(0, 300)}`);
  const { error } = JSON.parse(body.toString('utf8')) as { error?: unknown };
  assert.equal(typeof error, 'string', 'the refusal says why');
}

for (const [index, [title, lie]] of lies.entries()) {
  test(`a file: upstream ${title}`, async () => {
    const { file, bytes } = publish(`file-lie-${index}`);
    const endLie = registry.lie({ path: `/${file}` }, lie);
    const lied = await get(`${gate.url}${file}`);
    // A lie about the form alone (a wrong content-encoding) may be seen through: then the bytes are the right ones.
    if (!lied.body.equals(bytes)) refused(lied.status, lied.body);
    endLie();
    await isAlive();
    // Bytes that differ from their digest are a decision, which stands for a while; all else is an outage.
    if (lied.status === 403) return;
    const honest = await getUntil(`${gate.url}${file}`, ({ status }) => status === 200);
    assert.ok(honest.body.equals(bytes));
  });

  test(`an index: upstream ${title}`, async () => {
    const { packument, file, bytes } = publish(`index-lie-${index}`);
    const endLie = registry.lie({ path: `/${packument}` }, lie);
    const lied = await get(`${gate.url}${packument}`);
    refused(lied.status, lied.body);
    const direct = await get(`${gate.url}${file}`);
    refused(direct.status, direct.body);
    endLie();
    await isAlive();
    const honest = await getUntil(`${gate.url}${packument}`, ({ status }) => status === 200);
    assert.deepEqual(Object.keys(packumentOf(honest).versions), ['1.0.0']);
    assert.ok((await get(`${gate.url}${file}`)).body.equals(bytes));
  });
}

test('a file that was refused because its bytes were altered is looked at again, and served once it is right', async () => {
  const { file, bytes } = publish('altered-for-a-while');
  const endLie = registry.lie({ path: `/${file}` }, { kind: 'flip-bit', atByte: 30 });
  assert.equal((await get(`${gate.url}${file}`)).status, 403);
  endLie();
  const honest = await getUntil(`${gate.url}${file}`, ({ status }) => status === 200, 120_000);
  assert.ok(honest.body.equals(bytes));
});

test('bytes with one bit flipped are never served', async () => {
  const { file, bytes } = publish('flipped');
  for (let atByte = 0; atByte < bytes.length; atByte += Math.ceil(bytes.length / 12)) {
    const endLie = registry.lie({ path: `/${file}` }, { kind: 'flip-bit', atByte });
    const { status, body } = await get(`${gate.url}${file}`);
    refused(status, body);
    endLie();
  }
  await isAlive();
});

test('a redirect that is refused is not followed', () => {
  assert.deepEqual(elsewhere.requests, []);
});

test("an index whose file lies on a host that is not upstream's does not lead there", async () => {
  registry.publish({
    name: 'points-elsewhere',
    version: '1.0.0',
    dist: (dist) => ({ ...dist, tarball: `${elsewhere.url}points-elsewhere/-/points-elsewhere-1.0.0.tgz` }),
  });
  const { status, body } = await get(`${gate.url}points-elsewhere/-/points-elsewhere-1.0.0.tgz`);
  refused(status, body);
  assert.deepEqual(elsewhere.requests, []);
});

test('keys such as __proto__ in an index harm neither it nor another package', async () => {
  publish('poisoned');
  const bystander = publish('bystander');
  const poison =
    '{"__proto__":{"polluted":true,"deprecated":"x"},"constructor":{"prototype":{"polluted":true}},';
  registry.lie(
    { path: '/poisoned' },
    { kind: 'edit', edit: (body) => body.replaceAll('{', poison).replaceAll(',}', '}') },
  );
  await get(`${gate.url}poisoned`);
  await get(`${gate.url}poisoned/-/poisoned-1.0.0.tgz`);
  await isAlive();
  const answer = await get(`${gate.url}bystander`);
  assert.equal(answer.status, 200);
  assert.ok(!answer.body.includes('polluted'));
  assert.ok((await get(`${gate.url}${bystander.file}`)).body.equals(bystander.bytes));
});

test('one bad entry in an index does not take the others away', async () => {
  publish('one-bad');
  registry.publish({ name: 'one-bad', version: '1.1.0', tags: [] });
  registry.lie(
    { path: '/one-bad' },
    { kind: 'edit', edit: (body) => body.replace('"version":"1.1.0"', '"version":["1.1.0"]') },
  );
  const answer = await get(`${gate.url}one-bad`);
  assert.equal(answer.status, 200, answer.body.toString('utf8').slice(0, 300));
  assert.deepEqual(Object.keys(packumentOf(answer).versions), ['1.0.0']);
});

test('an index for another package than was asked for is not taken', async () => {
  publish('right-name');
  registry.lie(
    { path: '/right-name' },
    { kind: 'edit', edit: (body) => body.replaceAll('right-name', 'wrong-name') },
  );
  const { status, body } = await get(`${gate.url}right-name`);
  refused(status, body);
});
