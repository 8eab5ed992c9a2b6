/** Clients that mean harm, and what a stranger may learn. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { composeGate, upstreamSettings } from '../../../test/support/composed-gate.ts';
import { startFakeRegistry } from '../../../test/support/fake-registry.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { checkLimits } from '../control/protocol.ts';

/** What a gate answers to bytes that no HTTP library would send. */
function speak(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.write(text);
  });
}

test('a request with two Hosts is refused, whichever comes first', async (t) => {
  const { url } = await composeGate(t);
  const own = `Host: ${new URL(url).host}\r\n`;
  for (const hosts of [`${own}Host: evil.example\r\n`, `Host: evil.example\r\n${own}`]) {
    const answer = await speak(url, `GET /-/ping HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 4\d\d /);
  }
});

test('an absolute address as request target leads nowhere', async (t) => {
  const { url, registry } = await composeGate(t);
  const host = `Host: ${new URL(url).host}\r\nConnection: close\r\n\r\n`;
  assert.match(await speak(url, `GET http://evil.example/good HTTP/1.1\r\n${host}`), /^HTTP\/1\.1 400 /);
  assert.equal(registry.requests.length, 0);
});

test('an index goes inflated, whole and with its length, to who takes no gzip', async (t) => {
  const { url, registry } = await composeGate(t);
  for (let patch = 0; patch < 300; patch += 1) registry.publish({ name: 'many', version: `1.0.${patch}` });
  const headers = { 'accept-encoding': 'identity' };
  const plain = await fetch(`${url}many`, { headers });
  const text = await plain.text();
  assert.equal(Buffer.byteLength(text), Number(plain.headers.get('content-length')));
  assert.deepEqual(JSON.parse(text), await (await fetch(`${url}many`)).json());
  const head = await fetch(`${url}many`, { method: 'HEAD', headers });
  assert.equal(head.headers.get('content-length'), plain.headers.get('content-length'));
});

test('a check that is too large is 413 with its code, before anything is assayed', async (t) => {
  const { url, registry } = await composeGate(t);
  for (const body of ['{}\n'.repeat(checkLimits.lines + 1), 'x'.repeat(checkLimits.lineBytes + 1)]) {
    const answer = await fetch(`${url}-/assay/v1/check`, { method: 'POST', body });
    assert.equal(answer.status, 413);
    assert.match(await answer.text(), /"code":"CHECK_TOO_LARGE"/);
  }
  assert.equal(registry.requests.length, 0);
});

test('hostile lines of a check are answered one by one, and ask upstream for nothing', async (t) => {
  const { url, registry } = await composeGate(t);
  const lines = [
    '{"__proto__":1}',
    '[]',
    'null',
    '{"purl":"pkg:npm/%00@1.0.0"}',
    '{"purl":"pkg:npm/..%2f..@1.0.0"}',
  ];
  const answer = await fetch(`${url}-/assay/v1/check`, { method: 'POST', body: lines.join('\n') });
  const results = (await answer.text()).trim().split('\n');
  assert.equal(results.length, lines.length);
  for (const result of results)
    assert.match(result, /"outcome":"not-checked".*"(?:CHECK_LINE|PURL)_INVALID"/);
  assert.equal(registry.requests.length, 0);
});

test('a proxy on this machine does not lend its callers the rights of this machine', async (t) => {
  const { url, registry } = await composeGate(t);
  registry.publish({ name: 'good', version: '1.0.0' });
  for (const header of ['x-forwarded-for', 'forwarded']) {
    assert.equal((await fetch(`${url}good`, { headers: { [header]: 'for=192.0.2.1' } })).status, 401);
  }
  assert.equal((await fetch(`${url}good`)).status, 200);
});

test('the status page names private packages to nobody, and no scopes or failures to strangers', async (t) => {
  const corp = await startFakeRegistry();
  t.after(() => corp.close());
  const scope = { id: 'corp' as UpstreamId, scopes: ['@hush'], needsToken: true };
  const ordinary = await startFakeRegistry();
  t.after(() => ordinary.close());
  const upstreams = [upstreamSettings(ordinary.url), upstreamSettings(corp.url, scope)];
  const gate = await composeGate(t, { upstreams });
  ordinary.lie({ path: /.*/ }, { kind: 'status', status: 500 });
  await fetch(`${gate.url}some-name`);
  const page = async (headers: Record<string, string>): Promise<string> =>
    (await fetch(gate.url, { headers: { accept: 'text/html', ...headers } })).text();
  const local = await page({});
  assert.match(local, /@hush/);
  assert.match(local, /some-name/);
  const foreign = await page({ 'x-forwarded-for': '192.0.2.1' });
  assert.doesNotMatch(foreign, /@hush|some-name/);
  assert.match(foreign, /UPSTREAM_STATUS/);
});

test('keys of an upstream that needs a token are not given without one', async (t) => {
  const registry = await startFakeRegistry();
  t.after(() => registry.close());
  const gate = await composeGate(t, { upstreams: [upstreamSettings(registry.url, { needsToken: true })] });
  assert.equal((await fetch(`${gate.url}-/npm/v1/keys`)).status, 401);
  assert.equal(registry.requests.length, 0);
});
