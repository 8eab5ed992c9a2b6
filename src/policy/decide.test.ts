import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sha256 } from '../core/digest.ts';
import { results } from '../core/evidence.ts';
import type { CheckFacts } from '../core/facts.ts';
import {
  check,
  factsWhere,
  goodChecks,
  policyInput,
  policyNow as now,
  publishedAt,
  sampleFacts,
  settings,
  withCheck,
} from '../../test/support/policy-input.ts';
import { decide } from './decide.ts';
import type { Exception } from './exceptions.ts';
import { compilePack, policyDigest } from './pack.ts';
import { presets, requiredKinds, ruleResults, type Cell, type RuleResult } from './presets.ts';
import { evidenceRules, wholeOf, type EvidenceRule } from './rule-names.ts';
import { presetNames, ruleNames, type PolicySettings } from './settings.ts';

const decideFor = (
  facts = sampleFacts(),
  change: Partial<PolicySettings> = {},
  exceptions: readonly Exception[] = [],
) => decide(policyInput(facts), compilePack(settings(change)), exceptions, now);

function spokenAs(verdict: ReturnType<typeof decide>, rule: EvidenceRule): Cell {
  const found = [...verdict.reasons, ...verdict.warnings, ...verdict.audits].find(
    (entry) => entry.rule === `npm/${rule}`,
  );
  if (found === undefined) return 'allow';
  return found.outcome === 'allow' ? 'note' : found.outcome;
}

test('a release with every check passed is allowed by every preset, without a word', () => {
  for (const preset of presetNames) {
    const verdict = decideFor(sampleFacts(), { preset });
    assert.equal(verdict.outcome, 'allow');
    assert.deepEqual([...verdict.reasons, ...verdict.warnings, ...verdict.audits], []);
  }
});

test('every cell of every documented table is what decide does', () => {
  for (const preset of presetNames) {
    for (const rule of evidenceRules) {
      const { mode, table } = presets[preset].evidence[rule];
      for (const result of ruleResults) {
        const whole = wholeOf[rule];
        // With the rule of the whole off, each verdict speaks for itself of evidence that is missing or failed.
        const rules = whole === undefined ? {} : { [whole]: 'off' as const };
        const verdict = decideFor(factsWhere(rule, result), { preset, rules });
        const where = `${preset} ${rule} ${result}`;
        assert.equal(spokenAs(verdict, rule), table[result], where);
        const cell = table[result];
        const refused = mode === 'enforce' && (cell === 'hold' || cell === 'block');
        const held = result === 'missing' && preset !== 'observe';
        assert.equal(verdict.outcome, refused ? cell : held ? 'hold' : 'allow', where);
      }
    }
  }
});

/** On purpose without a word outside strict; the evidence shows it. Never what was not checked, but for secrets. */
const quiet: Readonly<Partial<Record<EvidenceRule, readonly RuleResult[]>>> = {
  'capability-change': ['warn', 'not-available'],
  licence: ['not-available'],
  secret: ['fail', 'warn', 'not-available', 'not-checked'],
  // Most versions were never built here, which says nothing of them.
  rebuild: ['not-available', 'not-checked'],
  commits: ['not-available', 'not-checked'],
  // What the forge told; most projects push their releases themselves.
  unreviewed: ['warn'],
};

test('results that are no pass never look like one: only a pass is allowed without a word', () => {
  for (const preset of presetNames) {
    for (const rule of evidenceRules) {
      const toldByTheWhole = (result: RuleResult): boolean =>
        wholeOf[rule] !== undefined && (result === 'not-available' || result === 'not-checked');
      const isQuiet = (result: RuleResult): boolean =>
        preset !== 'strict' && quiet[rule]?.includes(result) === true;
      for (const result of ruleResults.filter((entry) => entry !== 'pass' && !toldByTheWhole(entry))) {
        if (isQuiet(result)) continue;
        assert.notEqual(presets[preset].evidence[rule].table[result], 'allow', `${preset} ${rule} ${result}`);
      }
    }
  }
  assert.deepEqual([...results, 'missing'], ruleResults);
});

