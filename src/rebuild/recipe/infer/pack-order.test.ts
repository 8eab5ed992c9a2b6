import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { packOrderOf, packsInOrder } from './pack-order.ts';

it('tells the order of npm before 6.10 from the one since', () => {
  const before = ['package.json', '.npmignore', 'README.md', 'LICENSE', 'index.js', 'test/a.js'];
  const since = ['LICENSE', 'test/a.js', 'index.js', 'package.json', 'README.md', '.travis.yml'];
  assert.equal(packOrderOf(before), 'manifest-first');
  assert.equal(packOrderOf(since), 'by-extension');
  assert.equal(packOrderOf([...since, 'node_modules/a/index.js']), 'by-extension');
  for (const npm of ['5.6.0', '6.4.1', '6.9.0']) assert.equal(packsInOrder('manifest-first', npm), true, npm);
  for (const npm of ['6.10.0', '6.13.4', '11.6.2'])
    assert.equal(packsInOrder('by-extension', npm), true, npm);
});

it('says nothing where both orders are the same, and of neither', () => {
  for (const paths of [[], ['package.json'], ['package.json', 'README.md'], ['README.md', 'index.js']])
    assert.equal(packOrderOf(paths), undefined, paths.join());
});

it('comes to an end for any names', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 20 })), (paths) => {
      const order = packOrderOf(paths);
      assert.ok(order !== 'manifest-first' || paths.includes('package.json'));
    }),
  );
});
