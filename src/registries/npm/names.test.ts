import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeFileName, fileNameOfUrl, isFileName, isPackageName } from './names.ts';

describe('package names', () => {
  for (const name of [
    'left-pad',
    'JSONStream',
    '@scope/name',
    '@Scope/Name',
    '-',
    '~tilde',
    "it's(fine)!*",
    'a.b',
    'constructor',
    '__proto__x'.slice(2),
  ]) {
    it(`reads ${name}`, () => assert.equal(isPackageName(name), true));
  }
  const refused = [
    '',
    '.',
    '..',
    '.hidden',
    '_private',
    'a/b',
    '@scope',
    '@scope/',
    '@/name',
    '@scope/.name',
    '@scope/../x',
    '@../x',
    'a..b',
    'a b',
    'a\u0000b',
    'a\\b',
    'a%2fb',
    'ä',
    'a\u202eb',
    'node_modules',
    'favicon.ico',
    '__proto__',
    '@a/b/c',
    '@@a/b',
    'a?b',
    'a#b',
    'a@1.0.0',
    'x'.repeat(215),
  ];
  for (const name of refused) {
    it(`refuses ${JSON.stringify(name).slice(0, 40)}`, () => assert.equal(isPackageName(name), false));
  }

  it('never lets a name through that a URL or a path would read differently', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        if (!isPackageName(text)) return;
        const { pathname } = new URL(`https://registry.example.com/${text}/-/x.tgz`);
        assert.equal(pathname, `/${text}/-/x.tgz`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('file names', () => {
  for (const file of ['a-1.0.0.tgz', '1.0.0.tgz', 'a-1.0.0+build.1.tgz', 'A b.tgz', 'deadbeef']) {
    it(`reads ${file}`, () => assert.equal(isFileName(file), true));
  }
  for (const file of [
    '',
    '.',
    '..',
    '.npmrc',
    'a/b',
    'a\\b',
    'a..b',
    'a\u0000',
    'a\n',
    'a%2fb',
    '\ud800',
    'x'.repeat(256),
  ]) {
    it(`refuses ${JSON.stringify(file).slice(0, 40)}`, () => assert.equal(isFileName(file), false));
  }

  it('takes the last segment of upstream’s URL, with a scope in the file part left out', () => {
    const of = (path: string): string | undefined => fileNameOfUrl(`https://registry.example.com/${path}`);
    assert.equal(of('a/-/a-1.0.0.tgz'), 'a-1.0.0.tgz');
    assert.equal(of('a/-/a-1.0.0.tgz?token=x#y'), 'a-1.0.0.tgz');
    assert.equal(of('@s/a/-/@s/a-1.0.0.tgz'), 'a-1.0.0.tgz');
    assert.equal(of('@s/a/-/@s%2fa-1.0.0.tgz'), 'a-1.0.0.tgz');
    assert.equal(of('a/-/a-1.0.0%2Bb.tgz'), 'a-1.0.0+b.tgz');
  });

  it('finds no file in what is no http URL of one', () => {
    for (const url of [
      '',
      'a-1.0.0.tgz',
      'file:///etc/passwd',
      'data:,x',
      'https://registry.example.com',
      'https://h/a/',
      'https://h/..%2f..%2f',
      'https://h/%ff.tgz',
      'https://h/%252e.tgz',
      'javascript:alert(1)',
    ]) {
      assert.equal(fileNameOfUrl(url), undefined, url);
    }
  });

  it('writes a file name into a URL so that it comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), (file) => {
        if (!isFileName(file)) return;
        const encoded = encodeFileName(file);
        assert.match(encoded, /^[A-Za-z0-9\-._~!$&'()*+,;=:@%]+$/);
        assert.equal(fileNameOfUrl(`https://registry.example.com/a/-/${encoded}`), file);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves the usual names as they are: pnpm compares a lockfile’s URL with ours', () => {
    for (const file of ['a-1.0.0.tgz', 'a-1.0.0+build.1.tgz', '@a.tgz'])
      assert.equal(encodeFileName(file), file);
  });
});
