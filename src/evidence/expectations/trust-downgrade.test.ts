/** R2 by a table, beside the incidents: ranks as claimed and as verified, and what is no downgrade. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence, Result } from '../../core/evidence.ts';
import { expectationsCollector } from './collect.ts';
import {
  sampleExpectation,
  storyInput,
  verifiedPublication,
  type Story,
} from '../../../test/support/publication-story.ts';
import {
  now,
  attested,
  table,
  jane,
  published,
  nine,
  last,
  steady,
  without,
} from '../../../test/support/rule-tables.ts';

// ---- R2 ----

table<Story>(
  'trust-downgrade',
  [
    ['as before', attested, 'pass'],
    [
      'more than before',
      { ...attested, chapters: [...steady, { ...last, trustedPublisher: 'github' }] },
      'pass',
    ],
    [
      'less, with a claim that does not verify',
      { ...without(attested, 'provenance'), provenanceState: 'invalid' },
      'fail',
      'lower',
    ],
    [
      'a claim that could not be checked',
      { ...without(attested, 'provenance'), provenanceState: 'not-checked' },
      'not-checked',
    ],
    [
      'a claim that upstream answers with nothing',
      { ...without(attested, 'provenance'), provenanceState: 'advertised-missing' },
      'not-checked',
    ],
    ['registry signature alone, as ever', { chapters: [...published(6, jane), nine(jane)], now }, 'pass'],
    [
      'no signature, where each had one',
      { chapters: [...published(6, jane), nine({ ...jane, signatures: 0 })], now },
      'fail',
      'lower',
    ],
    [
      'signature of a registry whose keys we do not know',
      { chapters: [...published(6, jane), nine(jane)], now, signatures: 'not-checked' },
      'not-checked',
    ],
    [
      'signature by none of the keys that we know of the registry',
      { chapters: [...published(6, jane), nine(jane)], now, signatures: 'not-checked', unknownKey: true },
      'fail',
      'lower',
    ],
    [
      'known and unknown signatures side by side, as when keys change',
      { chapters: [...published(6, jane), nine(jane)], now, signatures: 'pass', unknownKey: true },
      'pass',
    ],
    [
      'nothing was ever signed',
      { chapters: [...published(6, { ...jane, signatures: 0 }), nine({ ...jane, signatures: 0 })], now },
      'not-available',
    ],
    [
      'a pre-release had more',
      {
        chapters: [
          ...published(6, jane),
          { version: '1.7.0-rc.1', at: '2026-01-01T00:00:00Z', ...jane, attested: true },
          nine(jane),
        ],
        now,
      },
      'pass',
    ],
    [
      'a pre-release after one that had more',
      {
        chapters: [
          ...published(6, jane),
          { version: '1.7.0-rc.1', at: '2026-10-01T00:00:00Z', ...jane, attested: true },
          { ...nine(jane), version: '1.90.0-rc.1' },
        ],
        now,
      },
      'fail',
      'lower',
    ],
    [
      'a later version had more',
      {
        chapters: [
          ...published(6, jane),
          { version: '1.95.0', at: '2026-11-15T00:00:00Z', ...jane, attested: true },
          nine(jane),
        ],
        judged: '1.90.0',
        now,
      },
      'pass',
    ],
    [
      'times of a mirror',
      { chapters: [...steady, { ...last, attested: false }], now, times: 'implausible' },
      'not-available',
    ],
    [
      'times of a mirror, but an earlier version was verified here',
      {
        chapters: [...steady, { ...last, attested: false }],
        now,
        times: 'implausible',
        history: { verified: [verifiedPublication('1.1.5', '2026-09-01T00:00:00Z')] },
      },
      'fail',
      'lower',
    ],
    [
      'what had more was taken out of the index, but was verified here',
      {
        chapters: [...published(6, jane), nine(jane)],
        now,
        history: { verified: [verifiedPublication('1.70.0', '2026-09-01T00:00:00Z')] },
      },
      'fail',
      'lower',
    ],
    [
      'what has more and was verified here came later',
      {
        chapters: [...published(6, jane), nine(jane)],
        now,
        history: { verified: [verifiedPublication('1.95.0', '2026-11-15T00:00:00Z')] },
      },
      'pass',
    ],
    [
      'times of a mirror, and an earlier version of another line was verified here',
      {
        chapters: [...steady, { ...last, attested: false }],
        now,
        times: 'implausible',
        history: { verified: [verifiedPublication('0.9.5', '2026-09-01T00:00:00Z')] },
      },
      'not-available',
    ],
    [
      'signed, by a key that is retired',
      { chapters: [...published(6, jane), nine(jane)], now, signatures: 'warn' },
      'pass',
    ],
    [
      'signed, and the signature is wrong',
      { chapters: [...published(6, jane), nine(jane)], now, signatures: 'fail' },
      'fail',
      'lower',
    ],
    [
      'the index no longer tells, but an earlier version was verified here',
      {
        chapters: [...steady.map((one) => ({ ...one, attested: false })), { ...last, attested: false }],
        now,
        history: { verified: [verifiedPublication('1.1.5', '2026-09-01T00:00:00Z')] },
      },
      'fail',
      'lower',
    ],
  ],
  (story) => story,
);

// Whom a person set must be named: else what names nobody passes wherever no earlier version is known.
const unnamed: Story = {
  chapters: [nine({ ...jane, signatures: 0 })],
  now,
  times: 'implausible',
  signatures: 'not-available',
};
const expecting = (change: Parameters<typeof sampleExpectation>[0]): Story => ({
  ...unnamed,
  history: { expectations: [sampleExpectation(change)] },
});

table<Story>(
  'trust-downgrade',
  [
    ['nobody is named, and whom to expect was set', expecting({ origin: 'set' }), 'fail', 'lower'],
    [
      'nobody is named, and whom to expect was set, in a line that never named anybody',
      {
        ...expecting({ origin: 'set' }),
        chapters: [...published(6, jane), nine(jane)],
        times: 'plausible',
        signatures: 'pass',
      },
      'fail',
      'lower',
    ],
    [
      'somebody is named, as was set',
      { ...attested, history: { expectations: [sampleExpectation({ origin: 'set' })] } },
      'pass',
    ],
    [
      'nobody is named, and what was set was forgotten',
      expecting({ origin: 'set', identity: undefined, rank: 'none' }),
      'not-available',
    ],
    [
      'nobody is named, and whom to expect was learned from what is not known here',
      expecting({}),
      'not-available',
    ],
    ['whom to expect was set for another line', expecting({ origin: 'set', line: '7' }), 'not-available'],
  ],
  (story) => story,
);

test('a line that is only maintained is not believed beside a changed script or an index that lies', () => {
  const old = published(4, { ...jane, signatures: 1 });
  const chapters = [
    ...old,
    { version: '2.0.0', at: '2026-01-01T00:00:00Z', ...jane, attested: true },
    nine(jane),
  ];
  const input = storyInput({ chapters, now });
  const beside = (kind: string, result: Result): unknown => {
    const [first] = input.earlier;
    const others = input.earlier.filter((one) => one.kind !== kind);
    const earlier = first === undefined ? others : [...others, { ...first, kind, result }];
    return (expectationsCollector.collect({ ...input, earlier }) as Evidence).facts['rule.trust-downgrade'];
  };
  assert.equal(beside('manifest', 'pass'), 'warn');
  assert.equal(beside('manifest', 'fail'), 'fail');
  assert.equal(beside('scripts', 'warn'), 'fail');
  assert.equal(beside('scripts', 'fail'), 'fail');
  assert.equal(beside('scripts', 'not-available'), 'warn', 'scripts that it always had');
});
