/**
 * A real application of some 800 packages under the policy as it comes (`recommended`), with every client.
 * Resolved at test time through the gate; prints what the policy refused or steered, for docs/clients.md.
 */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { after } from 'node:test';
import { eachClient } from '../support/each-client.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { machineRegistry, registryMissing } from '../support/machine.ts';
import { createProject, forgetInstalled, install, installFrozen } from '../support/project-folder.ts';
import { largeProject } from '../support/projects.ts';
import { installedVersion } from '../support/refusal-scenarios.ts';

const missing = await registryMissing();
const gate: Gate | undefined =
  missing === undefined
    ? await startGate({
        upstream: (await machineRegistry()).url,
        config: { indexFreshSeconds: 3600, limits: {} },
      })
    : undefined;
after(async () => gate?.remove());

const timeoutMs = 8 * 60_000;

/** Folders of installed packages; pnpm keeps them below `node_modules/.pnpm`. */
function countInstalled(folder: string): number {
  const below = globSync('node_modules/.pnpm/*/node_modules/{*,@*/*}/package.json', {
    cwd: folder,
    followSymlinks: false,
  });
  if (below.length > 0) return globSync('node_modules/.pnpm/*@*', { cwd: folder }).length;
  return (
    globSync('node_modules/**/node_modules/{*,@*/*}/package.json', { cwd: folder }).length +
    globSync('node_modules/{*,@*/*}/package.json', { cwd: folder }).length
  );
}

eachClient(
  'installs a real application of some 800 packages, and again frozen',
  async (client, context) => {
    const project = await createProject(client, gate?.url ?? '', largeProject);
    try {
      const started = Date.now();
      const first = await install(project, { timeoutMs });
      assert.equal(first.code, 0, first.output);
      const installed = countInstalled(project.folder);
      context.diagnostic(`${installed} packages in ${Math.round((Date.now() - started) / 1000)} s`);
      assert.ok(installed >= 700, `only ${installed} packages were installed`);
      assert.match((await installedVersion(project, 'react')) ?? 'not installed', /^18\./);
      await forgetInstalled(project);
      const frozen = await installFrozen(project, { timeoutMs });
      assert.equal(frozen.code, 0, frozen.output);
    } finally {
      await project.remove();
    }
  },
  { skip: missing },
);