test('observe refuses nothing, and records what recommended would have refused', () => {
  const bad = sampleFacts({ checks: { integrity: check('fail'), archive: check('error') } });
  const deny = [{ ecosystem: 'npm', name: 'sample', versions: undefined, reason: undefined } as const];
  const verdict = decideFor(bad, { preset: 'observe', deny });
  assert.equal(verdict.outcome, 'allow');
  assert.deepEqual(verdict.warnings, []);
  const rules = verdict.audits.map((entry) => entry.rule);
  for (const rule of ['npm/deny-list', 'npm/integrity', 'npm/archive', 'npm/evidence'])
    assert.ok(rules.includes(rule), rule);
});

test('a SHA-1-only release is let through with a warning by recommended and refused by strict', () => {
  const facts = withCheck('integrity', check('warn'));
  assert.equal(decideFor(facts).outcome, 'allow');
  assert.equal(decideFor(facts).warnings[0]?.rule, 'npm/integrity');
  assert.equal(decideFor(facts, { preset: 'strict' }).outcome, 'block');
});

test('a package with an install script at first sight is not refused by recommended', () => {
  const verdict = decideFor(withCheck('scripts', check('not-available')));
  assert.equal(verdict.outcome, 'allow');
  assert.equal(verdict.warnings[0]?.short, 'install script, first sight');
});

test('deprecation never refuses outside strict', () => {
  for (const result of results) {
    assert.equal(decideFor(withCheck('deprecation', check(result))).outcome, 'allow');
    assert.equal(decideFor(withCheck('deprecation', check(result)), { preset: 'observe' }).outcome, 'allow');
  }
  assert.equal(decideFor(withCheck('deprecation', check('warn')), { preset: 'strict' }).outcome, 'block');
});

test('a missing record of any required kind holds, also where the rule that reads it is off', () => {
  const rules = Object.fromEntries(ruleNames.map((name) => [name, 'off' as const]));
  for (const kind of requiredKinds) {
    assert.equal(decideFor(withCheck(kind, undefined)).outcome, 'hold', kind);
    assert.equal(decideFor(withCheck(kind, undefined), { rules }).outcome, 'hold', `${kind}, rules off`);
  }
});

test('one cause is told once: a missing kind that its own rule refuses makes no second reason', () => {
  const { reasons } = decideFor(withCheck('archive', undefined));
  assert.deepEqual(
    reasons.map((entry) => [entry.rule, entry.result]),
    [['npm/archive', 'missing']],
  );
});

test('a check that failed to run holds, and says that nothing was served', () => {
  const { outcome, reasons } = decideFor(withCheck('archive', check('error')));
  assert.equal(outcome, 'hold');
  assert.match(reasons[0]?.why ?? '', /could not be checked.*nothing was served/);
  assert.match(reasons[0]?.remedy ?? '', /Try again/);
});

test('every enforced reason is told, blocks first', () => {
  const checks = {
    ...goodChecks(),
    scripts: check('fail'),
    manifest: check('fail'),
    age: check('not-available'),
  };
  const { outcome, reasons } = decideFor(sampleFacts({ checks }));
  assert.equal(outcome, 'block');
  assert.deepEqual(
    reasons.map((entry) => entry.outcome),
    ['block', 'hold', 'hold'],
  );
  assert.equal(reasons[0]?.rule, 'npm/manifest');
});

// ---- cooldown ----

