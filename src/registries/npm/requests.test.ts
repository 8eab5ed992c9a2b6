import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isFileName, isPackageName } from './names.ts';
import { parseNpmRequest, type NpmRequest } from './requests.ts';

const table: readonly (readonly [string, NpmRequest])[] = [
  ['GET /', { kind: 'root' }],
  ['HEAD /', { kind: 'root' }],
  ['GET /left-pad', { kind: 'packument', name: 'left-pad' }],
  ['HEAD /left-pad', { kind: 'packument', name: 'left-pad' }],
  ['GET /left-pad/', { kind: 'packument', name: 'left-pad' }],
  ['GET /left-pad?write=true', { kind: 'packument', name: 'left-pad' }],
  ['GET /JSONStream', { kind: 'packument', name: 'JSONStream' }],
  ['GET /@scope%2fname', { kind: 'packument', name: '@scope/name' }],
  ['GET /@scope%2Fname', { kind: 'packument', name: '@scope/name' }],
  ['GET /%40scope%2fname', { kind: 'packument', name: '@scope/name' }],
  ['GET /@scope/name', { kind: 'packument', name: '@scope/name' }],
  ['GET /constructor', { kind: 'packument', name: 'constructor' }],
  ['GET /-', { kind: 'packument', name: '-' }],
  ['GET /-/-/--0.0.1.tgz', { kind: 'tarball', name: '-', file: '--0.0.1.tgz' }],
  ['GET /left-pad/1.3.0', { kind: 'version', name: 'left-pad', selector: '1.3.0' }],
  ['GET /left-pad/latest', { kind: 'version', name: 'left-pad', selector: 'latest' }],
  ['GET /left-pad/__proto__', { kind: 'version', name: 'left-pad', selector: '__proto__' }],
  ['GET /@scope/name/1.0.0', { kind: 'version', name: '@scope/name', selector: '1.0.0' }],
  ['GET /@scope%2fname/next', { kind: 'version', name: '@scope/name', selector: 'next' }],
  ['GET /left-pad/-/left-pad-1.3.0.tgz', { kind: 'tarball', name: 'left-pad', file: 'left-pad-1.3.0.tgz' }],
  ['GET /a/-/a-1.0.0%2Bb.tgz', { kind: 'tarball', name: 'a', file: 'a-1.0.0+b.tgz' }],
  ['GET /@scope/name/-/name-1.0.0.tgz', { kind: 'tarball', name: '@scope/name', file: 'name-1.0.0.tgz' }],
  ['GET /@scope%2fname/-/name-1.0.0.tgz', { kind: 'tarball', name: '@scope/name', file: 'name-1.0.0.tgz' }],
  [
    'GET /@scope/name/-/@scope/name-1.0.0.tgz',
    { kind: 'tarball', name: '@scope/name', file: 'name-1.0.0.tgz' },
  ],
  [
    'GET /@scope/name/-/@scope%2fname-1.0.0.tgz',
    { kind: 'tarball', name: '@scope/name', file: 'name-1.0.0.tgz' },
  ],
  ['GET /-/package/left-pad/dist-tags', { kind: 'dist-tags', name: 'left-pad' }],
  ['GET /-/package/@scope%2fname/dist-tags', { kind: 'dist-tags', name: '@scope/name' }],
  ['GET /-/package/@scope/name/dist-tags', { kind: 'dist-tags', name: '@scope/name' }],
  ['GET /-/package/left-pad/visibility', { kind: 'unknown' }],
  ['GET /-/ping?write=true', { kind: 'ping' }],
  ['GET /-/whoami', { kind: 'whoami' }],
  ['GET /-/v1/search?text=x%00', { kind: 'search' }],
  ['GET /-/all', { kind: 'search' }],
  ['GET /-/npm/v1/keys', { kind: 'keys' }],
  [
    'GET /-/npm/v1/attestations/@scope%2fname@1.0.0',
    { kind: 'attestations', name: '@scope/name', version: '1.0.0' },
  ],
  ['GET /-/npm/v1/attestations/left-pad@1.0.0', { kind: 'attestations', name: 'left-pad', version: '1.0.0' }],
  ['POST /-/npm/v1/security/advisories/bulk', { kind: 'audit-bulk' }],
  ['POST /-/npm/v1/security/audits/quick', { kind: 'audit-quick' }],
  ['GET /-/npm/v1/security/advisories/bulk', { kind: 'unknown' }],
  ['PUT /left-pad', { kind: 'write', what: 'publish' }],
  ['PUT /@scope%2fname', { kind: 'write', what: 'publish' }],
  ['PUT /left-pad/-rev/3-abc', { kind: 'write', what: 'publish' }],
  ['DELETE /left-pad/-rev/3-abc', { kind: 'write', what: 'unpublish' }],
  ['DELETE /left-pad/-/left-pad-1.3.0.tgz/-rev/3-abc', { kind: 'write', what: 'unpublish' }],
  ['PUT /-/package/left-pad/dist-tags/next', { kind: 'write', what: 'dist-tag' }],
  ['DELETE /-/package/left-pad/dist-tags/next', { kind: 'write', what: 'dist-tag' }],
  ['POST /-/v1/login', { kind: 'write', what: 'login' }],
  ['PUT /-/user/org.couchdb.user:kim', { kind: 'write', what: 'account' }],
  ['DELETE /-/user/token/abc', { kind: 'write', what: 'account' }],
  ['POST /-/npm/v1/tokens', { kind: 'write', what: 'account' }],
  ['POST /', { kind: 'write', what: 'other' }],
  ['GET /favicon.ico', { kind: 'unknown' }],
  ['GET /-/constructor', { kind: 'unknown' }],
  ['GET /-/__proto__', { kind: 'unknown' }],
  ['GET /left-pad/a/b', { kind: 'unknown' }],
];

