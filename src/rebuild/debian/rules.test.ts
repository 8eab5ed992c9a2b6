import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../../core/digest.ts';
import type { Comparison } from '../../core/rebuild.ts';
import { compare } from '../compare/compare.ts';
import { readPlainDeb } from './deb.ts';
import { buildIdSpan, debugLinkSpan } from './elf.ts';
import { debianRules } from './rules.ts';
import { control, facts, fakeDeb, fakeElf, type FakeMember } from './testing/fake-deb.ts';

function compared(upstreamDeb: Uint8Array, rebuiltDeb: Uint8Array): Comparison {
  const upstream = readPlainDeb(upstreamDeb, sha256(upstreamDeb));
  const rebuilt = readPlainDeb(rebuiltDeb, sha256(rebuiltDeb));
  return compare({ upstream, rebuilt, facts, rules: debianRules(upstream, rebuilt) });
}

const program = (content: string | Uint8Array, more: Partial<FakeMember> = {}): FakeMember => ({
  path: './usr/bin/tiny',
  mode: 0o755,
  content,
  ...more,
});
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const withSums = (elf: Uint8Array, sum = md5(elf)): Uint8Array =>
  fakeDeb([program(elf)], [{ path: './md5sums', content: `${sum}  usr/bin/tiny\n` }]);

describe('packages of Debian', () => {
  test('are identical when their bytes are, and equivalent when only the times in them differ', () => {
    const at = (time: number): Uint8Array => fakeDeb([program('#!/bin/sh\n', { time })]);
    assert.equal(compared(at(1), at(1)).verdict, 'identical');
    assert.equal(compared(at(1), at(2)).verdict, 'equivalent');
  });

  test('differ harmlessly in build id, debug link, and the checksums that follow from them', () => {
    const [theirs, ours] = [
      fakeElf({ buildId: '11'.repeat(20), link: `${'11'.repeat(19)}.debug` }),
      fakeElf({ buildId: '22'.repeat(20), link: `${'22'.repeat(19)}.debug` }),
    ];
    const comparison = compared(withSums(theirs), withSums(ours));
    assert.equal(comparison.verdict, 'benign-difference');
    assert.deepEqual(
      comparison.normalisers.map(({ name, paths }) => [name, ...paths]),
      [
        ['elf-build-id', 'data/usr/bin/tiny'],
        ['elf-debuglink', 'data/usr/bin/tiny'],
        ['md5sums', 'control/md5sums'],
      ],
    );
  });

  test('with other code are not explained, whatever their build id says', () => {
    const comparison = compared(
      withSums(fakeElf({ buildId: '11'.repeat(20), code: 'evil'.repeat(30) })),
      withSums(fakeElf()),
    );
    assert.equal(comparison.verdict, 'unexplained');
    assert.equal(comparison.differences[0]?.rule, 'debian/machine-code');
  });

  test('are not forgiven a checksum that is that of no file', () => {
    const elf = fakeElf();
    const comparison = compared(withSums(elf, '0'.repeat(32)), withSums(elf));
    assert.equal(comparison.verdict, 'unexplained');
    assert.equal(comparison.differences[0]?.path, 'control/md5sums');
  });

  const honest = fakeDeb(
    [program('#!/bin/sh\necho\n')],
    [{ path: './postinst', mode: 0o755, content: '#!/bin/sh\n' }],
  );
  const twin = (data: readonly FakeMember[], postinst = '#!/bin/sh\n', text = control): Uint8Array =>
    fakeDeb(data, [{ path: './postinst', mode: 0o755, content: postinst }], text);
  const same = program('#!/bin/sh\necho\n');
  const twins: readonly (readonly [string, string, Uint8Array])[] = [
    ['a changed script of installation', 'debian/install-script', twin([same], '#!/bin/sh\ncurl evil\n')],
    ['a changed script', 'debian/script', twin([program('#!/bin/sh\necho; curl evil\n')])],
    [
      'another dependency',
      'debian/control-field',
      twin([same], undefined, control.replace('libc6', 'libc6, evil')),
    ],
    ['a field that is new', 'debian/control-field', twin([same], undefined, `${control}Replaces: sudo\n`)],
    ['setuid', 'special-mode', twin([{ ...same, mode: 0o4755 }])],
    ['writable for all', 'debian/mode', twin([{ ...same, mode: 0o777 }])],
    ['another owner', 'debian/owner', twin([{ ...same, owner: [33, 'www-data'] }])],
    [
      'a program more',
      'debian/only-upstream',
      twin([same, { path: './usr/bin/more', mode: 0o755, content: 'x' }]),
    ],
    [
      'a timer more',
      'debian/only-upstream',
      twin([same, { path: './etc/cron.d/tiny', content: '* * * * * root x\n' }]),
    ],
    [
      'a link more',
      'one-sided-link',
      twin([same, { path: './usr/bin/l', flag: '2', target: '/tmp/x', mode: 0o777 }]),
    ],
    [
      'a link in the place of a file',
      'type-changed',
      twin([{ path: './usr/bin/tiny', flag: '2', target: '/tmp/x', mode: 0o777 }]),
    ],
    ['a file twice', 'ambiguous/duplicate-path', twin([same, same])],
    ['a device', 'ambiguous/device', twin([same, { path: './dev/sda', flag: '4' }])],
    ['a path that leads out', 'ambiguous/path-dotdot', twin([same, { path: './../x', content: 'x' }])],
    ['bytes after its end', 'ambiguous/debian', Buffer.concat([honest, Buffer.from('more')])],
  ];
  for (const [what, rule, deb] of twins)
    test(`with ${what} are suspicious, and the report says so`, () => {
      const comparison = compared(deb, honest);
      assert.equal(comparison.verdict, 'suspicious');
      assert.equal(comparison.differences[0]?.rule, rule);
    });

  test('that want another version of the same library at least are only not explained; at most, suspicious', () => {
    const depends = (text: string): Comparison =>
      compared(twin([same], undefined, control.replace('libc6', text)), honest);
    const bounded = depends('libc6 (>= 2.34)');
    assert.equal(bounded.verdict, 'unexplained');
    assert.equal(bounded.differences[0]?.rule, 'debian/control-bounds');
    for (const text of ['libc6 (<< 2.30)', 'libc6 (= 2.30)', 'libc6 | evil', 'evil (>= 2.34)'])
      assert.equal(depends(text).verdict, 'suspicious', text);
  });

  test('that describe themselves otherwise are only not explained', () => {
    const comparison = compared(twin([same], undefined, control.replace('more', 'else')), honest);
    assert.equal(comparison.verdict, 'unexplained');
    assert.equal(comparison.differences[0]?.rule, 'debian/control-description');
  });
});

