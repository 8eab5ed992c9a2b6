/** Unmodified clients prove that the gate approved the bytes they installed: `audit signatures`, with the gate's own entries. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { bends, bentGate, type Entry } from '../support/bent-gate.ts';
import type { Client, ClientRun } from '../support/clients.ts';
import { eachClient } from '../support/each-client.ts';
import { tarballName } from '../support/fake-package.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { get } from '../support/http.ts';
import { createProject, install, pointAt, run, type Project } from '../support/project-folder.ts';

const names = ['audited-app', '@audited/part', 'audited-leaf'] as const;
const top = { dependencies: { 'audited-app': '1.0.0' } };

function publish(registry: FakeRegistry): void {
  registry.publish({ name: 'audited-leaf', version: '1.0.0' });
  registry.publish({
    name: '@audited/part',
    version: '1.0.0',
    manifest: { dependencies: { 'audited-leaf': '1.0.0' } },
  });
  registry.publish({
    name: 'audited-app',
    version: '1.0.0',
    manifest: { dependencies: { '@audited/part': '1.0.0' } },
  });
}

// One upstream signs as the public registry does; the other has neither signatures nor keys, as many mirrors.
const signing = await startFakeRegistry();
const plain = await startFakeRegistry({ plain: true });
for (const registry of [signing, plain]) publish(registry);
const gates = {
  signing: await startGate({ upstream: signing.url }),
  plain: await startGate({ upstream: plain.url }),
};
after(async () => {
  for (const gate of Object.values(gates)) await gate.remove();
  for (const registry of [signing, plain]) await registry.close();
});

async function json(url: string): Promise<JsonObject> {
  return JSON.parse((await get(url)).body.toString('utf8')) as JsonObject;
}

async function entriesOf(gate: Pick<Gate, 'url'>, name: string): Promise<readonly Entry[]> {
  const { versions } = (await json(`${gate.url}${name}`)) as unknown as {
    readonly versions: Readonly<
      Record<string, { readonly dist: { readonly signatures?: readonly Entry[] } }>
    >;
  };
  return versions['1.0.0']?.dist.signatures ?? [];
}

/** Signatures follow the ledger: within seconds of the decision. */
async function untilSigned(gate: Gate, count: number): Promise<void> {
  for (let left = 300; left > 0; left -= 1) {
    const found = await Promise.all(names.map((name) => entriesOf(gate, name)));
    if (found.every((entries) => entries.length === count)) return;
    await wait(100);
  }
  assert.fail(`the releases were not signed:\n${gate.output()}`);
}

/** As somebody installs them, without a client. */
async function admitted(gate: Gate, signatures: number): Promise<void> {
  for (const name of names) await get(`${gate.url}${name}/-/${tarballName(name, '1.0.0')}`);
  await untilSigned(gate, signatures);
}

async function installed(client: Client, gate: Gate, signatures: number): Promise<Project> {
  const project = await createProject(client, gate.url, top);
  const done = await install(project);
  assert.equal(done.code, 0, done.output);
  await untilSigned(gate, signatures);
  return project;
}

const audit = (project: Project): Promise<ClientRun> => run(project, ['audit', 'signatures']);

const pnpm: readonly Client[] = ['pnpm11', 'pnpm12'];

eachClient(
  "verifies the gate's signature of everything it installed, where upstream has none",
  async (client) => {
    const project = await installed(client, gates.plain, 1);
    try {
      const done = await audit(project);
      assert.equal(done.code, 0, done.output);
      assert.match(done.output, /audited 3 packages/);
      assert.match(done.output, /3 packages? ha(?:s|ve) (?:a )?(?:valid|verified) registry signatures?/);
    } finally {
      await project.remove();
    }
  },
  { of: pnpm },
);

eachClient(
  "verifies upstream's signature and the gate's, side by side",
  async (client) => {
    const project = await installed(client, gates.signing, 2);
    try {
      const done = await audit(project);
      assert.equal(done.code, 0, done.output);
    } finally {
      await project.remove();
    }
  },
  { of: pnpm },
);

for (const [what, bend] of Object.entries(bends))
  eachClient(
    `fails when the gate's signature ${what}`,
    async (client) => {
      const project = await installed(client, gates.plain, 1);
      const between = await bentGate(gates.plain, bend);
      try {
        await pointAt(project, between.url);
        const done = await audit(project);
        assert.notEqual(done.code, 0, done.output);
        assert.match(done.output, /audited-leaf/);
      } finally {
        between.close();
        await project.remove();
      }
    },
    { of: pnpm },
  );

