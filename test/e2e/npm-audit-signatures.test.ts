/**
 * npm proves that the gate approved the bytes it installed, by `npm audit signatures`. It first refreshes Sigstore's TUF
 * repository and gives up where it cannot; that repository is played by a test's own, and npm is unmodified.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { bends, bentGate } from '../support/bent-gate.ts';
import type { Client, ClientRun } from '../support/clients.ts';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { get } from '../support/http.ts';
import { createProject, install, pointAt, run, type Project } from '../support/project-folder.ts';
import { startTufMirror } from '../support/tuf-mirror.ts';

const npm: readonly Client[] = ['npm11', 'npm12'];
const plain = await startFakeRegistry({ plain: true });
const signing = await startFakeRegistry();
for (const registry of [plain, signing]) {
  registry.publish({ name: 'audited-leaf', version: '1.0.0' });
  registry.publish({
    name: 'audited-app',
    version: '1.0.0',
    manifest: { dependencies: { 'audited-leaf': '1.0.0' } },
  });
}
const gates = {
  plain: await startGate({ upstream: plain.url }),
  signing: await startGate({ upstream: signing.url }),
};
const folder = await mkdtemp(join(tmpdir(), 'assay-tuf-'));
const mirror = await startTufMirror(folder);
after(async () => {
  mirror.close();
  for (const gate of Object.values(gates)) await gate.remove();
  for (const registry of [plain, signing]) await registry.close();
  await rm(folder, { recursive: true, force: true });
});

async function untilSigned(gate: Gate, count: number): Promise<void> {
  for (let left = 300; left > 0; left -= 1) {
    const found = await Promise.all(
      ['audited-app', 'audited-leaf'].map(async (name) => {
        const answer = await get(`${gate.url}${name}/1.0.0`);
        const { dist } = JSON.parse(answer.body.toString('utf8')) as {
          readonly dist: { readonly signatures?: readonly unknown[] };
        };
        return dist.signatures?.length ?? 0;
      }),
    );
    if (found.every((signatures) => signatures === count)) return;
    await wait(100);
  }
  assert.fail(`the releases were not signed:\n${gate.output()}`);
}

async function installed(client: Client, gate: Gate, signatures: number): Promise<Project> {
  const project = await createProject(client, gate.url, { dependencies: { 'audited-app': '1.0.0' } });
  const done = await install(project);
  assert.equal(done.code, 0, done.output);
  await untilSigned(gate, signatures);
  return project;
}

async function audit(project: Project): Promise<ClientRun> {
  const env = await mirror.environmentFor(project.client, project.home);
  // What it fetched when it installed is not asked for again for a while; an audit is about what stands there now.
  return run(project, ['audit', 'signatures', '--prefer-online'], { env });
}

for (const [which, signatures] of [
  ['plain', 1],
  ['signing', 2],
] as const)
  eachClient(
    which === 'plain'
      ? "verifies the gate's signature, where upstream has none"
      : "verifies upstream's signature and the gate's, side by side",
    async (client) => {
      const project = await installed(client, gates[which], signatures);
      try {
        const done = await audit(project);
        assert.equal(done.code, 0, done.output);
        assert.match(done.output, /audited 2 packages/);
        assert.match(done.output, /2 packages have verified registry signatures/);
        assert.ok(mirror.asked.includes('timestamp.json'));
      } finally {
        await project.remove();
      }
    },
    { of: npm },
  );

eachClient(
  'gives up before it verifies anything, where it cannot reach its TUF repository',
  async (client) => {
    const project = await installed(client, gates.plain, 1);
    try {
      const nowhere = { https_proxy: 'http://127.0.0.1:1', no_proxy: '127.0.0.1', NODE_USE_ENV_PROXY: '1' };
      const env = { ...nowhere, npm_config_fetch_retries: '0' };
      const done = await run(project, ['audit', 'signatures'], { env });
      assert.notEqual(done.code, 0);
      assert.doesNotMatch(done.output, /verified/);
    } finally {
      await project.remove();
    }
  },
  { of: npm },
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
        assert.match(done.output, /audited-(?:app|leaf)/);
      } finally {
        between.close();
        await project.remove();
      }
    },
    { of: ['npm12'] },
  );
