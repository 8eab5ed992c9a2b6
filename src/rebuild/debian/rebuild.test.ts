import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { AssayError } from '../../core/errors.ts';
import { openSuite } from './archive.ts';
import { findBinary } from './binary-package.ts';
import { buildDependencies, dependencyInputs } from './build-dependencies.ts';
import { rebuildDebian, type DebianRebuild, type DebianRebuildDeps } from './rebuild.ts';
import { findSourcePackage } from './source-package.ts';
import {
  fakeArchive,
  fakeDeps,
  fakeKey,
  fakeOptions,
  honestDsc,
  type FakeKey,
  type FakeParts,
} from './testing/fake-archive.ts';

let key: FakeKey;
before(async () => {
  key = await fakeKey();
});

const never = (): never => assert.fail('not to be asked for');
const noDeps: DebianRebuildDeps = {
  sandbox: { workspace: never, run: never },
  outputs: { list: never, read: never },
  bases: { base: never },
  compare: never,
  monotonicMs: () => 0,
};

/** Of `tiny-bin`, whose version is made to be that of its source. */
async function rebuilt(
  deps: Partial<DebianRebuildDeps>,
  parts: FakeParts = {},
  tamper?: (served: Map<string, Buffer>) => void,
): Promise<DebianRebuild> {
  const served = await fakeArchive(key, parts);
  tamper?.(served);
  const suite = await openSuite(fakeDeps(served), await fakeOptions(key));
  const binary = { ...(await findBinary(suite, 'tiny-bin')), version: '2.0-1' };
  return rebuildDebian({ ...noDeps, ...deps }, { suite, binary });
}

function notBuilt({ outcome }: DebianRebuild): string {
  assert.ok(outcome.state === 'not-built');
  return `${outcome.cause}: ${outcome.message}`;
}

test('a source that the signed index does not name is none', async () => {
  const rebuild = await rebuilt({}, { sourcesText: 'Package: other\nVersion: 1\n' });
  assert.match(notBuilt(rebuild), /^no-source: .*has not the source tiny 1\.0-1/);
  assert.equal(rebuild.source, undefined);
});

test('a tampered source is not built from, and the record keeps which source it was', async () => {
  const rebuild = await rebuilt({}, {}, (served) =>
    served.set('/debian/pool/main/t/tiny/tiny_1.0.orig.tar.xz', Buffer.from('an archive of poison!')),
  );
  assert.match(notBuilt(rebuild), /^fetch-failed: .*orig\.tar\.xz/);
  assert.equal(rebuild.source?.source.kind, 'debian-source');
});

test('a base that cannot be made, and a machine without a sandbox, are told apart', async () => {
  const base = await rebuilt({
    bases: { base: () => Promise.reject(new AssayError('BASE_UNAVAILABLE', 'no mmdebstrap')) },
  });
  assert.match(notBuilt(base), /^dependencies: no mmdebstrap/);
  const sandbox = await rebuilt({
    bases: { base: () => Promise.resolve({ path: '/base', digest: 'a'.repeat(64), packages: [] }) },
    sandbox: {
      run: never,
      workspace: () => Promise.reject(new AssayError('SANDBOX_UNAVAILABLE', 'no bubblewrap')),
    },
  });
  assert.match(notBuilt(sandbox), /^sandbox: no bubblewrap/);
});

test('a base with a package that no signed index names is not built in', async () => {
  const rebuild = await rebuilt({
    bases: {
      base: () =>
        Promise.resolve({
          path: '/base',
          digest: 'a'.repeat(64),
          packages: [{ name: 'debhelper', version: '99', architecture: 'all' }],
        }),
    },
  });
  assert.match(notBuilt(rebuild), /^dependencies: .*debhelper 99 all, which is in no signed index/);
});

test('build dependencies are chosen by the signed index: providers for names that are none, the first that there is', async () => {
  const dscText = honestDsc.replace('debhelper | make', 'missing | debhelper');
  const suite = await openSuite(fakeDeps(await fakeArchive(key, { dscText })), await fakeOptions(key));
  const source = await findSourcePackage(suite, 'tiny', '1.0-1');
  const names = await buildDependencies([suite], source, 'any');
  assert.deepEqual(names, ['build-essential', 'debhelper', 'fakeroot', 'libfaketime', 'xz-utils', 'zstd']);
  const inputs = await dependencyInputs([suite], {
    path: '',
    digest: '',
    packages: [{ name: 'debhelper', version: '13.11', architecture: 'all' }],
  });
  assert.match(inputs[0]?.digest['sha256'] ?? '', /^[0-9a-f]{64}$/);
});

test('a build dependency that is nowhere ends the build before it begins', async () => {
  const dscText = honestDsc.replace('debhelper | make', 'missing | make');
  const rebuild = await rebuilt({}, { dscText });
  assert.match(notBuilt(rebuild), /^dependencies: bookworm has nothing for missing \| make/);
});
