import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readingOf, sampleInput } from '../../../test/support/collector-input.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Evidence } from '../../core/evidence.ts';
import type { JsonObject } from '../../core/json.ts';
import { manifestCollector } from './collect.ts';

async function collect(
  text: string | undefined,
  index: JsonObject = { name: 'sample', version: '1.2.3' },
  files: readonly string[] = [],
): Promise<Evidence> {
  const archive = { state: 'read', reading: readingOf(text, files) } as const;
  return manifestCollector.collect(sampleInput({ archive, indexManifest: index }));
}

const manifest = '{"name":"sample","version":"1.2.3"}';

test('an index that agrees with package.json passes', async () => {
  const evidence = await collect(manifest);
  assert.equal(evidence.result, 'pass');
  assert.deepEqual(evidence.facts, { differences: 0, otherDifferences: 0 });
});

test('a difference fails, with one item per entry showing both sides', async () => {
  const evidence = await collect('{"name":"sample","version":"1.2.3","scripts":{"install":"touch bad"}}');
  assert.equal(evidence.result, 'fail');
  assert.deepEqual(evidence.items, [
    {
      id: 'manifest/scripts/install',
      message: 'scripts/install: the index has nothing, package.json has "touch bad".',
      data: { field: 'scripts', key: 'install', index: null, tarball: 'touch bad' },
    },
  ]);
});

test('a difference in another field is listed and passes', async () => {
  const evidence = await collect('{"name":"sample","version":"1.2.3","main":"b.js"}');
  assert.equal(evidence.result, 'pass');
  assert.deepEqual(
    evidence.items.map((item) => item.id),
    ['manifest/other-main'],
  );
});

test('a missing, broken, too deep, too large or doubled package.json fails under its own id', async () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'manifest/package-json-missing'],
    ['{"name":"sample",}', 'manifest/package-json-unparsable'],
    ['[]', 'manifest/package-json-unparsable'],
    ['', 'manifest/package-json-unparsable'],
    [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'manifest/package-json-too-deep'],
    [`{"a":"${'x'.repeat(4 * 1024 * 1024)}"}`, 'manifest/package-json-too-large'],
  ];
  for (const [text, id] of cases) {
    const evidence = await collect(text);
    assert.equal(evidence.result, 'fail', id);
    assert.deepEqual(
      evidence.items.map((item) => item.id),
      [id],
    );
  }
  const twice = readingOf(manifest, ['../other/package.json']);
  const members = twice.members.map((member, i) =>
    i === 1 ? { ...member, path: 'other/package.json' } : member,
  );
  const archive = { state: 'read', reading: { ...twice, members } } as const;
  const evidence = await manifestCollector.collect(sampleInput({ archive }));
  assert.deepEqual(
    evidence.items.map((item) => item.id),
    ['manifest/package-json-ambiguous'],
  );
});

test('a byte order mark and many brackets inside strings are no fault', async () => {
  assert.equal((await collect(`\uFEFF${manifest}`)).result, 'pass');
  const text = JSON.stringify({ name: 'sample', version: '1.2.3', readme: `${'['.repeat(500)}\\"{` });
  assert.equal((await collect(text)).result, 'pass');
});

test('of a repeated key the last one counts, as for npm', async () => {
  const text = '{"name":"sample","version":"1.2.3","scripts":{},"scripts":{"install":"x"}}';
  assert.equal((await collect(text)).result, 'fail');
});

test('an archive that was not accepted leaves it not checked', async () => {
  const failed = { state: 'failed', code: 'ARCHIVE_READER_FAILED', message: 'died' } as const;
  const refused = { state: 'read', reading: { ...readingOf(manifest), verdict: 'refused' } } as const;
  for (const archive of [failed, refused]) {
    assert.equal((await manifestCollector.collect(sampleInput({ archive }))).result, 'not-checked');
  }
});

test('hostile names and values make a bounded record that has a canonical form', async () => {
  const dependencies = Object.fromEntries(
    Array.from({ length: 5000 }, (_, i) => [`${'k'.repeat(200)}${i}\u001b[31m`, 'v'.repeat(400)]),
  );
  const text = JSON.stringify({
    name: 'sample',
    version: '1.2.3',
    dependencies,
    scripts: { install: '\ud800' },
  });
  const evidence = await collect(text);
  assert.equal(evidence.result, 'fail');
  assert.equal(evidence.items.length, 50);
  assert.deepEqual(evidence.items.at(-1)?.data, { count: 5001 - 49 });
  assert.ok(canonicalJson(evidence as unknown as JsonObject).length < 60_000);
});