test('cooldown: one millisecond decides, and a hold says until when', () => {
  const mature = '2026-11-17T12:00:00.000Z';
  assert.equal(decideFor(withCheck('age', publishedAt(mature))).outcome, 'allow');
  const young = decideFor(withCheck('age', publishedAt('2026-11-17T12:00:00.001Z')));
  assert.equal(young.outcome, 'hold');
  assert.equal(young.reasons[0]?.until, '2026-11-20T12:00:00.001Z');
  assert.equal(young.validUntil, '2026-11-20T12:00:00.001Z');
  assert.equal(young.reasons[0]?.short, 'published 71 h ago, cooldown is 72 h');
});

test('cooldown: a publish time that is unknown, unreadable, missing or in the future is held, and the reason says exactly that', () => {
  const unknown: readonly CheckFacts[] = [
    publishedAt(null),
    publishedAt('yesterday'),
    publishedAt('2026-13-40T00:00:00Z'),
    publishedAt('2026-11-20T12:10:01.000Z'),
    check('pass', { facts: { publishedAt: Number.NaN } }),
    check('pass', { facts: { publishedAt: 0 } }),
    check('pass'),
    check('not-available'),
  ];
  for (const age of unknown) {
    const { outcome, reasons, validUntil } = decideFor(withCheck('age', age));
    assert.equal(outcome, 'hold');
    assert.match(reasons[0]?.why ?? '', /publish time is unknown/);
    assert.equal(reasons[0]?.until, undefined);
    if (!Number.isNaN(age.facts['publishedAt'])) assert.equal(validUntil, '2026-11-21T12:00:00.000Z');
  }
});

test('cooldown: a setting that is no number of hours, or an unreadable clock, holds', () => {
  for (const cooldownHours of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    assert.equal(decideFor(sampleFacts(), { cooldownHours }).outcome, 'hold');
  }
  for (const clock of ['', 'now', '2026-11-20']) {
    const verdict = decide(policyInput(), compilePack(settings()), [], clock);
    assert.equal(verdict.outcome, 'hold');
    assert.equal(verdict.validUntil, '1970-01-01T00:00:00.000Z');
  }
});

test('a clock at the end of time still gets an answer, and one that can be read', () => {
  const end = '9999-12-31T23:59:59.000Z';
  for (const facts of [sampleFacts(), withCheck('age', publishedAt(end))]) {
    const verdict = decide(policyInput(facts), compilePack(settings()), [], end);
    assert.equal(verdict.validUntil, '9999-12-31T23:59:59.999Z');
  }
  const ages = decideFor(withCheck('age', publishedAt(now)), { cooldownHours: 1e300 });
  assert.equal(ages.reasons[0]?.until, '9999-12-31T23:59:59.999Z');
});

// ---- stage index ----

test('at stage index only age, deprecation and the lists are asked', () => {
  const { age, deprecation } = goodChecks();
  assert.ok(age !== undefined && deprecation !== undefined);
  const facts = sampleFacts({ artifact: null, checks: { age, deprecation } });
  const pack = compilePack(settings({ preset: 'strict' }));
  assert.equal(decide(policyInput(facts, 'index'), pack, [], now).outcome, 'allow');
  const young = sampleFacts({ checks: { age: publishedAt(now), deprecation } });
  assert.equal(decide(policyInput(young, 'index'), pack, [], now).outcome, 'hold');
  const blind = sampleFacts({ checks: { deprecation } });
  assert.equal(decide(policyInput(blind, 'index'), pack, [], now).outcome, 'hold');
});

test('the bait is left standing in the index and blocked at the file by every preset; its look-alikes are ordinary packages', () => {
  const bait = sampleFacts({ name: '@assay/bait', upstream: 'assay', version: '1.0.0', checks: {} });
  for (const preset of presetNames) {
    const rules = Object.fromEntries(ruleNames.map((name) => [name, 'off' as const]));
    const pack = compilePack(
      settings({
        preset,
        rules,
        allow: [{ ecosystem: 'npm', name: '@assay/*', versions: undefined, reason: undefined }],
      }),
    );
    for (const admittedBefore of [false, true]) {
      assert.equal(decide(policyInput(bait, 'index', { admittedBefore }), pack, [], now).outcome, 'allow');
      const refused = decide(policyInput(bait, 'file', { admittedBefore }), pack, [], now);
      assert.equal(refused.outcome, 'block');
      assert.deepEqual(
        refused.reasons.map((entry) => entry.rule),
        ['npm/bait'],
      );
    }
  }
  for (const [name, upstream] of [
    ['@assay/bait', 'npm'],
    ['@assay/bait2', 'assay'],
    ['bait', 'assay'],
    ['@Assay/bait', 'assay'],
  ] as const) {
    assert.equal(decideFor(sampleFacts({ name, upstream })).outcome, 'allow', `${upstream} ${name}`);
  }
});

