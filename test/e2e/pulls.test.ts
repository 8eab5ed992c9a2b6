/** `assay pulls` after real installs: who has what, by token or by address, also after the gate was started anew. */
import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { PullsAnswer } from '../../src/server/control/pull-protocol.ts';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate, type CommandResult, type Gate } from '../support/gate.ts';
import {
  createProject,
  forgetInstalled,
  install,
  installFrozen,
  type Project,
} from '../support/project-folder.ts';

const registry = await startFakeRegistry();
registry.publish({ name: 'bad', version: '1.0.0', manifest: { dependencies: { '@scope/part': '1.0.0' } } });
registry.publish({ name: 'bad', version: '1.1.0' });
registry.publish({ name: '@scope/part', version: '1.0.0' });
registry.publish({ name: 'young', version: '1.0.0', publishedAt: new Date().toISOString() });
let gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});

function ended(result: CommandResult, code: number): CommandResult {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

async function rows(what: string): Promise<readonly (readonly unknown[])[]> {
  const { stdout } = ended(await gate.command('pulls', what, '--format', 'json'), 0);
  const { pulls } = JSON.parse(stdout) as PullsAnswer;
  return pulls.map(({ puller, name, version, count }) => [
    puller.kind,
    puller.name,
    `${name}@${version}`,
    count,
  ]);
}

async function installed(project: Project): Promise<void> {
  const run = await install(project);
  assert.equal(run.code, 0, run.output);
}

test('what the gate never decided about is on no record, which is not "nobody"', async () => {
  const answer = ended(await gate.command('pulls', 'pkg:npm/bad@1.0.0'), 3);
  assert.equal(answer.stdout, '');
  assert.match(answer.stderr, /no record of pkg:npm\/bad@1\.0\.0/);
  assert.match(ended(await gate.command('pulls', 'pkg:npm/bad?x'), 2).stderr, /PURL_INVALID/);
  ended(await gate.command('pulls', 'bad', '--limit', '0'), 2);
});

eachClient(
  'installs, and who did is listed: by address, or by the name of the token',
  async (client) => {
    const project = await createProject(client, gate.url, { dependencies: { bad: '1.0.0' } });
    try {
      await installed(project);
      assert.deepEqual(await rows('pkg:npm/bad@1.0.0'), [['address', '127.0.0.1', 'bad@1.0.0', 1]]);
      assert.deepEqual(await rows('pkg:npm/%40scope/part'), [
        ['address', '127.0.0.1', '@scope/part@1.0.0', 1],
      ]);
      const made = ended(await gate.command('token', 'create', 'ci', '--format', 'json'), 0);
      const { secret } = JSON.parse(made.stdout) as { readonly secret: string };
      const at = new URL(gate.url).host;
      await appendFile(join(project.folder, '.npmrc'), `//${at}/:_authToken=${secret}\n`);
      await forgetInstalled(project);
      const frozen = await installFrozen(project);
      assert.equal(frozen.code, 0, frozen.output);
      assert.deepEqual(await rows('bad'), [
        ['robot', 'ci', 'bad@1.0.0', 1],
        ['address', '127.0.0.1', 'bad@1.0.0', 1],
      ]);
    } finally {
      await project.remove();
    }
  },
  { of: ['npm11'] },
);

test('a refused release has no pulls, and the table says since when that is known', async () => {
  await fetch(`${gate.url}young/-/young-1.0.0.tgz`).then((response) => response.arrayBuffer());
  const answer = ended(await gate.command('pulls', 'young@1.0.0'), 0);
  assert.equal(answer.stdout, '');
  assert.match(answer.stderr, /Nobody pulled young@1\.0\.0 through this gate since 20\d\d-/);
});

test('the record outlives the gate, and goes on in the next; a version is told from the others', async () => {
  const pull = async (): Promise<void> => {
    const response = await fetch(`${gate.url}bad/-/bad-1.1.0.tgz`);
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  };
  await pull();
  gate = await restarted(gate);
  await pull();
  assert.deepEqual(await rows('bad@1.1.0'), [['address', '127.0.0.1', 'bad@1.1.0', 2]]);
  const { stdout, stderr } = ended(await gate.command('pulls', 'pkg:npm/bad'), 0);
  assert.match(stdout, /^LAST +FIRST +TIMES +WHO +PACKAGE$/m);
  assert.match(stdout, /^20\S+Z +20\S+Z +2 +address 127\.0\.0\.1 +bad@1\.1\.0$/m);
  assert.match(stderr, /Recorded since 20/);
});

async function restarted(old: Gate): Promise<Gate> {
  await old.stop();
  return startGate({ upstream: registry.url, after: old });
}
