/** A verifier that hangs, dies or eats memory over a hostile bundle: that release is held, and the gate goes on. */
import { collectorSettings } from '../support/collector-input.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Collector } from '../../src/core/collector.ts';
import { sha256 } from '../../src/core/digest.ts';
import { createCollectors } from '../../src/evidence/collectors.ts';
import { createVerifyPool } from '../../src/server/workers/verify-pool.ts';
import { startAdmission, type AdmissionBench } from '../support/admission-bench.ts';
import { attestedTrust } from '../support/attested-input.ts';

const script = new URL('../support/broken-verifier-child.ts', import.meta.url);

/** With something to verify against, so that the verifier is asked. */
function trusting(collector: Collector): Collector {
  return { ...collector, collect: (input) => collector.collect({ ...input, trust: attestedTrust() }) };
}

async function reasonOf(bench: AdmissionBench, name: string): Promise<readonly unknown[]> {
  const outcome = await bench.admit(name, '1.0.0');
  if (outcome.state !== 'refused') return [outcome.state];
  const { decision, evidence } = outcome.release;
  const provenance = evidence.find(({ kind }) => kind === 'provenance');
  return [decision.outcome, decision.reasons.map(({ rule }) => rule).join(), provenance?.result];
}

test('a bundle that hangs or kills its verifier is error evidence and a hold; others are admitted meanwhile', async (t) => {
  const bench = await startAdmission(t);
  const pool = createVerifyPool({ threads: 1, script, hangMs: 300 });
  t.after(() => pool.close());
  bench.setCollectors(createCollectors({ verifyBundle: pool.verify, ...collectorSettings }).map(trusting));
  let cured = false;
  bench.setAttestations((_upstream, name) => {
    const bundle = { do: cured ? 'answer' : name };
    const document = { attestations: [{ predicateType: 'https://slsa.dev/provenance/v1', bundle }] };
    return Promise.resolve({ state: 'answered', document, digest: sha256(name) });
  });
  const hostile = ['hang', 'die', 'eat', 'throw'];
  for (const name of hostile) bench.registry.publish({ name, version: '1.0.0', attested: true });
  bench.registry.publish({ name: 'plain', version: '1.0.0' });

  const refused = Promise.all(hostile.map((name) => reasonOf(bench, name)));
  assert.deepEqual(await reasonOf(bench, 'plain'), ['allowed']);
  for (const reason of await refused) assert.deepEqual(reason, ['hold', 'npm/provenance', 'error']);

  // An error says nothing about the bundle: it is verified again, and then there is a finding.
  cured = true;
  bench.pass(120_000);
  for (const name of hostile)
    assert.deepEqual(await reasonOf(bench, name), ['block', 'npm/provenance', 'fail']);
});
