import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleInput } from '../../test/support/collector-input.ts';
import type { Evidence } from '../core/evidence.ts';
import { factsOf } from './facts.ts';

const { subject } = sampleInput();
const record: Evidence = {
  kind: 'archive',
  scope: 'artifact',
  result: 'pass',
  summary: 's',
  facts: { members: 3 },
  items: [],
  tool: { name: 't', version: '1' },
  collectedAt: '2026-11-20T12:00:00.000Z',
};

test('facts hold one check per kind of evidence, and what names the release', () => {
  const facts = factsOf(subject, 'sample', '1.2.3', [record]);
  assert.deepEqual(facts.checks, {
    archive: { result: 'pass', summary: 's', facts: { members: 3 }, items: [] },
  });
  assert.equal(facts.artifact, subject.artifact);
  assert.equal(facts.purl, subject.purl);
  const { artifact: _, ...without } = subject;
  assert.equal(factsOf(without, 'sample', '1.2.3', []).artifact, null);
});

test('two records of one kind are an error, whichever comes first', () => {
  for (const pair of [
    [record, { ...record, result: 'fail' as const }],
    [{ ...record, result: 'fail' as const }, record],
  ]) {
    assert.equal(factsOf(subject, 'sample', '1.2.3', pair).checks['archive']?.result, 'error');
  }
});
