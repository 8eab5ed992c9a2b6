import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { archiveOfApt, openRealSuite } from '../../../test/support/debian.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { isAssayError } from '../../core/errors.ts';
import { openSuite, urlOf, type Suite } from './archive.ts';
import { findBinary } from './binary-package.ts';
import { pinKeys, readClearSigned } from './openpgp.ts';
import { fetchSource, findSourcePackage, foundSource } from './source-package.ts';
import {
  clearSign,
  fakeArchive,
  fakeDeps,
  fakeKey,
  fakeOptions,
  honestDsc,
  now,
  type FakeKey,
  type FakeParts,
} from './testing/fake-archive.ts';

const inRelease = '/debian/dists/bookworm/InRelease';
let key: FakeKey;
before(async () => {
  key = await fakeKey();
});

async function opened(parts: FakeParts = {}, tamper?: (served: Map<string, Buffer>) => void): Promise<Suite> {
  const served = await fakeArchive(key, parts);
  tamper?.(served);
  return openSuite(fakeDeps(served), await fakeOptions(key));
}

function refusedFor(code: ErrorCode, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isAssayError(error, code), String(error));
    assert.match(error.message, words);
    return true;
  };
}

describe('the chain of an archive', () => {
  test('leads from a pinned key to the bytes of a source and of a binary package', async () => {
    const suite = await opened();
    const binary = await findBinary(suite, 'tiny-bin');
    assert.deepEqual(binary.source, { name: 'tiny', version: '1.0-1' });
    assert.equal((await suite.file(binary.path, binary.file)).toString(), 'a binary package');
    const source = await findSourcePackage(suite, 'tiny', '1.0-1');
    const files = await fetchSource(suite, source);
    assert.deepEqual(files.map(({ name }) => name).sort(), ['tiny_1.0-1.dsc', 'tiny_1.0.orig.tar.xz']);
    const found = foundSource(suite, binary, source);
    assert.equal(found.reachable, 'not-available');
    assert.deepEqual(found.identity.keys, [key.fingerprint]);
  });

  test('leads through indexes of xz as well, which suites that change have alone', async () => {
    const suite = await opened({ xz: true });
    assert.equal((await findBinary(suite, 'tiny-bin')).source.name, 'tiny');
    assert.equal((await findSourcePackage(suite, 'tiny', '1.0-1')).dscName, 'tiny_1.0-1.dsc');
    const damaged = await opened({ xz: true }, (served) =>
      served.set('/debian/dists/bookworm/main/source/Sources.xz', Buffer.from('no xz')),
    );
    await assert.rejects(damaged.sources(), refusedFor('DEBIAN_FILE_INVALID', /Sources\.xz/));
  });

  test('is not asked for bytes that are kept: a source can be read again with the archive gone', async () => {
    const served = await fakeArchive(key);
    const deps = fakeDeps(served);
    const suite = await openSuite(deps, await fakeOptions(key));
    const source = await findSourcePackage(suite, 'tiny', '1.0-1');
    await fetchSource(suite, source);
    for (const path of served.keys()) if (path.includes('/pool/')) served.delete(path);
    assert.equal((await fetchSource(suite, source)).length, 2);
  });

  test('says which version there is where another one is asked for', async () => {
    const suite = await opened();
    await assert.rejects(
      findBinary(suite, 'tiny-bin', '9'),
      refusedFor('DEBIAN_PACKAGE_ABSENT', /it has 1:1\.0-1\+b1/),
    );
    await assert.rejects(findBinary(suite, 'none'), refusedFor('DEBIAN_PACKAGE_ABSENT', /"none"/));
    await assert.rejects(
      findSourcePackage(suite, 'tiny', '2'),
      refusedFor('DEBIAN_PACKAGE_ABSENT', /has not the source tiny 2/),
    );
  });
});

