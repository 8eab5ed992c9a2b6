import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAssayError } from './errors.ts';
import { formatPurl, parsePurl } from './purl.ts';

test('a package of Debian is named by its type and namespace, as others name it', () => {
  assert.equal(formatPurl('debian', 'sed', '4.9-1+deb12u1'), 'pkg:deb/debian/sed@4.9-1%2Bdeb12u1');
  assert.deepEqual(parsePurl('pkg:deb/debian/sed@4.9-1%2Bdeb12u1'), {
    ecosystem: 'debian',
    name: 'sed',
    version: '4.9-1+deb12u1',
  });
  for (const text of [
    'pkg:debian/sed',
    'pkg:deb/ubuntu/sed',
    'pkg:deb/sed',
    'pkg:deb/debian/',
    'pkg:deb/debian',
  ])
    assert.throws(
      () => parsePurl(text),
      (error) => isAssayError(error, 'PURL_INVALID'),
      text,
    );
});
