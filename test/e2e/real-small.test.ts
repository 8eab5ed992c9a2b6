/** A real project of about forty packages from the registry this machine is set to, through the gate as it comes. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { directEnvironment } from '../support/clients.ts';
import { eachClient } from '../support/each-client.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { machineRegistry, registryMissing } from '../support/machine.ts';
import {
  createProject,
  forgetInstalled,
  install,
  installFrozen,
  type Project,
} from '../support/project-folder.ts';
import { smallProject } from '../support/projects.ts';
import { installedVersion, lockedProject } from '../support/refusal-scenarios.ts';

const missing = await registryMissing();
const gate: Gate | undefined =
  missing === undefined
    ? await startGate({
        upstream: (await machineRegistry()).url,
        config: { indexFreshSeconds: 300, limits: {} },
      })
    : undefined;
after(async () => gate?.remove());

eachClient(
  'installs a real project of about forty packages, and again frozen',
  async (client) => {
    const project = await createProject(client, gate?.url ?? '', smallProject);
    try {
      await installs(project, install);
      await forgetInstalled(project);
      await installs(project, installFrozen);
    } finally {
      await project.remove();
    }
  },
  { skip: missing },
);

eachClient(
  'takes a real lockfile made without the gate through it',
  async (client) => {
    const places = { registry: { url: (await machineRegistry()).url }, gate: { url: gate?.url ?? '' } };
    const project = await lockedProject(client, places, smallProject, await directEnvironment());
    try {
      await installs(project, installFrozen);
    } finally {
      await project.remove();
    }
  },
  { skip: missing },
);

async function installs(project: Project, how: typeof install): Promise<void> {
  const run = await how(project);
  assert.equal(run.code, 0, run.output);
  assert.match((await installedVersion(project, 'chalk')) ?? 'not installed', /^4\./);
  assert.match((await installedVersion(project, 'semver')) ?? 'not installed', /^7\./);
}
