/** Kill -9 at any moment: after the restart nothing half-written is served, and nothing acknowledged is lost. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { clientMissing } from '../support/clients.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { get } from '../support/http.ts';
import { createProject, install } from '../support/project-folder.ts';
import { publishSyntheticProject } from '../support/projects.ts';
import { installedVersion } from '../support/refusal-scenarios.ts';

const registry = await startFakeRegistry();
const manifest = publishSyntheticProject(registry);
const npmMissing = await clientMissing('npm12');
let gate: Gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});

/** Asks for every file at once; gives those whose last byte arrived. */
async function acknowledged(files: ReadonlyMap<string, Uint8Array>): Promise<readonly string[]> {
  const got = await Promise.all(
    [...files].map(async ([path, bytes]) => {
      const answer = await get(`${gate.url}${path}`).catch(() => undefined);
      if (answer === undefined || answer.status !== 200) return [];
      assert.ok(answer.body.equals(bytes), `${path} has upstream's bytes`);
      return [path];
    }),
  );
  return got.flat();
}

test('what was answered before the kill is served after it, without upstream', async () => {
  const killsAfterMs = [0, 30, 80, 150, 250, 400];
  for (const [round, delay] of killsAfterMs.entries()) {
    const files = new Map(
      Array.from({ length: 12 }, (_, index) => {
        const name = `crash-${round}-${index}`;
        const { bytes } = registry.publish({
          name,
          version: '1.0.0',
          files: { 'big.txt': name.repeat(5000) },
        });
        return [`${name}/-/${name}-1.0.0.tgz`, bytes] as const;
      }),
    );
    const asking = acknowledged(files);
    await wait(delay);
    await gate.kill9();
    const before = await asking;
    gate = await startGate({ upstream: registry.url, after: gate });
    const endLie = registry.lie({ path: /\.tgz$/ }, { kind: 'drop' });
    const afterwards = await acknowledged(new Map([...files].filter(([path]) => before.includes(path))));
    assert.deepEqual(afterwards, before, `killed after ${delay} ms`);
    endLie();
  }
});

test(
  'an install that was cut off by a kill succeeds when it is run again',
  { skip: npmMissing ?? false },
  async () => {
    const project = await createProject('npm12', gate.url, manifest);
    const endLie = registry.lie({ path: /\.tgz$/ }, { kind: 'delay', ms: 40 });
    const cutOff = install(project, { env: { npm_config_fetch_retries: '0' } });
    await waitUntil(
      () =>
        registry.requests.filter(({ path }) => path.includes('part-') && path.endsWith('.tgz')).length >= 10,
    );
    await gate.kill9();
    assert.notEqual((await cutOff).code, 0);
    endLie();
    gate = await startGate({ upstream: registry.url, after: gate });
    const again = await install(project);
    assert.equal(again.code, 0, again.output);
    assert.equal(await installedVersion(project, 'synthetic-part-0-0'), '1.1.0');
    await project.remove();
  },
);

test('a gate that was asked to stop ends with 0 and starts again on the same data', async () => {
  assert.equal(await gate.stop(), 0, gate.output());
  gate = await startGate({ upstream: registry.url, after: gate });
  assert.equal((await get(`${gate.url}crash-0-0/-/crash-0-0-1.0.0.tgz`)).status, 200);
});

test('a second gate on the same data, or on the same port, says so in one line and ends', async () => {
  const second = startGate({ upstream: registry.url, after: { folder: gate.folder, port: gate.port + 1 } });
  await assert.rejects(second, /DATA_DIRECTORY_LOCKED|already|in use|locked/i);
  const other = startGate({ upstream: registry.url, env: { ASSAY_PORT: String(gate.port) } });
  await assert.rejects(other, /port|in use|already/i);
});

async function waitUntil(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition never came true');
    await wait(10);
  }
}
