import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  forgeAnswers,
  judge,
  sampleExpectation,
  verifiedPublication,
  workflowIdentity,
} from '../../../test/support/publication-story.ts';
import { attested, last, now, steady, withIdentity } from '../../../test/support/rule-tables.ts';
import { expectationsCollector } from './collect.ts';

test('the facts that policy may read: ranks by number, line, revision and standing', () => {
  const { facts } = judge(attested);
  const { trustRank, trustHighWater, line, revision, standing, versionAtCommit } = facts;
  assert.deepEqual(
    { trustRank, trustHighWater, line, revision, standing, versionAtCommit },
    {
      trustRank: 2,
      trustHighWater: 2,
      line: '1',
      revision: 1,
      standing: 'firm',
      versionAtCommit: 'not-checked',
    },
  );
  const line030 = judge({ chapters: [{ ...last, version: '0.30.4' }], now });
  assert.equal(line030.facts['line'], '0.30');
  assert.equal(judge({ chapters: [{ ...last, version: 'latest' }], now }).facts['line'], null);
});

test('the summary names the rules that speak, the worst first, and the first of their sentences', () => {
  const { summary, result } = judge({
    ...withIdentity({ sourceRepositoryId: '9', buildTrigger: 'schedule' }),
    chapters: [...steady, last],
  });
  assert.equal(result, 'fail');
  assert.match(
    summary,
    /^Not as expected \(source-changed, ref-or-trigger\): It was built from another repository/,
  );
});

test('without findings the summary says by what it was judged, and how much was left open', () => {
  const expected = judge(attested).summary;
  assert.match(expected, /^Nothing unusual by what is expected of it \(revision 1, firm\)\. \d+ of 11 rules/);
  const verified = [verifiedPublication('1.1.5', '2026-09-01T00:00:00Z')];
  assert.match(judge({ ...attested, history: { verified } }).summary, /by what earlier versions show/);
  assert.match(
    judge({ chapters: steady.map((one) => ({ ...one, attested: false })), now }).summary,
    /by what its index shows/,
  );
});

test('a refusal is looked at again, and so is a run that has not ended; what is settled is not', () => {
  const passing = (story: Parameters<typeof judge>[0]) => judge(story).facts['passing'];
  const run = {
    state: 'known',
    exists: true,
    conclusion: 'running',
    startedAt: undefined,
    finishedAt: undefined,
    headCommit: undefined,
  } as const;
  assert.equal(passing(attested), false);
  assert.equal(passing({ ...attested, forge: forgeAnswers({ run }) }), true);
  assert.equal(
    passing({ ...attested, forge: forgeAnswers({ run: { ...run, conclusion: 'failure' } }) }),
    true,
  );
  assert.equal(passing({ ...attested, provenance: workflowIdentity({ buildTrigger: 'schedule' }) }), false);
});

test('it comes after the evidence it reads, and is asked with a forge', () => {
  assert.deepEqual([...(expectationsCollector.after ?? [])].sort(), [
    'age',
    'manifest',
    'provenance',
    'scripts',
    'signatures',
  ]);
  assert.equal(expectationsCollector.usesForge, true);
  assert.equal(
    judge({ ...attested, history: { expectations: [sampleExpectation({ standing: 'provisional' })] } }).facts[
      'standing'
    ],
    'provisional',
  );
});