describe('InRelease is refused', () => {
  const change =
    (from: string | RegExp, to: string) =>
    (served: Map<string, Buffer>): void => {
      const text = (served.get(inRelease) ?? Buffer.alloc(0)).toString();
      const changed = text.replace(from, to);
      assert.notEqual(changed, text);
      served.set(inRelease, Buffer.from(changed));
    };
  const invalid = (words: RegExp): ((error: unknown) => boolean) =>
    refusedFor('DEBIAN_SIGNATURE_INVALID', words);

  test('when a byte of the signed text was changed', () =>
    assert.rejects(opened({}, change('Origin: Test', 'Origin: Tost')), invalid(/does not hold/)));

  test('when text stands before the signed part', () =>
    assert.rejects(opened({}, change(/^/, 'Origin: Debian\n')), invalid(/outside of what is signed/)));

  test('when text stands after the signed part', () =>
    assert.rejects(opened({}, change(/$/, '\nSHA256:\n evil\n')), invalid(/outside of what is signed/)));

  test('when text stands between the signed part and its signature', () =>
    assert.rejects(
      opened({}, change('-----BEGIN PGP SIGNATURE-----', 'Codename: evil\n-----BEGIN PGP SIGNATURE-----')),
      invalid(/does not hold/),
    ));

  test('when a second signed part follows, also one of the same key', async () => {
    const second = await clearSign('Codename: bookworm', key);
    await assert.rejects(
      opened({}, (served) =>
        served.set(inRelease, Buffer.concat([served.get(inRelease) ?? Buffer.alloc(0), Buffer.from(second)])),
      ),
      invalid(/more than one signed part/),
    );
  });

  test('when it is not signed at all', () =>
    assert.rejects(
      opened({}, (served) => served.set(inRelease, Buffer.from('Codename: bookworm\n'))),
      invalid(/outside of what is signed/),
    ));

  test('when another key signed it, also one that is in the keyring but not pinned', async () => {
    const other = await fakeKey();
    const served = await fakeArchive(other);
    const keyring = Buffer.concat([key.keyring, other.keyring]);
    const options = { ...(await fakeOptions(key)), keys: await pinKeys(keyring, [key.fingerprint]) };
    await assert.rejects(openSuite(fakeDeps(served), options), invalid(/no pinned key signed/));
  });

  test('when the keyring has none of the pinned keys', () =>
    assert.rejects(pinKeys(key.keyring, ['AB'.repeat(20)]), invalid(/none of the pinned keys/)));

  test('when it is of another suite', () =>
    assert.rejects(
      opened({ codename: 'bullseye' }),
      refusedFor('DEBIAN_ARCHIVE_INVALID', /that of bullseye, and bookworm/),
    ));

  test('when it is valid no longer', () =>
    assert.rejects(
      opened({ validUntil: 'Sun, 01 Mar 2026 11:59:59 UTC' }),
      refusedFor('DEBIAN_RELEASE_EXPIRED', /was valid until 2026-03-01T11:59:59/),
    ));

  test('when it is of the future', () =>
    assert.rejects(
      opened({ date: 'Tue, 03 Mar 2026 12:00:00 UTC' }),
      refusedFor('DEBIAN_RELEASE_EXPIRED', /of the future/),
    ));

  test('when its time is none', () =>
    assert.rejects(opened({ date: 'yesterday' }), refusedFor('DEBIAN_ARCHIVE_INVALID', /as a time/)));

  test('when it is older than one that was seen; the same one again is none', async () => {
    const newer = await fakeArchive(key, { date: 'Sun, 01 Mar 2026 10:00:00 UTC' });
    const deps = fakeDeps(newer);
    const options = await fakeOptions(key);
    await openSuite(deps, options);
    await openSuite(deps, options);
    const older = await fakeArchive(key);
    newer.set(inRelease, older.get(inRelease) ?? Buffer.alloc(0));
    const replayed = refusedFor('DEBIAN_RELEASE_REPLAYED', /is of 2026-02-28T10:00:00.000Z, and another/);
    await assert.rejects(openSuite(deps, options), replayed);
    await assert.rejects(openSuite(deps, options), replayed);
  });

  test('and then nothing of it is remembered', async () => {
    const served = await fakeArchive(key, { validUntil: 'Sun, 01 Mar 2026 11:59:59 UTC' });
    const deps = fakeDeps(served);
    const options = await fakeOptions(key);
    await assert.rejects(openSuite(deps, options));
    assert.equal(await deps.memory.last(options.archive, options.suite), undefined);
  });
});

