import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { sampleInput } from '../../../test/support/collector-input.ts';
import type { CommitsListed, CommitsSince, CommitReviews } from '../../core/commits.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import type { FoundSource, RebuildRecord } from '../../core/rebuild.ts';
import type { RebuildFinding } from '../../core/rebuild-finding.ts';
import { commitsCollector } from './collect.ts';

const input = sampleInput();
const artifact = input.subject.artifact ?? sha256('');
const from = 'a'.repeat(40);

const none = {
  'version-only': 0,
  approved: 0,
  'changed-after-approval': 0,
  unapproved: 0,
  'self-merged': 0,
  direct: 0,
};
const reviewed: CommitReviews = {
  state: 'told',
  counts: { ...none, approved: 14 },
  untold: 0,
  why: undefined,
};

function listed(change: Partial<CommitsListed> = {}): CommitsListed {
  return {
    schema: 1,
    state: 'listed',
    since: { version: '2.0.3', commit: from, admitted: true, by: 'built' },
    lineage: 'descends',
    total: 14,
    looked: 14,
    people: [],
    peopleTotal: 3,
    newcomers: 1,
    earlierWhole: true,
    signed: 0,
    reviews: reviewed,
    findings: [],
    findingsTotal: 0,
    ...change,
  };
}

function finding(rule: CommitsListed['findings'][number]['rule'], message: string): Partial<CommitsListed> {
  return { findings: [{ rule, commit: from, message }], findingsTotal: 1 };
}

function source(commits: CommitsSince | undefined): FoundSource {
  return {
    source: { kind: 'git', url: 'https://forge.example.com/a', commit: from, ref: undefined, directory: '' },
    identity: {
      repository: 'https://forge.example.com/a',
      repositoryId: undefined,
      ownerId: undefined,
      keys: [],
    },
    grade: 'tag',
    confidence: 'high',
    reachable: 'yes',
    because: [],
    disagreements: [],
    ...(commits === undefined ? {} : { commits }),
  };
}

async function examined(of: FoundSource | undefined, bytes: Sha256 = artifact) {
  const record = { artifact: bytes, source: of } as unknown as RebuildRecord;
  const known = { build: 'b1', record } as unknown as RebuildFinding;
  return commitsCollector.collect({ ...input, rebuildOf: () => known });
}

const verdictsOf = async (commits: CommitsSince) => {
  const { result, facts } = await examined(source(commits));
  return [result, facts['rule.history-rewritten'], facts['rule.new-author'], facts['rule.unreviewed']];
};

describe('commits since the version before', () => {
  it('pass when history goes on and all were reviewed, and are told in one sentence', async () => {
    const { result, summary, items } = await examined(source(listed()));
    assert.equal(result, 'pass');
    assert.equal(summary, 'Commits since 2.0.3: 14 by 3 people, 1 new; 14 reviewed.');
    assert.deepEqual(items, []);
  });

  it('fail when history was rewritten, and only then', async () => {
    const rewritten = listed({ lineage: 'rewritten', ...finding('history-rewritten', 'It was moved.') });
    assert.deepEqual(await verdictsOf(rewritten), ['fail', 'fail', 'pass', 'pass']);
    const { summary, items } = await examined(source(rewritten));
    assert.match(summary, /It was moved\.$/);
    assert.deepEqual(
      items.map(({ id }) => id),
      ['commits/history-rewritten'],
    );
    assert.deepEqual(await verdictsOf(listed({ lineage: 'other-line' })), ['pass', 'pass', 'pass', 'pass']);
    assert.deepEqual(await verdictsOf(listed({ lineage: 'off-branch' })), ['warn', 'warn', 'pass', 'pass']);
  });

  it('warn of a newcomer who touched what runs by itself, and of dates that run backwards', async () => {
    assert.deepEqual(await verdictsOf(listed(finding('new-author', 'x'))), ['warn', 'pass', 'warn', 'pass']);
    assert.deepEqual(await verdictsOf(listed(finding('dates', 'x'))), ['warn', 'pass', 'pass', 'pass']);
  });

  it('warn of what nobody reviewed, where the forge says so', async () => {
    const counts = { ...none, approved: 12, direct: 2 };
    const of = listed({ reviews: { state: 'told', counts, untold: 0, why: undefined } });
    assert.deepEqual(await verdictsOf(of), ['warn', 'pass', 'pass', 'warn']);
    const { facts, summary } = await examined(source(of));
    assert.deepEqual([facts['reviewed'], facts['unreviewed']], [12, 2]);
    assert.match(summary, /; 12 reviewed, 2 not\./);
  });

  it('are never reviewed where nobody said so', async () => {
    const silent = listed({ reviews: { state: 'not-checked', why: 'no forge is configured' } });
    assert.deepEqual(await verdictsOf(silent), ['not-checked', 'pass', 'pass', 'not-checked']);
    const { facts, summary } = await examined(source(silent));
    assert.deepEqual([facts['reviewed'], facts['unreviewed']], [null, null]);
    assert.match(summary, /who reviewed them is not known \(no forge is configured\)/);
    const counts = { ...none, approved: 13 };
    const partly = listed({ reviews: { state: 'told', counts, untold: 1, why: 'late' } });
    assert.deepEqual(await verdictsOf(partly), ['not-checked', 'pass', 'pass', 'not-checked']);
  });

  it('are not clean where not all were looked at, or none could be', async () => {
    assert.deepEqual(await verdictsOf(listed({ total: 3000 })), [
      'not-checked',
      'pass',
      'not-checked',
      'pass',
    ]);
    const gone = listed({ lineage: 'rewritten', total: 0, looked: 0 });
    assert.deepEqual(await verdictsOf(gone), ['fail', 'fail', 'not-checked', 'not-checked']);
    assert.match((await examined(source(gone))).summary, /is gone/);
    const same = listed({
      lineage: 'same',
      total: 0,
      looked: 0,
      reviews: { state: 'not-checked', why: 'x' },
    });
    assert.deepEqual(await verdictsOf(same), ['pass', 'pass', 'pass', 'pass']);
  });
});

test('what was not looked at is not checked, and what has no commits is not available', async () => {
  const archive = {
    ...source(undefined),
    source: { kind: 'archive', url: 'x', sha256: sha256('x'), directory: '' },
  };
  const results = [
    await commitsCollector.collect({ ...input, rebuildOf: undefined }),
    await examined(undefined),
    await examined(source(undefined)),
    await examined(source({ schema: 1, state: 'not-listed', version: '1.0.0', why: 'no tag names it' })),
    await examined(source(listed()), sha256('other')),
    await examined(archive as FoundSource),
  ].map(({ result }) => result);
  assert.deepEqual(results, [...Array.from({ length: 5 }, () => 'not-checked'), 'not-available']);
});

test('what is known is asked for every decision, as builds end later', () => {
  const known = { build: 'b1', record: { artifact, source: source(listed()) } } as unknown as RebuildFinding;
  const evidence = commitsCollector.refresh?.({ ...input, rebuildOf: () => known });
  assert.equal(evidence?.result, 'pass');
});
