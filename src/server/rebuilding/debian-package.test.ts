import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';
import type { ErrorCode } from '../../core/error-codes.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { formatPurl } from '../../core/purl.ts';
import { openSuite, type Suite } from '../../rebuild/debian/archive.ts';
import {
  fakeArchive,
  fakeDeps,
  fakeKey,
  fakeOptions,
  tarBytes,
  type FakeKey,
  type FakeParts,
} from '../../rebuild/debian/testing/fake-archive.ts';
import { findDebianPackage, findDebianSource, type DebianPackageNeeds } from './debian-package.ts';
import { approveSource, findSourceOf, type SourceNeeds } from './source-answers.ts';
import { comparedAs, rebuildBench } from './testing/bench.ts';

let key: FakeKey;
before(async () => {
  key = await fakeKey();
});

const deb = (version?: string) => formatPurl('debian', 'tiny-bin', version);

async function suiteOf(suite: string, parts: FakeParts = {}, without?: RegExp): Promise<Suite> {
  const served = await fakeArchive(key, { suite, ...parts });
  for (const path of served.keys()) if (without?.test(path) === true) served.delete(path);
  return openSuite(fakeDeps(served), { ...(await fakeOptions(key)), suite });
}

/** Suites by name; an error code means that it cannot be opened, and all others are unknown here. */
function needs(suites: Readonly<Record<string, Suite | ErrorCode>>): DebianPackageNeeds {
  return {
    suite: 'bookworm',
    suites: {
      open: (name) => {
        const suite = suites[name] ?? 'SOURCE_UNREADABLE';
        return typeof suite === 'string'
          ? Promise.reject(new AssayError(suite, `no ${name}`))
          : Promise.resolve(suite);
      },
    },
  };
}

async function bothSuites(): Promise<{ readonly main: Suite; readonly security: Suite }> {
  return {
    main: await suiteOf('bookworm'),
    security: await suiteOf('bookworm-security', { xz: true, binaryVersion: '1:1.0-1+deb12u1' }),
  };
}

test('a package without a version is its newest, also where only the security updates have that', async () => {
  const { main, security } = await bothSuites();
  const found = await findDebianPackage(needs({ bookworm: main, 'bookworm-security': security }), deb());
  assert.equal(found.purl, 'pkg:deb/debian/tiny-bin@1:1.0-1%2Bdeb12u1');
  assert.equal(found.suite, security);
  assert.deepEqual(found.baseSuites, [main, security], 'it is built of what it updates, too');
  const older = await findDebianPackage(
    needs({ bookworm: main, 'bookworm-security': security }),
    deb('1:1.0-1+b1'),
  );
  assert.deepEqual([older.suite, older.baseSuites], [main, [main]]);
});

test('a suite of updates that is not to be had is told of; one that is signed badly, expired or replayed ends it', async () => {
  const { main } = await bothSuites();
  const found = await findDebianSource(
    needs({ bookworm: main, 'bookworm-security': 'UPSTREAM_UNREACHABLE' }),
    deb(),
  );
  assert.match(
    found.found.because.join('\n'),
    /bookworm-security was not looked into: .*no bookworm-security/,
  );
  for (const code of [
    'DEBIAN_SIGNATURE_INVALID',
    'DEBIAN_RELEASE_EXPIRED',
    'DEBIAN_RELEASE_REPLAYED',
  ] as const)
    await assert.rejects(
      findDebianPackage(needs({ bookworm: main, 'bookworm-security': code }), deb()),
      (error) => isAssayError(error, code),
    );
});

test('a version that no suite has is said to be absent, with those that there are', async () => {
  const { main, security } = await bothSuites();
  await assert.rejects(
    findDebianPackage(needs({ bookworm: main, 'bookworm-security': security }), deb('0.9')),
    (error) => isAssayError(error, 'DEBIAN_PACKAGE_ABSENT') && error.message.includes('it has 1:1.0-1+b1'),
  );
});

async function gateWith(t: TestContext, suite: Suite): Promise<SourceNeeds> {
  const bench = await rebuildBench(t, (of) => comparedAs(of, 'equivalent'));
  return {
    storage: bench.storage,
    clock: () => new Date('2026-11-20T10:00:00Z'),
    raiseEpoch: () => Promise.resolve(),
    rebuilding: {
      known: bench.known,
      findDebianSource: (purl: ReturnType<typeof deb>) => findDebianSource(needs({ bookworm: suite }), purl),
    },
  } as unknown as SourceNeeds;
}

test('the source of a Debian package is found and can be approved before anything is built', async (t) => {
  const gate = await gateWith(t, await suiteOf('bookworm'));
  const finding = await findSourceOf(gate, { purl: 'pkg:deb/debian/tiny-bin' });
  assert.equal(finding.purl, 'pkg:deb/debian/tiny-bin@1:1.0-1%2Bb1');
  assert.equal(finding.found?.source, 'tiny 1.0-1 of https://archive.example.com/debian bookworm');
  assert.deepEqual(finding.found?.identity, {
    repository: 'https://archive.example.com/debian bookworm tiny',
    keys: [key.fingerprint],
  });
  assert.match(finding.archive ?? '', /^[0-9a-f]{64}$/);
  assert.equal(finding.approved, false);
  const { recorded } = await approveSource(gate, { purl: 'pkg:deb/debian/tiny-bin', reason: 'Debian' });
  assert.equal(recorded, true);
  assert.equal((await findSourceOf(gate, { purl: 'pkg:deb/debian/tiny-bin' })).approved, true);
});

test('a source with a file that is missing, or not what the index names, is not found', async (t) => {
  const missing = await gateWith(t, await suiteOf('bookworm', {}, /orig\.tar/));
  await assert.rejects(findSourceOf(missing, { purl: 'pkg:deb/debian/tiny-bin' }), (error) =>
    isAssayError(error, 'SOURCE_UNREADABLE'),
  );
  const served = await fakeArchive(key);
  served.set('/debian/pool/main/t/tiny/tiny_1.0.orig.tar.xz', Buffer.from(tarBytes).reverse());
  const poisoned = await gateWith(t, await openSuite(fakeDeps(served), await fakeOptions(key)));
  await assert.rejects(findSourceOf(poisoned, { purl: 'pkg:deb/debian/tiny-bin' }), (error) =>
    isAssayError(error, 'DEBIAN_FILE_INVALID'),
  );
});
