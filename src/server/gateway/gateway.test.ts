import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { chmod, readdir, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { composeGate, upstreamSettings, type ComposedGate } from '../../../test/support/composed-gate.ts';
import { startFakeRegistry } from '../../../test/support/fake-registry.ts';
import { sha256 } from '../../core/digest.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { requestControl } from '../../../test/support/control.ts';

const abbreviated = { accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*' };
const hour = 3_600_000;

function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

/** A request with any Host, which `fetch` would not let through. */
function raw(
  url: string,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly reason: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { headers }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, reason: response.statusMessage ?? '' });
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('an index is steered: a held version leaves versions, time and tags, and npm is told why', async (t) => {
  const { url, registry } = await composeGate(t);
  registry.publish({ name: 'steer', version: '1.0.0' });
  registry.publish({ name: 'steer', version: '1.1.0', publishedAt: ago(hour) });
  const response = await fetch(`${url}steer`, { headers: abbreviated });
  const body = (await response.json()) as Record<string, Record<string, unknown>>;
  assert.deepEqual(Object.keys(body['versions'] ?? {}), ['1.0.0']);
  assert.equal(body['dist-tags']?.['latest'], '1.0.0');
  assert.ok(!Object.hasOwn(body['time'] ?? {}, '1.1.0'));
  assert.ok(Object.hasOwn(body['time'] ?? {}, '1.0.0'), 'time is in the abbreviated form too');
  assert.match(response.headers.get('npm-notice') ?? '', /steer 1\.1\.0 withheld, latest is 1\.0\.0 here/);
  assert.match(JSON.stringify(body['policyRestrictions']), /1\.1\.0/);
  assert.equal(response.headers.get('content-type'), 'application/vnd.npm.install-v1+json');
});

test('the same rule holds in every form: full, version, tag, dist-tags and file', async (t) => {
  const { url, registry } = await composeGate(t);
  registry.publish({ name: 'steer', version: '1.0.0' });
  registry.publish({ name: 'steer', version: '1.1.0', publishedAt: ago(hour), tags: ['latest', 'next'] });
  const full = (await (await fetch(`${url}steer`)).json()) as { versions: object };
  assert.deepEqual(Object.keys(full.versions), ['1.0.0']);
  assert.equal((await fetch(`${url}steer/1.1.0`)).status, 403);
  assert.equal((await fetch(`${url}steer/next`)).status, 403);
  assert.equal(((await (await fetch(`${url}steer/latest`)).json()) as { version: string }).version, '1.0.0');
  assert.deepEqual(await (await fetch(`${url}-/package/steer/dist-tags`)).json(), { latest: '1.0.0' });
  assert.equal((await fetch(`${url}steer/-/steer-1.1.0.tgz`)).status, 403);
  assert.equal((await fetch(`${url}steer/-/steer-1.0.0.tgz`)).status, 200);
  assert.equal((await fetch(`${url}steer/9.9.9`)).status, 404);
});

test('an index answers 304 to its own tag, gzip to who takes it, and nothing to HEAD', async (t) => {
  const { url, registry } = await composeGate(t);
  registry.publish({ name: 'good', version: '1.0.0' });
  const first = await fetch(`${url}good`);
  const etag = first.headers.get('etag') ?? '';
  assert.ok(etag !== '');
  assert.equal((await fetch(`${url}good`, { headers: { 'if-none-match': etag } })).status, 304);
  assert.notEqual((await fetch(`${url}good`, { headers: abbreviated })).headers.get('etag'), etag);
  const plain = await fetch(`${url}good`, { headers: { 'accept-encoding': 'identity' } });
  assert.equal(plain.headers.get('content-encoding'), null);
  assert.deepEqual(await plain.json(), await first.json());
  const head = await fetch(`${url}good`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.ok(Number(head.headers.get('content-length')) > 0);
  assert.ok(head.headers.get('last-modified') !== null);
});

test('a file is served whole with its digest as tag; HEAD has its length and no body', async (t) => {
  const { url, registry } = await composeGate(t);
  const published = registry.publish({ name: '@scope/good', version: '1.0.0' });
  for (const path of [
    '@scope/good/-/good-1.0.0.tgz',
    '@scope%2fgood/-/good-1.0.0.tgz',
    '@scope%2Fgood/-/good-1.0.0.tgz',
  ]) {
    const response = await fetch(`${url}${path}`);
    assert.equal(response.status, 200, path);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from(published.bytes));
  }
  const head = await fetch(`${url}@scope/good/-/good-1.0.0.tgz`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), String(published.bytes.length));
  const etag = head.headers.get('etag') ?? '';
  assert.equal(
    (await fetch(`${url}@scope/good/-/good-1.0.0.tgz`, { headers: { 'if-none-match': etag } })).status,
    304,
  );
});

