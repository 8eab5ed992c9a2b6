import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import { dependenciesOf, pickVersion } from './dependencies.ts';

test('an install takes dependencies, optional ones and peers, by their real names; what comes from elsewhere has no range', () => {
  const wanted = dependenciesOf({
    dependencies: {
      a: '^1.0.0',
      b: '',
      c: 'next',
      alias: 'npm:@s/real@~2.1',
      latest: 'npm:other',
      git: 'git+https://git.example.com/x.git',
      hub: 'owner/repository',
      file: 'file:../x',
      odd: 7,
    },
    optionalDependencies: { o: '1.x' },
    peerDependencies: { p: '>=3', q: '*' },
    peerDependenciesMeta: { q: { optional: true } },
    devDependencies: { d: '*' },
  });
  assert.deepEqual(wanted.map(({ name, range }) => `${name} ${range ?? '-'}`).sort(), [
    '@s/real ~2.1',
    'a ^1.0.0',
    'b *',
    'c next',
    'file -',
    'git -',
    'hub -',
    'o 1.x',
    'odd -',
    'other latest',
    'p >=3',
  ]);
});

test('as npm picks: a tag, else latest where it fits, else the highest that fits; pre-releases only where they are asked for', () => {
  const versions = ['1.0.0', '1.2.0', '2.0.0', '2.1.0-rc.1'];
  const tags = { latest: '1.0.0', next: '2.1.0-rc.1', gone: '9.0.0' };
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['^1.0.0', '1.0.0'],
    ['^1.1.0', '1.2.0'],
    ['*', '1.0.0'],
    ['>=1.1', '2.0.0'],
    ['^2.1.0-0', '2.1.0-rc.1'],
    ['next', '2.1.0-rc.1'],
    ['gone', undefined],
    ['constructor', undefined],
    ['^3', undefined],
  ];
  for (const [range, version] of cases) assert.equal(pickVersion(range, versions, tags), version, range);
});

test('whatever a manifest says, it is read, and what is picked is among what there is', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (manifest, range) => {
      dependenciesOf({ dependencies: manifest, peerDependencies: manifest } as unknown as JsonObject);
      const picked = pickVersion(range, ['1.0.0', 'odd'], { latest: 'odd' });
      assert.ok(picked === undefined || ['1.0.0', 'odd'].includes(picked));
    }),
  );
});
