/** What looked like an incident and was harmless, as public facts tell it; accounts are invented. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  after,
  dayMs,
  forgeAnswers,
  judge,
  sampleExpectation,
  verifiedPublication,
  workflowIdentity,
  type Chapter,
} from '../../../test/support/publication-story.ts';
import { assertRules, byWorkflow } from '../../../test/support/rule-tables.ts';
import type { Evidence } from '../../core/evidence.ts';

const router: readonly Chapter[] = [0, 1, 2, 3, 4].map((n) => ({
  version: `1.169.${n}`,
  at: after('2026-04-01T00:00:00Z', n * 4 * dayMs),
  ...byWorkflow,
}));
const first: Chapter = { version: '1.169.5', at: '2026-05-11T19:20:39Z', ...byWorkflow };

function noRefusal(evidence: Evidence): void {
  const refused = Object.entries(evidence.facts).filter(
    ([name, value]) => name.startsWith('rule.') && value === 'fail',
  );
  assert.deepEqual(refused, [], JSON.stringify(evidence.items, null, 1));
}

/**
 * npm/node-semver#886: 7.5.1 to 7.5.4 had provenance; 5.7.2 and 6.3.1, fixes for old lines, came days later from a maintainer, without.
 * Its 6 line is of 2019, and he had published 7.3.8 and others.
 */
test('semver 6.3.1 and 5.7.2, on lines that never had provenance, are a note from the first hour', () => {
  const old = { publisher: 'author', publisherEmail: 'author@mail.example' };
  const team = { publisher: 'team-member', publisherEmail: 'member@mail.example' };
  const semver: readonly Chapter[] = [
    { version: '5.7.0', at: '2019-03-26T00:00:00Z', ...old },
    { version: '6.0.0', at: '2019-03-26T01:00:00Z', ...old },
    { version: '6.1.0', at: '2019-05-22T00:00:00Z', ...old },
    { version: '6.3.0', at: '2019-07-23T00:00:00Z', ...old },
    { version: '5.7.1', at: '2019-08-12T00:00:00Z', ...old },
    { version: '7.3.8', at: '2022-10-04T00:00:00Z', ...team },
    { version: '7.5.0', at: '2023-04-17T00:00:00Z', ...team },
    { version: '7.5.1', at: '2023-05-12T00:00:00Z', ...team, attested: true },
    { version: '7.5.4', at: '2023-07-07T00:00:00Z', ...team, attested: true },
    { version: '5.7.2', at: '2023-07-10T21:00:00Z', ...team },
    { version: '6.3.1', at: '2023-07-10T21:04:00Z', ...team },
  ];
  for (const [judged, predecessor] of [
    ['6.3.1', '6.3.0'],
    ['5.7.2', '5.7.1'],
  ] as const) {
    for (const now of ['2023-07-10T22:00:00.000Z', '2023-07-14T00:00:00.000Z', '2026-11-20T00:00:00.000Z']) {
      const evidence = judge({ chapters: semver, judged, now, predecessor });
      noRefusal(evidence);
      assertRules(evidence, { 'trust-downgrade': 'warn', burst: 'pass', 'publisher-changed': 'pass' });
    }
  }
});

/**
 * prettier/eslint-config-prettier#339: provenance began with 10.1.4; on 18 July 2025 a maintainer was phished, and bad versions of three
 * lines were published; the same maintainer took them down and published 8.10.2, 9.1.2 and 10.1.8 over them.
 */
test('eslint-config-prettier 8.10.2, the repair of an attack on an old line, is not refused', () => {
  const founder = { publisher: 'founder', publisherEmail: 'founder@mail.example' };
  const keeper = { publisher: 'keeper', publisherEmail: 'keeper@mail.example' };
  const chapters: readonly Chapter[] = [
    { version: '8.8.0', at: '2023-03-20T00:00:00Z', ...founder },
    { version: '8.9.0', at: '2023-07-27T00:00:00Z', ...founder },
    { version: '8.10.0', at: '2023-08-03T00:00:00Z', ...founder },
    { version: '9.1.0', at: '2023-12-02T00:00:00Z', ...founder },
    { version: '10.0.1', at: '2025-01-13T00:00:00Z', ...keeper },
    { version: '10.1.3', at: '2025-05-05T00:00:00Z', ...keeper },
    { version: '10.1.4', at: '2025-05-08T00:00:00Z', ...keeper, attested: true },
    { version: '10.1.5', at: '2025-05-09T00:00:00Z', ...keeper, attested: true },
    { version: '8.10.2', at: '2025-07-19T01:18:39Z', ...keeper },
    { version: '9.1.2', at: '2025-07-19T01:22:00Z', ...keeper },
    { version: '10.1.8', at: '2025-07-19T01:30:00Z', ...keeper, attested: true },
  ];
  for (const now of ['2025-07-22T02:00:00.000Z', '2026-11-20T00:00:00.000Z']) {
    const evidence = judge({ chapters, judged: '8.10.2', now, predecessor: '8.10.0' });
    noRefusal(evidence);
    assertRules(evidence, { 'trust-downgrade': 'warn' });
  }
  // What the attacker had put there (8.10.1) ran a script at install, and would be refused at any age.
  const bad = chapters.map((one) => (one.version === '8.10.2' ? { ...one, version: '8.10.1' } : one));
  const attack = judge({
    chapters: bad,
    judged: '8.10.1',
    now: '2026-11-20T00:00:00.000Z',
    predecessor: '8.10.0',
    manifest: { scripts: { install: 'node install.js' } },
  });
  assertRules(attack, { 'trust-downgrade': 'fail' });
});

