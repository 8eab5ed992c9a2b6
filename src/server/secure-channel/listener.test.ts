import assert from 'node:assert/strict';
import { createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { composeGate, upstreamSettings, type ComposedGate } from '../../../test/support/composed-gate.ts';
import { requestControl } from '../../../test/support/control.ts';
import { freePort } from '../../../test/support/gate.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { SecureChannelSettings, Settings } from '../config/settings.ts';
import type { StatusAnswer } from '../control/protocol.ts';

interface Bench {
  readonly gate: ComposedGate;
  /** Ends with `/`. */
  readonly channel: string;
}

async function bench(
  t: TestContext,
  change: Partial<SecureChannelSettings> = {},
  settings: Partial<Settings> = {},
): Promise<Bench> {
  const port = change.port ?? (await freePort());
  const secureChannel: SecureChannelSettings = {
    enabled: true,
    port,
    publicUrl: undefined,
    serve: 'secure',
    missing: 'refuse',
    isDemanded: true,
    ...change,
  };
  const gate = await composeGate(t, { secureChannel, ...settings });
  gate.registry.publish({ name: 'lib', version: '1.0.0' });
  return { gate, channel: `http://127.0.0.1:${port}/` };
}

const get = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(url, { headers, redirect: 'manual' });

const status = ({ directory }: ComposedGate): Promise<StatusAnswer> =>
  requestControl<StatusAnswer>(directory, 'GET', '/status');

test('what was not built is 404 for an index, a version and a file, with the command to build it', async (t) => {
  const { channel, gate } = await bench(t);
  for (const path of ['lib', 'lib/1.0.0', 'lib/latest', '-/package/lib/dist-tags', 'lib/-/lib-1.0.0.tgz']) {
    const answer = await get(`${channel}${path}`);
    assert.equal(answer.status, 404, path);
    assert.match(await answer.text(), /not on the Secure channel.*assay rebuild pkg:npm\/lib@1\.0\.0/, path);
  }
  assert.equal((await get(`${gate.url}lib/-/lib-1.0.0.tgz`)).status, 200, 'the main listener has it');
  assert.equal((await get(`${channel}no-such-package`)).status, 404);
  assert.equal((await get(`${channel}-/npm/v1/attestations/lib@1.0.0`)).status, 404);
});

test('the status names the channel, and its health can be asked before it is relied on', async (t) => {
  const { channel, gate } = await bench(t);
  assert.deepEqual((await status(gate)).secureChannel, {
    state: 'open',
    url: channel,
    serve: 'secure',
    missing: 'refuse',
  });
  assert.equal((await get(`${channel}-/health`)).status, 200);
  // All else of the gate's own is on the main listener.
  for (const path of ['-/metrics', '-/ledger/checkpoint'])
    assert.equal((await get(`${channel}${path}`)).status, 404, path);
  const metrics = await (await get(`${gate.url}-/metrics`)).text();
  assert.match(metrics, /assay_requests_total\{route="secure-health",status="200"\} 1/);
});

test('a foreign Host and a bad token are refused as on the main listener', async (t) => {
  const { channel } = await bench(t);
  const { port } = new URL(channel);
  const answered = await statusFor(port, 'evil.example.com', '/lib');
  assert.equal(answered, 421);
  assert.equal(
    (await get(`${channel}lib`, { authorization: 'Bearer assay_nobodyhasthistoken' })).status,
    401,
  );
});

test('its own public URL is a Host it answers for, and where its files lie', async (t) => {
  const { channel, gate } = await bench(t, { publicUrl: 'https://secure.example.com/', missing: 'main' });
  const { port } = new URL(channel);
  assert.equal(await statusFor(port, 'secure.example.com', '/lib'), 200);
  assert.equal((await status(gate)).secureChannel.url, 'https://secure.example.com/');
  assert.equal(
    await statusFor(new URL(gate.url).port, 'secure.example.com', '/lib'),
    421,
    'not the main listener',
  );
});

test('where nobody may read without a token, nobody may here; and a private upstream needs its grant', async (t) => {
  const closed = await bench(t, {}, { anonymous: 'never' });
  assert.equal((await get(`${closed.channel}lib`)).status, 401);
  assert.equal((await get(`${closed.channel}lib/-/lib-1.0.0.tgz`)).status, 401);
  const secret = upstreamSettings('http://127.0.0.1:9/', { id: 'corp' as UpstreamId, needsToken: true });
  const granted = await bench(t, { missing: 'main' }, { upstreams: [secret] });
  assert.equal((await get(`${granted.channel}lib`)).status, 401);
});

test('on demand a package of which nothing is here is served as by the main listener, under this address', async (t) => {
  const { channel, gate } = await bench(t, { missing: 'main' });
  const index = (await (await get(`${channel}lib`)).json()) as {
    versions: Record<string, { dist: { tarball: string } }>;
  };
  const tarball = index.versions['1.0.0']?.dist.tarball ?? '';
  assert.equal(tarball, `${channel}lib/-/lib-1.0.0.tgz`);
  const files = await Promise.all(
    [tarball, `${gate.url}lib/-/lib-1.0.0.tgz`].map(async (url) =>
      Buffer.from(await (await get(url)).arrayBuffer()).toString('base64'),
    ),
  );
  assert.equal(files[0], files[1]);
});

test('the bait is refused here as it is there', async (t) => {
  const { channel } = await bench(t);
  const refused = await get(`${channel}@assay/bait/-/bait-1.0.0.tgz`);
  assert.equal(refused.status, 403);
  const [, page = ''] = /(http:\S+case\/\w+)/.exec(refused.statusText) ?? [];
  assert.ok(page.startsWith(channel), refused.statusText);
  assert.equal((await get(page)).status, 200);
});

test('a port that is taken closes the channel and not the gate, unless somebody named it', async (t) => {
  const other = await heldPort();
  t.after(() => other.server.close());
  const { gate } = await bench(t, { port: other.port, isDemanded: false });
  assert.equal((await get(`${gate.url}lib`)).status, 200);
  const { secureChannel, problems, ready } = await status(gate);
  assert.deepEqual([secureChannel.state, secureChannel.url, ready], ['closed', undefined, true]);
  assert.match(problems.join(' '), /Secure channel is not open: .*secureChannel\.port/);
  await assert.rejects(bench(t, { port: other.port }), { code: 'PORT_IN_USE' });
});

test('a channel that is switched off is no problem and no listener', async (t) => {
  const { gate, channel } = await bench(t, { enabled: false });
  await assert.rejects(get(`${channel}-/health`));
  const { secureChannel, problems } = await status(gate);
  assert.deepEqual([secureChannel.state, problems], ['off', []]);
});

test('it ends with the gate', async (t) => {
  const { gate, channel } = await bench(t);
  await gate.stop();
  await assert.rejects(get(`${channel}-/health`));
});

function statusFor(port: string, host: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    ask({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}

async function heldPort(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((_request, response) => response.end());
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}
