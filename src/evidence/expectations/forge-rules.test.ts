/** R6 and R7 by a table each: what a forge may answer, and that its silence is no pass. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  after,
  dayMs,
  forgeAnswers,
  judge,
  sampleExpectation,
  silentForge,
  workflowIdentity,
} from '../../../test/support/publication-story.ts';
import { now, at, attested, table, without, last, steady } from '../../../test/support/rule-tables.ts';
import type { CommitAnswer, RunAnswer, TagAnswer } from '../../core/forge.ts';

const here = 'c'.repeat(40);
const there = 'd'.repeat(40);

// ---- R6 ----

const commit: CommitAnswer = {
  state: 'known',
  exists: true,
  reachable: 'yes',
  committedAt: '2026-11-01T00:00:00Z',
  signature: 'unknown',
};
const tagged = (commits: Readonly<Record<string, string>>): TagAnswer => ({ state: 'known', commits });

table<{
  readonly tags?: TagAnswer;
  readonly commit?: Partial<CommitAnswer>;
  readonly ref?: string;
  readonly template?: string;
  readonly standing?: 'provisional';
}>(
  'source-tag',
  [
    ['tag at the commit', {}, 'pass'],
    ['tag of a monorepo', { tags: tagged({ 'sample@1.2.3': here, 'v1.2.3': there }) }, 'pass'],
    ['no tag, and none is usual', { tags: tagged({}) }, 'not-available'],
    ['no tag, where versions have one', { tags: tagged({}), template: 'v{version}' }, 'fail', 'missing'],
    [
      'no tag, where provisionally versions have one',
      { tags: tagged({}), template: 'v{version}', standing: 'provisional' },
      'warn',
      'missing',
    ],
    ['built from a tag that is gone', { tags: tagged({}), ref: 'refs/tags/v1.2.3' }, 'fail', 'missing'],
    [
      'built from a tag by an unusual name',
      { tags: tagged({}), ref: 'refs/tags/release-7' },
      'not-available',
    ],
    [
      'built from its tag, by an unusual name',
      { tags: tagged({ 'rel/1.2.3': here }), ref: 'refs/tags/rel/1.2.3' },
      'pass',
    ],
    [
      'built from its tag, by an unusual name, that points elsewhere',
      { tags: tagged({ 'rel/1.2.3': there }), ref: 'refs/tags/rel/1.2.3' },
      'fail',
      'moved',
    ],
    [
      'built from a tag that moves with every version',
      {
        tags: { ...tagged({ latest: there }), firstSeen: { latest: { commit: here, at } } },
        ref: 'refs/tags/latest',
      },
      'not-available',
    ],
    [
      'built from a tag that points elsewhere',
      { tags: tagged({ 'v1.2.3': there }), ref: 'refs/tags/v1.2.3' },
      'fail',
      'moved',
    ],
    [
      'the usual tag points elsewhere',
      { tags: tagged({ 'v1.2.3': there }), template: 'v{version}' },
      'fail',
      'moved',
    ],
    [
      'a tag by that name, perhaps of a sibling package',
      { tags: tagged({ 'v1.2.3': there }) },
      'warn',
      'moved',
    ],
    [
      'the tag was elsewhere when first seen',
      { tags: { ...tagged({ 'v1.2.3': here }), firstSeen: { 'v1.2.3': { commit: there, at } } } },
      'fail',
      'moved/v1.2.3',
    ],
    [
      'the tag is where it was first seen',
      { tags: { ...tagged({ 'v1.2.3': here }), firstSeen: { 'v1.2.3': { commit: here, at } } } },
      'pass',
    ],
    ['commit not in the repository', { commit: { exists: false } }, 'fail', 'commit'],
    [
      'commit on no branch or tag (orphan in a fork network)',
      { tags: tagged({}), commit: { reachable: 'no' } },
      'fail',
      'commit',
    ],
    ['reachable by its tag alone', { commit: { reachable: 'no' } }, 'pass'],
    [
      'the forge cannot tell whether it is reachable',
      { tags: tagged({}), commit: { reachable: 'unknown' } },
      'not-checked',
    ],
    [
      'unsigned commit of half an hour before',
      { commit: { committedAt: after(at, -30 * 60_000) } },
      'warn',
      'young-commit',
    ],
    [
      'merge that the forge signed, a minute before',
      { commit: { committedAt: after(at, -60_000), signature: 'verified' } },
      'pass',
    ],
  ],
  ({ ref, template, standing, ...input }) => ({
    ...attested,
    provenance: workflowIdentity(ref === undefined ? {} : { sourceRepositoryRef: ref }),
    history: { expectations: [sampleExpectation({ tagTemplate: template, ...(standing && { standing }) })] },
    forge: forgeAnswers({
      tags: input.tags ?? tagged({ 'v1.2.3': here }),
      commit: { ...commit, ...input.commit },
    }),
  }),
);

// ---- R7 ----

const run: RunAnswer = {
  state: 'known',
  exists: true,
  conclusion: 'success',
  startedAt: after(at, -5 * 60_000),
  finishedAt: after(at, 5 * 60_000),
  headCommit: here,
};

table<
  Partial<RunAnswer> & { readonly approver?: string; readonly now?: string; readonly publishTime?: string }
>(
  'run-conclusion',
  [
    ['succeeded', {}, 'pass'],
    ['failed', { conclusion: 'failure' }, 'fail', 'conclusion'],
    ['cancelled', { conclusion: 'cancelled' }, 'fail', 'conclusion'],
    ['timed out or the like', { conclusion: 'other' }, 'fail', 'conclusion'],
    ['still running', { conclusion: 'running', finishedAt: undefined }, 'warn', 'running'],
    ['gone', { exists: false }, 'fail', 'missing'],
    [
      'gone after a hundred days, as forges do',
      { exists: false, now: after(at, 100 * dayMs) },
      'warn',
      'missing',
    ],
    ['published after it ended', { finishedAt: after(at, -20 * 60_000) }, 'fail', 'after-end'],
    [
      'published after it ended, by the signed time of publication',
      { publishTime: after(at, 60 * 60_000) },
      'fail',
      'after-end',
    ],
    [
      'staged: a person approved it later',
      { finishedAt: after(at, 60_000), publishTime: after(at, 60 * 60_000), approver: 'second' },
      'pass',
    ],
    ['about another commit', { headCommit: there }, 'warn', 'commit'],
  ],
  ({ approver, now: later, publishTime, ...change }) => ({
    ...attested,
    ...(publishTime === undefined ? {} : { publishTime }),
    chapters: [...steady, { ...last, approver }],
    now: later ?? now,
    forge: forgeAnswers({ run: { ...run, ...change } }),
  }),
);

test('without a forge, or with one that did not answer, source-tag and run-conclusion are not-checked', () => {
  for (const forge of [undefined, silentForge]) {
    const evidence = judge(forge === undefined ? without(attested, 'forge') : { ...attested, forge });
    assert.equal(evidence.facts['rule.source-tag'], 'not-checked');
    assert.equal(evidence.facts['rule.run-conclusion'], 'not-checked');
  }
});
