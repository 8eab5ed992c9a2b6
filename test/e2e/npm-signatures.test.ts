/** What upstream provides for a client's own defences passes through untouched: npm verifies it all itself. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate } from '../support/gate.ts';
import { createProject, install, run } from '../support/project-folder.ts';

const registry = await startFakeRegistry();
registry.publish({ name: 'signed-lib', version: '1.0.0' });
registry.publish({ name: '@scope/signed-lib', version: '2.0.0', publishedAt: '2023-04-05T06:07:08.000Z' });
const gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});

await eachClient(
  'verifies the signatures of upstream through the gate',
  async (client) => {
    const project = await createProject(client, gate.url, {
      dependencies: { 'signed-lib': '1.0.0', '@scope/signed-lib': '2.0.0' },
    });
    try {
      assert.equal((await install(project)).code, 0);
      const audit = await run(project, ['audit', 'signatures']);
      assert.equal(audit.code, 0, audit.output);
      assert.match(audit.output, /2 packages have verified registry signatures/);
    } finally {
      await project.remove();
    }
  },
  ['npm11', 'npm12'],
);
