import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssayError, isAssayError } from '../../../core/errors.ts';
import { readLockfile } from './read.ts';
import type { LockedEntry } from './types.ts';

const hex = 'ab'.repeat(64);
const sri = `sha512-${Buffer.from(hex, 'hex').toString('base64')}`;

type Fields = Readonly<Record<string, unknown>>;

const cyclonedx = (components: readonly unknown[], rest: Fields = {}): string =>
  JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components, ...rest });
const spdx = (packages: readonly unknown[], rest: Fields = {}): string =>
  JSON.stringify({ spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT', packages, ...rest });
const library = (purl: string, rest: Fields = {}): Fields => ({ type: 'library', name: 'x', purl, ...rest });
const spdxPackage = (purl: string, rest: Fields = {}): Fields => ({
  SPDXID: `SPDXRef-${purl.length}`,
  name: 'x',
  externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  ...rest,
});

function entries(text: string, file = 'bom.json'): readonly LockedEntry[] {
  return readLockfile(file, text).entries;
}

function lines(text: string, file?: string): readonly string[] {
  return entries(text, file).map(
    ({ source, name, version, url }) => `${source} ${name}@${version ?? '-'} ${url ?? '-'}`,
  );
}

function refused(text: string, code: 'LOCKFILE_INVALID' | 'LOCKFILE_UNSUPPORTED', file = 'bom.json'): void {
  assert.throws(
    () => readLockfile(file, text),
    (error) => isAssayError(error, code),
    text.slice(0, 100),
  );
}

test('CycloneDX: packages by their package URL, nested ones too, and digests as SRI', () => {
  const text = cyclonedx([
    library('pkg:npm/%40s/a@1.0.0', {
      hashes: [{ alg: 'SHA-512', content: hex.toUpperCase() }],
      components: [library('pkg:npm/inner@2.0.0')],
    }),
    library('pkg:npm/@s/b@3.0.0-rc.1?checksum=x#lib'),
    library('pkg:npm/c', { version: '4.0.0' }),
  ]);
  assert.deepEqual(
    lines(text).toSorted((a, b) => (a < b ? -1 : 1)),
    ['registry @s/a@1.0.0 -', 'registry @s/b@3.0.0-rc.1 -', 'registry c@4.0.0 -', 'registry inner@2.0.0 -'],
  );
  assert.equal(entries(text).find(({ name }) => name === '@s/a')?.integrity, sri);
  for (const version of ['1.4', '1.5', '1.6', '1.7'])
    assert.equal(readLockfile('x.cdx.json', cyclonedx([], { specVersion: version })).version, version);
});

test('what is no npm package is an entry that says so, a file is none', () => {
  const listed = [
    library('pkg:pypi/a@1'),
    { type: 'library', name: 'nameless' },
    { type: 'operating-system', name: 'debian' },
    library('pkg:npm/unversioned'),
    library('not a purl'),
    { type: 'file', name: '/package-lock.json' },
  ];
  assert.deepEqual(
    entries(cyclonedx(listed)).map(({ source }) => source),
    ['unknown', 'unknown', 'unknown', 'unknown', 'unknown', 'local'],
  );
  const packages = [
    spdxPackage('pkg:pypi/a@1'),
    { SPDXID: 'SPDXRef-1', name: 'n' },
    { SPDXID: 'SPDXRef-2', name: 'f', primaryPackagePurpose: 'FILE' },
  ];
  assert.deepEqual(
    entries(spdx(packages)).map(({ source }) => source),
    ['unknown', 'unknown', 'local'],
  );
});

test('a URL in the form of a registry is no way past the gate, any other is, and so is git', () => {
  const at = (url: string): Fields => ({ externalReferences: [{ type: 'distribution', url }] });
  const text = cyclonedx([
    library('pkg:npm/a@1.0.0', at('https://registry.example.com/a/-/a-1.0.0.tgz')),
    library('pkg:npm/%40s/b@1.0.0', at('https://registry.example.com/npm/@s%2fb/-/b-1.0.0.tgz')),
    library('pkg:npm/c@1.0.0', at('https://files.example.com/c.tgz')),
    library('pkg:npm/d@1.0.0', at('https://registry.example.com/other/-/d-1.0.0.tgz')),
    library('pkg:npm/e@1.0.0?vcs_url=git%2Bssh://git@git.example.com/e.git'),
    library('pkg:npm/f@1.0.0?repository_url=https://npm.example.com'),
    library('pkg:npm/g@1.0.0', at('git+https://git.example.com/g.git#1')),
  ]);
  assert.deepEqual(
    entries(text).map(({ source }) => source),
    ['registry', 'registry', 'url', 'url', 'git', 'url', 'git'],
  );
  const packages = [
    'https://registry.example.com/a/-/a-1.0.0.tgz',
    'https://x.example.com/a',
    'NOASSERTION',
  ].map((downloadLocation) => spdxPackage('pkg:npm/a@1.0.0', { downloadLocation }));
  assert.deepEqual(
    entries(spdx(packages)).map(({ source }) => source),
    ['registry', 'url', 'registry'],
  );
});

test('the subject of a document is no dependency of itself, and is checked when it is alone', () => {
  const component = library('pkg:npm/app@1.0.0', { type: 'application' });
  assert.deepEqual(lines(cyclonedx([library('pkg:npm/a@1.0.0')], { metadata: { component } })), [
    'registry a@1.0.0 -',
  ]);
  assert.deepEqual(lines(cyclonedx([], { metadata: { component } })), ['registry app@1.0.0 -']);
  const app = spdxPackage('pkg:npm/app@1.0.0', { SPDXID: 'SPDXRef-app' });
  const relationships = [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-app' },
  ];
  for (const rest of [{ relationships }, { documentDescribes: ['SPDXRef-app'] }]) {
    assert.deepEqual(lines(spdx([app, spdxPackage('pkg:npm/a@1.0.0')], rest)), ['registry a@1.0.0 -']);
    assert.deepEqual(lines(spdx([app], rest)), ['registry app@1.0.0 -']);
  }
  const all = [app, spdxPackage('pkg:npm/a@1.0.0', { SPDXID: 'SPDXRef-a' })];
  assert.equal(lines(spdx(all, { documentDescribes: ['SPDXRef-app', 'SPDXRef-a'] })).length, 2);
});

test('a digest that nobody can compare is told as such, not left out', () => {
  const hashes = [{ alg: 'BLAKE3', content: hex }];
  assert.equal(entries(cyclonedx([library('pkg:npm/a@1.0.0', { hashes })]))[0]?.integrity, 'not-comparable');
  const checksums = [{ algorithm: 'SHA1', checksumValue: 'ab'.repeat(20) }];
  assert.match(entries(spdx([spdxPackage('pkg:npm/a@1.0.0', { checksums })]))[0]?.integrity ?? '', /^sha1-/);
});

test('SPDX: every package URL of a package counts', () => {
  const two = ['pkg:npm/a@1.0.0', 'pkg:npm/b@1.0.0'].map((referenceLocator) => ({
    referenceType: 'purl',
    referenceLocator,
  }));
  assert.deepEqual(lines(spdx([{ name: 'x', externalRefs: two }])), [
    'registry a@1.0.0 -',
    'registry b@1.0.0 -',
  ]);
});

test('forms that are not read are named', () => {
  refused(
    '{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}',
    'LOCKFILE_UNSUPPORTED',
  );
  refused(
    '<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>',
    'LOCKFILE_UNSUPPORTED',
    'b.xml',
  );
  refused('# x\nSPDXVersion: SPDX-2.3\n', 'LOCKFILE_UNSUPPORTED', 'b.spdx');
  refused(cyclonedx([], { specVersion: '1.3' }), 'LOCKFILE_UNSUPPORTED');
  refused(cyclonedx([], { specVersion: '2.0' }), 'LOCKFILE_UNSUPPORTED');
  refused(spdx([], { spdxVersion: 'SPDX-2.1' }), 'LOCKFILE_UNSUPPORTED');
  assert.throws(
    () => readLockfile('x.json', '{"@context": "https://spdx.org/rdf/3.0.1/x"}'),
    /SPDX 3 .* not supported/,
  );
});

test('one file is one thing: a lockfile that claims to be a document, and a document that is two, are refused', () => {
  const lock = { lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.0' } } };
  refused(JSON.stringify({ ...lock, bomFormat: 'CycloneDX', specVersion: '1.6' }), 'LOCKFILE_INVALID');
  refused(cyclonedx([], { spdxVersion: 'SPDX-2.3' }), 'LOCKFILE_INVALID');
  const planted = JSON.stringify({ ...lock, bomFormat: 'CycloneDX', specVersion: '1.6', components: [] });
  assert.deepEqual(
    lines(planted, 'package-lock.json'),
    ['registry a@1.0.0 -'],
    'npm reads it as its name says',
  );
  assert.equal(readLockfile('copy.json', JSON.stringify(lock)).format, 'npm');
});

test('names that no registry can have, and lists that are none, are refused', () => {
  for (const purl of ['pkg:npm/..@1.0.0', 'pkg:npm/a@--x', 'pkg:npm/%2e%2e%5Cx@1.0.0'])
    refused(cyclonedx([library(purl)]), 'LOCKFILE_INVALID');
  refused(cyclonedx([1]), 'LOCKFILE_INVALID');
  refused(cyclonedx([], { components: {} }), 'LOCKFILE_INVALID');
  refused(spdx(['x']), 'LOCKFILE_INVALID');
  assert.deepEqual(lines(cyclonedx([library('pkg:npm/a%2Fb@1.0.0')])), ['unknown pkg:npm/a%2Fb@1.0.0@- -']);
});

test('any document is read whole or refused with a code', () => {
  const purl = fc.oneof(
    fc.constantFrom('pkg:npm/a@1.0.0', 'pkg:npm/%40s/a@1', 'pkg:x/', '%'),
    fc.string({ unit: 'binary' }),
  );
  const component = fc.record(
    {
      type: fc.jsonValue(),
      purl,
      version: fc.jsonValue(),
      hashes: fc.jsonValue(),
      components: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(component), fc.dictionary(fc.string(), fc.jsonValue()), (components, rest) => {
      for (const text of [
        cyclonedx(components, rest),
        spdx(
          components.map((one) => spdxPackage(one.purl ?? '', one)),
          rest,
        ),
      ]) {
        try {
          const { length } = entries(text);
          assert.ok(length >= ('components' in rest || 'packages' in rest ? 0 : components.length));
        } catch (error) {
          assert.ok(error instanceof AssayError, String(error));
        }
      }
    }),
    { numRuns: 300 },
  );
});
