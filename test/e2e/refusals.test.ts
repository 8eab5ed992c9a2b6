/** What each client shows when policy refuses: enough to know what happened and where to read on. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { Client, ClientRun } from '../support/clients.ts';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { scenarios, startStage, type Scenario } from '../support/refusal-scenarios.ts';

const registry = await startFakeRegistry();
const stage = await startStage(registry);
after(async () => {
  await stage.gate.remove();
  await registry.close();
});

/** How a refusal of a file reaches a person with each client. */
const fileCarriers: Readonly<Record<Client, 'body' | 'phrase' | 'url'>> = {
  npm11: 'body',
  npm12: 'body',
  pnpm10: 'phrase',
  pnpm11: 'phrase',
  pnpm12: 'url',
  yarn1: 'url',
  yarn4: 'phrase',
  bun: 'url',
};

const shortCase = /AS-[0-9A-HJKMNP-TV-Z]{4}/;

function showsRefusedFile(client: Client, run: ClientRun, file: string): void {
  assert.notEqual(run.code, 0, run.output);
  assert.match(run.output, /403/);
  assert.ok(run.output.includes(file), `names ${file}:\n${run.output}`);
  if (fileCarriers[client] === 'url') return;
  assert.match(run.output, shortCase);
  assert.ok(run.output.includes(stage.gate.url), `says where to read on:\n${run.output}`);
}

const expectations: Readonly<Record<Scenario['id'], (client: Client, run: ClientRun) => void>> = {
  bait: (client, run) => showsRefusedFile(client, run, 'bait-1.0.0.tgz'),
  'locked-denied': (client, run) => {
    // pnpm from 11 on asks the index about every locked version first, where a denied one is hidden.
    if (client === 'pnpm11' || client === 'pnpm12') return namesHidden(run, 'partly-denied', '1.5.0');
    showsRefusedFile(client, run, 'partly-denied-1.5.0.tgz');
    if (client.startsWith('npm')) assert.match(run.output, /stolen maintainer account/);
  },
  'locked-too-young': (client, run) => {
    if (client === 'pnpm11' || client === 'pnpm12') return namesHidden(run, 'young-lib', '1.1.0');
    showsRefusedFile(client, run, 'young-lib-1.1.0.tgz');
    if (client.startsWith('npm')) assert.match(run.output, /young-lib@1\.0\.0|1\.0\.0/);
  },
  steered: (client, run) => {
    assert.equal(run.code, 0, run.output);
    if (client.startsWith('npm')) assert.match(run.output, /npm notice.*young-lib/);
  },
  'exact-too-young': (client, run) => {
    namesHidden(run, 'young-lib', '1.1.0');
    if (client.startsWith('npm')) assert.match(run.output, /policy/i);
  },
  'all-denied': (client, run) => {
    assert.notEqual(run.code, 0, run.output);
    assert.match(run.output, /wholly-denied/);
    if (client.startsWith('npm')) assert.match(run.output, /policy/i);
  },
};

function namesHidden(run: ClientRun, name: string, version: string): void {
  assert.notEqual(run.code, 0, run.output);
  assert.ok(run.output.includes(name) && run.output.includes(version), run.output);
}

for (const scenario of scenarios) {
  eachClient(`and: ${scenario.title}`, async (client) => {
    const { run, installed } = await scenario.play(client, stage);
    expectations[scenario.id](client, run);
    assert.equal(installed, scenario.id === 'steered' ? '1.0.0' : undefined, run.output);
  });
}