describe('the parts of an ELF file that are looked away from', () => {
  test('are the id and the link, and no byte more', () => {
    assert.deepEqual(buildIdSpan(fakeElf()), { from: 0x210, to: 0x224 });
    const link = debugLinkSpan(fakeElf());
    assert.deepEqual([link?.from, link?.to], [0x2000, 0x2034]);
  });

  test('are the id of the second debug file too, but not its path', () => {
    const altLink = (id: string, path = '/usr/lib/debug/.dwz/x86_64-linux-gnu/tiny.debug'): Uint8Array =>
      fakeElf({ altLink: `${path}\0${id.repeat(20)}` });
    const verdictOf = (theirs: Uint8Array): string =>
      compared(fakeDeb([program(theirs)]), fakeDeb([program(altLink('b'))])).verdict;
    assert.equal(verdictOf(altLink('a')), 'benign-difference');
    assert.equal(verdictOf(altLink('a', '/usr/lib/debug/.dwz/x86_64-linux-gnu/evil.debug')), 'unexplained');
    assert.equal(verdictOf(altLink('a', '/tmp/debug/.dwz/x86_64-linux-gnu/tiny.debug')), 'unexplained');
    assert.equal(verdictOf(altLink('aa')), 'unexplained');
  });

  test('are not looked away from where they can be run', () => {
    assert.equal(buildIdSpan(fakeElf({ executable: true })), undefined);
  });

  test('are not looked away from where they are of another form', () => {
    assert.equal(buildIdSpan(fakeElf({ buildId: 'aa'.repeat(64) })), undefined);
    assert.equal(debugLinkSpan(fakeElf({ link: '/bin/sh -c evil' })), undefined);
  });

  test('whatever the bytes: they are found within the file, or not at all', () => {
    const elf = fakeElf();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(elf.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 20 }),
        fc.nat(elf.length),
        (changes, length) => {
          const bytes = Uint8Array.from(elf);
          for (const [at, byte] of changes) bytes[at] = byte;
          for (const span of [
            buildIdSpan(bytes.subarray(0, length)),
            debugLinkSpan(bytes.subarray(0, length)),
          ])
            assert.ok(
              span === undefined || (span.from < span.to && span.to <= length && span.to - span.from <= 64),
            );
        },
      ),
    );
  });
});
