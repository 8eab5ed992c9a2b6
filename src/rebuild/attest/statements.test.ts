import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { CommitsSince } from '../../core/commits.ts';
import { sha256 } from '../../core/digest.ts';
import { formatPurl } from '../../core/purl.ts';
import type { RebuildRecord } from '../../core/rebuild.ts';
import { comparisonStatement } from './comparison.ts';
import { provenanceStatement } from './provenance.ts';

const by = { origin: 'log.example.com/gate', version: '1.2.3' };
const record: RebuildRecord = {
  schema: 1,
  purl: formatPurl('npm', '@a/b', '1.0.0'),
  artifact: sha256('upstream'),
  recipe: sha256('recipe'),
  recipeText: sha256('recipe text'),
  log: sha256('log'),
  source: {
    source: {
      kind: 'archive',
      url: 'https://files.example.com/b.tar.gz',
      sha256: sha256('src'),
      directory: '',
    },
    identity: {
      repository: 'https://files.example.com/b',
      repositoryId: undefined,
      ownerId: undefined,
      keys: [],
    },
    grade: 'archive',
    confidence: 'medium',
    reachable: 'not-available',
    because: ['the recipe names it'],
    disagreements: [],
  },
  isolation: {
    level: 'full',
    means: 'bubblewrap 0.8.0',
    limits: {
      memory: 'cgroup-v1',
      processes: 'cgroup-v1',
      cpu: 'rlimit',
      disk: 'watchdog',
      time: 'watchdog',
    },
    missing: [],
  },
  inputs: [{ role: 'base', name: 'debian', uri: 'urn:x', digest: { sha256: sha256('base') } }],
  outcome: {
    state: 'compared',
    comparison: {
      schema: 1,
      verdict: 'benign-difference',
      upstream: sha256('upstream'),
      rebuilt: sha256('rebuilt'),
      ladder: {
        d0: { upstream: sha256('upstream'), rebuilt: sha256('rebuilt') },
        d1: undefined,
        d2: undefined,
        d3: undefined,
      },
      normalisers: [{ name: 'line-endings', version: '1', paths: ['a.js'], touched: 1 }],
      counts: { same: 1, forgiven: 0, benign: 1, unexplained: 0, suspicious: 0 },
      differences: [
        {
          path: 'a.js',
          kind: 'content',
          grade: 'benign',
          rule: 'line-endings',
          reason: 'Line ends.',
          reached: undefined,
          shown: 'secret of the file',
        },
      ],
      differencesTotal: 1,
    },
  },
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:10.000Z',
};

describe('the attestations of a build', () => {
  const provenance = provenanceStatement('id1', record, by);
  const comparison = comparisonStatement('id1', record, provenance, by);

  it('name what was built as the subject of the provenance, and upstream as that of the comparison', () => {
    assert.deepEqual(provenance?.['subject'], [{ name: record.purl, digest: { sha256: sha256('rebuilt') } }]);
    assert.deepEqual(comparison['subject'], [{ name: record.purl, digest: { sha256: sha256('upstream') } }]);
    assert.equal(provenance?.['predicateType'], 'https://slsa.dev/provenance/v1');
  });

  it('list every input by digest, the recipe and the isolation', () => {
    const text = canonicalJson(provenance ?? {});
    for (const part of [sha256('base'), sha256('recipe'), sha256('src'), 'cgroup-v1', 'urn:assay:builder:'])
      assert.ok(text.includes(part), part);
  });

  it('tie the comparison to the provenance, and name each normaliser with its version and what it touched', () => {
    const predicate = comparison['predicate'] as Record<string, unknown>;
    assert.deepEqual(predicate['provenance'], { sha256: sha256(canonicalJson(provenance ?? {})) });
    assert.deepEqual(predicate['normalisers'], [
      { name: 'line-endings', version: '1', paths: ['a.js'], touched: 1 },
    ]);
    assert.equal(predicate['verdict'], 'benign-difference');
  });

  it('do not carry what files hold', () => {
    assert.ok(!canonicalJson(comparison).includes('secret of the file'));
  });

  it('count who wrote and who reviewed the commits, and carry no name', () => {
    const commits: CommitsSince = {
      schema: 1,
      state: 'listed',
      since: { version: '0.9.0', commit: 'a'.repeat(40), admitted: true, by: 'built' },
      lineage: 'rewritten',
      total: 3,
      looked: 3,
      people: [{ name: 'Jia Tan', id: '0123456789abcdef', commits: 3, isNew: true, isNamesake: false }],
      peopleTotal: 1,
      newcomers: 1,
      earlierWhole: true,
      signed: 0,
      reviews: { state: 'not-checked', why: 'no forge' },
      findings: [{ rule: 'new-author', commit: 'b'.repeat(40), message: '"Jia Tan" changed what runs.' }],
      findingsTotal: 1,
    };
    const source = record.source === undefined ? undefined : { ...record.source, commits };
    const said = comparisonStatement('id3', { ...record, source }, provenance, by);
    const predicate = said['predicate'] as { source: { commits: Record<string, unknown> } };
    const { lineage, people, reviews, findings } = predicate.source.commits;
    assert.deepEqual([lineage, people, reviews], ['rewritten', 1, { state: 'not-checked', why: 'no forge' }]);
    assert.deepEqual(findings, [{ rule: 'new-author', commit: 'b'.repeat(40) }]);
    assert.doesNotMatch(canonicalJson(said), /Jia|0123456789abcdef/);
  });

  it('say that nothing was built, and why, without provenance', () => {
    const failed: RebuildRecord = {
      ...record,
      source: undefined,
      recipe: undefined,
      recipeText: undefined,
      log: undefined,
      outcome: { state: 'not-built', cause: 'no-source', message: 'none was found' },
    };
    assert.equal(provenanceStatement('id2', failed, by), undefined);
    const said = comparisonStatement('id2', failed, undefined, by);
    const predicate = said['predicate'] as Record<string, unknown>;
    assert.deepEqual([predicate['verdict'], predicate['cause']], ['not-built', 'no-source']);
    canonicalJson(said);
  });
});
