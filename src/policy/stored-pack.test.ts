import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../core/digest.ts';
import { compilePack, policyText } from './pack.ts';
import { evidenceRules } from './rule-names.ts';
import { presetNames, ruleNames, type PolicySettings } from './settings.ts';
import { packFromText } from './stored-pack.ts';

const match = fc.record({
  ecosystem: fc.constantFrom('npm' as const, 'pypi' as const),
  name: fc.string(),
  versions: fc.option(fc.constantFrom('^1.0.0', '>=2', 'nonsense', ''), { nil: undefined }),
  reason: fc.option(fc.string(), { nil: undefined }),
});
const settings: fc.Arbitrary<PolicySettings> = fc.record({
  preset: fc.constantFrom(...presetNames),
  rules: fc.dictionary(
    fc.constantFrom(...ruleNames),
    fc.constantFrom('off' as const, 'audit' as const, 'warn' as const, 'enforce' as const),
    { noNullPrototype: true },
  ),
  cooldownHours: fc.oneof(fc.nat(), fc.double(), fc.constant(Number.NaN), fc.constant(-1)),
  deny: fc.array(match, { maxLength: 3 }),
  allow: fc.array(match, { maxLength: 3 }),
});

test('the pack that is read back is the pack that was compiled, whatever the settings', () => {
  fc.assert(
    fc.property(settings, (given) => {
      const text = policyText(given);
      const compiled = compilePack(given);
      assert.equal(sha256(text), compiled.digest);
      const read = packFromText(text, compiled.digest);
      assert.ok(read.ok, JSON.stringify(read));
      assert.deepEqual(JSON.parse(JSON.stringify(read.pack)), JSON.parse(JSON.stringify(compiled)));
    }),
  );
});

const plain: PolicySettings = { preset: 'recommended', rules: {}, cooldownHours: 72, deny: [], allow: [] };

test('a changed text is noticed, whatever was changed', () => {
  const text = policyText(plain);
  const changed = packFromText(text.replace('"72"', '"1"'), sha256(text));
  assert.ok(!changed.ok && changed.problem === 'changed');
});

test('a policy of another engine, or with other rules, is not taken for one of ours', () => {
  const form = JSON.parse(policyText(plain)) as { readonly rules: Record<string, unknown> };
  const { [evidenceRules[0]]: _first, ...fewer } = form.rules;
  const more = { ...form.rules, another: form.rules[evidenceRules[0]] };
  const others = [
    { ...form, engine: '0' },
    { ...form, rules: fewer },
    { ...form, rules: more },
    { ...form, rules: { ...form.rules, [evidenceRules[0]]: { mode: 'enforce', table: {} } } },
    { ...form, required: { mode: 'enforce', kinds: ['age'] } },
    { ...form, lists: {} },
    [],
  ];
  for (const other of others) {
    const text = JSON.stringify(other);
    const read = packFromText(text, sha256(text));
    assert.ok(!read.ok && read.problem === 'other-engine', text.slice(0, 200));
  }
});

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void packFromText(text, sha256(text))));
});
