import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssayError } from '../core/errors.ts';
import { authorizationFor, fileUrl, indexUrl, redirectUrl, shown } from './destinations.ts';
import { source } from './testing/harness.ts';
import type { UpstreamSource } from './types.ts';

const corp = source('https://mirror.example.com/npm/', {
  identityHost: 'registry.example.com',
  fileHosts: ['files.example.com', 'cdn.example.com:8443'],
  authorization: 'Bearer x',
  allowInsecure: false,
});

function refuses(act: () => unknown): void {
  assert.throws(act, (error) => error instanceof AssayError && error.code.endsWith('_REFUSED'));
}

test('file URLs that may be followed, and what is asked for them', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['https://mirror.example.com/npm/a/-/a.tgz', 'https://mirror.example.com/npm/a/-/a.tgz'],
    ['https://MIRROR.example.com:443/other/a.tgz#x', 'https://mirror.example.com/other/a.tgz'],
    ['http://mirror.example.com/npm/a.tgz', 'https://mirror.example.com/npm/a.tgz'],
    ['https://registry.example.com/@s%2fa/-/a.tgz?x=1', 'https://mirror.example.com/npm/@s%2fa/-/a.tgz?x=1'],
    ['http://registry.example.com/a/-/a.tgz', 'https://mirror.example.com/npm/a/-/a.tgz'],
    ['https://files.example.com/a.tgz', 'https://files.example.com/a.tgz'],
    ['https://files.example.com:443/a.tgz', 'https://files.example.com/a.tgz'],
    ['https://cdn.example.com:8443/a.tgz', 'https://cdn.example.com:8443/a.tgz'],
    ['https://mirror.example.com/npm/a..b/-/a...tgz', 'https://mirror.example.com/npm/a..b/-/a...tgz'],
  ];
  for (const [named, asked] of cases) assert.equal(fileUrl(corp, named).href, asked);
});

test('file URLs that may not be followed', () => {
  for (const url of [
    'http://files.example.com/a.tgz',
    'https://cdn.example.com/a.tgz',
    'https://mirror.example.com:8443/npm/a.tgz',
    'https://registry.example.com:8443/a.tgz',
    'https://registry.example.com@evil.example/a.tgz',
    'https://user@registry.example.com/a.tgz',
    'https://mirror.example.com/npm/..%2f..%2fadmin',
    'https://mirror.example.com/npm/%252e%252e%252fadmin',
    'https://mirror.example.com/npm/..%5cadmin',
    'wss://mirror.example.com/npm/a.tgz',
    'javascript:alert(1)',
  ]) {
    refuses(() => fileUrl(corp, url));
  }
});

test('an identity host that is the mirror itself under another scheme keeps its path', () => {
  const plain = source('http://mirror.example.com/npm/', { identityHost: 'mirror.example.com' });
  assert.equal(
    fileUrl(plain, 'https://mirror.example.com/npm/a.tgz').href,
    'http://mirror.example.com/npm/a.tgz',
  );
});

test('a redirect is not rewritten to the mirror: that would hide where it leads', () => {
  refuses(() =>
    redirectUrl(corp, new URL('https://mirror.example.com/npm/a'), 'https://registry.example.com/a', 'files'),
  );
});

test('credentials stay below the base URL', () => {
  const given = (url: string): string | undefined => authorizationFor(corp, new URL(url));
  assert.equal(given('https://mirror.example.com/npm/a'), 'Bearer x');
  for (const url of [
    'https://mirror.example.com/npm',
    'https://mirror.example.com/npm2/a',
    'https://mirror.example.com/npm/../a',
    'http://mirror.example.com/npm/a',
    'https://mirror.example.com:8443/npm/a',
    'https://files.example.com/npm/a',
  ]) {
    assert.equal(given(url), undefined, url);
  }
});

test('whatever a URL looks like: it is refused, or leads to an allowed place; the credential never leaves', () => {
  const hosts = [
    'mirror.example.com',
    'files.example.com',
    'evil.example',
    'registry.example.com',
    '10.0.0.1',
    '[::1]',
    'mirror.example.com.evil.example',
  ];
  const text = fc.oneof(
    fc.webUrl(),
    fc.string(),
    fc
      .tuple(
        fc.constantFrom('http', 'https', 'ftp', 'file', 'HTTPS'),
        fc.constantFrom('://', ':/', ':\\\\', '://a@', '://a:b@'),
        fc.constantFrom(...hosts),
        fc.constantFrom('', ':443', ':80', ':8443', '.'),
        fc.constantFrom('/', '\\', '/npm/', '@evil.example/', '/npm/..%2f'),
        fc.string(),
      )
      .map((parts) => parts.join('')),
  );
  const allowed = new Set(['mirror.example.com', 'files.example.com', 'cdn.example.com:8443']);
  const check = (upstream: UpstreamSource, act: () => URL): void => {
    try {
      const url = act();
      assert.equal(url.protocol, 'https:');
      assert.ok(allowed.has(url.host), url.href);
      assert.equal(url.username + url.password, '');
      if (authorizationFor(upstream, url) !== undefined) assert.ok(url.href.startsWith(upstream.url));
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
    }
  };
  fc.assert(
    fc.property(text, (one) => {
      check(corp, () => fileUrl(corp, one));
      check(corp, () => redirectUrl(corp, new URL('https://mirror.example.com/npm/a'), one, 'files'));
    }),
    { numRuns: 500 },
  );
});

test('whatever a name looks like: it is refused, or stays one segment below the base URL', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: fc.constantFrom('.', '/', '%', '2', 'e', 'f', '\\', '@', 'a', '?', '#') }),
      ),
      (name) => {
        try {
          const url = indexUrl(corp, name);
          assert.ok(url.href.startsWith(corp.url));
          assert.doesNotMatch(url.href.slice(corp.url.length), /[/\\?#]/);
          assert.equal(decodeURIComponent(url.pathname.slice('/npm/'.length)), name);
        } catch (error) {
          if (!(error instanceof AssayError) || error.code !== 'UPSTREAM_HOST_REFUSED') throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('what is shown of a URL holds no secret', () => {
  assert.equal(
    shown(new URL('https://u:p@files.example.com/a.tgz?signature=s#f')),
    'https://files.example.com/a.tgz?[query removed]',
  );
});
