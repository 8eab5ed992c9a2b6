import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { isAssayError } from '../../core/errors.ts';
import { formatPurl } from '../../core/purl.ts';
import type { IsolationReport } from '../../core/rebuild.ts';
import { openSuite } from '../../rebuild/debian/archive.ts';
import {
  debBytes,
  fakeArchive,
  fakeDeps,
  fakeKey,
  fakeOptions,
  type FakeKey,
} from '../../rebuild/debian/testing/fake-archive.ts';
import { sha256 } from '../../core/digest.ts';
import { createDebianRebuilder } from './debian.ts';
import type { BuildWatch, Rebuilder } from './deps.ts';

let key: FakeKey;
before(async () => {
  key = await fakeKey();
});

const watch: BuildWatch = {
  phase: () => undefined,
  line: () => undefined,
  signal: new AbortController().signal,
};
const never = (): never => assert.fail('not to be asked for');
const isolation: IsolationReport = {
  level: 'none',
  means: 'none',
  limits: { memory: 'none', processes: 'none', cpu: 'none', disk: 'none', time: 'none' },
  missing: ['bubblewrap is not installed.'],
};

async function rebuilder(): Promise<Rebuilder> {
  const suite = await openSuite(fakeDeps(await fakeArchive(key)), await fakeOptions(key));
  return createDebianRebuilder({
    suites: { open: () => Promise.resolve(suite), before: never },
    suite: 'bookworm',
    workshop: () =>
      Promise.resolve({
        sandbox: { isolation, workspace: never, run: never },
        bases: { base: never },
        tools: { open: never, close: never } as never,
        base: never,
      }),
    basesDirectory: '/nowhere',
    blobs: {} as never,
    comparer: { compare: never, close: never },
  });
}

test('a Debian package without a version is the one that the signed index names, and its bytes are verified', async () => {
  const target = await (await rebuilder()).locate(formatPurl('debian', 'tiny-bin'), watch);
  assert.equal(target.purl, 'pkg:deb/debian/tiny-bin@1:1.0-1%2Bb1');
  assert.equal(target.artifact.sha256, sha256(debBytes));
});

test('a version that the archive has no longer is said to be absent', async () => {
  await assert.rejects(
    (await rebuilder()).locate(formatPurl('debian', 'tiny-bin', '0.9'), watch),
    (error) => isAssayError(error, 'DEBIAN_PACKAGE_ABSENT') && error.message.includes('it has 1:1.0-1+b1'),
  );
});

test('a machine without a sandbox builds nothing and says what is missing; a recipe is not taken for one', async () => {
  const target = await (await rebuilder()).locate(formatPurl('debian', 'tiny-bin'), watch);
  const { outcome } = await target.rebuild(undefined, watch);
  assert.ok(outcome.state === 'not-built' && outcome.cause === 'sandbox');
  assert.match(outcome.message, /bubblewrap is not installed/);
  const other = await target.rebuild('steps: []', watch);
  assert.ok(other.outcome.state === 'not-built' && other.outcome.cause === 'unsupported');
});
