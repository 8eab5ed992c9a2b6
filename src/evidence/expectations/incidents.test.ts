/** What happened, as inputs: public facts of each incident; accounts are invented. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  after,
  dayMs,
  forgeAnswers,
  judge,
  sampleExpectation,
  workflowIdentity,
  type Chapter,
  type Story,
} from '../../../test/support/publication-story.ts';
import { assertRules, byWorkflow } from '../../../test/support/rule-tables.ts';
import type { Evidence } from '../../core/evidence.ts';

const minuteMs = 60_000;

function saying(evidence: Evidence, id: string): string {
  return evidence.items.find((item) => item.id === id)?.message ?? `no item ${id}`;
}

// ---- axios, 31 March 2026 ----

const lead: Partial<Chapter> = { publisher: 'lead', publisherEmail: 'lead@mail.example' };
const stolen: Partial<Chapter> = {
  publisher: 'lead',
  publisherEmail: 'other@proton.example',
  gitHead: undefined,
};

const axios: readonly Chapter[] = [
  { version: '0.30.0', at: '2025-05-01T00:00:00Z', ...lead },
  { version: '1.13.1', at: '2025-10-28T00:00:00Z', ...lead, attested: true },
  { version: '1.13.2', at: '2025-11-04T00:00:00Z', ...lead, attested: true },
  { version: '0.30.1', at: '2025-08-01T00:00:00Z', ...lead },
  { version: '0.30.2', at: '2025-09-20T00:00:00Z', ...lead },
  { version: '1.13.4', at: '2026-01-27T00:00:00Z', ...byWorkflow },
  { version: '1.13.5', at: '2026-02-08T00:00:00Z', ...byWorkflow },
  { version: '0.30.3', at: '2026-02-18T00:00:00Z', ...lead },
  { version: '1.13.6', at: '2026-02-27T00:00:00Z', ...byWorkflow },
  { version: '1.14.0', at: '2026-03-27T21:18:09Z', ...byWorkflow },
];
const bad114: Chapter = { version: '1.14.1', at: '2026-03-31T00:21:00Z', ...stolen };
const bad030: Chapter = { version: '0.30.4', at: '2026-03-31T01:00:00Z', ...stolen };
const before = { dependencies: { 'follow-redirects': '^1.15.0', 'form-data': '^4.0.0' } };
const poisoned = { dependencies: { ...before.dependencies, 'plain-crypto': '^4.2.1' } };

const minutesOld = '2026-03-31T01:05:00.000Z';
const daysOld = '2026-04-04T02:00:00.000Z';
const yearsOld = '2028-04-04T02:00:00.000Z';

for (const [age, now] of [
  ['minutes', minutesOld],
  ['four days', daysOld],
  ['two years', yearsOld],
] as const) {
  test(`axios 1.14.1, by a stolen credential after versions by a workflow, is refused when ${age} old`, () => {
    const evidence = judge({
      chapters: [...axios, bad114],
      now,
      seenAt: '2026-03-31T01:02:00.000Z',
      predecessor: '1.14.0',
      manifestBefore: before,
      manifest: poisoned,
    });
    assertRules(evidence, {
      'trust-downgrade': 'fail',
      'publisher-changed': 'fail',
      'dependency-changed': 'fail',
    });
    assert.match(
      saying(evidence, 'expectations/trust-downgrade/lower'),
      /trusted publisher.*signature alone/,
    );
    assert.match(saying(evidence, 'expectations/publisher-changed/other-email'), /other@proton\.example/);
    assert.match(saying(evidence, 'expectations/dependency-changed/added'), /plain-crypto/);
  });

  test(`axios 0.30.4, on a line that never had provenance, is refused when ${age} old`, () => {
    const evidence = judge({
      chapters: [...axios, bad114, bad030],
      now,
      predecessor: '0.30.3',
      manifestBefore: before,
      manifest: poisoned,
    });
    assertRules(evidence, {
      'trust-downgrade': 'fail',
      'publisher-changed': 'fail',
      'dependency-changed': 'fail',
    });
    assert.match(saying(evidence, 'expectations/trust-downgrade/lower'), /e-mail.*new dependency/);
  });
}

test('axios 1.14.1 is refused for four days even with nothing but the missing provenance', () => {
  const quiet = { ...bad114, ...lead, gitHead: 'a'.repeat(40) };
  const story = {
    chapters: [...axios, quiet],
    predecessor: '1.14.0',
    manifestBefore: before,
    manifest: before,
  };
  assertRules(judge({ ...story, now: daysOld }), { 'trust-downgrade': 'fail', 'publisher-changed': 'fail' });
  const fortnight = after('2026-03-31T00:21:00Z', 14 * dayMs);
  assertRules(judge({ ...story, now: fortnight }), {
    'trust-downgrade': 'warn',
    'publisher-changed': 'warn',
  });
});

test('an index that makes a version older than our own look at it wins no fortnight', () => {
  const quiet = { ...bad114, ...lead, gitHead: 'a'.repeat(40), at: '2026-03-28T00:00:00Z' };
  const now = '2026-04-15T00:00:00.000Z';
  const story = {
    chapters: [...axios, quiet],
    now,
    predecessor: '1.14.0',
    manifestBefore: before,
    manifest: before,
  };
  assertRules(judge(story), { 'trust-downgrade': 'warn' });
  assertRules(judge({ ...story, absentAt: '2026-04-10T00:00:00.000Z' }), { 'trust-downgrade': 'fail' });
});

test('a new line by a stolen credential is no line that was only maintained', () => {
  const evidence = judge({
    chapters: [...axios, { ...bad114, ...lead, version: '2.0.0', gitHead: 'a'.repeat(40) }],
    now: daysOld,
  });
  assertRules(evidence, { 'trust-downgrade': 'fail' });
});

// ---- nx, August 2025 ----

test('nx 2025: a token publish after provenance, with a new postinstall, is refused at any age', () => {
  const bot = { publisher: 'nx-bot', publisherEmail: 'bot@nx.example' };
  const chapters = [1, 2, 3, 4, 5, 6].map((n) => ({
    version: `21.4.${n}`,
    at: after('2025-06-01T00:00:00Z', n * 7 * dayMs),
    ...bot,
    attested: true,
  }));
  for (const now of ['2025-08-27T00:00:00.000Z', yearsOld]) {
    const evidence = judge({
      chapters: [...chapters, { version: '21.5.0', at: '2025-08-26T22:32:00Z', ...bot }],
      now,
      predecessor: '21.4.6',
      manifest: { scripts: { postinstall: 'node telemetry.js' } },
    });
    assertRules(evidence, { 'trust-downgrade': 'fail' });
    assert.match(saying(evidence, 'expectations/trust-downgrade/lower'), /install-script/);
  }
});

// ---- chalk and debug, September 2025 ----

test('chalk and debug 2025: a phished account whose e-mail changed is refused for a fortnight', () => {
  const chapters = [0, 1, 2, 3, 4, 5].map((n) => ({
    version: `4.4.${n}`,
    at: after('2024-01-01T00:00:00Z', n * 40 * dayMs),
    publisher: 'owner',
    publisherEmail: 'owner@mail.example',
  }));
  const phished = { publisher: 'owner', publisherEmail: 'owner@help.example' };
  const at = '2025-09-08T13:16:00Z';
  const story = { chapters: [...chapters, { version: '4.4.6', at, ...phished }] };
  assertRules(judge({ ...story, now: after(at, 2 * 60 * minuteMs) }), { 'publisher-changed': 'fail' });
  assertRules(judge({ ...story, now: after(at, 5 * dayMs) }), { 'publisher-changed': 'fail' });
  assertRules(judge({ ...story, now: after(at, 15 * dayMs) }), { 'publisher-changed': 'warn' });
});

// ---- TanStack, May 2026 ----

const tan = workflowIdentity();
const router: readonly Chapter[] = [0, 1, 2, 3, 4].map((n) => ({
  version: `1.169.${n}`,
  at: after('2026-04-01T00:00:00Z', n * 4 * dayMs),
  ...byWorkflow,
}));
const first: Chapter = { version: '1.169.5', at: '2026-05-11T19:20:39Z', ...byWorkflow };
const second: Chapter = { version: '1.169.8', at: '2026-05-11T19:26:14Z', ...byWorkflow };
const failedRun = {
  state: 'known',
  exists: true,
  conclusion: 'failure',
  startedAt: '2026-05-11T19:15:00Z',
  finishedAt: '2026-05-11T19:30:00Z',
  headCommit: 'c'.repeat(40),
} as const;
const worm = Array.from({ length: 41 }, (_, n) => [
  { name: `@tan/package-${n}`, version: '1.161.9', publishedAt: '2026-05-11T19:20:41.000Z' },
  { name: `@tan/package-${n}`, version: '1.161.12', publishedAt: '2026-05-11T19:26:16.000Z' },
]).flat();

function tanStack(change: Partial<Story>): Evidence {
  return judge({
    chapters: [...router, first, second],
    judged: '1.169.8',
    now: '2026-05-15T00:00:00.000Z',
    provenance: tan,
    predecessor: '1.169.4',
    manifest: {
      optionalDependencies: { '@tan/setup': 'github:tan/router#79ac49eedf774dd4b0cfa308722bc463cfe5885c' },
    },
    history: { expectations: [sampleExpectation()], ofSamePublisher: worm },
    forge: forgeAnswers({ run: failedRun, tags: { state: 'known', commits: {} } }),
    ...change,
  });
}

test('TanStack 2026: the right source, workflow and branch, and still a failed run, a burst and a git dependency', () => {
  const evidence = tanStack({});
  assertRules(evidence, {
    'trust-downgrade': 'pass',
    'source-changed': 'pass',
    'builder-changed': 'pass',
    'ref-or-trigger': 'pass',
    'run-conclusion': 'fail',
    burst: 'fail',
    'dependency-changed': 'fail',
  });
  assert.match(saying(evidence, 'expectations/burst/packages'), /41 other packages/);
  assert.match(saying(evidence, 'expectations/run-conclusion/conclusion'), /failure/);
});

test('TanStack 2026 without a forge: the burst alone refuses, and the run is not said to be well', () => {
  const evidence = tanStack({ forge: undefined, manifest: {} });
  assertRules(evidence, { burst: 'fail', 'run-conclusion': 'not-checked', 'source-tag': 'not-checked' });
});

// ---- a moved tag, as in Trivy, March 2026 ----

test('Trivy 2026: a tag that points elsewhere than when it was first seen is refused', () => {
  const chapters = [
    { version: '1.2.2', at: '2026-01-01T00:00:00Z', ...byWorkflow },
    { version: '1.2.3', at: '2026-03-19T00:00:00Z', ...byWorkflow },
  ];
  const now = '2026-03-25T00:00:00.000Z';
  const moved = judge({
    chapters,
    now,
    provenance: workflowIdentity({ sourceRepositoryRef: 'refs/tags/v1.2.3' }),
    forge: forgeAnswers({ tags: { state: 'known', commits: { 'v1.2.3': 'd'.repeat(40) } } }),
  });
  assertRules(moved, { 'source-tag': 'fail' });
  assert.match(saying(moved, 'expectations/source-tag/moved'), /moved/);
  // The attacker's own release: tag and provenance agree, and only memory knows better.
  const consistent = judge({
    chapters,
    now,
    provenance: workflowIdentity({ sourceRepositoryRef: 'refs/tags/v1.2.3' }),
    forge: forgeAnswers({
      tags: {
        state: 'known',
        commits: { 'v1.2.3': 'c'.repeat(40) },
        firstSeen: { 'v1.2.3': { commit: 'b'.repeat(40), at: '2026-03-01T00:00:00.000Z' } },
      },
    }),
  });
  assertRules(consistent, { 'source-tag': 'fail' });
});

// ---- stripped by the registry or a mirror ----

test('attestations that were there once are missed, whatever the index says of others', () => {
  const chapters = [{ version: '1.2.3', at: '2026-01-01T00:00:00Z' }];
  const evidence = judge({
    chapters,
    now: '2026-11-20T00:00:00.000Z',
    history: { advertised: { attestedAt: '2026-11-01T00:00:00.000Z', signedAt: '2026-11-01T00:00:00.000Z' } },
  });
  assertRules(evidence, { stripped: 'fail' });
  assert.match(saying(evidence, 'expectations/stripped/attestations'), /2026-11-01/);
});
