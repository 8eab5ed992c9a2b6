/**
 * Install scripts that are watched behind an install, with a real gate, the real npm and a real sandbox: what reads bait is
 * revoked and told of, what only prints its thanks stays, and where nobody can watch that is said.
 */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { machineRegistry } from '../support/machine.ts';
import { noBuilds } from '../support/builds.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { startGate, type CommandResult, type Gate } from '../support/gate.ts';
import { createProject, install } from '../support/project-folder.ts';

const root = resolve(import.meta.dirname, '../..');

/** Inert: what it reads goes nowhere. */
const thief = `'use strict';
const fs = require('node:fs');
const home = require('node:os').homedir();
let bytes = 0;
for (const entry of fs.readdirSync(home, { recursive: true, withFileTypes: true }))
  if (entry.isFile()) bytes += fs.readFileSync(require('node:path').join(entry.parentPath, entry.name)).length;
console.log('ready');
`;
const thanks = `'use strict';
console.log('Thank you for using this package. Please consider supporting its author.');
`;

async function published(): Promise<FakeRegistry> {
  const registry = await startFakeRegistry();
  const scripts = { postinstall: 'node setup.js' };
  const publish = (name: string, setup: string): void =>
    void registry.publish({ name, version: '1.0.0', manifest: { scripts }, files: { 'setup.js': setup } });
  publish('@watched/thief', thief);
  publish('@watched/thanks', thanks);
  return registry;
}

async function started(
  t: TestContext,
  registry: FakeRegistry,
  config: Readonly<Record<string, unknown>>,
): Promise<Gate> {
  const { url, cafile } = await machineRegistry();
  const gate = await startGate({
    upstream: url,
    config: {
      upstreams: {
        npm: { url, allowInsecure: url.startsWith('http:') },
        corp: { ecosystem: 'npm', url: registry.url, scopes: ['@watched'], allowInsecure: true },
      },
      policy: { cooldown: '0h' },
      limits: {},
      // Base roots are kept there between runs.
      rebuild: { directory: `${root}/.cache` },
      ...config,
    },
    ...(cafile === undefined ? {} : { env: { NODE_EXTRA_CA_CERTS: cafile } }),
  });
  t.after(() => gate.remove());
  return gate;
}

async function installed(t: TestContext, gate: Gate, name: string): Promise<void> {
  const project = await createProject('npm11', gate.url, { dependencies: { [name]: '1.0.0' } });
  t.after(() => project.remove());
  const run = await install(project);
  assert.equal(run.code, 0, run.output);
}

function ended(result: CommandResult, code: number): CommandResult {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

const file = (gate: Gate, name: string): Promise<Response> =>
  fetch(`${gate.url}@watched/${name}/-/${name}-1.0.0.tgz`);

describe('install scripts', { skip: noBuilds ?? false }, () => {
  it('that read bait are watched behind the install: revoked, and the alarm names who had it', async (t) => {
    const registry = await published();
    t.after(() => registry.close());
    const gate = await started(t, registry, { behaviour: { watch: 'auto' } });
    await installed(t, gate, '@watched/thief');
    await installed(t, gate, '@watched/thanks');
    // Nobody asked: the gate looks by itself.
    for (let left = 600; (await file(gate, 'thief')).status !== 403; left -= 1) {
      assert.ok(left > 0, (await gate.command('behaviour', '@watched/thief@1.0.0')).stdout);
      await new Promise((look) => setTimeout(look, 500));
    }
    const { stdout } = ended(await gate.command('alarms', '--format', 'json'), 0);
    const { alarms } = JSON.parse(stdout) as { alarms: { kind: string; message: string }[] };
    const alarm = alarms.find(({ kind }) => kind === 'behaviour-suspicious');
    assert.match(alarm?.message ?? '', /pkg:npm\/%40watched\/thief@1\.0\.0.*127\.0\.0\.1/s);
    const report = ended(await gate.command('behaviour', '@watched/thief@1.0.0'), 1).stdout;
    assert.match(report, /does what an attack does/);
    assert.match(ended(await gate.command('explain', '@watched/thief@1.0.0'), 1).stdout, /install scripts/);
    const replayed = ended(await gate.command('replay', '@watched/thief@1.0.0'), 0).stdout;
    assert.match(replayed, /the check behaviour from the stored report/);

    const harmless = ended(await gate.command('behaviour', '@watched/thanks@1.0.0', '--watch'), 0).stdout;
    assert.match(harmless, /nothing suspicious was seen/);
    assert.match(harmless, /Thank you/);
    assert.equal((await file(gate, 'thanks')).status, 200);
  });
});

describe('install scripts where nobody watches', { skip: noBuilds ?? false }, () => {
  it('are not checked, which is said, and never taken for harmless', async (t) => {
    const registry = await published();
    t.after(() => registry.close());
    const gate = await started(t, registry, { behaviour: { watch: 'off' } });
    assert.equal((await file(gate, 'thief')).status, 200);
    const { stdout } = ended(await gate.command('behaviour', '@watched/thief@1.0.0'), 3);
    assert.match(stdout, /not watched/);
    assert.match(stdout, /behaviour\.watch is off/);
  });
});
