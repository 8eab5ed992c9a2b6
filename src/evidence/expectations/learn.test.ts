import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleVersion, samplePublication, sampleView } from '../../../test/support/collector-input.ts';
import {
  after,
  dayMs,
  sampleExpectation,
  verifiedPublication,
  workflowIdentity,
} from '../../../test/support/publication-story.ts';
import type { Expectation } from '../../core/expectation.ts';
import type { SignerIdentity, VerifiedPublication } from '../../core/identity.ts';
import type { Publication } from '../../core/index-view.ts';
import { gateItself } from '../../core/subject.ts';
import { learnExpectations } from './learn.ts';

const start = '2026-01-01T00:00:00.000Z';
const now = '2026-11-20T00:00:00.000Z';

/** So many versions `1.0.0`, `1.0.1` … a day apart. */
function some(
  count: number,
  change: Partial<SignerIdentity> = {},
  { from = 0, everyMs = dayMs, major = 1 } = {},
): readonly VerifiedPublication[] {
  return Array.from({ length: count }, (_, n) =>
    verifiedPublication(
      `${major}.0.${from + n}`,
      after(start, (from + n) * everyMs),
      workflowIdentity(change),
    ),
  );
}

function learn(
  verified: readonly VerifiedPublication[],
  existing: readonly Expectation[] = [],
  publication: Partial<Publication> = {},
  at = now,
): readonly Expectation[] {
  const versions = verified.map(({ version }) =>
    sampleVersion({ version, publication: samplePublication({ attested: true, ...publication }) }),
  );
  const view = { ...sampleView(sampleVersion()), versions };
  return learnExpectations({ existing, verified, view, now: at, principal: gateItself });
}

const lines = (all: readonly Expectation[]): readonly string[] => all.map(({ line }) => line).sort();
const whole = (all: readonly Expectation[]): Expectation => {
  const found = all.find(({ line }) => line === '*');
  assert.ok(found !== undefined, 'something was learned of the package');
  return found;
};

test('two versions teach nothing; three that agree teach the package and their line', () => {
  assert.deepEqual(learn([]), []);
  assert.deepEqual(learn(some(2)), []);
  const learned = learn(some(3));
  assert.deepEqual(lines(learned), ['*', '1']);
  const { identity, ...rest } = whole(learned);
  assert.deepEqual(identity, sampleExpectation().identity);
  assert.equal(rest.revision, 1);
  assert.equal(rest.origin, 'learned');
  assert.equal(rest.standing, 'provisional');
  assert.equal(rest.rank, 'provenance');
  assert.deepEqual(rest.publishers, ['jane']);
  assert.equal(rest.intervalMs, dayMs);
  assert.deepEqual(rest.learnedFrom, ['1.0.0', '1.0.1', '1.0.2']);
});

test('lines are learned apart: two versions of one do not count for the other', () => {
  const learned = learn([...some(3), ...some(2, {}, { major: 2, from: 10 })]);
  assert.deepEqual(lines(learned), ['*', '1']);
});

test('what disagrees on repository, owner or issuer teaches nothing', () => {
  const cases: readonly Partial<SignerIdentity>[] = [
    { sourceRepositoryId: '2' },
    { ownerId: '8' },
    { issuer: 'https://elsewhere.example.com' },
    { sourceRepositoryId: undefined, sourceRepositoryUri: 'https://forge.example.com/mallory/sample' },
  ];
  for (const change of cases) assert.deepEqual(learn([...some(3), ...some(3, change, { from: 3 })]), []);
});

test('a workflow is learned from three versions in a row, not from two', () => {
  const buildConfigUri = 'https://forge.example.com/acme/sample/.github/workflows/new.yml@refs/heads/main';
  const changed = (count: number) => [...some(3), ...some(count, { buildConfigUri }, { from: 3 })];
  assert.deepEqual(learn(changed(2)), []);
  assert.ok(whole(learn(changed(3))).identity?.workflows.includes('.github/workflows/new.yml'));
});

test('certificates without ids agree with those that have them, by address', () => {
  const old = some(2, { sourceRepositoryId: undefined, ownerId: undefined });
  assert.equal(whole(learn([...old, ...some(1, {}, { from: 2 })])).identity?.repositoryId, '1001');
});

test('it is firm once the signed times span a fortnight, as back-filled ones do', () => {
  assert.equal(whole(learn(some(3, {}, { everyMs: 7 * dayMs - 1 }))).standing, 'provisional');
  assert.equal(whole(learn(some(3, {}, { everyMs: 7 * dayMs }))).standing, 'firm');
});

