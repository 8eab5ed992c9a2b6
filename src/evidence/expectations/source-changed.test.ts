/** R3 by a table: another repository, owner or fork, and what only looks like it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  forgeAnswers,
  judge,
  sampleExpectation,
  verifiedPublication,
  workflowIdentity,
  type Story,
} from '../../../test/support/publication-story.ts';
import {
  now,
  steady,
  attested,
  verdict,
  table,
  withIdentity,
  given,
} from '../../../test/support/rule-tables.ts';

const elsewhere = 'https://forge.example.com/mallory/sample';
const fork = forgeAnswers({
  repository: {
    state: 'known',
    exists: true,
    id: '9',
    ownerId: '8',
    forkOf: 'https://forge.example.com/acme/sample',
  },
});
const moved = { sourceRepositoryUri: elsewhere, sourceRepositoryId: '9', ownerId: '8' };

// ---- R3 ----

table<Story>(
  'source-changed',
  [
    ['as expected', attested, 'pass'],
    [
      'renamed, same ids',
      withIdentity({ sourceRepositoryUri: 'https://forge.example.com/acme/renamed' }),
      'pass',
    ],
    ['another repository', withIdentity(moved), 'fail', 'repository owner'],
    [
      'the address of a deleted account made anew',
      withIdentity({ sourceRepositoryId: '55', ownerId: '56' }),
      'fail',
      'repository owner',
    ],
    ['the repository was given away', withIdentity({ ownerId: '8' }), 'fail', 'owner'],
    [
      'no repository named at all',
      withIdentity({ sourceRepositoryUri: undefined, sourceRepositoryId: undefined }),
      'fail',
      'repository',
    ],
    [
      'provisional expectation',
      { ...withIdentity(moved, { standing: 'provisional' }) },
      'warn',
      'repository owner',
    ],
    [
      'a fork, though the expectation is provisional',
      { ...withIdentity(moved, { standing: 'provisional' }), forge: fork },
      'fail',
      'fork',
    ],
    [
      'old certificate without ids, same address',
      withIdentity({ sourceRepositoryId: undefined, ownerId: undefined }),
      'pass',
    ],
    [
      'old certificate without ids, other address',
      withIdentity({
        sourceRepositoryId: undefined,
        ownerId: undefined,
        sourceRepositoryUri: elsewhere,
        ownerUri: undefined,
      }),
      'fail',
      'repository',
    ],
    [
      'written in other case',
      withIdentity({
        sourceRepositoryId: undefined,
        sourceRepositoryUri: 'https://forge.example.com/Acme/Sample.git',
      }),
      'pass',
    ],
    ['no expectation, no history', { ...attested, history: {} }, 'not-available'],
    [
      'no expectation, other than earlier versions',
      {
        ...attested,
        provenance: workflowIdentity(moved),
        history: { verified: [verifiedPublication('1.1.5', '2026-09-01T00:00:00Z')] },
      },
      'warn',
      'repository owner',
    ],
    [
      'no expectation, like an earlier version',
      {
        ...attested,
        history: {
          verified: [
            verifiedPublication('1.1.4', '2026-08-01T00:00:00Z'),
            verifiedPublication('1.1.5', '2026-09-01T00:00:00Z', workflowIdentity(moved)),
          ],
        },
      },
      'pass',
    ],
    [
      'expectation forgotten on purpose',
      { ...withIdentity(moved, { identity: undefined }) },
      'not-available',
    ],
    [
      'no provenance',
      { chapters: steady, now, history: { expectations: [sampleExpectation()] } },
      'not-available',
    ],
    [
      'provenance that could not be checked',
      { chapters: steady, now, provenanceState: 'not-checked' },
      'not-checked',
    ],
    ['provenance that is invalid', { chapters: steady, now, provenanceState: 'invalid' }, 'not-checked'],
  ],
  (story) => story,
);

test('source-changed: the same number given by another forge is another repository', () => {
  const elsewhere = {
    sourceRepositoryUri: 'https://other.example.com/acme/sample',
    issuer: 'https://other.example.com',
  };
  assert.equal(
    verdict('source-changed', withIdentity({ ...elsewhere, ownerUri: 'https://other.example.com/acme' }))[0],
    'fail',
  );
});

test('source-changed: the expectation of the release line counts before that of the package', () => {
  const line = sampleExpectation({
    line: '1',
    identity: { ...given(sampleExpectation().identity), repositoryId: '77' },
  });
  const story = { ...attested, history: { expectations: [sampleExpectation(), line] } };
  assert.deepEqual(verdict('source-changed', story), ['fail', 'repository']);
  const other = { ...attested, history: { expectations: [sampleExpectation(), { ...line, line: '2' }] } };
  assert.deepEqual(verdict('source-changed', other), ['pass', '']);
});

test('source-changed: one of several earlier sources is enough, in any order', () => {
  const times = ['2026-08-01T00:00:00Z', '2026-09-01T00:00:00Z'] as const;
  const verified = [
    verifiedPublication('1.1.4', times[0], workflowIdentity(moved)),
    verifiedPublication('1.1.5', times[1]),
  ];
  for (const history of [{ verified }, { verified: verified.toReversed() }])
    assert.deepEqual(verdict('source-changed', { ...attested, history }), ['pass', '']);
});

test('source-changed: a fork of something else is no fork of the expected repository', () => {
  const forge = forgeAnswers({
    repository: {
      state: 'known',
      exists: true,
      id: '9',
      ownerId: '8',
      forkOf: 'https://forge.example.com/other/thing',
    },
  });
  assert.deepEqual(verdict('source-changed', { ...attested, forge }), ['pass', '']);
  assert.deepEqual(verdict('source-changed', { ...withIdentity(moved), forge }), [
    'fail',
    'repository owner',
  ]);
});

test('source-changed: the sentence names both sources, with their ids, and what to do', () => {
  const [repository, owner] = judge(withIdentity(moved)).items.map(({ message }) => message);
  assert.equal(
    repository,
    'It was built from another repository: "https://forge.example.com/mallory/sample" (id "9"), not "https://forge.example.com/acme/sample" (id "1001") (expected). If the project moved, say so with "assay expect set".',
  );
  assert.match(
    owner ?? '',
    /another owner: "https:\/\/forge.example.com\/mallory" \(id "8"\), not .*\(id "7"\)/,
  );
  const [none] = judge(withIdentity({ sourceRepositoryUri: undefined, sourceRepositoryId: undefined })).items;
  assert.match(none?.message ?? '', /another repository: none named, not/);
});
