import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { hasInstallScript, installScriptsOf } from './install-scripts.ts';

const cases: readonly (readonly [string, JsonObject, Readonly<Record<string, string>>])[] = [
  ['none', { scripts: { test: 'x', prepare: 'y', prepublish: 'z' } }, {}],
  [
    'all three',
    { scripts: { preinstall: 'a', install: 'b', postinstall: 'c' } },
    { preinstall: 'a', install: 'b', postinstall: 'c' },
  ],
  ['an empty text', { scripts: { install: '' } }, {}],
  ['no texts', { scripts: { install: ['x'], postinstall: { a: 1 }, preinstall: null } }, {}],
  ['scripts as a text', { scripts: 'install' }, {}],
  ['an implied build', { gypfile: true }, { install: 'node-gyp rebuild' }],
  [
    'an implied build beside postinstall',
    { gypfile: true, scripts: { postinstall: 'c' } },
    { postinstall: 'c', install: 'node-gyp rebuild' },
  ],
  ['a build replaced by install', { gypfile: true, scripts: { install: 'x' } }, { install: 'x' }],
  ['a build replaced by preinstall', { gypfile: true, scripts: { preinstall: 'x' } }, { preinstall: 'x' }],
  ['a build switched off', { gypfile: false }, {}],
];

describe('scripts that run at install', () => {
  for (const [what, manifest, expected] of cases) {
    it(what, () => {
      assert.deepEqual(installScriptsOf(manifest), expected);
      assert.equal(hasInstallScript(manifest), Object.keys(expected).length > 0);
    });
  }

  it('are believed when upstream only says that there are some, and cannot be talked away', () => {
    assert.equal(hasInstallScript({ hasInstallScript: true }), true);
    assert.equal(hasInstallScript({ hasInstallScript: false, scripts: { install: 'x' } }), true);
    assert.equal(hasInstallScript({ hasInstallScript: 'yes' }), false);
  });

  it('stay comparable when they are cut', () => {
    const [a, b] = ['a', 'b'].map(
      (end) => installScriptsOf({ scripts: { install: 'x'.repeat(5000) + end } })['install'] ?? '',
    );
    assert.ok(a !== undefined && a.length < 4200);
    assert.notEqual(a, b);
  });
});