test('a version that nobody asked for has no entry of ours, and one that was admitted has it in every form', async () => {
  await admitted(gates.plain, 1);
  plain.publish({ name: 'audited-leaf', version: '2.0.0' });
  const own = (await json(`${gates.plain.url}-/npm/v1/keys`)) as unknown as { keys: { keyid: string }[] };
  assert.equal(own.keys.length, 1);
  for (const accept of ['application/json', 'application/vnd.npm.install-v1+json']) {
    const answer = await get(`${gates.plain.url}audited-leaf`, { accept });
    const { versions } = JSON.parse(answer.body.toString('utf8')) as {
      versions: Record<string, { dist: { signatures?: Entry[] } }>;
    };
    assert.equal(versions['2.0.0']?.dist.signatures, undefined);
    assert.deepEqual(
      versions['1.0.0']?.dist.signatures?.map(({ keyid }) => keyid),
      own.keys.map(({ keyid }) => keyid),
    );
  }
});

test('an entry of ours that upstream shows for what the gate did not approve does not reach a client', async () => {
  await admitted(gates.signing, 2);
  const [theirs, ours] = await entriesOf(gates.signing, 'audited-leaf');
  assert.ok(theirs !== undefined && ours !== undefined);
  const signatures = [{ ...theirs }, { ...ours }];
  signing.publish({ name: 'audited-planted', version: '1.0.0', dist: (dist) => ({ ...dist, signatures }) });
  assert.deepEqual(await entriesOf(gates.signing, 'audited-planted'), [theirs]);
});

test('an index without our entry is not current any more once the entry is there', async () => {
  plain.publish({ name: 'audited-later', version: '1.0.0' });
  const url = `${gates.plain.url}audited-later`;
  const before = await get(url);
  const etag = before.headers.get('etag') ?? assert.fail('no ETag');
  assert.equal((await get(url, { 'if-none-match': etag })).status, 304);
  assert.equal((await get(`${url}/-/${tarballName('audited-later', '1.0.0')}`)).status, 200);
  for (let left = 300; left > 0; left -= 1) {
    if ((await entriesOf(gates.plain, 'audited-later')).length > 0) break;
    await wait(100);
  }
  const now = await get(url, { 'if-none-match': etag });
  assert.equal(now.status, 200);
  assert.notEqual(now.headers.get('etag'), etag);
});

test("upstream's keys are served beside ours", async () => {
  await admitted(gates.signing, 2);
  const { keys } = (await json(`${gates.signing.url}-/npm/v1/keys`)) as unknown as {
    keys: { keyid: string; expires: string | null }[];
  };
  const [theirs, ours] = await entriesOf(gates.signing, 'audited-leaf');
  assert.deepEqual(
    keys.map(({ keyid, expires }) => [keyid, expires]),
    [
      [ours?.keyid, null],
      [theirs?.keyid, null],
    ],
  );
});

eachClient(
  'verifies after a change of the key, by the old key and by the new one',
  async (client) => {
    const project = await installed(client, gates.signing, 2);
    try {
      const [, before] = await entriesOf(gates.signing, 'audited-leaf');
      const rotated = await gates.signing.command('ledger', 'release-keys', '--rotate', '--yes');
      assert.equal(rotated.code, 0, rotated.stderr);
      const early = await audit(project);
      assert.equal(early.code, 0, early.output);
      const { keys } = (await json(`${gates.signing.url}-/npm/v1/keys`)) as unknown as {
        keys: { keyid: string; expires: string | null }[];
      };
      const old = keys.find(({ keyid }) => keyid === before?.keyid);
      assert.equal(typeof old?.expires, 'string', 'the old key is served with its end');
      for (let left = 300; left > 0; left -= 1) {
        const [, now] = await entriesOf(gates.signing, 'audited-leaf');
        if (now?.keyid !== before?.keyid) break;
        await wait(100);
      }
      const [, after] = await entriesOf(gates.signing, 'audited-leaf');
      assert.equal(keys.find(({ keyid }) => keyid === after?.keyid)?.expires, null);
      const late = await audit(project);
      assert.equal(late.code, 0, late.output);
    } finally {
      await project.remove();
    }
  },
  { of: ['pnpm12'] },
);

eachClient(
  'no longer finds the signature of what was denied since',
  async (client) => {
    const project = await installed(client, gates.plain, 1);
    await gates.plain.stop();
    const denied = await startGate({
      upstream: plain.url,
      after: gates.plain,
      config: { policy: { deny: [{ package: 'audited-leaf', reason: 'it turned out to be bad' }] } },
    });
    try {
      assert.deepEqual(await entriesOf(denied, 'audited-leaf'), []);
      assert.equal((await entriesOf(denied, 'audited-app')).length, 1);
      const done = await audit(project);
      assert.notEqual(done.code, 0, done.output);
      assert.match(done.output, /audited-leaf/);
    } finally {
      await denied.stop();
      await project.remove();
    }
  },
  { of: ['pnpm12'] },
);