test('it is firm a fortnight after it was learned, when five versions agree', () => {
  const quick = { everyMs: 60_000 };
  const [first] = learn(some(3, {}, quick), [], {}, start).filter(({ line }) => line === '*');
  assert.ok(first !== undefined);
  const later = (days: number, count: number) =>
    learn(some(count, {}, quick), [first], {}, after(start, days * dayMs)).filter(({ line }) => line === '*');
  assert.deepEqual(later(13, 5), []);
  assert.deepEqual(later(14, 4), []);
  const [firm] = later(14, 5);
  assert.equal(firm?.standing, 'firm');
  assert.equal(firm.revision, 2);
});

test('nothing new is no new revision, though there is another version to learn from', () => {
  const existing = learn(some(3));
  assert.deepEqual(learn(some(4), existing), []);
});

test('what was set by hand is never changed', () => {
  const set = sampleExpectation({ origin: 'set', identity: { ...identityOf(), repositoryId: '77' } });
  assert.deepEqual(lines(learn(some(6), [set])), ['1']);
});

function identityOf(): NonNullable<Expectation['identity']> {
  const { identity } = sampleExpectation();
  assert.ok(identity !== undefined);
  return identity;
}

test('another repository never replaces the one that was learned, however often it was let through', () => {
  const existing = learn(some(3));
  const moved = some(9, { sourceRepositoryId: '2', ownerId: '8' }, { from: 3 });
  assert.deepEqual(learn([...some(3), ...moved], existing), []);
});

test('another branch or trigger is added once three allowed versions show it, and what was known stays', () => {
  const existing = learn(some(3));
  const other = { sourceRepositoryRef: 'refs/heads/next', buildTrigger: 'workflow_dispatch' };
  const seen = (count: number) => [...some(3), ...some(count, other, { from: 3 })];
  assert.deepEqual(learn(seen(2), existing), []);
  const { identity, revision } = whole(learn(seen(3), existing));
  assert.deepEqual(identity?.refs, ['refs/heads/main', 'refs/heads/next']);
  assert.deepEqual(identity.triggers, ['push', 'workflow_dispatch']);
  assert.equal(revision, 2);
});

test('triggers that strangers can pull are never learned', () => {
  for (const buildTrigger of ['pull_request', 'pull_request_target', 'workflow_run']) {
    assert.deepEqual(whole(learn(some(5, { buildTrigger }))).identity?.triggers, []);
  }
});

test('what was forgotten is learned anew, from what was published since', () => {
  const forgotten = sampleExpectation({
    origin: 'set',
    identity: undefined,
    revision: 4,
    at: after(start, 2.5 * dayMs),
  });
  const moved = some(3, { sourceRepositoryId: '2' }, { from: 3 });
  assert.deepEqual(lines(learn([...some(3), ...moved.slice(0, 2)], [forgotten])), []);
  const learned = whole(learn([...some(3), ...moved], [forgotten]));
  assert.equal(learned.identity?.repositoryId, '2');
  assert.equal(learned.revision, 5);
});

test('the name of tags is learned from three versions built from them, and their refs as a folder', () => {
  const built = (template: (version: string) => string) =>
    [0, 1, 2].map((n) =>
      verifiedPublication(
        `1.0.${n}`,
        after(start, n * dayMs),
        workflowIdentity({ sourceRepositoryRef: `refs/tags/${template(`1.0.${n}`)}` }),
      ),
    );
  const v = whole(learn(built((version) => `v${version}`)));
  assert.equal(v.tagTemplate, 'v{version}');
  assert.deepEqual(v.identity?.refs, ['refs/tags/*']);
  assert.equal(whole(learn(built((version) => version))).tagTemplate, '{version}');
  assert.equal(whole(learn(built((version) => `sample@${version}`))).tagTemplate, '{name}@{version}');
  assert.equal(whole(learn(built((version) => `build-${version}`))).tagTemplate, undefined);
  assert.equal(whole(learn(some(3))).tagTemplate, undefined);
});

test('the usual rank is what the newest three all have', () => {
  const byWorkflow = whole(learn(some(3), [], { trustedPublisher: 'github' }));
  assert.equal(byWorkflow.rank, 'trusted-publisher');
  assert.deepEqual(byWorkflow.publishers, [], 'the account of a workflow is nobody');
  assert.equal(whole(learn(some(3), [], { approver: 'joe' })).rank, 'staged');
  assert.equal(whole(learn(some(3), [], { attested: false })).rank, 'provenance');
});