describe('what InRelease leads to is refused', () => {
  const damage =
    (path: string) =>
    (served: Map<string, Buffer>): void => {
      const bytes = Buffer.from(served.get(path) ?? assert.fail(path));
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      served.set(path, bytes);
    };
  const otherBytes = (words: RegExp): ((error: unknown) => boolean) =>
    refusedFor('DEBIAN_FILE_INVALID', words);

  test('when Sources or Packages have other bytes', async () => {
    const sources = await opened({}, damage('/debian/dists/bookworm/main/source/Sources.gz'));
    await assert.rejects(sources.sources(), otherBytes(/Sources\.gz/));
    const packages = await opened({}, damage('/debian/dists/bookworm/main/binary-amd64/Packages.gz'));
    await assert.rejects(packages.packages(), otherBytes(/Packages\.gz/));
  });

  test('when the .dsc, a file of the source, or the binary package has other bytes', async () => {
    const dsc = await opened({}, damage('/debian/pool/main/t/tiny/tiny_1.0-1.dsc'));
    await assert.rejects(findSourcePackage(dsc, 'tiny', '1.0-1'), otherBytes(/\.dsc/));
    const tar = await opened({}, damage('/debian/pool/main/t/tiny/tiny_1.0.orig.tar.xz'));
    const source = await findSourcePackage(tar, 'tiny', '1.0-1');
    await assert.rejects(fetchSource(tar, source), otherBytes(/orig\.tar\.xz/));
    const deb = await opened({}, damage('/debian/pool/main/t/tiny/tiny-bin_1.0-1+b1_amd64.deb'));
    const binary = await findBinary(deb, 'tiny-bin');
    await assert.rejects(deb.file(binary.path, binary.file), otherBytes(/\.deb/));
  });

  test('when a file is not there', async () => {
    const suite = await opened({}, (served) => served.delete('/debian/pool/main/t/tiny/tiny_1.0-1.dsc'));
    await assert.rejects(
      findSourcePackage(suite, 'tiny', '1.0-1'),
      refusedFor('SOURCE_UNREADABLE', /has no "pool/),
    );
  });

  for (const [what, from, to, words] of [
    ['names another file', 'tiny_1.0.orig', 'tiny_1.1.orig', /name different files/],
    ['is of another source', 'Source: tiny', 'Source: huge', /is that of huge/],
    ['is of another version', 'Version: 1.0-1', 'Version: 1.0-2', /is that of tiny 1\.0-2/],
    ['has a field twice', 'Binary: tiny', 'Version: 1.0-1', /twice/],
  ] as const)
    test(`when the .dsc ${what}, though the index names its bytes`, async () => {
      const suite = await opened({ dscText: honestDsc.replace(from, to) });
      await assert.rejects(
        findSourcePackage(suite, 'tiny', '1.0-1'),
        refusedFor('DEBIAN_ARCHIVE_INVALID', words),
      );
    });

  test('when a path leads out of the archive', () => {
    const base = 'https://archive.example.com/debian';
    const paths = [
      '../etc/passwd',
      'pool/../../x',
      '/pool/x',
      'pool//x',
      'pool/x?y',
      'pool/%2e%2e/x',
      '',
      '.',
    ];
    for (const path of paths)
      assert.throws(() => urlOf(base, path), refusedFor('DEBIAN_ARCHIVE_INVALID', /no path in an archive/));
    assert.equal(urlOf(base, 'pool/a++_1:2~b').href, `${base}/pool/a%2B%2B_1%3A2~b`);
  });
});

// ---- the judge: gpgv, and Debian's own file where this machine has it ----

const gpgv = spawnSync('gpgv', ['--version']).status === 0;
const lists = '/var/lib/apt/lists';
const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const releases = existsSync(lists)
  ? spawnSync('ls', [lists])
      .stdout.toString()
      .split('\n')
      .filter((name) => name.endsWith('bookworm_InRelease'))
  : [];

test(
  'gpgv takes what this takes, and neither takes it with one byte changed',
  { skip: !gpgv && 'no gpgv' },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-gpgv-'));
    try {
      const keyring = join(folder, 'keys.gpg');
      await writeFile(keyring, key.keyring);
      const pinned = await pinKeys(key.keyring, [key.fingerprint]);
      const signed = await clearSign('Codename: a\n- dashed\nFrom: b  \nlast', key);
      for (const [text, good] of [
        [signed, true],
        [signed.replace('Codename', 'codename'), false],
        [signed.replace('- - dashed', '- - dasted'), false],
      ] as const) {
        const path = join(folder, 'text');
        await writeFile(path, text);
        // The key is of the time of the test's clock.
        const judge = spawnSync('gpgv', ['--ignore-time-conflict', '--keyring', keyring, path]);
        assert.equal(judge.status === 0, good, judge.stderr.toString());
        const read = await readClearSigned(Buffer.from(text), pinned, now, 'it').then(
          ({ text: inner }) => inner,
          () => undefined,
        );
        assert.equal(read, good ? 'Codename: a\n- dashed\nFrom: b\nlast' : undefined);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

const security = archiveOfApt('bookworm-security');

test(
  "Debian's own indexes of security updates are read, by the keys that sign them",
  { skip: security === undefined && 'apt knows no security updates of Debian 12' },
  async () => {
    const suite = await openRealSuite(security ?? assert.fail());
    const packages = await suite.packages();
    assert.ok(packages.size > 100);
    assert.ok(packages.named('linux-libc-dev').length > 0);
    assert.ok((await suite.sources()).named('linux').length > 0);
  },
);

test(
  "Debian's own InRelease is taken by the fingerprints of the machine's keyring",
  {
    skip:
      (releases.length === 0 || !existsSync(debianKeyring)) && 'this machine has no InRelease of bookworm',
  },
  async () => {
    const bookworm = ['B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8', '4D64FEC119C2029067D6E791F8D2585B8783D481'];
    const pinned = await pinKeys(readFileSync(debianKeyring), bookworm);
    assert.deepEqual(pinned.missing, []);
    const bytes = readFileSync(join(lists, releases[0] ?? ''));
    const read = await readClearSigned(bytes, pinned, new Date(), 'InRelease');
    assert.deepEqual(read.signedBy, [...bookworm].sort());
    assert.match(read.text, /^Codename: bookworm$/m);
  },
);
