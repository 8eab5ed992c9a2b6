import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../../core/errors.ts';
import { sourceOf } from './binary-package.ts';
import { upstreamVersion, withoutEpoch } from './build.ts';
import { readRelations } from './relations.ts';

const setting = { architecture: 'amd64', profiles: [] };

test('relations of this architecture and profile are read, others left out', () => {
  for (const [field, read] of [
    ['debhelper-compat (= 13), libacl1-dev', [['debhelper-compat'], ['libacl1-dev']]],
    ['libselinux-dev [linux-any], libfoo [!amd64], libbar [armhf i386]', [['libselinux-dev']]],
    ['a1 [!armhf !i386], b1 [any-amd64], c1 [hurd-any] | d1', [['a1'], ['b1'], ['d1']]],
    ['python3:any (>= 3.9~), perl:native', [['python3'], ['perl']]],
    ['check <!nocheck>, cross <cross>, both <!a !b> <c>', [['check'], ['both']]],
    ['ab\n , cd (>> 1:2-3) | ef,\n', [['ab'], ['cd', 'ef']]],
    ['', []],
    [undefined, []],
  ] as const)
    assert.deepEqual(readRelations(field, setting), read, String(field));
});

test('what is no relation is refused, whatever it is', () => {
  for (const field of ['a b', 'A', '-x', '$(x)', 'ab (1)', 'ab [', 'ab; rm', '../x'])
    assert.throws(
      () => readRelations(field, setting),
      (error) => isAssayError(error, 'DEBIAN_ARCHIVE_INVALID'),
      field,
    );
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('a', '1', ' ', '(', ')', '[', ']', '<', '>', '!', '|', ',', '=', ':'),
      }),
      (field) => {
        try {
          for (const names of readRelations(field, setting))
            for (const name of names) assert.match(name, /^[a-z0-9][a-z0-9+.-]+$/);
        } catch (error) {
          assert.ok(isAssayError(error, 'DEBIAN_ARCHIVE_INVALID'), String(error));
        }
      },
    ),
  );
});

test('the source of a binary package is its own, a named one, or one of another version', () => {
  assert.deepEqual(sourceOf(undefined, 'sed', '1'), { name: 'sed', version: '1' });
  assert.deepEqual(sourceOf('glibc', 'libc6', '2-1'), { name: 'glibc', version: '2-1' });
  assert.deepEqual(sourceOf('tree (2.1.0-1)', 'tree', '2.1.0-1+b1'), { name: 'tree', version: '2.1.0-1' });
  for (const field of ['a/b', 'tree (', '../x', 'tree (1) x', 'tree (/)'])
    assert.throws(
      () => sourceOf(field, 'x', '1'),
      (error) => isAssayError(error, 'DEBIAN_ARCHIVE_INVALID'),
      field,
    );
});

test('folders and files are named by a version without its epoch', () => {
  assert.equal(withoutEpoch('1:2.0-3'), '2.0-3');
  assert.equal(upstreamVersion('1:2.0-rc-3+b1'), '2.0-rc');
  assert.equal(upstreamVersion('3.0043+nmu1+deb12u1'), '3.0043+nmu1+deb12u1');
});
