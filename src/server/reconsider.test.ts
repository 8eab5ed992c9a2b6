import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admission } from '../admission/admit.ts';
import type { ReleaseRecord, ReleaseSummary } from '../admission/deps.ts';
import type { FeedState } from '../core/advisory.ts';
import { sha256 } from '../core/digest.ts';
import type { UpstreamId } from '../core/subject.ts';
import { reconsiderOnChange } from './reconsider.ts';

const now = '2026-11-20T12:00:00.000Z';

function feedOfAge(hours: number): FeedState {
  return {
    ecosystem: 'npm',
    digest: sha256(String(hours)),
    importedAt: now,
    newestAt: new Date(Date.parse(now) - hours * 3_600_000).toISOString(),
    records: 2,
    malicious: 1,
    withdrawn: 0,
    source: 'a file',
    canary: 'matched',
  };
}

/** Two packages, each with an admitted release and one that never was, decided when the counter was `decidedAt`. */
async function bench(options: {
  readonly decidedAt: number;
  readonly fails?: readonly string[];
  readonly feed?: FeedState;
}) {
  const state = { feed: options.feed, floor: 1, names: new Map<string, number>(), at: 1 };
  const judged: string[] = [];
  const warned: string[] = [];
  const closers: (() => Promise<void>)[] = [];
  const release = (file: string, admittedAt: string | undefined) =>
    ({
      file,
      admittedAt,
      epochs: { policy: 1, feeds: options.decidedAt, exceptions: 1, revocations: 1 },
    }) as ReleaseSummary;
  const reconsider: Admission['reconsider'] = ({ file }) => {
    if (options.fails?.includes(file) === true) return Promise.reject(new Error('the disk is full'));
    judged.push(file);
    return Promise.resolve({
      subject: { purl: file },
      decision: { outcome: 'allow' },
    } as unknown as ReleaseRecord);
  };
  const listener = await reconsiderOnChange(
    {
      store: {
        packages: () =>
          Promise.resolve(
            ['a', 'b'].map((name) => ({ ecosystem: 'npm', name, upstream: 'npm' as UpstreamId })),
          ),
        releasesOf: (_upstream, name) =>
          Promise.resolve([release(`${name}-1.tgz`, now), release(`${name}-2.tgz`, undefined)]),
      },
      epochs: {
        of: ({ name }) => ({
          policy: 1,
          feeds: Math.max(state.floor, state.names.get(name) ?? 0),
          exceptions: 1,
          revocations: 1,
        }),
        raise: () => {
          state.at += 1;
          state.floor = state.at;
          return Promise.resolve();
        },
        feedsChanged: ({ names }) => {
          state.at += 1;
          for (const name of names) state.names.set(name, state.at);
          return Promise.resolve();
        },
      },
      admission: { reconsider },
      feedOf: (ecosystem) => (ecosystem === 'npm' ? state.feed : undefined),
      limits: { warnAfterHours: 48, failAfterHours: 120 },
      clock: () => new Date(now),
      log: {
        info: () => undefined,
        warn: (fields: unknown) => void warned.push(JSON.stringify(fields)),
        error: () => undefined,
      },
    },
    closers,
  );
  return {
    state,
    judged,
    warned,
    listener,
    /** What is behind is done, or was told to end. */
    settled: async () => {
      for (let n = 0; n < 50; n += 1) await new Promise(setImmediate);
    },
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

test('admitted releases of the packages named are judged anew, and nothing else', async () => {
  const { listener, judged, settled } = await bench({ decidedAt: 1, feed: feedOfAge(1) });
  await settled();
  assert.deepEqual(judged, []);
  await listener({ ecosystem: 'npm', names: ['b', 'unknown'] });
  await settled();
  assert.deepEqual(judged, ['b-1.tgz']);
  await listener({ ecosystem: 'pypi', names: ['a'] });
  await settled();
  assert.deepEqual(judged, ['b-1.tgz']);
  await listener({ ecosystem: undefined, names: ['a'] });
  await settled();
  assert.deepEqual(judged, ['b-1.tgz', 'a-1.tgz']);
});

test('a gate that starts goes on with what was decided before the newest change', async () => {
  const { judged, settled } = await bench({ decidedAt: 0, feed: feedOfAge(1) });
  await settled();
  assert.deepEqual(judged, ['a-1.tgz', 'b-1.tgz']);
});

test('one release that cannot be judged keeps no other waiting', async () => {
  const { judged, warned, settled } = await bench({ decidedAt: 0, fails: ['a-1.tgz'] });
  await settled();
  assert.deepEqual(judged, ['b-1.tgz']);
  assert.match(warned.join(), /a-1\.tgz.*the disk is full/);
});

test('a feed that comes where there was none, or an old one, concerns every package; one like before does not', async () => {
  for (const [before, after, isRenewed] of [
    [undefined, 1, true],
    [200, 1, true],
    [200, 60, true],
    [60, 1, true],
    [2, 1, false],
    [60, 50, false],
    [1, 60, false],
  ] as const) {
    const { state, listener } = await bench({
      decidedAt: 1,
      ...(before === undefined ? {} : { feed: feedOfAge(before) }),
    });
    state.feed = feedOfAge(after);
    await listener({ ecosystem: 'npm', names: ['unknown'] });
    assert.equal(state.floor > 1, isRenewed, `${String(before)} -> ${after}`);
  }
});

test('closing waits for what is under way and begins nothing more', async () => {
  const { judged, close, settled } = await bench({ decidedAt: 0 });
  await close();
  const { length } = judged;
  await settled();
  assert.equal(judged.length, length);
  assert.ok(length < 2);
});
