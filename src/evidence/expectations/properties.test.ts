/** Whatever it is given: a result for each rule, no exception, a record that can be hashed; and no `pass` out of nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  after,
  dayMs,
  judge,
  sampleExpectation,
  silentForge,
  verifiedPublication,
  workflowIdentity,
  type Chapter,
  type Story,
} from '../../../test/support/publication-story.ts';
import { sampleVersion, sampleView } from '../../../test/support/collector-input.ts';
import type { NewDependency } from '../../core/collector.ts';
import { evidenceDigest, results, type Evidence, type Result } from '../../core/evidence.ts';
import type { Expectation } from '../../core/expectation.ts';
import type { ForgeAnswers, NotChecked } from '../../core/forge.ts';
import type { SignerIdentity } from '../../core/identity.ts';
import type { JsonObject } from '../../core/json.ts';
import { ruleNames, type RuleName } from './verdict.ts';

const now = '2026-11-20T12:00:00.000Z';
const runs = { numRuns: 400 };

const hostile = fc.oneof(
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', '', '@', '\u202e', '\ud800', 'refs/tags/', 'x'.repeat(3000)),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const version = fc.oneof(
  fc.constantFrom('1.2.3', '1.2.4', '1.3.0', '0.30.4', '2.0.0', '2.0.0-rc.1'),
  hostile,
);
const time = fc.oneof(
  fc.integer({ min: -900, max: 30 }).map((days) => after(now, days * dayMs)),
  fc.constantFrom('yesterday', '', '2026-13-45T00:00:00Z'),
);

const chapter: fc.Arbitrary<Chapter> = fc.record({
  version,
  at: maybe(time),
  publisher: maybe(fc.oneof(fc.constantFrom('jane', 'joe'), hostile)),
  publisherEmail: maybe(hostile),
  trustedPublisher: maybe(fc.constantFrom('github', 'gitlab')),
  approver: maybe(hostile),
  attested: fc.boolean(),
  signatures: fc.integer({ min: 0, max: 2 }),
  gitHead: maybe(fc.constant('a'.repeat(40))),
});

const identity: fc.Arbitrary<SignerIdentity> = fc
  .record({
    issuer: maybe(hostile),
    sourceRepositoryUri: maybe(fc.oneof(fc.constant('https://forge.example.com/acme/sample'), hostile)),
    sourceRepositoryId: maybe(fc.constantFrom('1001', '2')),
    ownerId: maybe(fc.constantFrom('7', '8')),
    sourceRepositoryRef: maybe(fc.oneof(fc.constantFrom('refs/heads/main', 'refs/tags/v1.2.3'), hostile)),
    buildTrigger: maybe(fc.constantFrom('push', 'pull_request_target', 'workflow_dispatch')),
    runInvocationUri: maybe(hostile),
    buildSignerUri: maybe(hostile),
    runnerEnvironment: maybe(fc.constantFrom('github-hosted', 'self-hosted')),
  })
  .map((change) =>
    workflowIdentity({ ...change, sourceRepositoryUri: change.sourceRepositoryUri ?? 'https://a.example/b' }),
  );

const silence: fc.Arbitrary<NotChecked> = fc.constant({ state: 'not-checked', why: 'Nobody asked.' });
const forge: fc.Arbitrary<ForgeAnswers> = fc.record({
  repository: fc.oneof(
    silence,
    fc.record({
      state: fc.constant('known' as const),
      exists: fc.boolean(),
      id: maybe(hostile),
      ownerId: maybe(hostile),
      forkOf: maybe(hostile),
    }),
  ),
  commit: fc.oneof(
    silence,
    fc.record({
      state: fc.constant('known' as const),
      exists: fc.boolean(),
      reachable: fc.constantFrom('yes' as const, 'no' as const, 'unknown' as const),
      committedAt: maybe(time),
      signature: fc.constantFrom('verified' as const, 'unverified' as const, 'unknown' as const),
    }),
  ),
  run: fc.oneof(
    silence,
    fc.record({
      state: fc.constant('known' as const),
      exists: fc.boolean(),
      conclusion: fc.constantFrom(
        'success' as const,
        'failure' as const,
        'cancelled' as const,
        'other' as const,
        'running' as const,
      ),
      startedAt: maybe(time),
      finishedAt: maybe(time),
      headCommit: maybe(hostile),
    }),
  ),
  tags: fc.oneof(
    silence,
    fc.record({
      state: fc.constant('known' as const),
      commits: fc.dictionary(fc.oneof(fc.constant('v1.2.3'), hostile), hostile, { maxKeys: 3 }),
      firstSeen: fc.dictionary(
        fc.oneof(fc.constant('v1.2.3'), hostile),
        fc.record({ commit: hostile, at: hostile }),
        { maxKeys: 3 },
      ),
    }),
  ),
});

const manifest: fc.Arbitrary<JsonObject> = fc.record(
  {
    dependencies: fc.oneof(
      fc.dictionary(hostile, hostile, { maxKeys: 5 }),
      fc.constant('a b'),
      fc.constant(null),
    ) as fc.Arbitrary<JsonObject>,
    peerDependenciesMeta: fc.dictionary(hostile, fc.constant(1), { maxKeys: 2 }),
    maintainers: fc.array(
      fc.oneof(fc.constant(null), fc.record({ name: hostile })),
    ) as unknown as fc.Arbitrary<JsonObject>,
  },
  { requiredKeys: [] },
);

const expectation: fc.Arbitrary<Expectation> = fc
  .record({
    line: fc.constantFrom('*', '1', '0.30'),
    standing: fc.constantFrom('firm' as const, 'provisional' as const),
    tagTemplate: maybe(fc.constantFrom('v{version}', '{name}@{version}')),
    forgotten: fc.boolean(),
  })
  .map(({ forgotten, ...change }) =>
    sampleExpectation(forgotten ? { ...change, identity: undefined } : change),
  );

const newDependency: fc.Arbitrary<NewDependency> = fc
  .record({
    name: hostile,
    state: fc.constantFrom('known' as const, 'absent' as const, 'not-checked' as const),
    versions: fc.array(fc.record({ version: fc.oneof(version, hostile), claimedTime: maybe(time) }), {
      maxLength: 4,
    }),
    times: fc.constantFrom('plausible' as const, 'implausible' as const, 'not-available' as const),
  })
  .map(({ name, state, versions, times }) => {
    if (state === 'absent') return { name, state };
    if (state === 'not-checked') return { name, state, why: name };
    const all = versions.map((one) => sampleVersion(one));
    const index = { ...sampleView(sampleVersion()), name, versions: all, timeOrderTrust: times };
    return { name, state, index, absentAt: new Map() };
  });

const story: fc.Arbitrary<Story> = fc
  .record({
    chapters: fc.array(chapter, { minLength: 1, maxLength: 9 }),
    provenance: maybe(identity),
    provenanceState: fc.constantFrom(
      'absent' as const,
      'invalid' as const,
      'advertised-missing' as const,
      'not-checked' as const,
    ),
    signedTime: maybe(time),
    publishTime: maybe(time),
    predecessor: maybe(version),
    manifest,
    manifestBefore: manifest,
    forge: maybe(forge),
    times: fc.constantFrom('plausible' as const, 'implausible' as const, 'not-available' as const),
    signatures: maybe(fc.constantFrom(...results)),
    history: maybe(
      fc.record({
        verified: fc.array(
          fc.tuple(version, time, identity).map((all) => verifiedPublication(...all)),
          { maxLength: 4 },
        ),
        advertised: fc.record({ attestedAt: maybe(time), signedAt: maybe(time) }),
        expectations: fc.array(expectation, { maxLength: 2 }),
        ofSamePublisher: fc.array(fc.record({ name: hostile, version, publishedAt: time }), {
          maxLength: 12,
        }),
        newDependencies: fc.array(newDependency, { maxLength: 5 }),
      }),
    ),
  })
  .map(
    (told) =>
      Object.fromEntries(
        Object.entries({ ...told, now }).filter(([key, value]) => key === 'history' || value !== undefined),
      ) as unknown as Story,
  );

function told(evidence: Evidence): ReadonlyMap<RuleName, Result> {
  return new Map(
    ruleNames.map((name) => {
      const result = results.find((one) => one === evidence.facts[`rule.${name}`]);
      assert.ok(result !== undefined, `no result of ${name}`);
      return [name, result];
    }),
  );
}

test('any story has a result for each rule, never throws, and makes a record that can be hashed', () => {
  fc.assert(
    fc.property(story, (input) => {
      const evidence = judge(input);
      const all = told(evidence);
      assert.ok(![...all.values()].includes('error'));
      assert.match(evidenceDigest(evidence), /^[0-9a-f]{64}$/);
      for (const [name, result] of all) {
        const items = evidence.items.filter(({ id }) => id.startsWith(`expectations/${name}/`));
        const unclean = result === 'fail' || result === 'warn';
        assert.equal(items.length > 0, unclean, `${name} is ${result} with ${items.length} items`);
      }
    }),
    runs,
  );
});

const needsProvenance = [
  'source-changed',
  'builder-changed',
  'ref-or-trigger',
  'source-tag',
  'run-conclusion',
  'time-anomaly',
] as const;
const needsForge = ['source-tag', 'run-conclusion'] as const;
const needsTimes = ['publisher-changed', 'burst', 'time-anomaly'] as const;
const needsMemory = ['stripped', 'dependency-changed', 'burst'] as const;

test('no rule passes without what it needs: provenance, a forge, times, memory', () => {
  fc.assert(
    fc.property(story, (input) => {
      const none = (names: readonly RuleName[], without: Story): void => {
        const all = told(judge(without));
        for (const name of names) assert.notEqual(all.get(name), 'pass', name);
      };
      const { provenance: _, ...unattested } = input;
      none(needsProvenance, unattested);
      none(needsForge, { ...input, forge: undefined });
      none(needsForge, { ...input, forge: silentForge });
      none(needsTimes, { ...input, times: 'implausible' });
      none(needsMemory, { ...input, history: undefined });
    }),
    runs,
  );
});

test('time never makes it worse: what is let through does not turn into a refusal by waiting', () => {
  const steady = fc.array(chapter, { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(steady, fc.integer({ min: 0, max: 400 }), (chapters, days) => {
      const at = (time: string): boolean => judge({ chapters, now: time, seenAt: now }).result === 'fail';
      if (!at(now)) assert.equal(at(after(now, days * dayMs)), false);
    }),
    runs,
  );
});