describe('what an npm client asks for', () => {
  for (const [line, expected] of table) {
    const [method = '', url = ''] = line.split(' ');
    it(line, () => assert.deepEqual(parseNpmRequest(method, url), expected));
  }

  const malformed = [
    'GET left-pad',
    'GET http://registry.example.com/left-pad',
    'GET //left-pad',
    'GET /@scope%252fname',
    'GET /left-pad%2500',
    'GET /left-pad/1%252e0.0',
    'GET /..',
    'GET /a/../b',
    'GET /a/%2e%2e/b',
    'GET /%2e%2e%2f%2e%2e%2fetc/passwd',
    'GET /%2F%2F..%2F',
    'GET /a%00',
    'GET /a%0d%0ab',
    'GET /a\\b',
    'GET /a%5cb',
    'GET /%ff',
    'GET /a%zz',
    'GET /a#b',
    'GET /@scope',
    'GET /@scope/',
    'GET /.npmrc',
    'GET /a/-/..%2fx.tgz',
    'GET /a/-/.x.tgz',
    'GET /a/-/b/c.tgz',
    'GET /@s/a/-/@other/a-1.0.0.tgz',
    'GET /node_modules',
    'GET /a/x%2fy',
    'TRACE /a',
    'CONNECT /a',
    'GET /ä',
    `GET /${'a'.repeat(3000)}`,
    `GET /a${'/b'.repeat(20)}`,
    'GET /-/npm/v1/attestations/x',
    'GET /-/package/../dist-tags',
  ];
  for (const line of malformed) {
    const [method = '', url = ''] = line.split(' ');
    it(`refuses ${line.slice(0, 60)}`, () => assert.equal(parseNpmRequest(method, url).kind, 'malformed'));
  }

  it('never throws, and never names a package or file that is none', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('-', '@s', '%2f', '%2e%2e', '..', '%25', 'a', '.tgz', 'package', 'dist-tags'),
    );
    const url = fc.array(piece, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'get', ''), url, (method, text) => {
        const request = parseNpmRequest(method, text);
        if ('name' in request) assert.ok(isPackageName(request.name));
        if (request.kind === 'tarball') assert.ok(isFileName(request.file));
      }),
      { numRuns: 3000 },
    );
  });

  it('reads both encodings of a scoped name alike, everywhere', () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9~-]{0,10}$/);
    fc.assert(
      fc.property(part, part, fc.constantFrom('', '/1.0.0', '/-/x-1.0.0.tgz'), (scope, name, rest) => {
        const plain = parseNpmRequest('GET', `/@${scope}/${name}${rest}`);
        assert.deepEqual(parseNpmRequest('GET', `/@${scope}%2f${name}${rest}`), plain);
        assert.deepEqual(parseNpmRequest('GET', `/%40${scope}%2F${name}${rest}`), plain);
        assert.ok('name' in plain && plain.name === `@${scope}/${name}`);
      }),
    );
  });
});
