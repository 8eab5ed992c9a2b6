import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { archiveOfApt, debianBases, openRealSuite, outputs } from '../../../test/support/debian.ts';
import { noSandbox } from '../../../test/support/sandbox.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { createSandbox } from '../sandbox/sandbox.ts';
import type { Suite } from './archive.ts';
import type { BinaryPackage } from './binary-package.ts';
import { buildDebian, type DebianBuildDeps } from './build.ts';
import { readPlainDeb } from './deb.ts';
import { inflateDeb } from './inflate.ts';
import { readDsc, type SourcePackage } from './source-package.ts';
import { fakeTar } from './testing/fake-deb.ts';

const known = archiveOfApt();
const skip = noSandbox ?? (known === undefined && 'apt knows no archive of Debian 12');

const rules = (body: string): string => `#!/usr/bin/make -f
build clean build-arch:
binary-arch:
	mkdir -p debian/tiny/DEBIAN debian/tiny/usr/bin debian/tiny/usr/share
	printf '#!/bin/sh\\necho tiny\\n' >debian/tiny/usr/bin/tiny
	chmod 0755 debian/tiny/usr/bin/tiny
	date >debian/tiny/usr/share/built-at
	pwd >debian/tiny/usr/share/built-in
${body}	dpkg-gencontrol -ptiny -Pdebian/tiny
	dpkg-deb --root-owner-group --build debian/tiny ..
`;

/** A source package that is Debian's own kind and needs nothing but what every build has. */
function tinySource(body = ''): {
  readonly source: SourcePackage;
  readonly files: ReadonlyMap<string, Uint8Array>;
} {
  const tar = gzipSync(
    fakeTar([
      { path: 'tiny-1.0/', flag: '5', mode: 0o755 },
      { path: 'tiny-1.0/debian/', flag: '5', mode: 0o755 },
      { path: 'tiny-1.0/debian/source/', flag: '5', mode: 0o755 },
      { path: 'tiny-1.0/debian/source/format', content: '3.0 (native)\n' },
      { path: 'tiny-1.0/debian/rules', mode: 0o755, content: rules(body) },
      {
        path: 'tiny-1.0/debian/changelog',
        content:
          'tiny (1.0) bookworm; urgency=low\n\n  * Made.\n\n -- A <a@example.com>  Thu, 01 Feb 2024 10:00:00 +0000\n',
      },
      {
        path: 'tiny-1.0/debian/control',
        content:
          'Source: tiny\nMaintainer: A <a@example.com>\nStandards-Version: 4.6.2\nRules-Requires-Root: no\n\nPackage: tiny\nArchitecture: any\nDescription: tiny\n',
      },
    ]),
  );
  const dsc = Buffer.from(
    `Format: 3.0 (native)\nSource: tiny\nBinary: tiny\nArchitecture: any\nVersion: 1.0\nMaintainer: A <a@example.com>\nChecksums-Sha256:\n ${sha256(tar)} ${tar.length} tiny_1.0.tar.gz\nFiles:\n ${'0'.repeat(32)} ${tar.length} tiny_1.0.tar.gz\n`,
  );
  const entry = (bytes: Uint8Array): { sha256: Sha256; sizeBytes: number } => ({
    sha256: sha256(bytes),
    sizeBytes: bytes.length,
  });
  return {
    files: new Map<string, Uint8Array>([
      ['pool/t/tiny_1.0.dsc', dsc],
      ['pool/t/tiny_1.0.tar.gz', tar],
    ]),
    source: {
      name: 'tiny',
      version: '1.0',
      folder: 'pool/t',
      dscName: 'tiny_1.0.dsc',
      dsc: sha256(dsc),
      files: new Map([
        ['tiny_1.0.dsc', entry(dsc)],
        ['tiny_1.0.tar.gz', entry(tar)],
      ]),
      fields: readDsc(dsc, 'tiny'),
    },
  };
}

function binaryOf(suite: Suite, version = '1.0'): BinaryPackage {
  return {
    name: 'tiny',
    version,
    architecture: suite.options.architecture,
    source: { name: 'tiny', version: '1.0' },
    path: 'pool/t/tiny.deb',
    file: { sha256: sha256(''), sizeBytes: 0 },
  };
}

describe('a build of a Debian package', { skip }, () => {
  let directory = '';
  let deps: DebianBuildDeps;
  let real: Suite;

  before(async () => {
    if (known === undefined) return;
    directory = await mkdtemp(join(tmpdir(), 'assay-debian-'));
    await chmod(directory, 0o711);
    const clock = (): number => performance.now();
    const sandbox = await createSandbox({ directory, clock });
    deps = { sandbox, outputs, bases: await debianBases(), monotonicMs: clock };
    real = await openRealSuite(known);
  });
  after(async () => {
    if (directory !== '') await rm(directory, { recursive: true, force: true });
  });

  /** The real archive, with one package more. */
  function suiteWith(files: ReadonlyMap<string, Uint8Array>): Suite {
    return { ...real, file: (path) => Promise.resolve(files.get(path) ?? assert.fail(path)) };
  }

  test('gives the same bytes every time, with clock and folder that are always the same', async () => {
    const { source, files } = tinySource();
    const suite = suiteWith(files);
    const build = (): ReturnType<typeof buildDebian> =>
      buildDebian(deps, { suite, binary: binaryOf(suite), source });
    const [first, second] = [await build(), await build()];
    assert.ok(first.state === 'built' && second.state === 'built', first.log);
    assert.equal(sha256(first.deb), sha256(second.deb));
    assert.equal(first.sourceDateEpoch, Date.UTC(2024, 1, 1, 10) / 1000);
    const read = readPlainDeb(await inflateDeb(deps, first.root, first.deb), sha256(first.deb));
    const text = (path: string): string | undefined =>
      read.members.find((member) => member.path === path)?.content.toString();
    assert.match(text('data/usr/share/built-at') ?? '', /^Thu Feb +1 10:00:00 UTC 2024$/m);
    assert.equal(text('data/usr/share/built-in'), '/build/reproducible-path/tiny-1.0\n');
    const roles = new Map(first.inputs.map(({ role, digest }) => [role, digest['sha256']]));
    assert.deepEqual([...roles.keys()], ['source', 'base', 'build-dependency']);
    assert.ok(first.inputs.every(({ digest }) => /^[0-9a-f]{64}$/.test(digest['sha256'] ?? '')));
    assert.ok(first.inputs.some(({ name }) => name.startsWith('libc6 ')));
  });

  test('that fails, or makes another package, says which of both, and why', async () => {
    const broken = tinySource('\techo no such luck; exit 3\n');
    const brokenSuite = suiteWith(broken.files);
    const failed = await buildDebian(deps, {
      suite: brokenSuite,
      binary: binaryOf(brokenSuite),
      source: broken.source,
    });
    assert.ok(failed.state === 'not-built');
    assert.equal(failed.cause, 'build-failed');
    assert.match(failed.message, /Error 3|no such luck/);
    const { source, files } = tinySource();
    const suite = suiteWith(files);
    const other = await buildDebian(deps, { suite, binary: { ...binaryOf(suite), name: 'huge' }, source });
    assert.ok(other.state === 'not-built');
    assert.equal(other.cause, 'pack-failed');
    assert.match(other.message, /made no huge_1\.0_/);
  });

  test('of what Debian rebuilt without its source is not tried', async () => {
    const { source, files } = tinySource();
    const suite = suiteWith(files);
    const built = await buildDebian(deps, { suite, binary: binaryOf(suite, '1.0+b1'), source });
    assert.ok(built.state === 'not-built');
    assert.equal(built.cause, 'unsupported');
  });
});
