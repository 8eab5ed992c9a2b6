import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleInput, sampleNow, sampleVersion, sampleView } from '../../test/support/collector-input.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import type { JsonObject } from '../core/json.ts';
import { ageCollector } from './age/collect.ts';
import { deprecationCollector } from './deprecation/collect.ts';
import { indexFacts } from './index-facts.ts';

test('an index gives facts of age and deprecation only, and no artifact', () => {
  const version = sampleVersion({ deprecated: 'old' });
  const facts = indexFacts(sampleView(version), version, undefined, sampleNow);
  assert.deepEqual(Object.keys(facts.checks).sort(), ['age', 'deprecation']);
  assert.equal(facts.artifact, null);
  assert.equal(facts.purl, 'pkg:npm/sample@1.2.3');
  assert.equal(facts.checks['deprecation']?.result, 'warn');
  assert.equal(facts.checks['age']?.facts['publishedAt'], '2026-01-01T00:00:00.000Z');
  assert.ok(canonicalJson(facts as unknown as JsonObject));
});

test('index and file see the same age and deprecation', async () => {
  for (const change of [
    {},
    { claimedTime: undefined },
    { deprecated: 'x\ud800' },
    { claimedTime: '2015-01-01T00:00:00Z' },
    { claimedTime: '2030-01-01T00:00:00Z' },
  ]) {
    const version = sampleVersion(change);
    const input = sampleInput({ version });
    const { checks } = indexFacts(input.index, version, input.observation, sampleNow);
    for (const collector of [ageCollector, deprecationCollector]) {
      const { result, facts, items } = await collector.collect(input);
      assert.equal(checks[collector.kind]?.result, result);
      assert.deepEqual(checks[collector.kind]?.facts, facts);
      assert.deepEqual(
        checks[collector.kind]?.items.map(({ id }) => id),
        items.map(({ id }) => id),
      );
    }
  }
});
