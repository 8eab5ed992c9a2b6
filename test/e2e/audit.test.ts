/** npm's and pnpm's own audits, unmodified, through a gate that imported the real feed of npm. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readOsvZip } from '../../src/advisories/osv/zip.ts';
import type { Client, ClientRun } from '../support/clients.ts';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { createProject, install, run, type Project } from '../support/project-folder.ts';

const shared = process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared');
const feed = join(shared, 'feeds', 'npm', 'all.zip');
const skip = existsSync(feed) ? undefined : 'ASSAY_SHARED/feeds/npm is not there';
const auditors: readonly Client[] = ['npm11', 'npm12', 'pnpm10', 'pnpm11', 'pnpm12'];

const registry = await startFakeRegistry();
registry.publish({ name: 'lodash', version: '4.17.4' });
registry.publish({ name: 'lodash', version: '4.17.99' });
registry.publish({ name: 'app', version: '1.0.0', manifest: { dependencies: { lodash: '4.17.4' } } });
// What is audited has to be installed first: what the feed says of it must not keep it out here.
const config = { policy: { preset: 'observe' } };
const gates: Gate[] = [];
async function openGate(): Promise<Gate> {
  const gate = await startGate({ upstream: registry.url, config });
  gates.push(gate);
  return gate;
}
const fed = skip === undefined ? await openGate() : undefined;
if (fed !== undefined) {
  const { code, stderr } = await fed.command('feed', 'import', feed);
  assert.equal(code, 0, stderr);
}
after(async () => {
  for (const gate of gates) await gate.remove();
  await registry.close();
});

async function installed(client: Client, dependencies: Readonly<Record<string, string>>): Promise<Project> {
  const project = await createProject(client, fed?.url ?? '', { dependencies });
  const done = await install(project);
  assert.equal(done.code, 0, done.output);
  return project;
}

function audit(project: Project): Promise<ClientRun> {
  return run(project, ['audit'], { env: { npm_config_fetch_retries: '0', pnpm_config_fetch_retries: '0' } });
}

function bulk(gate: Gate | undefined, body: string): Promise<Response> {
  return fetch(`${gate?.url ?? ''}-/npm/v1/security/advisories/bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

eachClient(
  'finds what the real feed says of a version deep in the tree',
  async (client) => {
    const project = await installed(client, { app: '1.0.0' });
    const { code, output } = await audit(project);
    assert.notEqual(code, 0, output);
    assert.match(output, /lodash/);
    assert.match(output, /NSWG-ECO-/);
    await project.remove();
  },
  { of: auditors, skip },
);

eachClient(
  'finds nothing where the real feed has nothing',
  async (client) => {
    const project = await installed(client, { lodash: '4.17.99' });
    const { code, output } = await audit(project);
    assert.equal(code, 0, output);
    await project.remove();
  },
  { of: auditors, skip },
);

test(
  'every malicious version that the real feed lists is told in one bulk request',
  { skip: skip ?? false },
  async () => {
    const listed = new Map<string, string[]>();
    readOsvZip(await readFile(feed), ({ id, affected, withdrawn }) => {
      const [one] = affected;
      if (!id.startsWith('MAL-') || withdrawn !== undefined || one === undefined) return;
      const introduced = one.ranges[0]?.events.find(({ kind }) => kind === 'introduced')?.version ?? '0';
      listed.set(one.name, [one.versions[0] ?? (introduced === '0' ? '1.0.0' : introduced)]);
    });
    assert.ok(listed.size > 1000);
    const answer = await bulk(fed, JSON.stringify(Object.fromEntries(listed)));
    assert.equal(answer.status, 200);
    const told = (await answer.json()) as Readonly<Record<string, readonly { readonly severity: string }[]>>;
    for (const name of listed.keys())
      assert.ok(
        told[name]?.some(({ severity }) => severity === 'critical'),
        name,
      );
  },
);

test('a gate without a feed audits nothing, and says so', async () => {
  const gate = await openGate();
  const answer = await bulk(gate, '{"lodash":["4.17.4"]}');
  assert.equal(answer.status, 501);
});