test('stored bytes that are gone are fetched again, small or large, also while their decision is remembered', async (t) => {
  const { url, registry, directory } = await composeGate(t);
  for (const [name, length] of [
    ['small', 100],
    ['large', 5_000_000],
  ] as const) {
    // Bytes that do not pack: the file in the store is as large.
    const files = {
      'noise.bin': createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
        Buffer.alloc(length),
      ),
    };
    const { bytes } = registry.publish({ name, version: '1.0.0', files });
    const file = `${url}${name}/-/${name}-1.0.0.tgz`;
    assert.equal((await fetch(file, { method: 'HEAD' })).status, 200);
    const digest = sha256(bytes);
    await rm(join(directory, 'blobs', 'sha256', digest.slice(0, 2), digest.slice(2)));
    const answer = await fetch(file);
    assert.equal(answer.status, 200);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from(bytes));
  }
});

test("what upstream provides for clients' own defences passes through untouched", async (t) => {
  const { url, registry } = await composeGate(t);
  const published = registry.publish({ name: 'signed', version: '1.0.0', attested: true });
  const body = (await (await fetch(`${url}signed`, { headers: abbreviated })).json()) as {
    versions: Record<string, { dist: Record<string, unknown>; _npmUser: unknown }>;
  };
  const version = body.versions['1.0.0'];
  assert.deepEqual(version?.dist['signatures'], published.dist['signatures']);
  assert.deepEqual(version?.dist['attestations'], published.dist['attestations']);
  assert.ok(version?._npmUser !== undefined);
  const keys = (await (await fetch(`${url}-/npm/v1/keys`)).json()) as { keys: { keyid: string }[] };
  assert.equal(keys.keys[0]?.keyid, registry.key.keyid);
});

