import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  authorizationFrom,
  credentialPrefixes,
  expandEnvironment,
  findCredentials,
  readNpmrc,
} from './npmrc.ts';

const entriesOf = (text: string): readonly (readonly [string, string])[] =>
  readNpmrc(text).map(({ key, value }) => [key, value] as const);

test('keys, quotes, comments and escapes are read as npm reads them', () => {
  const text = [
    '\ufeff; c',
    '# c',
    'a = 1 ; tail',
    'b="x # y"',
    "c='z'",
    'd=one\\;two',
    'not a setting',
    '@s:registry=https://a.example.com/',
    '[end]',
    'e=1',
  ].join('\r\n');
  assert.deepEqual(entriesOf(text), [
    ['a', '1'],
    ['b', 'x # y'],
    ['c', 'z'],
    ['d', 'one;two'],
    ['@s:registry', 'https://a.example.com/'],
  ]);
});

test('variables are replaced; one that is unset stays, so that it is not sent as an empty secret', () => {
  assert.equal(expandEnvironment('a${X}b', { X: '1' }), 'a1b');
  assert.equal(expandEnvironment('${X}', {}), '${X}');
  assert.equal(expandEnvironment('${X?}', {}), '');
});

test('credentials are looked for under the path and its parents, never under another host', () => {
  assert.deepEqual(credentialPrefixes('https://h.example.com:8443/a/b/'), [
    '//h.example.com:8443/a/b/',
    '//h.example.com:8443/a/',
    '//h.example.com:8443/',
  ]);
  const entries = readNpmrc('//h.example.com/:_authToken=t\n//h.example.com.evil.example/:_authToken=e\n');
  assert.equal(findCredentials('https://h.example.com/a/', 'f', entries)?.prefix, '//h.example.com/');
  assert.equal(findCredentials('https://h.example.com:8443/', 'f', entries), undefined);
  assert.equal(findCredentials('https://example.com/', 'f', entries), undefined);
});

test('token, basic and password become one header value; what is missing or broken becomes none', () => {
  const prefix = '//h.example.com/';
  const from = (text: string, kind: 'token' | 'basic' | 'password', env = {}): string | undefined =>
    authorizationFrom({ file: 'f', prefix, kind }, readNpmrc(text), env);
  assert.equal(from(`${prefix}:_authToken=\${T}`, 'token', { T: 'abc' }), 'Bearer abc');
  assert.equal(from(`${prefix}:_authToken=\${T}`, 'token'), undefined);
  assert.equal(from(`${prefix}:_authToken=\${T}`, 'token', { T: 'a\r\nx: y' }), undefined);
  assert.equal(from(`${prefix}:_auth=dTpw`, 'basic'), 'Basic dTpw');
  const password = Buffer.from('p:w').toString('base64');
  assert.equal(
    from(`${prefix}:username=u\n${prefix}:_password=${password}`, 'password'),
    `Basic ${Buffer.from('u:p:w').toString('base64')}`,
  );
  assert.equal(from(`${prefix}:username=u`, 'password'), undefined);
});

test('any text is read: each entry is a line that is there', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      const count = text.split(/\r\n|\r|\n/).length;
      for (const entry of readNpmrc(text))
        assert.ok(entry.line >= 1 && entry.line <= count && entry.key !== '');
    }),
  );
});
