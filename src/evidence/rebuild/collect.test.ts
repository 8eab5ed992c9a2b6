import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleInput } from '../../../test/support/collector-input.ts';
import type { RebuildFinding } from '../../core/rebuild-finding.ts';
import type { ComparisonVerdict, RebuildRecord } from '../../core/rebuild.ts';
import { comparisonVerdicts } from '../../core/rebuild.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { rebuildCollector } from './collect.ts';

const input = sampleInput();
const artifact = input.subject.artifact ?? sha256('');

function finding(verdict: ComparisonVerdict, more: Partial<RebuildFinding> = {}): RebuildFinding {
  const isBad = verdict === 'suspicious' || verdict === 'unexplained';
  const comparison = {
    schema: 1,
    verdict,
    upstream: artifact,
    rebuilt: sha256('rebuilt'),
    ladder: { d0: undefined, d1: undefined, d2: undefined, d3: undefined },
    normalisers: [],
    counts: { same: 1, forgiven: 0, benign: 0, unexplained: 0, suspicious: 0 },
    differences: isBad
      ? [
          {
            path: 'setup.js',
            kind: 'only-upstream',
            grade: verdict,
            rule: 'npm/one-sided',
            reason: 'Only in what upstream published, and it runs at install.',
            reached: 'install',
            shown: undefined,
          } as const,
        ]
      : [],
    differencesTotal: isBad ? 1 : 0,
  } as const;
  const record: RebuildRecord = {
    schema: 1,
    purl: input.subject.purl,
    artifact,
    recipe: undefined,
    recipeText: undefined,
    log: undefined,
    source: undefined,
    isolation: {
      level: 'full',
      means: '',
      limits: { memory: 'none', processes: 'none', cpu: 'none', disk: 'none', time: 'none' },
      missing: [],
    },
    inputs: [],
    outcome:
      verdict === 'not-built'
        ? { state: 'not-built', cause: 'no-source', message: 'No source was found.' }
        : { state: 'compared', comparison },
    startedAt: input.now,
    endedAt: input.now,
  };
  return {
    build: 'b1',
    record,
    class: { class: 'community', grade: 'unverified', because: '' },
    matchedBefore: undefined,
    ...more,
  };
}

async function examined(one: RebuildFinding | undefined, bytes: Sha256 = artifact) {
  const subject = { ...input.subject, artifact: bytes };
  return rebuildCollector.collect({ ...input, subject, rebuildOf: () => one });
}

test('what differs as an attack would from an archive that others keep warns, and says why it does not fail', async () => {
  const kept = {
    source: {
      kind: 'archive',
      url: 'https://files.example.com/a.tar.gz',
      sha256: sha256('a'),
      directory: '',
    },
    identity: {
      repository: 'https://files.example.com/',
      repositoryId: undefined,
      ownerId: undefined,
      keys: [],
    },
    grade: 'archive',
    confidence: 'medium',
    reachable: 'not-available',
    because: [],
    disagreements: [],
  } as const;
  const suspicious = finding('suspicious');
  const evidence = await examined({ ...suspicious, record: { ...suspicious.record, source: kept } });
  assert.equal(evidence.result, 'warn');
  assert.match(evidence.summary, /an archive that others keep/);
  const git = {
    kind: 'git',
    url: 'https://forge.example.com/a',
    commit: 'a'.repeat(40),
    ref: undefined,
  } as const;
  const source = { ...kept, source: { ...git, directory: '' }, grade: 'tag' } as const;
  assert.equal((await examined({ ...suspicious, record: { ...suspicious.record, source } })).result, 'fail');
});

test('each verdict has its result, and none but a match is a pass', async () => {
  const expected: Record<ComparisonVerdict, string> = {
    identical: 'pass',
    'identical-container': 'pass',
    equivalent: 'pass',
    'benign-difference': 'pass',
    unexplained: 'warn',
    suspicious: 'fail',
    'not-built': 'not-available',
  };
  for (const verdict of comparisonVerdicts)
    assert.equal((await examined(finding(verdict))).result, expected[verdict], verdict);
  assert.equal((await examined(undefined)).result, 'not-available');
});

test('what differs is named, so that a refusal explains itself', async () => {
  const { summary, items } = await examined(finding('suspicious'));
  assert.match(summary, /setup\.js: Only in what upstream published/);
  assert.deepEqual(items[0]?.id, 'rebuild/npm/one-sided');
});

test('a build that was compared with other bytes says nothing', async () => {
  assert.equal((await examined(finding('suspicious'), sha256('others'))).result, 'not-available');
});

test('a version that differs where another matched is a regression, and says where to stay', async () => {
  const { facts, items } = await examined(finding('unexplained', { matchedBefore: '1.0.0' }));
  assert.equal(facts['rule.rebuild-regression'], 'fail');
  assert.match(items[0]?.message ?? '', /Version 1\.0\.0/);
  const good = await examined(finding('identical', { matchedBefore: '1.0.0' }));
  assert.equal(good.facts['rule.rebuild-regression'], 'pass');
});

test('a match from another source than the approved one is a warning, and no regression', async () => {
  const told = await examined(finding('identical', { fromOtherSource: true, matchedBefore: '1.0.0' }));
  assert.equal(told.result, 'warn');
  assert.match(told.summary, /another than the approved one/);
  assert.deepEqual(
    told.items.map(({ id }) => id),
    ['rebuild/source-changed'],
  );
  assert.equal(told.facts['rule.rebuild-regression'], 'pass');
  assert.equal((await examined(finding('identical', { fromOtherSource: false }))).result, 'pass');
  assert.equal((await examined(finding('suspicious', { fromOtherSource: true }))).result, 'fail');
});
