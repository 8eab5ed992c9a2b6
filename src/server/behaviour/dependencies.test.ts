import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ReleaseSummary } from '../../admission/deps.ts';
import { artifactDigestsOf } from '../../core/digest.ts';
import type { JsonObject } from '../../core/json.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { dependenciesHere, type DependencyDeps } from './dependencies.ts';

type Shelf = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;

function here(shelf: Shelf, change: (one: ReleaseSummary) => ReleaseSummary = (one) => one): DependencyDeps {
  const manifests = new Map<string, JsonObject>();
  const summaries = new Map<string, readonly ReleaseSummary[]>();
  for (const [name, versions] of Object.entries(shelf))
    summaries.set(
      name,
      Object.entries(versions).map(([version, manifest]) => {
        const digests = artifactDigestsOf(Buffer.from(`${name} ${version}`));
        manifests.set(digests.sha256, manifest);
        const summary = { version, outcome: 'allow', admittedAt: '2026-01-01T00:00:00.000Z', digests };
        return change(summary as ReleaseSummary);
      }),
    );
  return {
    store: { releasesOf: async (_upstream, name) => summaries.get(name) ?? [] },
    upstreamOf: () => 'npm' as UpstreamId,
    pathOf: async ({ sha256 }) => `/blobs/${sha256}`,
    manifestOf: async ({ sha256 }) => manifests.get(sha256),
  };
}

async function laid(deps: DependencyDeps, manifest: JsonObject) {
  const { found, missing } = await dependenciesHere(deps, { name: 'top', manifest });
  return { at: found.map(({ folder, name, version }) => `${folder} ${name}@${version}`), missing };
}

test('what was admitted is laid where npm lays it, the newest that fits, each once', async () => {
  const deps = here({
    a: { '1.0.0': {}, '1.2.0': { dependencies: { b: '^1.0.0' } }, '2.0.0': {} },
    b: { '1.0.0': {}, '2.0.0': {} },
    '@s/c': { '3.0.0': { dependencies: { b: '^1.0.0', a: '*' } } },
  });
  assert.deepEqual(await laid(deps, { dependencies: { a: '^1.0.0', b: '^2.0.0', '@s/c': 'latest' } }), {
    at: [
      'node_modules/a a@1.2.0',
      'node_modules/b b@2.0.0',
      'node_modules/@s/c @s/c@3.0.0',
      'node_modules/a/node_modules/b b@1.0.0',
      'node_modules/@s/c/node_modules/b b@1.0.0',
    ],
    missing: [],
  });
});

test('what was not admitted, or is refused now, is missing and said so; of optional ones nothing is said', async () => {
  const manifest = {
    dependencies: { a: '^1.0.0', url: 'git+https://example.com/x.git', none: '*' },
    optionalDependencies: { other: '1.0.0' },
  };
  const missing = ['a@^1.0.0', 'none@*', 'url@git+https://example.com/x.git'];
  const shelf = { a: { '1.0.0': {} } };
  for (const change of [{ admittedAt: undefined }, { outcome: 'block' }, { digests: undefined }] as const)
    assert.deepEqual(
      await laid(
        here(shelf, (one) => ({ ...one, ...change })),
        manifest,
      ),
      { at: [], missing },
    );
});

test('an alias is the package that it stands for, under its own name', async () => {
  const deps = here({ real: { '1.0.0': {} } });
  assert.deepEqual((await laid(deps, { dependencies: { fake: 'npm:real@^1.0.0' } })).at, [
    'node_modules/fake real@1.0.0',
  ]);
});

test('what comes in its own archive is not laid beside it, and a circle ends', async () => {
  const deps = here({
    a: { '1.0.0': { dependencies: { b: '*' } } },
    b: { '1.0.0': { dependencies: { a: '*', top: '*' } } },
  });
  assert.deepEqual(await laid(deps, { dependencies: { a: '*', c: '*' }, bundleDependencies: ['c'] }), {
    at: ['node_modules/a a@1.0.0', 'node_modules/b b@1.0.0'],
    missing: [],
  });
});

test('whatever manifests say, it ends, nothing is laid twice, and every folder lies in node_modules', async () => {
  const names = fc.constantFrom('a', 'b', '@s/c', '..', '../x', '__proto__', 'top');
  const ranges = fc.oneof(
    fc.constantFrom('*', '^1.0.0', '2', 'npm:b@1', 'npm:', 'latest', 'file:..'),
    fc.string(),
  );
  const manifest = fc.record({
    dependencies: fc.dictionary(names, ranges),
    optionalDependencies: fc.dictionary(names, ranges),
    peerDependencies: fc.oneof(fc.dictionary(names, ranges), fc.constant('no object')),
    bundleDependencies: fc.oneof(fc.boolean(), fc.array(names), fc.constant(undefined)),
  }) as unknown as fc.Arbitrary<JsonObject>;
  await fc.assert(
    fc.asyncProperty(manifest, manifest, manifest, async (top, first, second) => {
      const deps = here({
        a: { '1.0.0': first, '2.0.0': second },
        b: { '1.0.0': second },
        '@s/c': { '1.0.0': first },
      });
      const { found } = await dependenciesHere(deps, { name: 'top', manifest: top });
      const folders = found.map(({ folder }) => folder);
      assert.equal(new Set(folders).size, folders.length);
      for (const folder of folders)
        assert.match(folder, /^node_modules\/(?:@s\/)?[a-z]+(?:\/node_modules\/(?:@s\/)?[a-z]+)*$/);
    }),
    { numRuns: 20 },
  );
});
