/** A project of forty packages through the gate, with every client: fresh, frozen, and with lockfiles from elsewhere. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ClientRun } from '../support/clients.ts';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate } from '../support/gate.ts';
import { createProject, forgetInstalled, install, installFrozen } from '../support/project-folder.ts';
import { publishSyntheticProject, syntheticCount } from '../support/projects.ts';
import { installedVersion, lockedProject, moveTo } from '../support/refusal-scenarios.ts';

const registry = await startFakeRegistry();
const manifest = publishSyntheticProject(registry);
const gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});

function succeeded(run: ClientRun): void {
  assert.equal(run.code, 0, run.output);
}

const tarballs = (): readonly string[] =>
  registry.requests.filter(({ path }) => path.endsWith('.tgz')).map(({ path }) => path);

eachClient('installs through the gate, and again from its frozen lockfile', async (client) => {
  const project = await createProject(client, gate.url, manifest);
  try {
    succeeded(await install(project));
    assert.equal(await installedVersion(project, 'synthetic-part-0-0'), '1.1.0');
    assert.equal(await installedVersion(project, '@synthetic/part-0-3'), '1.1.0');
    await forgetInstalled(project);
    succeeded(await installFrozen(project));
    assert.equal(await installedVersion(project, '@synthetic/part-0-7'), '1.1.0');
  } finally {
    await project.remove();
  }
});

test('however many clients installed, upstream was asked once for each file', () => {
  const asked = tarballs();
  assert.equal(asked.length, new Set(asked).size);
  assert.equal(asked.length, syntheticCount);
});

eachClient('takes a lockfile made at the registry through the gate', async (client) => {
  const project = await lockedProject(client, { registry, gate }, manifest);
  try {
    registry.forgetRequests();
    succeeded(await installFrozen(project));
    assert.equal(await installedVersion(project, 'synthetic-part-0-1'), '1.1.0');
    assert.deepEqual(tarballs(), [], 'every file came from the gate');
  } finally {
    await project.remove();
  }
});

eachClient('takes a lockfile made through the gate to the registry', async (client) => {
  const project = await createProject(client, gate.url, manifest);
  try {
    succeeded(await install(project));
    await forgetInstalled(project);
    await moveTo(project, gate.url, registry.url);
    succeeded(await installFrozen(project));
    assert.equal(await installedVersion(project, 'synthetic-part-0-2'), '1.1.0');
  } finally {
    await project.remove();
  }
});
