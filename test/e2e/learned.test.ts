/** A whole gate learns how a package is published, refuses what is published otherwise, and does as a person then says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExpectAnswer, ExpectChanged } from '../../src/server/control/expect-protocol.ts';
import type { DiscloseAnswer } from '../../src/server/control/ledger-protocol.ts';
import { composeGate } from '../support/composed-gate.ts';
import { requestControl } from '../support/control.ts';
import { startFakeForge } from '../support/fake-forge.ts';
import { tarballName } from '../support/fake-package.ts';
import { get } from '../support/http.ts';
import { publishAll, trustedPublisher } from '../support/incidents/scenario.ts';
import { createFakeSigstore } from '../support/sigstore/fake-sigstore.ts';

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
const publisher = trustedPublisher;
const name = '@example/lib';

test('what is learned refuses another repository, until a person says that it moved', async (t) => {
  const forge = await startFakeForge();
  t.after(() => forge.close());
  const sigstore = createFakeSigstore();
  const forges = [{ host: 'github.com', kind: 'github', api: forge.url, token: undefined }] as const;
  const { registry, url, directory } = await composeGate(t, { forges }, { sigstore: [sigstore.trust] });
  const stage = { registry, forge, sigstore };
  const ask = async (version: string) => get(`${url}${name}/-/${tarballName(name, version)}`);
  const control = <T>(path: string, body: object): Promise<T> =>
    requestControl<T>(directory, 'POST', path, { name, ...body });

  const old = { repository: 'example-owner/lib', repositoryId: '1001' };
  const versions = ['1.0.0', '1.1.0', '1.2.0'];
  publishAll(stage, name, [
    ...versions.map((version, at) => ({ version, at: daysAgo(200 - at * 40), run: old, publisher })),
    {
      version: '1.3.0',
      at: daysAgo(5),
      run: { repository: 'other-owner/lib', repositoryId: '2002', ownerId: '9' },
      publisher,
    },
  ]);
  for (const version of versions) assert.equal((await ask(version)).status, 200);

  const { expectations, verified } = await control<ExpectAnswer>('/expectations', {});
  assert.deepEqual(
    expectations.map(({ line, origin, standing, identity }) => [
      line,
      origin,
      standing,
      identity?.repositoryId,
    ]),
    [
      ['*', 'learned', 'firm', '1001'],
      ['1', 'learned', 'firm', '1001'],
    ],
  );
  assert.deepEqual(
    verified.map(({ version }) => version),
    ['1.2.0', '1.1.0', '1.0.0'],
  );

  const refused = await ask('1.3.0');
  assert.equal(refused.status, 403);
  assert.match(refused.body.toString('utf8'), /npm\/source-changed/);

  const identity = { repositoryId: '2002', ownerId: '9' };
  const { changed } = await control<ExpectChanged>('/expectations/set', { identity, reason: 'it moved' });
  assert.equal(changed.length, 2, 'of the package and of its line');
  const allowed = await ask('1.3.0');
  assert.equal(allowed.status, 200, allowed.body.toString('utf8').slice(0, 2000));
  for (const version of versions) assert.equal((await ask(version)).status, 200, 'what was admitted stays');
  const kept = await control<ExpectAnswer>('/expectations', {});
  assert.deepEqual(
    kept.expectations.map(({ revision, origin }) => [revision, origin]),
    changed.map(({ revision, origin }) => [revision, origin]),
    'learning changes nothing of what was set',
  );

  const query = changed[0]?.eventId ?? '';
  const fields = ['subject', 'actor', 'statement', 'prev'];
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await requestControl<DiscloseAnswer>(directory, 'POST', '/ledger/disclose', {
      query,
      fields,
    });
    if (answer.disclosure.includes('it moved')) break;
    assert.ok(Date.now() < deadline, answer.disclosure);
    await wait(50);
  }
});
