import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { Comparison } from '../../core/rebuild.ts';
import { archive, directory, file, gzip, member, tarball } from '../../../test/support/tar-builder.ts';
import { facts, json, manifest } from '../../rebuild/compare/testing/packages.ts';
import { createComparer, defaultComparisonLimits, type NamedFile } from './comparer.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-comparer-'));
const comparer = createComparer({ nodePath: process.execPath, readable: [`${folder}/`], children: 2 });
after(async () => {
  await comparer.close();
  rmSync(folder, { recursive: true, force: true });
});

function stored(name: string, bytes: Uint8Array): NamedFile {
  const path = join(folder, `${name}-${sha256(bytes).slice(0, 12)}`);
  writeFileSync(path, bytes);
  return { path, sizeBytes: bytes.length, sha256: sha256(bytes) };
}

function compared(upstream: Uint8Array, rebuilt: Uint8Array): Promise<Comparison> {
  return comparer.compare('npm', stored('upstream', upstream), stored('rebuilt', rebuilt), facts);
}

const parts = [
  file('package/package.json', json(manifest)),
  file('package/dist/index.js', 'exports.a = 1;\nexports.b = 2;\n'),
  file('package/bin/thing.js', '#!/usr/bin/env node\n', 0o755),
] as const;
const honest = tarball(...parts);

test('the same bytes are identical', async () => {
  const { verdict, ladder, counts } = await compared(honest, honest);
  assert.equal(verdict, 'identical');
  assert.equal(ladder.d0?.upstream, sha256(honest));
  assert.equal(counts.same, 3);
});

test('another compression of the same tar is an identical container', async () => {
  const other = gzipSync(archive(...parts), { level: 1 });
  assert.notDeepEqual(Buffer.from(other), Buffer.from(honest));
  assert.equal((await compared(other, honest)).verdict, 'identical-container');
});

test('another order, another top folder and folders as members are the same tree', async () => {
  const other = tarball(
    directory('thing/dist'),
    file('thing/bin/thing.js', '#!/usr/bin/env node\n', 0o775),
    file('thing/dist/index.js', 'exports.a = 1;\nexports.b = 2;\n'),
    file('thing/package.json', json(manifest)),
  );
  const { verdict, normalisers } = await compared(other, honest);
  assert.equal(verdict, 'equivalent');
  assert.deepEqual(normalisers, [{ name: 'mode-bits', version: '1', paths: ['bin/thing.js'], touched: 1 }]);
});

const twins: Readonly<Record<string, readonly [Uint8Array, string]>> = {
  'a second gzip member': [Buffer.concat([honest, gzipSync('more')]), 'ambiguous/gzip-extra-member'],
  'bytes after the stream': [Buffer.concat([honest, Buffer.from('more')]), 'ambiguous/gzip-trailing-data'],
  'a member twice': [tarball(...parts, file('package/dist/index.js', 'evil()')), 'ambiguous/duplicate-path'],
  setuid: [tarball(...parts, file('package/x', 'x', 0o4755)), 'ambiguous/special-mode'],
  'a link': [
    tarball(...parts, member({ path: 'package/l', flag: '2', linkname: '/etc/passwd' })),
    'ambiguous/symlink',
  ],
  'a size that two readers read differently': [
    gzip(
      archive(
        ...parts,
        member({ path: 'package/a', content: 'x'.repeat(600), patch: (block) => block.write('9', 124) }),
      ),
    ),
    'ambiguous/',
  ],
  'no gzip at all': [Buffer.from('no'), 'ambiguous/not-gzip'],
};
for (const [name, [bytes, rule]] of Object.entries(twins)) {
  test(`${name} is suspicious on either side, and nothing is normalised`, async () => {
    for (const found of [await compared(bytes, honest), await compared(honest, bytes)]) {
      assert.equal(found.verdict, 'suspicious');
      assert.ok(
        found.differences.every((one) => one.kind === 'ambiguous' && one.rule.startsWith(rule)),
        JSON.stringify(found.differences),
      );
      assert.deepEqual([found.normalisers, found.ladder.d2], [[], undefined]);
    }
  });
}

test('a poisoned package shows its one-sided file first, with its content', async () => {
  const poisoned = tarball(
    file(
      'package/package.json',
      json({ ...manifest, scripts: { ...manifest.scripts, postinstall: 'node setup.js' } }),
    ),
    ...parts.slice(1),
    file('package/setup.js', 'require("child_process").exec("id");\n'),
  );
  const { verdict, differences } = await compared(poisoned, honest);
  assert.equal(verdict, 'suspicious');
  assert.deepEqual(
    differences.map(({ path, rule, reached }) => [path, rule, reached]),
    [
      ['setup.js', 'npm/install-code', 'install'],
      ['package.json', 'npm/install-script', 'install'],
    ],
  );
  assert.match(differences[0]?.shown ?? '', /child_process/);
});

test('what is over the limits is refused, not left out', async () => {
  const small = createComparer({
    nodePath: process.execPath,
    readable: [`${folder}/`],
    children: 1,
    limits: { ...defaultComparisonLimits, unpackedBytes: 2048 },
  });
  try {
    const found = await small.compare('npm', stored('a', honest), stored('b', honest), facts);
    assert.equal(found.differences[0]?.rule, 'ambiguous/too-large');
  } finally {
    await small.close();
  }
});

test('bytes that changed on the disk are not compared', async () => {
  const named = { ...stored('changed', honest), sha256: sha256('other') };
  await assert.rejects(comparer.compare('npm', named, stored('rebuilt', honest), facts), (error) =>
    isAssayError(error, 'COMPARISON_FAILED'),
  );
});

test('a file that cannot be read fails, and says so', async () => {
  const missing = { path: join(folder, 'missing'), sizeBytes: 10, sha256: sha256('') };
  await assert.rejects(comparer.compare('npm', missing, stored('rebuilt', honest), facts), (error) =>
    isAssayError(error, 'COMPARISON_FAILED'),
  );
});