// ---- admitted before ----

test('a release admitted before is refused only by the deny list; other refusals become warnings', () => {
  const bad = sampleFacts({
    checks: { ...goodChecks(), integrity: check('fail'), scripts: check('fail'), age: publishedAt(now) },
  });
  const before = policyInput(bad, 'file', { admittedBefore: true });
  const verdict = decide(before, compilePack(settings()), [], now);
  assert.equal(verdict.outcome, 'allow');
  assert.deepEqual(verdict.reasons, []);
  assert.deepEqual(
    verdict.warnings.map((entry) => entry.rule),
    ['npm/integrity', 'npm/install-script', 'npm/cooldown'],
  );
  const deny = [{ ecosystem: 'npm', name: 'sample', versions: '1.x', reason: 'stolen token' } as const];
  const denied = decide(before, compilePack(settings({ deny })), [], now);
  assert.equal(denied.outcome, 'block');
  assert.deepEqual(
    denied.reasons.map((entry) => entry.rule),
    ['npm/deny-list'],
  );
  assert.match(denied.reasons[0]?.why ?? '', /stolen token/);
});

// ---- modes, lists, exceptions ----

test('a rule in mode warn allows and shows, audit allows and records, off says nothing', () => {
  const facts = withCheck('manifest', check('fail'));
  const warn = decideFor(facts, { rules: { manifest: 'warn' } });
  assert.deepEqual([warn.outcome, warn.warnings.length, warn.audits.length], ['allow', 1, 0]);
  const audit = decideFor(facts, { rules: { manifest: 'audit' } });
  assert.deepEqual([audit.outcome, audit.warnings.length, audit.audits.length], ['allow', 0, 1]);
  const off = decideFor(facts, { rules: { manifest: 'off' } });
  assert.deepEqual([off.outcome, off.warnings.length, off.audits.length], ['allow', 0, 0]);
});

test('the allow list waives cooldown, install script and deprecation, keeps them on record, and waives nothing else', () => {
  const allow = [{ ecosystem: 'npm', name: 'sample', versions: undefined, reason: undefined } as const];
  const young = { age: publishedAt(now), scripts: check('fail'), deprecation: check('warn') };
  const waived = decideFor(sampleFacts({ checks: { ...goodChecks(), ...young } }), {
    preset: 'strict',
    allow,
  });
  assert.equal(waived.outcome, 'allow');
  assert.equal(waived.audits.length, 3);
  assert.match(waived.audits[0]?.why ?? '', /Waived by the allow list/);
  for (const kind of ['integrity', 'archive', 'manifest']) {
    assert.equal(decideFor(withCheck(kind, check('fail')), { allow }).outcome, 'block', kind);
  }
  assert.equal(decideFor(withCheck('age', undefined), { allow }).outcome, 'hold');
  assert.equal(decideFor(sampleFacts(), { allow, deny: allow }).outcome, 'block');
});

const exception = (change: Partial<Exception>): Exception => ({
  id: 'ex-1',
  rules: [...evidenceRules],
  upstream: 'npm',
  purl: sampleFacts().purl,
  artifact: 'a'.repeat(64) as Sha256,
  requester: 'ann',
  approver: 'bob',
  reason: 'urgent fix',
  expiresAt: '2026-11-20T18:00:00.000Z',
  ...change,
});

