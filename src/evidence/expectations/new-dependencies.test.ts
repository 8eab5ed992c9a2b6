/** R11 and R12 about what is old enough: a dependency that came into the world with the release, a package that slept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplePublication, sampleVersion, sampleView } from '../../../test/support/collector-input.ts';
import {
  after,
  dayMs,
  judge,
  verifiedPublication,
  type Chapter,
  type Story,
} from '../../../test/support/publication-story.ts';
import { jane, joe, table, verdict } from '../../../test/support/rule-tables.ts';
import type { NewDependency } from '../../core/collector.ts';
import type { IndexView, Publication } from '../../core/index-view.ts';
import { addedDependencies } from './added-dependencies.ts';
import { lowestSatisfying } from './version.ts';

const hourMs = 3_600_000;
const at = '2026-03-31T00:21:00.000Z';
const soon = '2026-03-31T01:00:00.000Z';

interface Published {
  readonly [version: string]: string | undefined;
}

function view(name: string, versions: Published, publication: Partial<Publication> = {}): IndexView {
  const all = Object.entries(versions).map(([version, claimedTime]) =>
    sampleVersion({ version, claimedTime, publication: samplePublication(publication) }),
  );
  return { ...sampleView(sampleVersion()), name, versions: all, timeOrderTrust: 'not-available' };
}

function known(name: string, versions: Published, publication: Partial<Publication> = {}): NewDependency {
  const index = view(name, versions, { publisher: 'other', ...publication });
  return { name, state: 'known', index, absentAt: new Map() };
}

const usual = [0, 1, 2, 3, 4, 5].map((n): Chapter => ({
  version: `1.${n}.0`,
  at: after('2025-06-01T00:00:00Z', n * 30 * dayMs),
  ...jane,
}));

function adding(newDependency: NewDependency | undefined, range: string, change: Partial<Story> = {}): Story {
  return {
    chapters: [...usual, { version: '1.14.1', at, ...jane }],
    now: soon,
    predecessor: '1.5.0',
    manifestBefore: {},
    manifest: { dependencies: { [newDependency?.name ?? 'new']: range } },
    history: { newDependencies: newDependency === undefined ? [] : [newDependency] },
    ...change,
  };
}

const old = '2024-01-01T00:00:00Z';
const hoursBefore = (hours: number): string => after(at, -hours * hourMs);
const decoy = known('plain', { '4.2.0': hoursBefore(18.4), '4.2.1': hoursBefore(0.4) });
const taken = { '1.0.0': old, '1.0.1': hoursBefore(5) };

table<Story>(
  'dependency-changed',
  [
    ['axios 2026: a package eighteen hours older', adding(decoy, '^4.2.1'), 'fail', 'young/0 added'],
    ['the same in a new major', adding(decoy, '^4.2.1', { predecessor: '0.9.0' }), 'fail', 'young/0'],
    [
      'the same a week later',
      adding(decoy, '^4.2.1', { now: after(at, 7 * dayMs) }),
      'fail',
      'young/0 added',
    ],
    [
      'the same a fortnight later: it stood in the open',
      adding(decoy, '*', { now: after(at, 20 * dayMs) }),
      'warn',
      'added',
    ],
    [
      'an old package, taken over: the range wants the version of today',
      adding(known('p', taken), '^1.0.1'),
      'fail',
      'young/0 added',
    ],
    [
      'an old package with a version of today that the range does not need',
      adding(known('p', taken), '^1.0.0'),
      'warn',
      'added',
    ],
    [
      'a tag that names the version of today',
      adding({ ...known('p', taken), ...tagged() }, 'next'),
      'fail',
      'young/0 added',
    ],
    ['an old package', adding(known('p', { '1.0.0': old, '1.1.0': old }), '^1.1.0'), 'warn', 'added'],
    [
      'a name registered a year after the release that wants it',
      adding(known('p', { '1.0.0': after(at, 365 * dayMs) }), '*', { now: after(at, 366 * dayMs) }),
      'fail',
      'young/0 added',
    ],
    [
      'a part of the project, in its own scope',
      { ...adding(known('@acme/new', { '1.14.1': hoursBefore(0.1) }), '^1.14.1'), name: '@acme/sample' },
      'warn',
      'young/0 added',
    ],
    [
      'the same from another scope',
      { ...adding(known('@other/new', { '1.14.1': hoursBefore(0.1) }), '^1.14.1'), name: '@acme/sample' },
      'fail',
      'young/0 added',
    ],
    [
      'an older package of the same account, released together',
      adding(known('part', { '1.0.0': old, '1.14.1': hoursBefore(0.1) }, { publisher: 'jane' }), '^1.14.1'),
      'warn',
      'young/0 added',
    ],
    [
      'a new package of the same account: a stolen token can do that too',
      adding(known('part', { '1.14.1': hoursBefore(0.1) }, { publisher: 'jane' }), '^1.14.1'),
      'fail',
      'young/0 added',
    ],
    ['times of a mirror', adding({ ...known('p', taken), ...mirrored() }, '^1.0.1'), 'warn', 'added'],
    ['no such package', adding({ name: 'gone', state: 'absent' }, '^1'), 'warn', 'absent/0 added'],
    [
      'a package of too few versions to trust the order of their times, first seen a week later',
      adding(decoy, '*', { times: 'not-available', now: after(at, 7 * dayMs), seenAt: after(at, 7 * dayMs) }),
      'fail',
      'young/0 added',
    ],
  ],
  (story) => story,
);

function tagged(): object {
  return { index: { ...view('p', taken, { publisher: 'other' }), tags: { next: '1.0.1' } } };
}

function mirrored(): object {
  return { index: { ...view('p', taken), timeOrderTrust: 'implausible' } };
}

test('dependency-changed: what was not looked at, or could not be, is no pass and says why', () => {
  const major = { predecessor: '0.9.0', chapters: [...usual.slice(0, 0), { version: '2.0.0', at, ...jane }] };
  assert.deepEqual(verdict('dependency-changed', adding(known('p', { '1.0.0': old }), '^1', major)), [
    'pass',
    '',
  ]);
  for (const looked of [undefined, { name: 'new', state: 'not-checked', why: 'upstream is down' }] as const) {
    const evidence = judge(adding(looked, '^1', major));
    assert.equal(evidence.facts['rule.dependency-changed'], 'not-checked');
    const notes = evidence.items.filter(
      ({ id }) => id === 'expectations/note/dependency-changed/unchecked/0',
    );
    assert.match(notes[0]?.message ?? '', looked === undefined ? /not looked at/ : /upstream is down/);
  }
});

test('dependency-changed: our own last look without it makes a backdated dependency young', () => {
  const backdated = { ...known('p', { '1.0.0': old }), absentAt: new Map([['1.0.0', hoursBefore(2)]]) };
  assert.deepEqual(verdict('dependency-changed', adding(backdated as NewDependency, '^1')), [
    'fail',
    'young/0 added',
  ]);
});

test('a dependency past the registry that was always there is told, and refuses nothing', () => {
  const git = { dependencies: { a: 'github:x/y#1' } };
  const story = { chapters: usual, now: soon, manifest: git };
  for (const [change, result] of [
    [{ predecessor: '1.4.0', manifestBefore: git }, 'pass'],
    [{}, 'not-available'],
  ] as const) {
    const evidence = judge({ ...story, ...change });
    assert.equal(evidence.facts['rule.dependency-changed'], result);
    assert.match(
      evidence.items.map(({ id, message }) => `${id} ${message}`).join(),
      /note\/dependency-changed\/past-registry\/0 Dependency "a" comes from "github:x\/y#1"/,
    );
  }
});

test('what is new is told by the name that the registry knows, with its range; git is none of it', () => {
  const before = { dependencies: { kept: '^1', moved: '^1', aliased: 'npm:real@^1' } };
  const now = {
    dependencies: { kept: '^2', moved: 'npm:other@^3', aliased: 'npm:real@^2', fresh: '~4', git: 'x/y' },
    peerDependencies: { peer: '>=1' },
  };
  assert.deepEqual(addedDependencies(before, [now]), [
    { name: 'other', range: '^3' },
    { name: 'fresh', range: '~4' },
    { name: 'peer', range: '>=1' },
  ]);
});

test('the lowest version of a range is found among hostile ones, and a hostile range names none', () => {
  const index = view('p', { '2.0.0': old, '1.2.0': old, 'no version': old, '1.10.0': old });
  const lowest = (range: string): string | undefined => lowestSatisfying(index, range)?.version;
  assert.deepEqual(['^1.3.0', '*', '', '>=3', 'latest', '__proto__', '^'.repeat(5000)].map(lowest), [
    '1.10.0',
    '1.2.0',
    '1.2.0',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

// ---- a package that slept ----

const sleeper = (days: number, by: Partial<Chapter> = jane): readonly Chapter[] => [
  { version: '1.0.0', at: after(at, -2000 * dayMs), ...by },
  { version: '1.0.1', at: after(at, -days * dayMs), ...by },
  { version: '1.1.0', at, ...by },
];
const verifiedBefore = { verified: [verifiedPublication('1.0.1', after(at, -100 * dayMs))] };

table<Story>(
  'time-anomaly',
  [
    ['nothing for three years', { chapters: sleeper(1095), now: soon }, 'warn', 'revived'],
    [
      'two versions tell no order, and still a silence',
      { chapters: sleeper(1095).slice(1), now: soon, times: 'not-available' },
      'warn',
      'revived',
    ],
    ['nothing for a year', { chapters: sleeper(365), now: soon }, 'not-available'],
    [
      'three years, by the times of a mirror',
      { chapters: sleeper(1095), now: soon, times: 'implausible' },
      'not-available',
    ],
    [
      'three years as claimed, and one was signed in between',
      { chapters: sleeper(1095), now: soon, history: verifiedBefore },
      'not-available',
    ],
    [
      'an old line is maintained beside a living one',
      {
        chapters: [
          ...sleeper(1095).slice(0, 2),
          { version: '2.0.0', at: after(at, -30 * dayMs), ...jane },
          { version: '1.1.0', at, ...jane },
        ],
        now: soon,
      },
      'not-available',
    ],
    ['the first version of all', { chapters: sleeper(1095).slice(2), now: soon }, 'not-available'],
    [
      'one of an unknown time may have come in between',
      { chapters: [{ version: '1.0.2', at: undefined }, ...sleeper(1095)], now: soon },
      'not-available',
    ],
  ],
  (story) => ({ provenanceState: 'absent', ...story }),
);

test('time-anomaly: a sleeper that stood in the open for a fortnight is told, and no warning', () => {
  const evidence = judge({ chapters: sleeper(1095), now: after(at, 15 * dayMs), provenanceState: 'absent' });
  assert.equal(evidence.facts['rule.time-anomaly'], 'not-available');
  assert.match(
    evidence.items.find(({ id }) => id.startsWith('expectations/note/time-anomaly/'))?.message ?? '',
    /1095 days/,
  );
});

test('a sleeper alone refuses nothing; beside an account that is new it does', () => {
  const long = [
    ...usual.map((one, n) => ({ ...one, at: after(at, -(2000 - n) * dayMs) })),
    { version: '1.6.0', at, ...jane },
  ];
  assert.equal(judge({ chapters: long, now: soon, provenanceState: 'absent' }).result, 'warn');
  const other = [...long.slice(0, -1), { version: '1.6.0', at, ...joe }];
  assert.equal(judge({ chapters: other, now: soon, provenanceState: 'absent' }).result, 'fail');
});
