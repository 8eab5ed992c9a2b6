/** R4 and R5 by a table each: what they refuse, what they only say, the look-alike, and nothing to go by. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  after,
  dayMs,
  judge,
  sampleExpectation,
  storyInput,
  verifiedPublication,
  workflowIdentity,
  type Story,
} from '../../../test/support/publication-story.ts';
import { now, attested, verdict, table, withIdentity, given } from '../../../test/support/rule-tables.ts';
import type { Evidence } from '../../core/evidence.ts';
import { expectationsCollector } from './collect.ts';

const selfHosted: Story = { ...attested, provenance: workflowIdentity({ runnerEnvironment: 'self-hosted' }) };
const months = ['2026-05-01', '2026-06-01', '2026-07-01'].map((day, at) =>
  verifiedPublication(`1.1.${at}`, `${day}T00:00:00Z`),
);
const twin = verifiedPublication(
  '1.1.9',
  after(now, -2 * dayMs),
  workflowIdentity({ runnerEnvironment: 'self-hosted' }),
);

// ---- R4 ----

const otherWorkflow = 'https://forge.example.com/acme/sample/.github/workflows/ci.yml@refs/heads/main';

table<Story>(
  'builder-changed',
  [
    ['as expected', attested, 'pass'],
    [
      'another workflow of the same repository',
      withIdentity({ buildConfigUri: otherWorkflow }),
      'fail',
      'workflow',
    ],
    ['another reusable workflow', withIdentity({ buildSignerUri: otherWorkflow }), 'fail', 'signer'],
    [
      'the same reusable workflow at another commit',
      withIdentity({
        buildSignerUri: `https://forge.example.com/acme/sample/.github/workflows/release.yml@${'d'.repeat(40)}`,
      }),
      'pass',
    ],
    ['another issuer', withIdentity({ issuer: 'https://elsewhere.example.com' }), 'fail', 'issuer'],
    ['a self-hosted runner appears', withIdentity({ runnerEnvironment: 'self-hosted' }), 'fail', 'runner'],
    [
      'a self-hosted runner appears, provisional',
      withIdentity({ runnerEnvironment: 'self-hosted' }, { standing: 'provisional' }),
      'warn',
      'runner',
    ],
    [
      'certificate of early 2023, which names no builder',
      withIdentity({ runnerEnvironment: undefined, buildConfigUri: undefined }),
      'not-available',
    ],
    [
      'no expectation, self-hosted unlike earlier ones',
      {
        ...attested,
        provenance: workflowIdentity({ runnerEnvironment: 'self-hosted' }),
        history: { verified: [verifiedPublication('1.1.5', '2026-09-01T00:00:00Z')] },
      },
      'warn',
      'runner',
    ],
    [
      'no expectation, self-hosted unlike the earlier ones of months',
      { ...selfHosted, history: { verified: months } },
      'fail',
      'runner',
    ],
    [
      'the same, when it stood in the open for a fortnight',
      { ...selfHosted, now: after(now, 20 * dayMs), history: { verified: months } },
      'warn',
      'runner',
    ],
    [
      'no expectation, self-hosted like its twin of the same days alone',
      { ...selfHosted, history: { verified: [...months, twin] } },
      'fail',
      'runner',
    ],
    ['nothing to compare with', { ...attested, history: {} }, 'not-available'],
  ],
  (story) => story,
);

// ---- R5 ----

const tags = {
  identity: {
    ...given(sampleExpectation().identity),
    refs: ['refs/tags/*'],
    triggers: ['push', 'release'],
  },
};

table<Story>(
  'ref-or-trigger',
  [
    ['as expected', attested, 'pass'],
    ['another branch', withIdentity({ sourceRepositoryRef: 'refs/heads/patch-1' }), 'fail', 'ref'],
    [
      'any tag, where tags are expected',
      withIdentity({ sourceRepositoryRef: 'refs/tags/v1.2.3' }, tags),
      'pass',
    ],
    [
      'a branch, where tags are expected',
      withIdentity({ sourceRepositoryRef: 'refs/heads/main' }, tags),
      'fail',
      'ref',
    ],
    [
      'a branch named like the folder of tags',
      withIdentity({ sourceRepositoryRef: 'refs/tags/' }, tags),
      'fail',
      'ref',
    ],
    [
      'the button, where it was never pressed',
      withIdentity({ buildTrigger: 'workflow_dispatch' }),
      'fail',
      'trigger',
    ],
    [
      'the button, where it is usual',
      withIdentity(
        { buildTrigger: 'workflow_dispatch' },
        { identity: { ...given(sampleExpectation().identity), triggers: ['workflow_dispatch'] } },
      ),
      'pass',
    ],
    ['another ordinary trigger', withIdentity({ buildTrigger: 'schedule' }), 'warn', 'trigger'],
    [
      'pull_request_target, though provisional',
      withIdentity({ buildTrigger: 'pull_request_target' }, { standing: 'provisional' }),
      'fail',
      'trigger',
    ],
    [
      'pull_request, with nothing to compare',
      { ...attested, provenance: workflowIdentity({ buildTrigger: 'pull_request' }), history: {} },
      'fail',
      'trigger',
    ],
    [
      'workflow_run that was somehow learned',
      withIdentity(
        { buildTrigger: 'workflow_run' },
        { identity: { ...given(sampleExpectation().identity), triggers: ['workflow_run'] } },
      ),
      'fail',
      'trigger',
    ],
    [
      'workflow_run that a person set',
      withIdentity(
        { buildTrigger: 'workflow_run' },
        {
          origin: 'set',
          identity: { ...given(sampleExpectation().identity), triggers: ['workflow_run'] },
        },
      ),
      'pass',
    ],
    ['nothing to compare with', { ...attested, history: {} }, 'not-available'],
  ],
  (story) => story,
);

test('ref-or-trigger: earlier versions were built from tags, and so is this one, from its own', () => {
  const built = (version: string) => workflowIdentity({ sourceRepositoryRef: `refs/tags/v${version}` });
  const history = { verified: [verifiedPublication('1.1.5', '2026-09-01T00:00:00Z', built('1.1.5'))] };
  assert.deepEqual(verdict('ref-or-trigger', { ...attested, provenance: built('1.2.3'), history }), [
    'pass',
    '',
  ]);
  assert.deepEqual(verdict('ref-or-trigger', { ...attested, history }), ['warn', 'ref']);
});

test('provenance that did not pass is no provenance, whatever its facts say', () => {
  const input = storyInput(attested);
  for (const result of ['fail', 'warn', 'not-checked', 'error'] as const) {
    const earlier = input.earlier.map((one) => (one.kind === 'provenance' ? { ...one, result } : one));
    const { facts } = expectationsCollector.collect({ ...input, earlier }) as Evidence;
    assert.equal(facts['rule.source-changed'], 'not-checked', result);
    assert.notEqual(facts['rule.trust-downgrade'], 'pass', result);
    assert.equal(facts['trustRank'], 1, result);
  }
});

test('builder-changed: a self-hosted runner is explained, another workflow is named', () => {
  const message = (change: Parameters<typeof withIdentity>[0]) =>
    judge(withIdentity(change)).items[0]?.message ?? '';
  assert.match(message({ runnerEnvironment: 'self-hosted' }), /A self-hosted runner keeps/);
  assert.match(
    message({ buildConfigUri: otherWorkflow }),
    /workflow is "\.github\/workflows\/ci\.yml", not "\.github\/workflows\/release\.yml" \(expected\)\.$/,
  );
});

test('ref-or-trigger: any of the expected refs will do', () => {
  const identity = {
    ...given(sampleExpectation().identity),
    refs: ['refs/heads/next', 'refs/heads/main', 'refs/tags/*'],
  };
  assert.deepEqual(verdict('ref-or-trigger', withIdentity({}, { identity })), ['pass', '']);
});

test('a line that is young, or was forgotten, does not weaken what is firm of the package', () => {
  const provenance = workflowIdentity({ runnerEnvironment: 'self-hosted' });
  const whole = sampleExpectation();
  const young = sampleExpectation({ line: '1', standing: 'provisional' });
  const forgotten = sampleExpectation({
    line: '1',
    origin: 'set',
    standing: 'provisional',
    identity: undefined,
  });
  const { identity } = sampleExpectation();
  assert.ok(identity !== undefined);
  const own = { ...identity, runners: ['self-hosted'] };
  const rows = [
    [[whole, young], 'fail'],
    [[whole, forgotten], 'fail'],
    [[{ ...whole, standing: 'provisional' }, forgotten], 'warn'],
    [[{ ...whole, standing: 'provisional' }, young], 'warn'],
    [[whole, { ...young, standing: 'firm', identity: own }], 'pass'],
    [[whole, { ...young, origin: 'set', identity: own }], 'pass'],
    [[{ ...whole, identity: undefined }, forgotten], 'not-available'],
  ] as const;
  for (const [expectations, result] of rows)
    assert.equal(
      verdict('builder-changed', { ...attested, provenance, history: { expectations } })[0],
      result,
    );
});