test('an exception waives the rules it names for the release it names, until it expires', () => {
  const young = withCheck('age', publishedAt(now));
  const live = decideFor(young, {}, [exception({})]);
  assert.equal(live.outcome, 'allow');
  assert.equal(live.validUntil, '2026-11-20T18:00:00.000Z');
  assert.match(live.audits[0]?.why ?? '', /Waived by exception ex-1/);
  const dead: readonly Partial<Exception>[] = [
    { expiresAt: now },
    { expiresAt: 'never' },
    { rules: ['install-script'] },
    { upstream: 'corp' },
    { purl: sampleFacts({ version: '1.2.4' }).purl },
    { artifact: 'b'.repeat(64) as Sha256 },
  ];
  for (const change of dead)
    assert.equal(decideFor(young, {}, [exception(change)]).outcome, 'hold', JSON.stringify(change));
});

test('an exception waives archive and manifest only for named bytes, and never integrity, the deny list or a missing record', () => {
  for (const kind of ['archive', 'manifest'] as const) {
    const facts = withCheck(kind, check('fail'));
    assert.equal(decideFor(facts, {}, [exception({})]).outcome, 'allow');
    assert.equal(decideFor(facts, {}, [exception({ artifact: undefined })]).outcome, 'block');
  }
  assert.equal(decideFor(withCheck('integrity', check('fail')), {}, [exception({})]).outcome, 'block');
  assert.equal(decideFor(withCheck('archive', undefined), {}, [exception({})]).outcome, 'hold');
  const deny = [{ ecosystem: 'npm', name: 'sample', versions: undefined, reason: undefined } as const];
  assert.equal(decideFor(sampleFacts(), { deny }, [exception({})]).outcome, 'block');
});

// ---- digests ----

test('facts that cannot be hashed are held, not a crash', () => {
  const facts = sampleFacts({ checks: { ...goodChecks(), origin: check('pass', { summary: '\ud800' }) } });
  assert.equal(decideFor(facts).outcome, 'hold');
});

test('the policy digest changes with everything that decides, and only with that', () => {
  const base = policyDigest(settings());
  assert.equal(policyDigest(settings()), base);
  assert.equal(compilePack(settings()).digest, base);
  const entry = { ecosystem: 'npm', name: 'x', versions: undefined, reason: undefined } as const;
  const changed: readonly Partial<PolicySettings>[] = [
    { preset: 'strict' },
    { cooldownHours: 73 },
    { rules: { manifest: 'warn' } },
    { rules: { 'deny-list': 'off' } },
    { deny: [entry] },
    { allow: [entry] },
    { deny: [{ ...entry, versions: '1' }] },
  ];
  const digests = changed.map((change) => policyDigest(settings(change)));
  assert.equal(new Set([base, ...digests]).size, changed.length + 1);
  assert.equal(policyDigest(settings({ rules: { manifest: 'enforce' } })), base);
});

test('a list entry whose range or version cannot be read denies on the deny list and waives nothing on the allow list', () => {
  const unreadable = [
    { ecosystem: 'npm', name: 'sample', versions: 'not a range', reason: undefined } as const,
  ];
  const ranged = [{ ecosystem: 'npm', name: 'sample', versions: '^1', reason: undefined } as const];
  const odd = sampleFacts({ version: 'not-semver' });
  assert.equal(decideFor(sampleFacts(), { deny: unreadable }).outcome, 'block');
  assert.equal(decideFor(odd, { deny: ranged }).outcome, 'block');
  const young = withCheck('age', publishedAt(now));
  assert.equal(decideFor(young, { allow: unreadable }).outcome, 'hold');
  assert.equal(decideFor({ ...young, version: 'not-semver' }, { allow: ranged }).outcome, 'hold');
  assert.equal(decideFor(young, { allow: ranged }).outcome, 'allow');
});