/** mcollina/fastq#109: 1.20.0 and 1.20.1 by a trusted publisher, 1.20.2 by the author from his machine; everything else as ever. */
test('fastq 1.20.2, on the same line, is refused for a fortnight and a note after it', () => {
  const author = { publisher: 'author', publisherEmail: 'author@mail.example' };
  const chapters: readonly Chapter[] = [
    { version: '1.17.1', at: '2024-02-05T00:00:00Z', ...author },
    { version: '1.18.0', at: '2024-12-20T00:00:00Z', ...author },
    { version: '1.19.0', at: '2025-01-27T00:00:00Z', ...author },
    { version: '1.19.1', at: '2025-03-05T00:00:00Z', ...author },
    { version: '1.20.0', at: '2025-12-23T00:00:00Z', ...byWorkflow },
    { version: '1.20.1', at: '2025-12-24T00:00:00Z', ...byWorkflow },
    { version: '1.20.2', at: '2026-08-28T01:31:45Z', ...author },
  ];
  const story = {
    chapters,
    predecessor: '1.20.1',
    manifestBefore: { dependencies: { reusify: '^1.0.4' } },
    manifest: { dependencies: { reusify: '^1.0.4' } },
  };
  assertRules(judge({ ...story, now: '2026-08-31T02:00:00.000Z' }), {
    'trust-downgrade': 'fail',
    'publisher-changed': 'pass',
  });
  const later = judge({ ...story, now: '2026-11-20T00:00:00.000Z' });
  noRefusal(later);
  assertRules(later, { 'trust-downgrade': 'warn' });
});

/** Where a team moves from a trusted workflow to tokens for good (as @novu/framework 2.12.0 did by mistake). */
test('a project that always published by a workflow and then does not is a note after a fortnight', () => {
  const author = { publisher: 'author', publisherEmail: 'author@mail.example' };
  const chapters = [
    { version: '2.0.0', at: '2025-01-01T00:00:00Z', ...author },
    ...[1, 2, 3, 4, 5].map((n) => ({
      version: `2.${n}.0`,
      at: after('2025-06-01T00:00:00Z', n * 30 * dayMs),
      ...byWorkflow,
    })),
    { version: '2.6.0', at: '2026-06-01T00:00:00Z', ...author },
  ];
  const at = (days: number): Evidence =>
    judge({ chapters, now: after('2026-06-01T00:00:00Z', days * dayMs) });
  assertRules(at(3), { 'trust-downgrade': 'fail', 'publisher-changed': 'fail' });
  assert.equal(at(3).facts['passing'], true, 'it is looked at again');
  noRefusal(at(15));
});

test('a release of a monorepo, forty packages at one time, is no burst', () => {
  const siblings = Array.from({ length: 40 }, (_, n) => ({
    name: `@mono/package-${n}`,
    version: '1.169.5',
    publishedAt: '2026-05-11T19:20:45.000Z',
  }));
  const evidence = judge({
    chapters: [...router, first],
    now: '2026-05-15T00:00:00.000Z',
    provenance: workflowIdentity(),
    history: { expectations: [sampleExpectation()], ofSamePublisher: siblings },
    forge: forgeAnswers(),
  });
  assertRules(evidence, { burst: 'pass' });
  noRefusal(evidence);
});

test('a package whose history is verified and unchanged passes every rule that has something to go by', () => {
  const evidence = judge({
    chapters: [...router, first],
    now: '2026-05-15T00:00:00.000Z',
    provenance: workflowIdentity(),
    predecessor: '1.169.4',
    history: {
      expectations: [sampleExpectation()],
      verified: router.map((one) => verifiedPublication(one.version, one.at ?? '')),
      advertised: { attestedAt: '2026-05-12T00:00:00.000Z', signedAt: '2026-05-12T00:00:00.000Z' },
    },
    forge: forgeAnswers({ tags: { state: 'known', commits: { 'v1.169.5': 'c'.repeat(40) } } }),
  });
  assert.equal(evidence.result, 'pass', JSON.stringify(evidence, null, 1));
  assert.deepEqual(evidence.items, []);
});
