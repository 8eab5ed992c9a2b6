/** What upstream changes after the gate admitted a version: nothing that was admitted changes or vanishes. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate } from '../support/gate.ts';
import { get, packumentOf, sri } from '../support/http.ts';

const registry = await startFakeRegistry();
const gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});

async function alarms(): Promise<string> {
  return (await get(gate.url, { accept: 'text/html' })).body.toString('utf8');
}

for (const silently of [false, true]) {
  const how = silently ? 'behind an unchanged index' : 'together with the index';
  test(`other bytes under an admitted version (${how}): the admitted ones stay served and listed`, async () => {
    const name = silently ? 'changed-silently' : 'changed-openly';
    const { bytes } = registry.publish({ name, version: '1.0.0' });
    const file = `${gate.url}${name}/-/${name}-1.0.0.tgz`;
    assert.equal((await get(file)).status, 200);
    registry.replaceBytes({ name, version: '1.0.0', files: { 'index.js': 'stolen();' } }, silently);
    const listed = packumentOf(await get(`${gate.url}${name}`)).versions['1.0.0'];
    assert.equal(listed?.dist.integrity, sri(bytes));
    assert.ok((await get(file)).body.equals(bytes));
    if (!silently) assert.match(await alarms(), /changed-openly/, 'the status page shows an alarm');
  });
}

test('other bytes than the index claims are never admitted at first sight', async () => {
  registry.publish({ name: 'never-matched', version: '1.0.0' });
  registry.replaceBytes(
    { name: 'never-matched', version: '1.0.0', files: { 'index.js': 'stolen();' } },
    true,
  );
  const { status } = await get(`${gate.url}never-matched/-/never-matched-1.0.0.tgz`);
  assert.ok(status === 403 || status >= 500, `status ${status}`);
});

test('a version deleted upstream stays served and listed when it was admitted, and is not latest', async () => {
  registry.publish({ name: 'vanishing', version: '1.0.0' });
  registry.publish({ name: 'vanishing', version: '1.1.0' });
  registry.publish({ name: 'vanishing', version: '1.2.0' });
  const file = `${gate.url}vanishing/-/vanishing-1.1.0.tgz`;
  const before = await get(file);
  assert.equal(before.status, 200);
  registry.unpublish('vanishing', '1.1.0');
  registry.unpublish('vanishing', '1.2.0');
  const left = packumentOf(await get(`${gate.url}vanishing`));
  assert.deepEqual(Object.keys(left.versions).sort(), ['1.0.0', '1.1.0'], '1.2.0 was never admitted');
  assert.equal(left['dist-tags']['latest'], '1.0.0');
  assert.ok((await get(file)).body.equals(before.body));
  assert.equal((await get(`${gate.url}vanishing/-/vanishing-1.2.0.tgz`)).status, 404);
  assert.match(await alarms(), /vanishing/);
});

test('while upstream is down, what was admitted is served and what is new is a 503 that says when to try again', async () => {
  registry.publish({ name: 'admitted-before', version: '1.0.0' });
  registry.publish({ name: 'not-seen-before', version: '1.0.0' });
  const file = `${gate.url}admitted-before/-/admitted-before-1.0.0.tgz`;
  const before = await get(file);
  assert.equal(before.status, 200);
  const endLie = registry.lie({ path: /./ }, { kind: 'drop' });
  const during = await get(file);
  assert.equal(during.status, 200);
  assert.ok(during.body.equals(before.body));
  assert.equal((await get(`${gate.url}admitted-before`)).status, 200, 'the index is served as last seen');
  const fresh = await get(`${gate.url}not-seen-before`);
  assert.equal(fresh.status, 503);
  assert.match(fresh.headers.get('retry-after') ?? '', /^\d+$/);
  endLie();
});
