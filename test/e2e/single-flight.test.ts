/** Any number of clients for one release cost upstream one fetch; a file asked for first brings its own index. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate } from '../support/gate.ts';
import { get } from '../support/http.ts';

const registry = await startFakeRegistry();
const gate = await startGate({ upstream: registry.url, config: { indexFreshSeconds: 60 } });
after(async () => {
  await gate.remove();
  await registry.close();
});

test('thirty clients that ask for one release at once cause exactly one fetch of it', async () => {
  const { bytes } = registry.publish({ name: 'popular', version: '1.0.0' });
  registry.lie({ path: /popular/ }, { kind: 'delay', ms: 300 });
  const asked = Array.from({ length: 30 }, () => get(`${gate.url}popular/-/popular-1.0.0.tgz`));
  for (const { status, body } of await Promise.all(asked)) {
    assert.equal(status, 200);
    assert.ok(body.equals(bytes));
  }
  assert.equal(registry.countOf('/popular/-/popular-1.0.0.tgz'), 1);
  assert.equal(registry.countOf('/popular'), 1);
});

test('thirty clients that ask for one index at once cause exactly one fetch of it', async () => {
  registry.publish({ name: 'listed', version: '1.0.0' });
  registry.lie({ path: /listed/ }, { kind: 'delay', ms: 300 });
  const answers = await Promise.all(Array.from({ length: 30 }, () => get(`${gate.url}listed`)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(registry.countOf('/listed'), 1);
});

test('a release that was admitted is served again without asking upstream for it', async () => {
  registry.publish({ name: 'kept', version: '1.0.0' });
  for (let round = 0; round < 3; round += 1) {
    assert.equal((await get(`${gate.url}kept/-/kept-1.0.0.tgz`)).status, 200);
  }
  assert.equal(registry.countOf('/kept/-/kept-1.0.0.tgz'), 1);
});

test('a name that upstream does not have is asked for once, not by every client', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => get(`${gate.url}not-there-at-all`)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [404]);
  assert.equal((await get(`${gate.url}not-there-at-all`)).status, 404);
  assert.equal(registry.countOf('/not-there-at-all'), 1);
});
