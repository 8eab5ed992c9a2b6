import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareLoose } from 'semver';
import { anyVersion } from '../../../test/support/packuments.ts';
import { compareVersions, isStable, isVersion, npmVersionOrder } from './order.ts';

describe('versions', () => {
  it('are read loosely, as npm reads them', () => {
    for (const version of ['1.0.0', '1.0.0beta', '1.0.0-rc.1', '0.0.1-beta.01', '1.0.0+b', '01.2.3'])
      assert.ok(isVersion(version), version);
  });

  it('are nothing that a path, a header or a shell reads otherwise', () => {
    for (const text of [
      '',
      'latest',
      '1',
      '1.0',
      'v1.0.0',
      '=1.0.0',
      ' 1.0.0',
      '1.0.0 ',
      '1.0.0/..',
      '^1.0.0',
      '1.x',
      '1.0.0\n',
      '__proto__',
      `1.0.0-${'a'.repeat(300)}`,
      '99999999999999999999.0.0',
    ]) {
      assert.ok(!isVersion(text), JSON.stringify(text));
    }
  });

  it('are stable without a prerelease part', () => {
    assert.ok(isStable('1.0.0') && isStable('1.0.0+build'));
    assert.ok(!isStable('1.0.0-rc.1') && !isStable('1.0.0beta') && !isStable('nonsense'));
  });

  it('are ordered as semver orders them, and every pair has an order', () => {
    const any = fc.oneof(anyVersion, fc.constantFrom('nonsense', '', '1.0.0', '1.0.0+a', '1.0.0+b'));
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        const order = npmVersionOrder.compare;
        if (isVersion(a) && isVersion(b) && compareLoose(a, b) !== 0)
          assert.equal(Math.sign(order(a, b)), compareLoose(a, b));
        assert.equal(Math.sign(order(a, b)), -Math.sign(order(b, a)) || 0);
        assert.equal(order(a, b) === 0, a === b);
        if (order(a, b) <= 0 && order(b, c) <= 0) assert.ok(order(a, c) <= 0);
      }),
      { numRuns: 1000 },
    );
    assert.ok(compareVersions('nonsense', '0.0.0') < 0);
  });
});
