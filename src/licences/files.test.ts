import assert from 'node:assert/strict';
import { test } from 'node:test';
import spdxList from 'spdx-license-list/full.js';
import { createLicenceLook, isLicenceFile } from './files.ts';

const mit = spdxList['MIT']?.licenseText ?? '';

test('licence texts are known by their names, programs about licences are not', () => {
  for (const path of [
    'LICENSE',
    'License.md',
    'licence.txt',
    'LICENSE-MIT',
    'LICENSE.BSD',
    'COPYING',
    'COPYING.LESSER',
    'UNLICENSE',
    'MIT-LICENSE.txt',
    'LICENSES/MIT.txt',
    'vendor/x/LICENSE',
    'ThirdPartyNotices.txt',
    'dist/index.js.LICENSE.txt',
  ]) {
    assert.ok(isLicenceFile(path), path);
  }
  for (const path of [
    'license.js',
    'src/licenses.ts',
    'licenses.json',
    'README.md',
    'unlicensed-copy.js',
    'silence',
  ]) {
    assert.ok(!isLicenceFile(path), path);
  }
});

test('texts are named by path, other files are passed over', async () => {
  const look = createLicenceLook();
  look.look('b/LICENSE', Buffer.from(mit));
  look.look('LICENSE', Buffer.from(mit));
  look.look('README.md', Buffer.from(mit));
  const found = await look.found();
  assert.deepEqual(
    found.map(({ path, id }) => [path, id]),
    [
      ['LICENSE', 'MIT'],
      ['b/LICENSE', 'MIT'],
    ],
  );
});

test('more licence files than are read are told', async () => {
  const look = createLicenceLook();
  for (let at = 0; at < 70; at++) look.look(`p${String(at).padStart(2, '0')}/LICENSE`, Buffer.from(mit));
  const found = await look.found();
  assert.deepEqual(found.at(-1), { path: 'p60/LICENSE', id: undefined, also: [], similarity: 0 });
});
