/**
 * Incidents of 2025 and 2026 replayed with synthetic packages: each is refused for the reason that gives it away, days
 * after it was published, so that no cooldown helps. Their benign look-alikes are served.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startFakeForge } from '../support/fake-forge.ts';
import { composeGate } from '../support/composed-gate.ts';
import { get } from '../support/http.ts';
import { axios2026 } from '../support/incidents/axios.ts';
import { chalk2025 } from '../support/incidents/chalk.ts';
import { asOf, lookAlikes, publishLookAlike, type LookAlike } from '../support/incidents/look-alikes.ts';
import { nx2025 } from '../support/incidents/nx.ts';
import type { Scenario, Stage, Suspect } from '../support/incidents/scenario.ts';
import { tanstack2026 } from '../support/incidents/tanstack.ts';
import { trivy2026 } from '../support/incidents/trivy.ts';
import { createFakeSigstore } from '../support/sigstore/fake-sigstore.ts';
import { tarballName } from '../support/fake-package.ts';

interface PlayedStage extends Stage {
  /** Of the gate; ends with `/`. */
  readonly url: string;
}

async function startStage(t: TestContext): Promise<PlayedStage> {
  const forge = await startFakeForge();
  t.after(() => forge.close());
  const sigstore = createFakeSigstore();
  const forges = [{ host: 'github.com', kind: 'github', api: forge.url, token: undefined }] as const;
  const gate = await composeGate(t, { forges }, { sigstore: [sigstore.trust] });
  return { registry: gate.registry, forge, sigstore, url: gate.url };
}

interface Answer {
  readonly status: number;
  readonly outcome: string | undefined;
  readonly rules: readonly string[];
  readonly text: string;
}

async function ask(stage: PlayedStage, name: string, version: string): Promise<Answer> {
  const answer = await get(`${stage.url}${name}/-/${tarballName(name, version)}`);
  if (answer.status === 200) return { status: 200, outcome: undefined, rules: [], text: '' };
  const said = JSON.parse(answer.body.toString('utf8')) as {
    readonly outcome?: string;
    readonly rules?: readonly string[];
    readonly error?: string;
  };
  return { status: answer.status, outcome: said.outcome, rules: said.rules ?? [], text: said.error ?? '' };
}

function assertRefused(answer: Answer, suspect: Suspect): void {
  const { name, version, outcome, rules, words } = suspect;
  const what = `${name}@${version}: ${answer.text}`;
  assert.equal(answer.status, 403, what);
  assert.equal(answer.outcome, outcome, what);
  for (const rule of rules) assert.ok(answer.rules.includes(rule), `${rule} is missing of ${what}`);
  for (const word of words) assert.match(answer.text, word);
  assert.ok(!answer.rules.includes('npm/cooldown'), what);
}

async function assertServed(stage: PlayedStage, name: string, version: string): Promise<void> {
  const answer = await ask(stage, name, version);
  assert.equal(answer.status, 200, `${name}@${version}: ${answer.text}`);
}

const scenarios = [axios2026, tanstack2026, chalk2025, nx2025, trivy2026];

/** `lived`: the gate served the versions before, and so has an expectation; else it meets the package for the first time. */
async function play(stage: PlayedStage, scenario: Scenario, how: 'first sight' | 'lived'): Promise<void> {
  scenario.publish(stage);
  for (const name of scenario.indexes) assert.equal((await get(`${stage.url}${name}`)).status, 200);
  if (how === 'lived') {
    for (const [name, version] of scenario.innocent) await assertServed(stage, name, version);
  }
  for (const suspect of scenario.suspects) {
    assertRefused(await ask(stage, suspect.name, suspect.version), suspect);
  }
  for (const [name, version] of scenario.innocent) await assertServed(stage, name, version);
}

test('at first sight of a package an incident is refused for what gives it away', async (t) => {
  const stage = await startStage(t);
  for (const scenario of scenarios) await t.test(scenario.title, () => play(stage, scenario, 'first sight'));
});

test('so it is by a gate that served the versions before', async (t) => {
  const stage = await startStage(t);
  for (const scenario of scenarios) await t.test(scenario.title, () => play(stage, scenario, 'lived'));
});

const hourMs = 60 * 60 * 1000;
const cooldownOverMs = 73 * hourMs;
const fortnightOverMs = 15 * 24 * hourMs;

test('releases that only look like an incident are served at their real age', async (t) => {
  const stage = await startStage(t);
  for (const lookAlike of lookAlikes) {
    await t.test(titleOf(lookAlike), async () => {
      publishLookAlike(stage, lookAlike);
      await assertServed(stage, lookAlike.name, lookAlike.version);
    });
  }
});

test('so they are when their cooldown, or a fortnight, is just over', async (t) => {
  const stage = await startStage(t);
  for (const lookAlike of lookAlikes) {
    await t.test(titleOf(lookAlike), async () => {
      const { name, version, fortnight = false } = lookAlike;
      publishLookAlike(stage, asOf(lookAlike, fortnight ? fortnightOverMs : cooldownOverMs));
      await assertServed(stage, name, version);
    });
  }
});

test('what nothing tells from a quiet theft is held for a fortnight, not blocked, and told so', async (t) => {
  const stage = await startStage(t);
  for (const lookAlike of lookAlikes.filter(({ fortnight }) => fortnight)) {
    await t.test(titleOf(lookAlike), async () => {
      const { name, version } = lookAlike;
      publishLookAlike(stage, asOf(lookAlike, cooldownOverMs));
      const rules = ['npm/trust-downgrade'];
      const words = [/provenance/, /next days will show/];
      assertRefused(await ask(stage, name, version), { name, version, outcome: 'hold', rules, words });
    });
  }
});

function titleOf({ name, version, looks }: LookAlike): string {
  return `${name}@${version}: ${looks}`;
}
