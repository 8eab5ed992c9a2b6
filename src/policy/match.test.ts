import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileMatch, matches } from './match.ts';

function listed(
  name: string,
  versions: string | undefined,
  subject: string,
  version = '1.2.3',
  unsure = true,
): boolean {
  const entry = compileMatch({ ecosystem: 'npm', name, versions, reason: undefined });
  return matches(entry, { ecosystem: 'npm', name: subject, version }, unsure);
}

test('a scope entry names exactly that scope', () => {
  assert.ok(listed('@corp/*', undefined, '@corp/x'));
  for (const other of [
    '@corporate/x',
    '@corp',
    '@corp/',
    'corp/x',
    '@Corp/x',
    '@corp-x/y',
    '@corp/x/y',
    'x@corp/x',
    '@corpx',
  ]) {
    assert.ok(!listed('@corp/*', undefined, other), other);
  }
});

test('a name names exactly that package', () => {
  assert.ok(listed('left-pad', undefined, 'left-pad'));
  for (const other of ['left-pad2', 'xleft-pad', 'Left-Pad', '@x/left-pad', 'left_pad', 'left-pad ', '']) {
    assert.ok(!listed('left-pad', undefined, other), other);
  }
});

test('patterns are not a language: stars and dots match nothing but themselves', () => {
  for (const pattern of ['*', '@*/x', '@corp*', 'left.pad', 'left-*', '@*/*', '/*', '@/*']) {
    assert.ok(!listed(pattern, undefined, 'left-pad'), pattern);
    assert.ok(!listed(pattern, undefined, '@corp/x'), pattern);
  }
});

test('a range spans its prereleases and loose old versions', () => {
  assert.ok(listed('x', '<2.0.0', 'x', '2.0.0-beta.1'));
  assert.ok(listed('x', '^1.0.0', 'x', '1.5.0-rc.1'));
  assert.ok(listed('x', '*', 'x', '0.0.0-0'));
  assert.ok(listed('x', '1.2.3', 'x', '1.2.3+build'));
  assert.ok(listed('x', '1.x', 'x', 'v1.0.0'));
  assert.ok(!listed('x', '^1.0.0', 'x', '2.0.0'));
  assert.ok(!listed('x', '1.2.3', 'x', '1.2.30'));
  assert.ok(!listed('x', '>=1.2.3 <1.2.4', 'x', '11.2.3'));
});

test('what cannot be read denies, and never allows', () => {
  for (const [versions, version] of [
    ['not a range', '1.2.3'],
    ['', '1.2.3'],
    ['^1', 'not a version'],
    ['^1', '1'.repeat(300)],
  ] as const) {
    assert.ok(listed('x', versions, 'x', version, true));
    assert.ok(!listed('x', versions, 'x', version, false));
  }
  const debian = compileMatch({ ecosystem: 'debian', name: 'x', versions: '>= 1', reason: undefined });
  assert.ok(matches(debian, { ecosystem: 'debian', name: 'x', version: '1' }, true));
  assert.ok(!matches(debian, { ecosystem: 'debian', name: 'x', version: '1' }, false));
});

test('an entry of one ecosystem does not speak of another', () => {
  const entry = compileMatch({ ecosystem: 'pypi', name: 'x', versions: undefined, reason: undefined });
  assert.ok(!matches(entry, { ecosystem: 'npm', name: 'x', version: '1.0.0' }, true));
});
