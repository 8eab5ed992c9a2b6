/** What upstream offered wrongly, or not at all, and offers rightly later: nothing is refused for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourMs, startAdmission, type AdmissionBench } from '../../test/support/admission-bench.ts';
import { collectorSettings, noTrust } from '../../test/support/collector-input.ts';
import type { AttestationsOf } from './deps.ts';
import type { Collector, CollectorInput } from '../core/collector.ts';
import { sha256 } from '../core/digest.ts';
import { ownObject } from '../core/json.ts';
import { createCollectors } from '../evidence/collectors.ts';

const collectors = createCollectors({
  verifyBundle: () => Promise.reject(new Error('nothing to verify')),
  ...collectorSettings,
});

/** Passes or fails by what `isRight` says of its input, and counts how often it was asked. */
function install(bench: AdmissionBench, kind: string, isRight: (input: CollectorInput) => boolean): string[] {
  const asked: string[] = [];
  const isAttested = kind === 'provenance';
  const replaced = collectors.find((one) => one.kind === kind);
  assert.ok(replaced !== undefined);
  const collector: Collector = {
    ...replaced,
    collect: async (input) => {
      asked.push(input.version.version);
      const evidence = await replaced.collect({ ...input, attestations: { state: 'not-advertised' } });
      const document = input.attestations.state === 'answered' ? input.attestations.digest : null;
      const facts = { ...evidence.facts, ...(isAttested ? { document } : {}) };
      return { ...evidence, facts, result: isRight(input) ? 'pass' : 'fail', material: noTrust.digest };
    },
  };
  bench.setCollectors(collectors.map((one) => (one === replaced ? collector : one)));
  return asked;
}

async function stateOf(bench: AdmissionBench): Promise<string> {
  return (await bench.admit('lib', '1.0.0')).state;
}

test('a signature that the index repairs is verified anew when the refusal ends, and no sooner', async (t) => {
  const bench = await startAdmission(t);
  const asked = install(
    bench,
    'signatures',
    ({ indexManifest }) => ownObject(indexManifest, 'dist')?.['repaired'] === true,
  );
  bench.registry.publish({ name: 'lib', version: '1.0.0' });
  assert.equal(await stateOf(bench), 'refused');
  bench.pass(25 * hourMs);
  assert.equal(await stateOf(bench), 'refused');
  assert.equal(asked.length, 1, 'what is offered as before is not verified again');
  bench.registry.editDist('lib', '1.0.0', (dist) => ({ ...dist, repaired: true }));
  bench.pass(25 * hourMs);
  assert.equal(await stateOf(bench), 'allowed');
  assert.equal(asked.length, 2);
});

test('attestations that upstream repairs are verified anew; those it only lost are not forgiven', async (t) => {
  const bench = await startAdmission(t);
  let answer: Awaited<ReturnType<AttestationsOf>> = {
    state: 'answered',
    document: {},
    digest: sha256('bad'),
  };
  bench.setAttestations(() => Promise.resolve(answer));
  const asked = install(
    bench,
    'provenance',
    ({ attestations }) => attestations.state !== 'answered' || attestations.digest === sha256('good'),
  );
  bench.registry.publish({ name: 'lib', version: '1.0.0', attested: true });
  assert.equal(await stateOf(bench), 'refused');
  answer = { state: 'missing' };
  bench.pass(25 * hourMs);
  assert.equal(await stateOf(bench), 'refused');
  assert.equal(asked.length, 1);
  answer = { state: 'answered', document: {}, digest: sha256('good') };
  bench.pass(25 * hourMs);
  assert.equal(await stateOf(bench), 'allowed');
  assert.equal(asked.length, 2);
});

test('a signature that was verified of what is still refused is verified again when the index bends it', async (t) => {
  const bench = await startAdmission(t);
  const asked = install(
    bench,
    'signatures',
    ({ indexManifest }) => ownObject(indexManifest, 'dist')?.['bent'] !== true,
  );
  bench.registry.publish({ name: 'lib', version: '1.0.0', indexManifest: { dependencies: { other: '1' } } });
  assert.deepEqual(await rulesOf(bench), ['npm/manifest']);
  bench.registry.editDist('lib', '1.0.0', (dist) => ({ ...dist, bent: true }));
  bench.pass(25 * hourMs);
  assert.ok((await rulesOf(bench)).includes('npm/signature'));
  assert.equal(asked.length, 2);
});

async function rulesOf(bench: AdmissionBench): Promise<readonly string[]> {
  const outcome = await bench.admit('lib', '1.0.0');
  return outcome.state === 'refused' ? outcome.release.decision.reasons.map(({ rule }) => rule) : [];
}
