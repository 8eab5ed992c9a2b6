import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archive, directory, file, gnuLong, member, pax } from '../../test/support/tar-builder.ts';
import { headerRefusals } from '../../test/support/tar-refusals/headers.ts';
import { metaRefusals } from '../../test/support/tar-refusals/metas.ts';
import { pathRefusals } from '../../test/support/tar-refusals/paths.ts';
import { sha256 } from '../core/digest.ts';
import { findingIds } from './findings.ts';
import { defaultArchiveLimits } from './limits.ts';
import { createTarReader, type TarLimits, type TarListing } from './tar-strict.ts';
import { isNpmManifest } from './top-folder.ts';

const manifest = file('package/package.json', '{}');

function read(bytes: Uint8Array, limits: TarLimits = defaultArchiveLimits, step = bytes.length): TarListing {
  const reader = createTarReader(limits, isNpmManifest);
  for (let at = 0; at < bytes.length; at += step) if (!reader.write(bytes.subarray(at, at + step))) break;
  return reader.end();
}

const refusals = [...headerRefusals, ...pathRefusals, ...metaRefusals];

for (const { id, what, refused, lookAlike, limits } of refusals) {
  test(`${id} refuses ${what}, and accepts its honest look-alike`, () => {
    const ids = read(refused, limits).findings.map((item) => item.id);
    assert.ok(ids.includes(id), `${JSON.stringify(ids)} lacks ${id}`);
    assert.deepEqual(read(lookAlike, limits).findings, []);
  });
}

test('every finding of the tar reader has a case here', () => {
  const elsewhere = /^archive\/(gzip-.*|not-gzip|too-large|ratio|disagreement)$/;
  const covered = new Set(refusals.map((refusal) => refusal.id));
  assert.deepEqual(
    findingIds.filter((id) => !elsewhere.test(id) && !covered.has(id)),
    [],
  );
});

test('members are listed in order with type, permissions, size and digest', () => {
  const listing = read(archive(directory('package'), file('package/b', 'two', 0o755), file('package/a', '')));
  assert.deepEqual(listing.members, [
    { path: 'package', type: 'directory', mode: 0o755, sizeBytes: 0, sha256: sha256('') },
    { path: 'package/b', type: 'file', mode: 0o755, sizeBytes: 3, sha256: sha256('two') },
    { path: 'package/a', type: 'file', mode: 0o644, sizeBytes: 0, sha256: sha256('') },
  ]);
  assert.equal(listing.totalBytes, 3);
});

test('names come from the prefix, a PAX path or a GNU long name', () => {
  const deep = `package/${'d/'.repeat(60)}f`;
  const prefixes = [
    'package',
    `package/${'p'.repeat(122)}`,
    `package/${'p'.repeat(123)}`,
    `package/${'p'.repeat(146)}`,
    `package/${'p'.repeat(147)}`,
  ];
  const parts = prefixes.map((prefix) => member({ path: 'f', prefix }));
  const listing = read(
    archive(...parts, pax({ path: `${deep}1` }), file('short'), gnuLong(`${deep}2`), file('short')),
  );
  assert.deepEqual(listing.findings, []);
  assert.deepEqual(
    listing.members.map((each) => each.path),
    [...prefixes.map((prefix) => `${prefix}/f`), `${deep}1`, `${deep}2`],
  );
});

test('the size of the pieces makes no difference', () => {
  const bytes = archive(
    pax({ path: 'package/é' }),
    file('x', 'y'.repeat(1300)),
    directory('package/d'),
    manifest,
  );
  const whole = read(bytes);
  assert.equal(whole.members.length, 3);
  for (const step of [1, 7, 511, 512, 513, 1024])
    assert.deepEqual(read(bytes, defaultArchiveLimits, step), whole);
});

test('the manifest of the top folder is kept, whatever the folder is called; no other package.json is', () => {
  const listing = read(
    archive(file('odd name/lib/package.json', 'no'), file('odd name/package.json', 'yes')),
  );
  assert.equal(Buffer.from(listing.kept ?? '').toString(), 'yes');
  assert.equal(read(archive(file('package/lib/package.json', 'no'))).kept, undefined);
});

test('a manifest over its limit is not kept, and the member is still listed', () => {
  const bytes = archive(file('package/package.json', 'x'.repeat(1001)));
  assert.equal(read(bytes, { ...defaultArchiveLimits, manifestBytes: 1001 }).kept?.length, 1001);
  const over = read(bytes, { ...defaultArchiveLimits, manifestBytes: 1000 });
  assert.equal(over.kept, undefined);
  assert.equal(over.members.length, 1);
});

test('findings are bounded, and reading stops there', () => {
  const listing = read(archive(...Array.from({ length: 100 }, () => file('../x'))));
  assert.equal(listing.findings.length, 32);
});

test('a name like __proto__ is a name like any other', () => {
  const listing = read(archive(file('package/__proto__/constructor', '1'), file('__proto__/toString', '2')));
  assert.deepEqual(listing.findings, []);
  assert.equal(listing.members.length, 2);
});

test('a `.` inside a path is left out of the name, also of the manifest (agent-base, webpack-cli)', () => {
  const reading = read(archive(file('package/./lib/a.js'), file('package/./package.json')));
  assert.deepEqual(
    reading.members.map(({ path }) => path),
    ['package/lib/a.js', 'package/package.json'],
  );
  assert.ok(reading.kept !== undefined);
});