test('a refusal is 403 with the case in the reason phrase, a page for people and JSON for tools', async (t) => {
  const { url, registry } = await composeGate(t);
  registry.publish({ name: 'young', version: '1.0.0' });
  registry.publish({ name: 'young', version: '1.0.1', publishedAt: ago(hour) });
  const refused = await fetch(`${url}young/-/young-1.0.1.tgz`);
  assert.equal(refused.status, 403);
  assert.match(refused.statusText, /^Held AS-[0-9A-Z]{4}: published 1 h ago, cooldown is 72 h; use 1\.0\.0/);
  const { case: id, useInstead } = (await refused.json()) as { case: string; useInstead: string };
  assert.equal(useInstead, '1.0.0');
  const page = await fetch(`${url}-/case/${id.toLowerCase()}`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const text = await page.text();
  assert.match(text, /young@1\.0\.1/);
  assert.match(text, /Use <code>young@1\.0\.0<\/code> instead/, 'some clients show nothing but a URL');
  const json = (await (await fetch(`${url}-/assay/v1/case/${id}`)).json()) as Record<string, unknown>;
  assert.equal(json['outcome'], 'hold');
  assert.equal(json['useInstead'], '1.0.0');
  assert.equal((await fetch(`${url}-/case/0000000000000`)).status, 404);
  assert.equal(
    (await fetch(`${url}-/case/${id.slice(0, 4)}`)).status,
    404,
    'a short form is not resolved in public',
  );
});

test('hostile texts reach no page as markup and no header as another header', async (t) => {
  const { url, registry } = await composeGate(t);
  const reason = '<img src=x onerror=alert(1)>\u001b[31m\r\nset-cookie: a=b';
  registry.publish({
    name: 'mean',
    version: '1.0.0',
    files: { 'a\u0007<b>': 'x' },
    deprecated: reason,
  });
  const refused = await fetch(`${url}mean/-/mean-1.0.0.tgz`);
  assert.equal(refused.headers.get('set-cookie'), null);
  const { case: id } = (await refused.json()) as { case: string };
  const page = await (await fetch(`${url}-/case/${id}`)).text();
  assert.ok(
    !page.includes('<img') && !page.includes('<b>') && !page.includes('\u001b') && !page.includes('\u0007'),
  );
});

test("a Host that is not this gate's is refused before anything is looked up (DNS rebinding)", async (t) => {
  const { url, registry } = await composeGate(t);
  registry.publish({ name: 'good', version: '1.0.0' });
  for (const path of ['good', '-/health', '-/metrics', '', '-/case/0000000000000']) {
    assert.equal((await raw(`${url}${path}`, { host: 'evil.example' })).status, 421, path);
  }
  assert.equal(registry.countOf('/good'), 0);
});

test('a browser gets the status page, a client at the same address JSON', async (t) => {
  const { url, registry } = await composeGate(t);
  registry.publish({ name: 'young', version: '1.0.1', publishedAt: ago(hour) });
  await fetch(`${url}young/-/young-1.0.1.tgz`);
  const page = await fetch(url, { headers: { accept: 'text/html,application/xhtml+xml' } });
  assert.match(page.headers.get('content-type') ?? '', /text\/html/);
  const text = await page.text();
  assert.match(text, /assay use npm/);
  assert.match(text, /young@1\.0\.1/);
  assert.match((await fetch(url)).headers.get('content-type') ?? '', /json/);
});

test('health is 200 while the gate can serve and 503 once its data directory is lost', async (t) => {
  const { url, directory } = await composeGate(t);
  const healthy = await fetch(`${url}-/health`);
  assert.equal(healthy.status, 200);
  assert.equal(((await healthy.json()) as { service: string }).service, 'assay');
  if (process.getuid?.() === 0) {
    // Root may write anywhere: an unreadable directory cannot be made for it.
    await writeFile(join(directory, 'probe'), '');
    return;
  }
  await chmod(directory, 0o500);
  t.after(() => chmod(directory, 0o700));
  assert.equal((await fetch(`${url}-/health`)).status, 503);
});

test('metrics are Prometheus text and count what was answered', async (t) => {
  const { url, registry } = await composeGate(t);
  registry.publish({ name: 'good', version: '1.0.0' });
  await (await fetch(`${url}good/-/good-1.0.0.tgz`)).arrayBuffer();
  const text = await (await fetch(`${url}-/metrics`)).text();
  assert.match(text, /assay_requests_total\{route="npm-tarball",status="200"\} 1/);
  assert.match(text, /assay_decisions_total\{outcome="allow"\} 1/);
});

test('writes and search answer plainly that they are not here; an audit is 501, never an empty answer', async (t) => {
  const { url } = await composeGate(t);
  const answers = await Promise.all([
    fetch(`${url}thing`, { method: 'PUT', body: '{}' }),
    fetch(`${url}-/package/thing/dist-tags/next`, { method: 'PUT', body: '"1.0.0"' }),
    fetch(`${url}-/v1/search?text=x`),
    fetch(`${url}-/npm/v1/security/advisories/bulk`, { method: 'POST', body: '{}' }),
  ]);
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [405, 405, 405, 501],
  );
  for (const answer of answers) assert.ok(((await answer.json()) as { error: string }).error.length > 20);
});

async function gateWithPrivateScope(t: TestContext): Promise<ComposedGate> {
  const corp = await startFakeRegistry({ authorization: 'Bearer upstream-secret' });
  t.after(() => corp.close());
  corp.publish({ name: '@corp/secret', version: '1.0.0' });
  const open = await startFakeRegistry();
  t.after(() => open.close());
  open.publish({ name: '@corp/secret', version: '99.0.0' });
  open.publish({ name: '@corp/other', version: '1.0.0' });
  return composeGate(t, {
    upstreams: [
      upstreamSettings(open.url),
      upstreamSettings(corp.url, {
        id: 'corp' as UpstreamId,
        scopes: ['@corp'],
        authorization: 'Bearer upstream-secret',
        needsToken: true,
      }),
    ],
  });
}

