/** What upstream provides for a client's own defences reaches the client untouched, and verifies there. */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate } from '../support/gate.ts';
import { get, type Answer } from '../support/http.ts';

const registry = await startFakeRegistry();
const signed = {
  name: '@scope/signed-lib',
  version: '2.0.0',
  publishedAt: '2023-04-05T06:07:08.123Z',
  attested: true,
};
registry.publish(signed);
registry.publish({ name: 'old-lib', version: '1.0.0', deprecated: 'use new-lib' });
registry.publish({ name: 'old-lib', version: '1.1.0-rc.1', tags: ['next'] });
const gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});

interface Signed {
  readonly versions: Readonly<Record<string, JsonObject & { readonly dist: Dist }>>;
  readonly time: Readonly<Record<string, string>>;
  readonly 'dist-tags': Readonly<Record<string, string>>;
}

interface Dist extends JsonObject {
  readonly integrity: string;
  readonly tarball: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

function parsed(answer: Answer): unknown {
  assert.equal(answer.status, 200, answer.body.toString('utf8').slice(0, 300));
  return JSON.parse(answer.body.toString('utf8'));
}

function packument(answer: Answer): Signed {
  return parsed(answer) as Signed;
}

const abbreviated = { accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8' };

test("upstream's signatures verify with the keys that the gate shows, in every form of the index", async () => {
  const { keys } = parsed(await get(`${gate.url}-/npm/v1/keys`)) as {
    keys: { keyid: string; key: string }[];
  };
  for (const headers of [{}, abbreviated]) {
    for (const path of ['@scope%2fsigned-lib', '@scope/signed-lib']) {
      const { dist } =
        packument(await get(`${gate.url}${path}`, headers)).versions['2.0.0'] ?? assert.fail('no version');
      assert.equal(dist.signatures.length, 1);
      for (const { keyid, sig } of dist.signatures) {
        const der = Buffer.from(keys.find((key) => key.keyid === keyid)?.key ?? '', 'base64');
        const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
        const message = Buffer.from(`@scope/signed-lib@2.0.0:${dist.integrity}`);
        assert.ok(verify('sha256', message, key, Buffer.from(sig, 'base64')));
      }
    }
  }
});

test('every field of a version but the place of its file is as upstream has it', async () => {
  const ours = packument(await get(`${gate.url}@scope/signed-lib`));
  const theirs = packument(await get(`${registry.url}@scope/signed-lib`));
  const expected = JSON.parse(
    JSON.stringify(theirs).replaceAll(
      `${registry.url}@scope/signed-lib/-/`,
      `${gate.url}@scope/signed-lib/-/`,
    ),
  ) as Signed;
  assert.deepEqual(ours.versions, expected.versions);
  assert.deepEqual(ours.time, theirs.time);
  assert.deepEqual(ours['dist-tags'], theirs['dist-tags']);
});

test('publish times are in the abbreviated form too, and tags beyond latest and deprecations in both', async () => {
  for (const headers of [{}, abbreviated]) {
    const document = packument(await get(`${gate.url}old-lib`, headers));
    assert.equal(document.time['1.0.0'], '2021-03-04T05:06:07.000Z');
    assert.deepEqual(document['dist-tags'], { latest: '1.0.0', next: '1.1.0-rc.1' });
    assert.equal(document.versions['1.0.0']?.['deprecated'], 'use new-lib');
  }
  const short = await get(`${gate.url}old-lib`, abbreviated);
  assert.match(short.headers.get('content-type') ?? '', /^application\/vnd\.npm\.install-v1\+json/);
});

test('a validator that the gate gave brings 304, and HEAD brings the same headers without a body', async () => {
  const first = await get(`${gate.url}old-lib`);
  const etag = first.headers.get('etag') ?? assert.fail('no ETag');
  const second = await get(`${gate.url}old-lib`, { 'if-none-match': etag });
  assert.deepEqual([second.status, second.body.length], [304, 0]);
  const head = await fetch(`${gate.url}old-lib`, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('etag')], [200, etag]);
  assert.ok(first.headers.has('last-modified'));
});
