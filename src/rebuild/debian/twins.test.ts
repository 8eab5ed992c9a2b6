/**
 * Twins of one honest package: each published so by an archive whose signature holds, as if its build machine had been taken over.
 * All are built from the same clean source. The sandbox is played: what it would run is not the question here.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import { compare } from '../compare/compare.ts';
import { listOutput, readOutput } from '../sandbox/outputs.ts';
import { writeAr } from './ar.ts';
import { openSuite } from './archive.ts';
import { findBinary } from './binary-package.ts';
import { readPlainDeb } from './deb.ts';
import { rebuildDebian, type DebianRebuild, type DebianRebuildDeps } from './rebuild.ts';
import { debianRules } from './rules.ts';
import {
  clearSign,
  fakeArchive,
  fakeDeps,
  fakeKey,
  fakeOptions,
  honestDsc,
  type FakeKey,
} from './testing/fake-archive.ts';
import { playedSandbox } from './testing/played-sandbox.ts';
import { control, fakeDeb, fakeElf, fakeTar, type FakeMember } from './testing/fake-deb.ts';

let key: FakeKey;
let folder: string;
before(async () => {
  key = await fakeKey();
  folder = await mkdtemp(join(tmpdir(), 'assay-twins-'));
});
after(() => rm(folder, { recursive: true, force: true }));

// ---- the honest package ----

const code = 'code'.repeat(20);
const elf = fakeElf({ code });
const files: readonly FakeMember[] = [
  { path: './usr/bin/tiny', mode: 0o755, content: elf },
  { path: './usr/share/tiny/words', content: 'words\n' },
  { path: './usr/share/doc/tiny/README', content: 'read me\n' },
];
const scripts: readonly FakeMember[] = [{ path: './postinst', mode: 0o755, content: '#!/bin/sh\nset -e\n' }];
const honest = fakeDeb(files, scripts);

function changed(path: string, change: Partial<FakeMember>): readonly FakeMember[] {
  return files.map((file) => (file.path === path ? { ...file, ...change } : file));
}

const never = (): never => assert.fail('not to be asked for');

async function rebuilt(published: Uint8Array, built: Uint8Array = honest): Promise<DebianRebuild> {
  const parts = {
    binary: published,
    binaryVersion: '1.0-1',
    dscText: honestDsc.replace('debhelper | make', 'debhelper'),
  };
  const suite = await openSuite(fakeDeps(await fakeArchive(key, parts)), await fakeOptions(key));
  const deps: DebianRebuildDeps = {
    sandbox: playedSandbox(folder, () => built),
    outputs: { list: listOutput, read: readOutput },
    bases: { base: () => Promise.resolve({ path: '/base', digest: 'a'.repeat(64), packages: [] }) },
    monotonicMs: () => 0,
    compare: (theirs, ours, facts) => {
      const [upstream, rebuilt] = [readPlainDeb(theirs.plain, theirs.d0), readPlainDeb(ours.plain, ours.d0)];
      return Promise.resolve(compare({ upstream, rebuilt, facts, rules: debianRules(upstream, rebuilt) }));
    },
  };
  return rebuildDebian(deps, { suite, binary: await findBinary(suite, 'tiny-bin') });
}

function verdictOf({ outcome }: DebianRebuild): string {
  return outcome.state === 'compared'
    ? `${outcome.comparison.verdict} ${outcome.comparison.differences[0]?.rule ?? ''}`
    : `${outcome.cause}: ${outcome.message}`;
}

const part = (name: string, bytes: Uint8Array | string): { name: string; bytes: Uint8Array } => ({
  name,
  bytes: Buffer.from(bytes),
});
const controlTar = fakeTar([
  { path: './', flag: '5', mode: 0o755 },
  { path: './control', content: control },
]);
const dataTar = (members: readonly FakeMember[]): Uint8Array =>
  fakeTar([{ path: './', flag: '5', mode: 0o755 }, ...members]);
const binary = part('debian-binary', '2.0\n');

describe('an honest package', () => {
  test('is what its source makes', async () => {
    assert.equal(verdictOf(await rebuilt(honest)), 'identical ');
  });

  test('with another build id, and what follows from that, is explained', async () => {
    const other = fakeDeb(
      changed('./usr/bin/tiny', { content: fakeElf({ code, buildId: '11'.repeat(20) }) }),
      scripts,
    );
    assert.match(verdictOf(await rebuilt(other)), /^benign-difference elf-build-id/);
  });

  test('of another compiler is not explained, and not suspicious either', async () => {
    const other = fakeDeb(
      changed('./usr/bin/tiny', { content: fakeElf({ code: 'othr'.repeat(20) }) }),
      scripts,
    );
    assert.match(verdictOf(await rebuilt(other)), /^unexplained debian\/machine-code/);
  });

  test('with a page of documentation that the build did not make is not explained, and not suspicious either', async () => {
    const page: FakeMember = { path: './usr/share/man/man1/tiny.1.gz', content: 'page' };
    assert.match(
      verdictOf(await rebuilt(fakeDeb([...files, page], scripts))),
      /^unexplained debian\/only-upstream/,
    );
  });
});

describe('a twin is suspicious', () => {
  const swapped = Uint8Array.from(elf);
  swapped[0x1003] = 0x90;
  const twins: readonly (readonly [string, string, Uint8Array])[] = [
    [
      'with a script of installation more',
      'debian/install-script',
      fakeDeb(files, [...scripts, { path: './preinst', mode: 0o755, content: '#!/bin/sh\n' }]),
    ],
    [
      'with a trigger more',
      'debian/install-script',
      fakeDeb(files, [...scripts, { path: './triggers', content: 'interest x\n' }]),
    ],
    [
      'with an exec bit more',
      'debian/mode',
      fakeDeb(changed('./usr/share/tiny/words', { mode: 0o755 }), scripts),
    ],
    ['with a setuid bit', 'special-mode', fakeDeb(changed('./usr/bin/tiny', { mode: 0o4755 }), scripts)],
    ['with a setgid bit', 'special-mode', fakeDeb(changed('./usr/bin/tiny', { mode: 0o2755 }), scripts)],
    [
      'with a program more',
      'debian/only-upstream',
      fakeDeb([...files, { path: './usr/lib/tiny/more', mode: 0o755, content: elf }], scripts),
    ],
    [
      'with data more',
      'debian/only-upstream',
      fakeDeb([...files, { path: './usr/share/tiny/more', content: 'x' }], scripts),
    ],
    [
      'with a script among its documentation',
      'debian/only-upstream',
      fakeDeb([...files, { path: './usr/share/doc/tiny/example', content: '#!/bin/sh\n' }], scripts),
    ],
    [
      'with one byte of machine code changed',
      'debian/patched-code',
      fakeDeb(changed('./usr/bin/tiny', { content: swapped }), scripts),
    ],
    [
      'with one byte of machine code changed, and another build id',
      'debian/patched-code',
      fakeDeb(
        changed('./usr/bin/tiny', {
          content: fakeElf({ code: code.replace('code', 'cide'), buildId: '11'.repeat(20) }),
        }),
        scripts,
      ),
    ],
    [
      'with a member of its container twice',
      'ambiguous/debian',
      writeAr([
        binary,
        part('control.tar', controlTar),
        part('data.tar', dataTar(files)),
        part('data.tar', dataTar([])),
      ]),
    ],
    [
      'with another control part behind the first',
      'ambiguous/debian',
      writeAr([
        binary,
        part('control.tar', controlTar),
        part('control.tar', controlTar),
        part('data.tar', dataTar(files)),
      ]),
    ],
    ['with bytes behind its end', 'ambiguous/debian', Buffer.concat([honest, Buffer.from('evil')])],
    [
      'with bytes behind the end of its data',
      'ambiguous/debian',
      writeAr([
        binary,
        part('control.tar', controlTar),
        part('data.tar', Buffer.concat([dataTar(files), dataTar(files)])),
      ]),
    ],
    [
      'whose data nothing can inflate',
      'ambiguous/debian',
      writeAr([binary, part('control.tar', controlTar), part('data.tar.xz', 'no xz')]),
    ],
    ['with a file twice', 'ambiguous/duplicate-path', fakeDeb([...files, ...files.slice(0, 1)], scripts)],
    [
      'of another version',
      'debian/control-field',
      fakeDeb(files, scripts, control.replace('1.0-1', '1.0-2')),
    ],
  ];
  for (const [what, rule, deb] of twins)
    test(what, async () => {
      assert.equal(verdictOf(await rebuilt(deb)), `suspicious ${rule}`);
    });
});

describe('a source is not built from', () => {
  async function opened(tamper: (served: Map<string, Buffer>) => void, dscText?: string): Promise<string> {
    const served = await fakeArchive(key, {
      binaryVersion: '1.0-1',
      ...(dscText === undefined ? {} : { dscText }),
    });
    tamper(served);
    const suite = await openSuite(fakeDeps(served), await fakeOptions(key));
    const deps: DebianRebuildDeps = {
      sandbox: { workspace: never, run: never },
      outputs: { list: never, read: never },
      bases: { base: never },
      compare: never,
      monotonicMs: () => 0,
    };
    return verdictOf(await rebuildDebian(deps, { suite, binary: await findBinary(suite, 'tiny-bin') }));
  }
  const dscPath = '/debian/pool/main/t/tiny/tiny_1.0-1.dsc';

  test('whose .dsc is signed by another than before, as long as the signed index does not name it', async () => {
    const other = Buffer.from(await clearSign(honestDsc, await fakeKey()));
    assert.match(
      await opened((served) => served.set(dscPath, other)),
      /^fetch-failed: .*other bytes than those of its SHA-256/,
    );
  });

  test('whose .dsc says more outside of its signed text than in it', async () => {
    const signed = await clearSign(honestDsc, key);
    const nested = signed.replace('Format:', '-----BEGIN PGP SIGNED MESSAGE-----\n\nFormat:');
    assert.match(await opened(() => {}, nested), /^fetch-failed: .*(?:within another|no field|twice)/);
    const before = `Source: evil\n\n${signed}`;
    assert.match(await opened(() => {}, before), /^fetch-failed: .*more than one paragraph/);
  });

  test('whose index is not the one that InRelease names', async () => {
    const path = '/debian/dists/bookworm/main/source/Sources.gz';
    assert.match(
      await opened((served) => served.set(path, Buffer.from('Package: tiny'))),
      /^fetch-failed: .*Sources\.gz.* other bytes/,
    );
  });

  test('whose tar was exchanged', async () => {
    const path = '/debian/pool/main/t/tiny/tiny_1.0.orig.tar.xz';
    assert.match(
      await opened((served) => served.set(path, Buffer.from('poison'))),
      /^fetch-failed: .*orig\.tar\.xz/,
    );
  });

  test('in the name of a digest of it in the form that can be forged', async () => {
    const weak = honestDsc.replace('Checksums-Sha256', 'Files');
    assert.match(await opened(() => {}, weak), /^fetch-failed: .*names no file by SHA-256/);
  });

  test('without the key that has to sign', async () => {
    const served = await fakeArchive(await fakeKey());
    await assert.rejects(openSuite(fakeDeps(served), await fakeOptions(key)), /no pinned key signed/);
  });
});

test('what is published is named by its own bytes, also where it cannot be read', async () => {
  const twin = Buffer.concat([honest, Buffer.from('evil')]);
  const { outcome } = await rebuilt(twin);
  assert.ok(outcome.state === 'compared');
  assert.equal(outcome.comparison.upstream, sha256(twin));
  assert.equal(outcome.comparison.rebuilt, sha256(honest));
});
