import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../../core/digest.ts';
import { archiveAgainstTree, roleOf, sourceRoles, type SourceMember } from './archive-check.ts';

function member(path: string, text = path, more: Partial<SourceMember> = {}): SourceMember {
  return { path, kind: 'file', executable: false, sha256: sha256(text), ...more };
}

const members = fc
  .uniqueArray(
    fc.record({
      path: fc.string({ minLength: 1, maxLength: 12 }),
      text: fc.constantFrom('a', 'b'),
      kind: fc.constantFrom('file' as const, 'link' as const),
      executable: fc.boolean(),
    }),
    { selector: ({ path }) => path, maxLength: 20 },
  )
  .map((all) => all.map(({ path, text, kind, executable }) => member(path, text, { kind, executable })));

describe('a release archive beside the tree of its tag', () => {
  it('shows what xz 5.6.1 had in its archive alone, before all else', () => {
    const tree = [
      member('configure.ac'),
      member('src/liblzma/lzma.c'),
      member('tests/files/bad-3-corrupt_lzma2.xz'),
      member('README'),
      member('.gitignore'),
    ];
    const archive = [
      member('configure.ac'),
      member('src/liblzma/lzma.c', 'changed'),
      member('tests/files/bad-3-corrupt_lzma2.xz', 'changed'),
      member('README', 'changed'),
      member('m4/build-to-host.m4'),
      member('ABOUT-NLS'),
    ];
    const check = archiveAgainstTree(archive, tree);
    assert.equal(check.suspicious, true);
    assert.deepEqual(
      check.differences.map(({ path, kind, role }) => [path, kind, role]),
      [
        ['m4/build-to-host.m4', 'only-archive', 'first'],
        ['tests/files/bad-3-corrupt_lzma2.xz', 'content', 'opaque'],
        ['ABOUT-NLS', 'only-archive', 'code'],
        ['src/liblzma/lzma.c', 'content', 'code'],
        ['.gitignore', 'only-tree', 'code'],
        ['README', 'content', 'text'],
      ],
    );
    assert.equal(check.same, 1);
  });

  it('does not suspect an archive that only leaves files away or has another text', () => {
    const tree = [member('Makefile'), member('.github/workflows/ci.yml'), member('NEWS')];
    const check = archiveAgainstTree([member('Makefile'), member('NEWS', 'other')], tree);
    assert.deepEqual([check.suspicious, check.total], [false, 2]);
  });

  it('sees an exec bit, and a link in place of a file', () => {
    const check = archiveAgainstTree(
      [member('a', 'a', { executable: true }), member('b', 'b', { kind: 'link' })],
      [member('a'), member('b')],
    );
    assert.deepEqual(
      check.differences.map(({ path, kind }) => [path, kind]),
      [
        ['b', 'type'],
        ['a', 'exec-bit'],
      ],
    );
  });

  it('says the same of what is the same, and lists every path that is not', () => {
    fc.assert(
      fc.property(members, members, (archive, tree) => {
        assert.deepEqual(archiveAgainstTree(archive, archive), {
          same: archive.length,
          differences: [],
          total: 0,
          suspicious: false,
        });
        const check = archiveAgainstTree(archive, tree);
        const paths = new Set([...archive, ...tree].map(({ path }) => path));
        assert.equal(check.same + check.total, paths.size);
        const places = check.differences.map(({ role }) => sourceRoles.indexOf(role));
        assert.deepEqual(
          places,
          places.toSorted((a, b) => a - b),
        );
      }),
    );
  });

  it('knows what builds run first in each of their languages', () => {
    for (const path of [
      'configure',
      'x/aclocal.m4',
      'Makefile.in',
      'build.rs',
      'setup.py',
      'package.json',
      'debian/rules',
      'CMakeLists.txt',
      'a/b.cmake',
      'extconf.rb',
      'gradlew',
    ])
      assert.equal(roleOf(member(path)), 'first', path);
    for (const path of ['src/a.c', 'lib/configure.c', 'docs/makefile.html', 'src/build/x.rs'])
      assert.notEqual(roleOf(member(path)), 'first', path);
  });
});
