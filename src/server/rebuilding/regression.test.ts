import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPurl } from '../../core/purl.ts';
import { pinCommand } from './regression.ts';

test('the pin is a command for who uses the package, and none where a name or version is more than a word for a shell', () => {
  const npm = formatPurl('npm', '@victim/tool', '1.0.1');
  assert.equal(pinCommand(npm, '1.0.0'), 'npm install --save-exact @victim/tool@1.0.0');
  assert.equal(
    pinCommand(formatPurl('debian', 'sed', '4.9-2'), '1:4.9-1+deb12u1'),
    'apt-get install sed=1:4.9-1+deb12u1 && apt-mark hold sed',
  );
  for (const version of ['1.0.0;rm -rf /', '$(x)', '-x', "1'", '1 2', ''])
    assert.equal(pinCommand(npm, version), undefined, version);
  for (const name of ['a;b', '-rf', 'a`b`'])
    assert.equal(pinCommand(formatPurl('npm', name, '1.0.0'), '1.0.0'), undefined, name);
});
