/** Who reviewed a commit: only what the forge says in so many words is a review. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { reviewKinds } from '../../core/commits.ts';
import { readMerged, readReview } from './github-review.ts';
import { NoAnswer } from './not-checked.ts';
import {
  commit,
  fakeGithub,
  good,
  otherCommit,
  paths,
  repository,
  type Answers,
} from './testing/github-server.ts';

const base = { repo: { id: 500 } };
const pulls = `${paths.repository}/commits/${commit}/pulls?per_page=100`;
const request = (number: number): string => `${paths.repository}/pulls/${number}`;
const reviewsOf = (number: number): string => `${request(number)}/reviews?per_page=100`;
const person = (id: number, type = 'User') => ({ id, type, login: `u${id}` });
const merged = {
  number: 7,
  merged: true,
  merged_at: '2026-05-01T10:00:00Z',
  user: person(1),
  merged_by: person(1),
  head: { sha: commit },
  base,
};
const approval = { state: 'APPROVED', user: person(2), author_association: 'MEMBER', commit_id: commit };

function answers(reviews: unknown, change: object = {}): Answers {
  const one = { ...merged, ...change };
  return { ...good, [pulls]: [one], [request(7)]: one, [reviewsOf(7)]: reviews };
}

async function asked(t: TestContext, of: Answers): Promise<string> {
  const { forge } = await fakeGithub(t, of);
  const answer = await forge.review(repository, commit);
  return answer.state === 'known' ? answer.kind : `${answer.state}: ${answer.why}`;
}

describe('a commit', () => {
  it('is approved when somebody else who may write approved what was merged', async (t) => {
    assert.equal(await asked(t, answers([approval])), 'approved');
    assert.equal(await asked(t, answers([approval, { ...approval, state: 'COMMENTED' }])), 'approved');
  });

  it('is not approved by who asked, by a passer-by, by a program, or by a word that was taken back', async (t) => {
    for (const reviews of [
      [],
      [{ ...approval, user: person(1) }],
      [{ ...approval, author_association: 'NONE' }],
      [{ ...approval, author_association: 'CONTRIBUTOR' }],
      [{ ...approval, user: person(3, 'Bot') }],
      [{ ...approval, state: 'COMMENTED' }],
      [approval, { ...approval, state: 'DISMISSED' }],
      [approval, { ...approval, state: 'CHANGES_REQUESTED' }],
    ])
      assert.equal(await asked(t, answers(reviews)), 'self-merged', JSON.stringify(reviews));
  });

  it('is told apart: changed after the approval, merged by another, by nobody who is named, pushed', async (t) => {
    assert.equal(
      await asked(t, answers([{ ...approval, commit_id: otherCommit }])),
      'changed-after-approval',
    );
    assert.equal(await asked(t, answers([], { merged_by: person(2) })), 'unapproved');
    assert.equal(await asked(t, answers([], { merged_by: null })), 'self-merged');
    assert.equal(await asked(t, { ...good, [pulls]: [] }), 'direct');
    assert.equal(await asked(t, { ...good, [pulls]: [{ ...merged, merged_at: null }] }), 'direct');
    const fork = { repo: { id: 501 } };
    assert.equal(await asked(t, { ...good, [pulls]: [{ ...merged, base: fork }] }), 'direct');
  });

  it('that was merged twice is as good as the better of the two', async (t) => {
    const second = { ...merged, number: 8 };
    const both = {
      ...answers([]),
      [pulls]: [merged, second],
      [request(8)]: second,
      [reviewsOf(8)]: [approval],
    };
    assert.equal(await asked(t, both), 'approved');
  });

  it('is not checked where an answer is missing, of another shape, or cut off', async (t) => {
    const many = Array.from({ length: 100 }, () => approval);
    for (const of of [
      answers({ message: 'no' }),
      answers([null]),
      answers(many),
      answers([approval], { head: null }),
      answers([approval], { merged: false }),
      { ...good, [pulls]: { total: 0 } },
      {
        ...answers([approval]),
        [reviewsOf(7)]: (response: ServerResponse) => void response.writeHead(403).end(),
      },
      {
        ...answers([approval]),
        [paths.repository]: (response: ServerResponse) => void response.writeHead(404).end('{}'),
      },
    ])
      assert.match(await asked(t, of), /^not-checked: /);
    const { forge } = await fakeGithub(t, good);
    const elsewhere = await forge.review('https://other.example.com/owner/name', commit);
    assert.equal(elsewhere.state, 'not-checked');
    assert.equal((await forge.review(repository, 'main')).state, 'not-checked');
  });

  it('that the forge does not have is told as that', async (t) => {
    const { forge } = await fakeGithub(t, good);
    const answer = await forge.review(repository, otherCommit);
    assert.ok(answer.state === 'known' && !answer.exists);
  });

  it('is not asked about when few questions are left: an install may need them', async (t) => {
    const reset = String(Date.parse('2026-11-01T01:00:00Z') / 1000);
    const scarce = (response: ServerResponse): void => {
      response.writeHead(200, { 'x-ratelimit-remaining': '24', 'x-ratelimit-reset': reset });
      response.end(JSON.stringify({ id: 500, fork: false, owner: { id: 9 }, default_branch: 'main' }));
    };
    assert.match(await asked(t, { ...answers([approval]), [paths.repository]: scarce }), /rate limit/);
    const { forge } = await fakeGithub(t, { ...good, [paths.repository]: scarce });
    assert.equal((await forge.tags(repository, ['v1.0.0'])).state, 'known');
  });
});

it('anything that a forge may answer is a review of a known kind or none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      for (const read of [() => readReview(one, other, '500'), () => readMerged(one, '500')])
        try {
          const said = read();
          assert.ok(Array.isArray(said) ? said.length === 0 : reviewKinds.some((kind) => kind === said));
          assert.notEqual(said, 'approved');
        } catch (error) {
          assert.ok(error instanceof NoAnswer);
        }
    }),
  );
});
