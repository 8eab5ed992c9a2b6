/** Every client's own audit, unmodified, against our answers: what is known is told, and nothing looks clean that was not checked. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { AdvisoryLookup, AdvisoryMatch, FeedState } from '../../src/core/advisory.ts';
import type { Sha256 } from '../../src/core/digest.ts';
import { auditingRegistry } from '../support/auditing-registry.ts';
import { clients, type Client, type ClientRun } from '../support/clients.ts';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { createProject, install, run, type Project } from '../support/project-folder.ts';

const registry = await startFakeRegistry();
registry.publish({ name: 'holed', version: '1.0.0' });
registry.publish({ name: 'holed', version: '1.2.0' });
registry.publish({ name: 'stealer', version: '1.0.0' });
registry.publish({ name: 'fine', version: '1.0.0', manifest: { dependencies: { holed: '1.0.0' } } });

const feed: FeedState = {
  ecosystem: 'npm',
  digest: 'a'.repeat(64) as Sha256,
  importedAt: '2026-01-01T00:00:00.000Z',
  newestAt: '2026-01-01T00:00:00.000Z',
  records: 2,
  malicious: 1,
  withdrawn: 0,
  source: 'all.zip',
  canary: 'matched',
};
const hole: AdvisoryMatch = {
  id: 'GHSA-aaaa-bbbb-cccc',
  aliases: ['CVE-2026-1'],
  malicious: false,
  severity: 'unknown',
  score: null,
  vector: null,
  summary: 'A hole in holed',
  published: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-01T00:00:00.000Z',
  fixed: ['1.2.0'],
  sources: ['GHSA'],
  epss: null,
  kev: null,
};
const malware: AdvisoryMatch = {
  ...hole,
  id: 'MAL-2026-1',
  aliases: [],
  malicious: true,
  summary: 'It steals',
  fixed: [],
};
const known: AdvisoryLookup = {
  feed,
  match: (name, version) =>
    name === 'holed' && version === '1.0.0' ? [hole] : name === 'stealer' ? [malware] : [],
};
const audited = await auditingRegistry(registry, known);
const unfed = await auditingRegistry(registry, undefined);

after(async () => {
  audited.close();
  unfed.close();
  await registry.close();
});

/** Yarn 1 audits at its own default registry, whatever registry is configured. */
type Auditing = Exclude<Client, 'yarn1'>;
const auditing = clients.filter((client): client is Auditing => client !== 'yarn1');

const auditArguments: Readonly<Record<Auditing, readonly string[]>> = {
  npm11: ['audit'],
  npm12: ['audit'],
  pnpm10: ['audit'],
  pnpm11: ['audit'],
  pnpm12: ['audit'],
  yarn4: ['npm', 'audit', '--all', '--recursive'],
  bun: ['audit'],
};

async function installed(
  client: Client,
  url: string,
  dependencies: Readonly<Record<string, string>>,
): Promise<Project> {
  const project = await createProject(client, url, { dependencies });
  const done = await install(project);
  assert.equal(done.code, 0, done.output);
  return project;
}

/** pnpm tries a 501 again for a minute or two, unless told otherwise. */
const oneTry = { npm_config_fetch_retries: '0', pnpm_config_fetch_retries: '0' };

function audit(project: Project): Promise<ClientRun> {
  const args = project.client === 'yarn1' ? [] : auditArguments[project.client];
  return run(project, args, { env: oneTry });
}

eachClient(
  'is told of a hole deep in the tree and of malware, and fails',
  async (client) => {
    const project = await installed(client, audited.url, { fine: '1.0.0', stealer: '1.0.0' });
    const { code, output } = await audit(project);
    assert.notEqual(code, 0, output);
    assert.match(output, /A hole in holed \(severity unknown\)/);
    assert.match(output, /high/i);
    assert.match(output, /Malicious package: It steals/);
    assert.match(output, /critical/i);
    await project.remove();
  },
  { of: auditing },
);

eachClient(
  'finds nothing where nothing is known',
  async (client) => {
    const project = await installed(client, audited.url, { holed: '1.2.0' });
    const { code, output } = await audit(project);
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /A hole/);
    await project.remove();
  },
  { of: auditing },
);

eachClient(
  'fails where no feed is loaded',
  async (client) => {
    const project = await installed(client, unfed.url, { holed: '1.2.0' });
    const { code, output } = await audit(project);
    assert.notEqual(code, 0, output);
    assert.doesNotMatch(output, /found 0 vulnerabilities|No known vulnerabilities|No audit suggestions/i);
    await project.remove();
  },
  { of: auditing },
);
