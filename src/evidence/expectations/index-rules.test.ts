/** R8, R10, R11 and R12 by a table each; then all of them where there is nothing to go by. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  sampleExpectation,
  workflowIdentity,
  after,
  dayMs,
  forgeAnswers,
  judge,
  storyInput,
  type Chapter,
  type Story,
} from '../../../test/support/publication-story.ts';
import {
  now,
  at,
  attested,
  verdict,
  table,
  jane,
  published,
  nine,
  last,
  steady,
} from '../../../test/support/rule-tables.ts';
import { readingOf } from '../../../test/support/collector-input.ts';
import type { Evidence } from '../../core/evidence.ts';
import { expectationsCollector } from './collect.ts';
import type { RunAnswer } from '../../core/forge.ts';
import type { JsonObject } from '../../core/json.ts';
import { ruleNames, type RuleName } from './verdict.ts';

// ---- R8 ----

table<{ readonly was: readonly [string | undefined, string | undefined]; readonly is: Partial<Chapter> }>(
  'stripped',
  [
    ['both there still', { was: [at, at], is: { attested: true, signatures: 1 } }, 'pass'],
    ['attestations gone', { was: [at, at], is: { attested: false, signatures: 1 } }, 'fail', 'attestations'],
    [
      'signatures gone',
      { was: [undefined, at], is: { signatures: 0, attested: false } },
      'fail',
      'signatures',
    ],
    [
      'both gone',
      { was: [at, at], is: { attested: false, signatures: 0 } },
      'fail',
      'attestations signatures',
    ],
    [
      'signed since: more than before',
      { was: [undefined, undefined], is: { attested: false, signatures: 1 } },
      'pass',
    ],
    ['never any', { was: [undefined, undefined], is: { attested: false, signatures: 0 } }, 'not-available'],
  ],
  ({ was: [attestedAt, signedAt], is }) => ({
    chapters: [{ ...last, ...is }],
    now,
    history: { advertised: { attestedAt, signedAt } },
  }),
);

// ---- R10 ----

const quick = (ms: number, version = '1.90.1'): Story => ({
  chapters: [
    ...published(6, jane),
    nine(jane),
    { ...nine(jane, after('2026-11-10T00:00:00Z', ms)), version },
  ],
  judged: '1.90.0',
  now,
});
const twins = (count: number, apartMs: number) =>
  Array.from({ length: count }, (_, n) =>
    [0, apartMs].map((ms, k) => ({
      name: `other-${n}`,
      version: `3.0.${k}`,
      publishedAt: after('2026-11-10T00:10:00Z', ms),
    })),
  ).flat();

table<Story>(
  'burst',
  [
    ['one version', { chapters: [...published(6, jane), nine(jane)], now }, 'pass'],
    ['a repair after five minutes', quick(5 * 60_000), 'warn', 'quick'],
    ['a repair after an hour', quick(60 * 60_000), 'pass'],
    ['two lines at one time', quick(60_000, '2.0.1'), 'pass'],
    ['nightly builds', quick(60_000, '1.91.0-nightly.2'), 'pass'],
    [
      'two versions, and of another package too',
      { ...quick(5 * 60_000), history: { ofSamePublisher: twins(1, 60_000) } },
      'fail',
      'packages',
    ],
    [
      'two versions, others once each',
      { ...quick(5 * 60_000), history: { ofSamePublisher: twins(9, 60_000).filter((_, n) => n % 2 === 0) } },
      'warn',
      'quick',
    ],
    [
      'two versions, others hours apart',
      { ...quick(5 * 60_000), history: { ofSamePublisher: twins(9, 30 * 60_000) } },
      'warn',
      'quick',
    ],
    [
      'one version amid a burst of others',
      { chapters: [...published(6, jane), nine(jane)], now, history: { ofSamePublisher: twins(5, 60_000) } },
      'warn',
      'packages-of-others',
    ],
    ['times of a mirror', { ...quick(60_000), times: 'implausible' }, 'not-available'],
  ],
  (story) => story,
);

// ---- R11 ----

const compared = (was: JsonObject, is: JsonObject, predecessor = '1.5.0'): Story => ({
  chapters: [...published(6, jane), nine(jane)],
  now,
  predecessor,
  manifestBefore: was,
  manifest: is,
});
const deps = (dependencies: JsonObject): JsonObject => ({ dependencies });

table<Story>(
  'dependency-changed',
  [
    ['the same', compared(deps({ a: '^1' }), deps({ a: '^2' })), 'pass'],
    ['one fewer', compared(deps({ a: '^1', b: '1' }), deps({ a: '^1' })), 'pass'],
    [
      'a new one in a minor release',
      compared(deps({ a: '^1' }), deps({ a: '^1', b: '^1' })),
      'warn',
      'added',
    ],
    [
      'a new one in another line, not looked at',
      compared(deps({}), deps({ b: '^1' }), '0.9.0'),
      'not-checked',
    ],
    [
      'moved to the optional ones',
      compared(deps({ a: '^1' }), { optionalDependencies: { a: '^1' } }),
      'pass',
    ],
    [
      'a new optional peer',
      compared({}, { peerDependencies: { p: '1' }, peerDependenciesMeta: { p: { optional: true } } }),
      'pass',
    ],
    ['a new peer, which npm installs', compared({}, { peerDependencies: { p: '1' } }), 'warn', 'added'],
    [
      'a new alias for another package',
      compared(deps({ a: '^1' }), deps({ a: 'npm:b@^1' })),
      'warn',
      'added',
    ],
    [
      'git',
      compared(deps({ a: '^1' }), deps({ a: 'git+https://forge.example.com/x/y.git#abc' })),
      'fail',
      'exotic/0',
    ],
    [
      'a short form of a repository',
      compared({}, { optionalDependencies: { a: 'x/y#abc' } }),
      'fail',
      'exotic/0',
    ],
    ['a tarball elsewhere', compared({}, deps({ a: 'https://cdn.example.com/a.tgz' })), 'fail', 'exotic/0'],
    [
      'the same repository, another commit',
      compared(deps({ a: 'github:x/y#1' }), deps({ a: 'git+ssh://git@github.com/x/y.git#2' })),
      'pass',
    ],
    [
      'another repository',
      compared(deps({ a: 'github:x/y' }), deps({ a: 'github:z/y' })),
      'fail',
      'exotic/0',
    ],
    [
      'ranges and tags of every kind',
      compared(
        deps({ a: '1', b: '1', c: '1', d: '1', e: '1' }),
        deps({ a: '>=1 <2 || ~3.0.0', b: 'latest', c: '*', d: '', e: 'npm:e@1' }),
      ),
      'warn',
      'added',
    ],
    ['nothing to compare with', { chapters: published(6, jane), now }, 'not-available'],
  ],
  (story) => story,
);

test('dependency-changed: what only the index shows, or only the archive, counts as well', () => {
  const input = storyInput(compared(deps({ a: '^1' }), deps({ a: '^1' })));
  const lying = deps({ a: '^1', b: 'github:x/y' });
  const archive = { state: 'read', reading: readingOf(JSON.stringify(lying)) } as const;
  for (const change of [{ indexManifest: lying }, { archive }]) {
    const evidence = expectationsCollector.collect({ ...input, ...change }) as Evidence;
    assert.equal(evidence.facts['rule.dependency-changed'], 'fail');
    assert.match(evidence.items[0]?.message ?? '', /"b" comes from "github:x\/y"/);
  }
});

test('burst: the sentence names the other version, and the package itself is no other package', () => {
  const own = ['1.90.0', '1.90.1'].map((version) => ({
    name: 'sample',
    version,
    publishedAt: '2026-11-10T00:00:00.000Z',
  }));
  const { facts, items } = judge({ ...quick(60_000), history: { ofSamePublisher: own } });
  assert.equal(facts['rule.burst'], 'warn');
  assert.match(items.map(({ message }) => message).join(' '), /^1\.90\.1, of the same line/);
});

// ---- R12 ----

const rhythm = (days: number): Partial<Story> => ({
  history: { expectations: [sampleExpectation({ intervalMs: days * dayMs })] },
});

const ended: RunAnswer = {
  state: 'known',
  exists: true,
  conclusion: 'success',
  startedAt: undefined,
  finishedAt: undefined,
  headCommit: undefined,
};

table<Partial<Story>>(
  'time-anomaly',
  [
    ['signed as it was published', {}, 'pass'],
    ['signed in the future', { signedTime: after(now, dayMs) }, 'fail', 'future backdated'],
    ['the index makes it two days older', { signedTime: after(at, 2 * dayMs) }, 'fail', 'backdated'],
    ['published two days after it was signed', { signedTime: after(at, -2 * dayMs) }, 'warn', 'late'],
    [
      'the same, approved by a person',
      { signedTime: after(at, -2 * dayMs), chapters: [...steady, { ...last, approver: 'joe' }] },
      'pass',
    ],
    [
      'before its run started',
      {
        forge: forgeAnswers({ run: { ...ended, startedAt: after(at, 60 * 60_000), finishedAt: undefined } }),
      },
      'warn',
      'before-run',
    ],
    ['a sleeper: 213 days of silence, where ten are usual', rhythm(10), 'warn', 'silence'],
    ['a slow package: 213 days of silence, where sixty are usual', rhythm(60), 'pass'],
    ['a sleeper by the times of a mirror', { ...rhythm(10), times: 'implausible' }, 'not-available'],
    ['times of a mirror', { signedTime: after(at, 2 * dayMs), times: 'implausible' }, 'not-available'],
    [
      'times of a mirror, signed in the future',
      { signedTime: after(now, dayMs), times: 'implausible' },
      'fail',
      'future',
    ],
  ],
  (change) => ({ ...attested, ...change }),
);

// ---- all of them ----

test('a package without anything to go by: no rule passes, none refuses', () => {
  const evidence = judge({
    chapters: [
      {
        version: '1.0.0',
        at: undefined,
        publisher: undefined,
        publisherEmail: undefined,
        signatures: 0,
        gitHead: undefined,
      },
    ],
    now,
    times: 'not-available',
  });
  assert.equal(evidence.result, 'not-available');
  assert.deepEqual([...new Set(ruleNames.map((name) => evidence.facts[`rule.${name}`]))], ['not-available']);
  assert.equal(evidence.facts['standing'], 'none');
  assert.equal(evidence.facts['trustHighWater'], null);
});

test('judged without a gate, memory is missing: what needs it is not-checked, not passed', () => {
  const evidence = judge({ ...attested, history: undefined });
  const told = (name: RuleName) => evidence.facts[`rule.${name}`];
  assert.deepEqual(
    [told('stripped'), told('burst'), told('dependency-changed')],
    ['not-checked', 'not-checked', 'not-checked'],
  );
});

test('what only warns stops weighing after a fortnight; what refuses never does', () => {
  const chapters = [...published(6, jane), nine({ ...jane, publisher: 'joe' })];
  const story = {
    chapters,
    now: after(now, 30 * dayMs),
    provenance: workflowIdentity({ buildTrigger: 'schedule' }),
  };
  const beside = (change: Partial<Story>): unknown =>
    verdict('publisher-changed', {
      ...story,
      history: { expectations: [sampleExpectation()] },
      ...change,
    })[0];
  assert.equal(beside({}), 'warn');
  assert.equal(beside({ now }), 'fail');
  assert.equal(beside({ provenance: workflowIdentity({ buildTrigger: 'workflow_run' }) }), 'fail');
});
