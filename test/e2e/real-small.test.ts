/** A real project of about forty packages from the registry this machine is set to, through the gate as it comes. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clientMissing, clients, clientTitle } from '../support/clients.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { machineRegistry, registryMissing } from '../support/machine.ts';
import { createProject, forgetInstalled, install, installFrozen } from '../support/project-folder.ts';
import { smallProject } from '../support/projects.ts';
import { installedVersion } from '../support/refusal-scenarios.ts';

const missing = await registryMissing();
const gate: Gate | undefined =
  missing === undefined
    ? await startGate({
        upstream: (await machineRegistry()).url,
        config: { indexFreshSeconds: 300, limits: {} },
      })
    : undefined;
after(async () => gate?.remove());

for (const client of clients) {
  const skip = missing ?? (await clientMissing(client)) ?? false;
  test(
    `${clientTitle(client)} installs a real project of about forty packages, and again frozen`,
    { skip },
    async () => {
      const project = await createProject(client, gate?.url ?? '', smallProject);
      try {
        const first = await install(project);
        assert.equal(first.code, 0, first.output);
        assert.match((await installedVersion(project, 'chalk')) ?? 'not installed', /^4\./);
        await forgetInstalled(project);
        const frozen = await installFrozen(project);
        assert.equal(frozen.code, 0, frozen.output);
        assert.match((await installedVersion(project, 'semver')) ?? 'not installed', /^7\./);
      } finally {
        await project.remove();
      }
    },
  );
}
