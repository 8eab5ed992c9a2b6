import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { noSandbox } from '../../../test/support/sandbox.ts';
import type { Survey } from '../../rebuild/sandbox/survey.ts';
import { findingsOf, sandboxFindings } from './sandbox.ts';

const well: Survey = {
  isolation: {
    level: 'full',
    means: 'bubblewrap 0.8.0',
    limits: {
      memory: 'cgroup-v1',
      processes: 'cgroup-v1',
      cpu: 'rlimit',
      disk: 'watchdog',
      time: 'watchdog',
    },
    missing: [],
  },
  uid: 1_900_000_001,
  programs: { strace: 'strace 6.1', mmdebstrap: 'mmdebstrap 1.3' },
  noLayers: undefined,
  freeBytes: 2 ** 40,
};

const none = (sentence: string): Partial<Survey> => ({
  isolation: { ...well.isolation, level: 'none', means: 'none', missing: [sentence] },
});

test('each thing that is missing for builds is one warning, which says what to do', () => {
  const cases: readonly (readonly [Partial<Survey>, RegExp, RegExp])[] = [
    [none('bubblewrap is not installed.'), /nothing is built/, /install bubblewrap/],
    [
      none('uid 5 cannot enter /x: a folder above it is closed to others.'),
      /cannot enter/,
      /ASSAY_REBUILD_DIRECTORY/,
    ],
    [none('Unprivileged user namespaces seem to be forbidden here'), /nothing is built/, /sysctl/],
    [
      { isolation: { ...well.isolation, level: 'partial', missing: ['It knows no --disable-userns.'] } },
      /nothing of it becomes Secure/,
      /0\.8\.0/,
    ],
    [{ programs: { ...well.programs, strace: undefined } }, /not watched/, /install strace/],
    [{ programs: { ...well.programs, mmdebstrap: undefined } }, /no base root/, /install mmdebstrap/],
    [{ noLayers: 'mount: wrong fs type' }, /wrong fs type/, /5\.11/],
    [{ freeBytes: 2 ** 30 }, /1\.0 GiB are free/, /Make room/],
  ];
  for (const [change, message, remedy] of cases) {
    const bad = findingsOf({ ...well, ...change }, '/var/cache/assay').filter(
      ({ state }) => state !== 'good',
    );
    assert.equal(bad.length, 1, JSON.stringify(bad));
    assert.match(bad[0]?.message ?? '', message);
    assert.match(bad[0]?.remedy ?? '', remedy);
  }
});

test('a machine that can build is one good line, with who builds where', () => {
  const [finding, ...more] = findingsOf(well, '/var/cache/assay');
  assert.deepEqual(more, []);
  assert.equal(finding?.state, 'good');
  assert.match(
    finding?.message ?? '',
    /full isolation: bubblewrap 0\.8\.0 as uid 1900000001 in \/var\/cache\/assay/,
  );
});

test(
  'looking at this machine finds it whole, and leaves nothing behind',
  { skip: noSandbox ?? false },
  async (t) => {
    const parent = mkdtempSync(join(tmpdir(), 'assay-look-'));
    t.after(() => rm(parent, { recursive: true, force: true }));
    chmodSync(parent, 0o755);
    const ask = (directory: string) =>
      sandboxFindings({
        rebuild: { directory, recipes: directory, concurrency: 1, automatic: false, inputs: 'assayed' },
      });
    const [finding] = await ask(join(parent, 'not/there/yet'));
    assert.equal(finding?.state, 'good', finding?.message ?? '');
    assert.deepEqual(readdirSync(parent), []);
    if (process.getuid?.() !== 0) return;
    mkdirSync(join(parent, 'closed'), { mode: 0o700 });
    const [closed] = await ask(join(parent, 'closed', 'rebuild'));
    assert.match(closed?.message ?? '', /cannot enter/);
  },
);
