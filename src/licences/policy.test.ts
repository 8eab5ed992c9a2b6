import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readExpression } from './expression.ts';
import {
  createLicenceJudge,
  isLicenceEntry,
  licenceVerdicts,
  type LicencePolicy,
  type LicenceVerdict,
} from './policy.ts';

const none: LicencePolicy = { allow: [], review: [], deny: [] };

function verdict(text: string, lists: Partial<LicencePolicy>): LicenceVerdict {
  return judged(text, lists).verdict;
}

function judged(text: string, lists: Partial<LicencePolicy>) {
  const declared = readExpression(text);
  if (declared.kind !== 'expression') assert.fail(`${text} is no expression`);
  return createLicenceJudge({ ...none, ...lists }).ofExpression(declared.expression);
}

test('at an OR the user chooses, of an AND all is taken', () => {
  const lists = { allow: ['MIT'], deny: ['AGPL-3.0-only'] };
  assert.deepEqual(judged('AGPL-3.0 OR MIT', lists), { verdict: 'allow', chosen: ['MIT'] });
  assert.equal(verdict('AGPL-3.0 AND MIT', lists), 'deny');
  assert.equal(verdict('(AGPL-3.0 OR MIT) AND AGPL-3.0', lists), 'deny');
  assert.equal(verdict('(AGPL-3.0 AND MIT) OR MIT', lists), 'allow');
});

test('what is on no list is reviewed where there is a list of the allowed, else allowed', () => {
  assert.equal(verdict('Zlib', { allow: ['MIT'] }), 'review');
  assert.equal(verdict('Zlib', { deny: ['MIT'] }), 'allow');
  assert.equal(verdict('Zlib', {}), 'allow');
});

test('or later is a choice of versions', () => {
  assert.equal(verdict('GPL-2.0-or-later', { deny: ['GPL-2.0-only'] }), 'allow');
  assert.equal(verdict('GPL-2.0-or-later', { deny: ['GPL-2.0-or-later'] }), 'deny');
  assert.equal(verdict('GPL-2.0-or-later', { deny: ['GPL-*'] }), 'deny');
  assert.equal(verdict('GPL-2.0-or-later', { allow: ['GPL-3.0-only'] }), 'allow');
  assert.equal(verdict('Apache-1.1+', { allow: ['Apache-2.0'] }), 'allow');
  assert.equal(verdict('GPL-3.0-or-later', { allow: ['GPL-2.0-only'] }), 'review');
  assert.equal(verdict('LGPL-3.0-only', { allow: ['LGPL-2.1-or-later'] }), 'allow');
  assert.equal(verdict('LGPL-2.0-only', { allow: ['LGPL-2.1-or-later'] }), 'review');
});

test('an exception adds permissions: it can make allowed, and without it the licence counts', () => {
  const withClasspath = 'GPL-2.0-only WITH Classpath-exception-2.0';
  assert.equal(verdict(withClasspath, { deny: ['GPL-*'] }), 'deny');
  assert.equal(verdict(withClasspath, { deny: ['GPL-*'], allow: [withClasspath] }), 'allow');
  assert.equal(verdict('GPL-2.0-only', { deny: ['GPL-*'], allow: [withClasspath] }), 'deny');
  assert.equal(verdict('Apache-2.0 WITH LLVM-exception', { allow: ['Apache-2.0'] }), 'allow');
});

test('the stricter list wins, and a beginning gives way to an id', () => {
  assert.equal(verdict('MIT', { allow: ['MIT'], deny: ['MIT'] }), 'deny');
  assert.equal(verdict('MIT', { allow: ['MIT'], deny: ['M*'] }), 'allow');
  assert.equal(verdict('MPL-2.0', { allow: ['M*'], review: ['MPL-*'] }), 'review');
});

test('what nobody can tell is reviewed where lists are given', () => {
  const judge = createLicenceJudge({ ...none, deny: ['AGPL-3.0-only'] });
  assert.equal(judge.ofUnknown('none'), 'review');
  assert.equal(verdict('LicenseRef-ours', { deny: ['MIT'] }), 'review');
  assert.equal(verdict('LicenseRef-ours', { allow: ['LicenseRef-ours'] }), 'allow');
  const strict = createLicenceJudge({ ...none, allow: ['UNLICENSED'], deny: ['unknown'] });
  assert.deepEqual([strict.ofUnknown('file'), strict.ofUnknown('unlicensed')], ['deny', 'allow']);
  assert.equal(createLicenceJudge(none).ofUnknown('none'), 'allow');
});

test('entries that mean nothing are known as such, so that no list is silently empty', () => {
  const good = ['MIT', 'GPL-2.0+', 'LicenseRef-x', 'unknown', 'UNLICENSED', 'MPL-*'];
  for (const entry of [...good, 'GPL-2.0-only WITH Classpath-exception-2.0'])
    assert.ok(isLicenceEntry(entry), entry);
  for (const entry of ['mit', '*', 'MIT OR ISC', 'Apache', '', 'MIT WITH'])
    assert.ok(!isLicenceEntry(entry), entry);
  assert.equal(verdict('ISC', { deny: ['nonsense'] }), 'allow');
  assert.ok(createLicenceJudge({ ...none, deny: ['nonsense'] }).isSet);
});

test('a longer list of the denied never makes a verdict milder', () => {
  const id = fc.constantFrom(
    'MIT',
    'ISC',
    'GPL-2.0-only',
    'GPL-2.0-or-later',
    'GPL-3.0-only',
    'LGPL-2.1-or-later',
  );
  const list = fc.uniqueArray(id, { maxLength: 4 });
  const text = fc
    .array(fc.tuple(id, fc.constantFrom('AND', 'OR')), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.map(([one, word], at) => (at === 0 ? one : `${word} ${one}`)).join(' '));
  fc.assert(
    fc.property(text, list, list, id, (one, allow, deny, more) => {
      const before = verdict(one, { allow, deny });
      const after = verdict(one, { allow, deny: [...deny, more] });
      assert.ok(licenceVerdicts.indexOf(after) >= licenceVerdicts.indexOf(before), `${before} → ${after}`);
    }),
  );
});
