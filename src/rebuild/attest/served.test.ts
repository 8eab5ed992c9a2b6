import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import { formatPurl } from '../../core/purl.ts';
import { comparisonVerdicts, type ComparisonVerdict, type RebuildRecord } from '../../core/rebuild.ts';
import { missingToServe, type ServedBuilds } from './served.ts';

const artifact = sha256('upstream');
const identity = { repository: 'https://forge.example.com/a/b', repositoryId: '1', ownerId: '2', keys: [] };

function record(verdict: ComparisonVerdict, level: 'full' | 'partial' = 'full'): RebuildRecord {
  const limits = {
    memory: 'rlimit',
    processes: 'rlimit',
    cpu: 'rlimit',
    disk: 'tmpfs',
    time: 'watchdog',
  } as const;
  return {
    schema: 1,
    purl: formatPurl('npm', 'a', '1.0.0'),
    artifact,
    recipe: undefined,
    recipeText: undefined,
    log: undefined,
    source: {
      source: {
        kind: 'git',
        url: identity.repository,
        commit: 'a'.repeat(40),
        ref: undefined,
        directory: '',
      },
      identity,
      grade: 'tag',
      confidence: 'high',
      reachable: 'yes',
      because: [],
      disagreements: [],
    },
    isolation: { level, means: 'bubblewrap', limits, missing: [] },
    inputs: [],
    outcome: {
      state: 'compared',
      comparison: {
        schema: 1,
        verdict,
        upstream: artifact,
        rebuilt: sha256('rebuilt'),
        ladder: { d0: undefined, d1: undefined, d2: undefined, d3: undefined },
        normalisers: [],
        counts: { same: 1, forgiven: 0, benign: 0, unexplained: 0, suspicious: 0 },
        differences: [],
        differencesTotal: 0,
      },
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:10.000Z',
  };
}

const may = (
  one: RebuildRecord,
  serve: ServedBuilds,
  about = { artifact, approved: [identity], reviewed: [] },
): boolean => missingToServe(one, about, serve) === undefined;

test('only an equal build is served, and on demand also one that differs and is not suspicious', () => {
  const served = (serve: ServedBuilds): readonly string[] =>
    comparisonVerdicts.filter((verdict) => may(record(verdict), serve));
  assert.deepEqual(served('secure'), ['identical', 'identical-container', 'equivalent']);
  assert.deepEqual(served('built'), [
    'identical',
    'identical-container',
    'equivalent',
    'benign-difference',
    'unexplained',
  ]);
});

test('a build that differs needs the approval and the isolation all the same', () => {
  assert.ok(!may(record('unexplained', 'partial'), 'built'));
  assert.ok(!may(record('unexplained'), 'built', { artifact, approved: [], reviewed: [] }));
  assert.ok(
    !may(record('unexplained'), 'built', { artifact: sha256('others'), approved: [identity], reviewed: [] }),
  );
});