test('a scope whose upstream needs credentials is served only to a token that names it', async (t) => {
  const gate = await gateWithPrivateScope(t);
  const create = (name: string, upstreams: string[]): Promise<{ secret: string }> =>
    requestControl(gate.directory, 'POST', '/tokens', {
      name,
      upstreams,
      expiresAt: new Date(Date.now() + hour).toISOString(),
    });
  const { secret } = await create('build', ['corp']);
  const { secret: other } = await create('other', []);
  const ask = (token?: string, path = '@corp%2fsecret'): Promise<Response> =>
    fetch(`${gate.url}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask()).status, 401);
  assert.equal((await ask(other)).status, 401);
  assert.equal((await ask('assay_forged0000000000000000000000')).status, 401);
  assert.equal((await ask(undefined, '@corp/secret/-/secret-1.0.0.tgz')).status, 401);
  const body = (await (await ask(secret)).json()) as { versions: object };
  assert.deepEqual(Object.keys(body.versions), ['1.0.0'], 'and never from the public registry');
  assert.equal((await ask(secret, '@corp/secret/-/secret-1.0.0.tgz')).status, 200);
  assert.equal((await ask(secret, '@corp/other')).status, 404, 'dependency confusion: no falling through');
  await requestControl(gate.directory, 'DELETE', '/tokens/build');
  assert.equal((await ask(secret)).status, 401, 'a revoked token is no token at once');
});

test('an upstream that is down is 503 with Retry-After, never 404 and never a refusal', async (t) => {
  const { url, registry } = await composeGate(t);
  registry.publish({ name: 'good', version: '1.0.0' });
  registry.lie({ path: /.*/ }, { kind: 'drop' });
  for (const path of ['good', 'good/-/good-1.0.0.tgz', 'never-seen']) {
    const answer = await fetch(`${url}${path}`);
    assert.equal(answer.status, 503, path);
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
  }
});

async function blobFiles(directory: string): Promise<readonly string[]> {
  const found = await readdir(join(directory, 'blobs'), { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

for (const [size, bytes] of [
  ['small', 1000],
  ['large', 6_000_000],
] as const) {
  test(`a ${size} file that rotted on disk is never served whole, and is fetched again`, async (t) => {
    const { url, registry, directory } = await composeGate(t);
    const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
    const noise = cipher.update(Buffer.alloc(bytes));
    const published = registry.publish({ name: 'rot', version: '1.0.0', files: { 'noise.bin': noise } });
    const path = `${url}rot/-/rot-1.0.0.tgz`;
    assert.equal(
      (await fetch(path, { method: 'HEAD' })).status,
      200,
      'admitted without being held in memory',
    );
    const { sha256 } = await import('../../core/digest.ts');
    const digest = sha256(published.bytes);
    const file = (await blobFiles(directory)).find((one) => one.replaceAll('/', '').endsWith(digest));
    assert.ok(file !== undefined);
    const rotten = Buffer.from(published.bytes);
    rotten[rotten.length - 20] = (rotten[rotten.length - 20] ?? 0) ^ 1;
    await chmod(file, 0o600);
    await writeFile(file, rotten);
    const first = await fetch(path)
      .then(async (answer) => Buffer.from(await answer.arrayBuffer()))
      .catch(() => undefined);
    assert.ok(first === undefined || first.equals(published.bytes), 'rotten bytes were served');
    const second = Buffer.from(await (await fetch(path)).arrayBuffer());
    assert.ok(second.equals(published.bytes));
    const { alarms } = await requestControl<{ alarms: { kind: string }[] }>(directory, 'GET', '/alarms');
    assert.deepEqual(
      alarms.map((alarm) => alarm.kind),
      ['blob-corrupt'],
    );
  });
}
