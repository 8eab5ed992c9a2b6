/** R9 by a table: strangers and habits, with the ordinary changes that look like them. */
import {
  after,
  dayMs,
  sampleExpectation,
  workflowIdentity,
  type Story,
} from '../../../test/support/publication-story.ts';
import { now, table, jane, joe, ci, published, nine } from '../../../test/support/rule-tables.ts';

// ---- R9 ----

const added = { predecessor: '1.5.0', manifestBefore: {}, manifest: { dependencies: { left: '^1.0.0' } } };

table<Story>(
  'publisher-changed',
  [
    ['the usual account', { chapters: [...published(6, jane), nine(jane)], now }, 'pass'],
    [
      'one of several',
      { chapters: [...published(3, jane), ...published(3, joe, 3), nine(jane)], now },
      'pass',
    ],
    [
      'e-mail in other case',
      { chapters: [...published(6, jane), nine({ ...jane, publisherEmail: 'Jane@Mail.Example' })], now },
      'pass',
    ],
    ['a new maintainer, alone', { chapters: [...published(6, jane), nine(joe)], now }, 'warn', 'new-account'],
    [
      'a maintainer who never published',
      {
        chapters: [...published(6, jane), nine(joe)],
        now,
        predecessor: '1.5.0',
        manifestBefore: { maintainers: [{ name: 'joe', email: 'joe@mail.example' }] },
      },
      'pass',
    ],
    [
      'a new maintainer and a new dependency',
      { chapters: [...published(6, jane), nine(joe)], now, ...added },
      'fail',
      'new-account',
    ],
    [
      'the same, a fortnight later',
      { chapters: [...published(6, jane), nine(joe)], now: after(now, 14 * dayMs), ...added },
      'warn',
      'new-account',
    ],
    [
      'a new maintainer and a new install script, at any age',
      {
        chapters: [...published(6, jane), nine(joe)],
        now: after(now, 900 * dayMs),
        predecessor: '1.5.0',
        manifest: { scripts: { postinstall: 'x' } },
      },
      'fail',
      'new-account',
    ],
    [
      'a new maintainer of a young package',
      { chapters: [...published(4, jane), nine(joe)], now, ...added },
      'warn',
      'new-account',
    ],
    [
      'another e-mail',
      { chapters: [...published(6, jane), nine({ ...jane, publisherEmail: 'x@y.example' })], now },
      'fail',
      'other-email',
    ],
    [
      'another e-mail, a fortnight later',
      {
        chapters: [...published(6, jane), nine({ ...jane, publisherEmail: 'x@y.example' })],
        now: after(now, 14 * dayMs),
      },
      'warn',
      'other-email',
    ],
    [
      'another e-mail that published an hour before',
      {
        chapters: [
          ...published(6, jane),
          { ...nine({ ...jane, publisherEmail: 'x@y.example' }, '2026-11-09T23:00:00Z'), version: '1.80.0' },
          nine({ ...jane, publisherEmail: 'x@y.example' }),
        ],
        now,
      },
      'fail',
      'other-email',
    ],
    [
      'another e-mail since a month',
      {
        chapters: [
          ...published(6, jane),
          { ...nine({ ...jane, publisherEmail: 'x@y.example' }, '2026-10-01T00:00:00Z'), version: '1.80.0' },
          nine({ ...jane, publisherEmail: 'x@y.example' }),
        ],
        now,
      },
      'pass',
    ],
    [
      'a trusted publisher for the first time',
      {
        chapters: [...published(6, jane), nine({ ...ci, attested: true })],
        now,
        provenance: workflowIdentity(),
      },
      'pass',
    ],
    [
      'another trusted publisher',
      {
        chapters: [...published(6, ci), nine({ ...ci, trustedPublisher: 'gitlab', attested: true })],
        now,
        provenance: workflowIdentity(),
      },
      'fail',
      'other-trusted-publisher',
    ],
    [
      'by hand, where a workflow was usual',
      { chapters: [...published(3, jane), ...published(4, ci, 3), nine(jane)], now },
      'fail',
      'by-credential',
    ],
    [
      'by hand, where a workflow was tried twice',
      { chapters: [...published(5, jane), ...published(2, ci, 5), nine(jane)], now },
      'pass',
    ],
    [
      'by hand for the ninth time in an hour, where a workflow was usual',
      {
        chapters: [
          ...published(4, ci),
          ...Array.from({ length: 8 }, (_, n) => ({
            ...nine(jane, after('2026-11-09T23:00:00Z', n * 60_000)),
            version: `1.80.${n}`,
          })),
          nine(jane),
        ],
        now,
        history: { expectations: [sampleExpectation({ publishers: ['jane'] })] },
      },
      'fail',
      'by-credential',
    ],
    [
      'by hand on a line that always was, beside one by a workflow',
      {
        chapters: [
          ...published(4, jane),
          ...[0, 1, 2, 3, 4].map((n) => ({
            version: `2.${n}.0`,
            at: after('2026-01-01T00:00:00Z', n * 30 * dayMs),
            ...ci,
          })),
          nine(jane),
        ],
        now,
      },
      'pass',
    ],
    [
      'a maintainer since yesterday who never published',
      {
        chapters: [
          ...published(6, jane),
          { ...nine(jane, '2026-11-09T00:00:00Z'), version: '1.80.0' },
          nine(joe),
        ],
        now,
        predecessor: '1.80.0',
        manifestBefore: { maintainers: [{ name: 'joe', email: 'joe@mail.example' }] },
      },
      'warn',
      'new-account',
    ],
    [
      'an account that a person set as expected',
      {
        chapters: [...published(6, jane), nine(joe)],
        now,
        history: { expectations: [sampleExpectation({ publishers: ['joe'] })] },
      },
      'pass',
    ],
    [
      'a known account without an e-mail',
      { chapters: [...published(6, jane), nine({ ...jane, publisherEmail: undefined })], now },
      'pass',
    ],
    [
      'no approver, where one was usual',
      { chapters: [...published(6, { ...jane, approver: 'joe' }), nine(jane)], now },
      'fail',
      'no-approver',
    ],
    [
      'no commit named, where each had one',
      { chapters: [...published(6, jane), nine({ ...jane, gitHead: undefined })], now },
      'warn',
      'no-git-head',
    ],
    [
      'no commit named, as ever',
      {
        chapters: [...published(6, { ...jane, gitHead: undefined }), nine({ ...jane, gitHead: undefined })],
        now,
      },
      'pass',
    ],
    ['the first version', { chapters: [nine(jane)], now }, 'not-available'],
    [
      'no account named',
      { chapters: [...published(6, jane), nine({ publisher: undefined })], now },
      'not-available',
    ],
    [
      'times of a mirror',
      { chapters: [...published(6, jane), nine(joe)], now, times: 'implausible' },
      'not-available',
    ],
  ],
  (story) => story,
);
