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

/** `lived`: the gate served the versions before, and so has an expectation; else it meets the package for the first time. */
async function play(t: TestContext, scenario: Scenario, how: 'first sight' | 'lived'): Promise<void> {
  const stage = await startStage(t);
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

for (const scenario of [axios2026, tanstack2026, chalk2025, nx2025, trivy2026]) {
  test(`${scenario.title} (first sight)`, (t) => play(t, scenario, 'first sight'));
  test(`${scenario.title} (after earlier versions were served)`, (t) => play(t, scenario, 'lived'));
}

const hourMs = 60 * 60 * 1000;
const cooldownOverMs = 73 * hourMs;
const fortnightOverMs = 15 * 24 * hourMs;

for (const lookAlike of lookAlikes) {
  const { name, version, looks, fortnight = false } = lookAlike;
  const young = fortnight ? 'after a fortnight' : 'as soon as its cooldown is over';
  const ages: Readonly<Record<string, LookAlike>> = {
    'at its real age': lookAlike,
    [young]: asOf(lookAlike, fortnight ? fortnightOverMs : cooldownOverMs),
  };
  for (const [age, played] of Object.entries(ages)) {
    test(`${name}@${version} is served ${age}: ${looks}`, async (t) => {
      const stage = await startStage(t);
      publishLookAlike(stage, played);
      await assertServed(stage, name, version);
    });
  }
  if (!fortnight) continue;
  test(`${name}@${version} is held, not blocked, until then: ${looks}`, async (t) => {
    const stage = await startStage(t);
    publishLookAlike(stage, asOf(lookAlike, cooldownOverMs));
    const words = [/provenance/, /next days will show/];
    assertRefused(await ask(stage, name, version), {
      name,
      version,
      outcome: 'hold',
      rules: ['npm/trust-downgrade'],
      words,
    });
  });
}
