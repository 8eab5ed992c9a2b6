/** The catalogue as a user sees it: a real npm project, locked through a gate; and a version whose dependencies nobody locked. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { clientMissing } from '../support/clients.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { startGate, type CommandResult, type Gate } from '../support/gate.ts';
import { createProject, install, type Project } from '../support/project-folder.ts';

interface Answer {
  readonly summary: { readonly total: number; readonly secure: number; readonly unknown: number };
  readonly direct: readonly { readonly purl: string; readonly closure: { readonly total: number } }[];
}

const missing = await clientMissing('npm11');

describe('the catalogue', { skip: missing ?? false }, () => {
  let registry: FakeRegistry;
  let gate: Gate;
  let project: Project;

  before(async () => {
    registry = await startFakeRegistry();
    const publish = (
      name: string,
      dependencies: Readonly<Record<string, string>>,
      version = '1.0.0',
    ): void => {
      registry.publish({ name, version, manifest: { dependencies } });
    };
    publish('leaf', {});
    publish('leaf', {}, '1.1.0');
    publish('leaf', {}, '2.0.0');
    publish('circle-a', { 'circle-b': '*' });
    publish('circle-b', { 'circle-a': '*', leaf: '^1.0.0' });
    publish('app', { leaf: '^1.0.0', 'circle-a': '^1.0.0' });
    publish('plain', {});
    publish('odd', { nowhere: '^1.0.0', hosted: 'git+https://git.example.com/x.git', leaf: '^2.0.0' });
    gate = await startGate({ upstream: registry.url });
    project = await createProject('npm11', gate.url, { dependencies: { app: '^1.0.0', plain: '^1.0.0' } });
    const run = await install(project);
    assert.equal(run.code, 0, run.output);
  });
  after(async () => {
    await project.remove();
    await gate.remove();
    await registry.close();
  });

  const lockfile = (): string => join(project.folder, 'package-lock.json');
  async function told(code: number, ...args: readonly string[]): Promise<CommandResult> {
    const result = await gate.command('catalogue', ...args);
    assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
    return result;
  }

  it('of a project says its share first, then each direct dependency with the share of what it brings along', async () => {
    const { stdout } = await told(0, lockfile());
    assert.match(stdout, /^0 of 5 are Secure \(0 %\)/);
    assert.match(stdout, /^app@1\.0\.0 +community\/\w+ +0 of 3$/m);
    assert.match(stdout, /^plain@1\.0\.0 +community\/\w+ +no dependencies/m);
    assert.match(stdout, /PACKAGE +CLASS[^]*^leaf@1\.1\.0/m);
    const json = JSON.parse((await told(0, project.folder, '--format', 'json')).stdout) as Answer;
    assert.deepEqual([json.summary.total, json.summary.secure, json.summary.unknown], [5, 0, 0]);
    assert.deepEqual(
      json.direct.map(({ purl, closure }) => `${purl} ${closure.total}`),
      ['pkg:npm/app@1.0.0 3', 'pkg:npm/plain@1.0.0 0'],
    );
  });

  it('lists what it is asked to list, and no more', async () => {
    assert.doesNotMatch((await told(0, lockfile(), '--secure')).stdout, /PACKAGE/);
    const { stdout } = await told(0, lockfile(), '--community', '--limit', '1');
    assert.match(stdout, /\+4 more/);
  });

  it('fails a pipeline whose share is too small, and one that looked at nothing', async () => {
    const { stderr } = await told(1, lockfile(), '--min-secure', '80');
    assert.match(stderr, /0 % are Secure, and 80 % are asked for/);
    await told(0, lockfile(), '--min-secure', '0');
    await told(3, 'pkg:npm/nowhere@1.0.0', '--min-secure', '80');
    await told(2, lockfile(), '--min-secure', '101');
  });

  it('of one version resolves what an install would take now; what cannot be told is unknown and never Secure', async () => {
    const { stdout } = await told(0, 'app@1.0.0');
    assert.match(stdout, /^pkg:npm\/app@1\.0\.0 {2}community/);
    assert.match(stdout, /Secure: 0 of 3,/);
    const odd = await told(0, 'pkg:npm/odd@1.0.0');
    assert.match(odd.stdout, /unknown/);
    assert.match(odd.stdout, /Secure: 0 of 3, 3 unknown/);
    assert.match(odd.stdout, /nowhere \^1\.0\.0/);
    assert.match((await told(0, 'plain@1.0.0')).stdout, /it has no dependencies/);
  });
});
