import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import { resolveClosure, type ClosureGate } from './closure.ts';

type Registry = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;

/** Versions that start with 9 are withheld: they are in the index, and not on the shelf. */
function gateOf(packages: Registry, asked: string[] = []): ClosureGate {
  const gate = {
    routes: () => ({ upstream: 'npm' }),
    indexes: {
      manifest: (_upstream: string, name: string, _body: string, version: string) =>
        Promise.resolve({ dependencies: packages[name]?.[version] ?? {} }),
    },
    shelves: {
      show: ({ name }: { readonly name: string }) => {
        asked.push(name);
        if (name === 'down') return Promise.reject(new AssayError('UPSTREAM_TIMEOUT', 'it is down'));
        const versions = Object.keys(packages[name] ?? {});
        if (versions.length === 0) return Promise.resolve(undefined);
        const view = { upstream: 'npm', tags: {}, versions: versions.map((version) => ({ version })) };
        const visible = versions.filter((version) => !version.startsWith('9'));
        return Promise.resolve({ view, visible, kept: [], body: 'b' });
      },
    },
  };
  return gate as unknown as ClosureGate;
}

async function closure(packages: Registry, name = 'root', version = '1.0.0') {
  const found = await resolveClosure(gateOf(packages), formatPurl('npm', name, version));
  return found && { ...found, purls: [...found.purls].sort(), unresolved: [...found.unresolved].sort() };
}

test('what an install would take is on the shelf: versions that are withheld are not in a closure', async () => {
  assert.deepEqual(
    await closure({
      root: { '1.0.0': { a: '*', '@s/b': '^1.0.0' } },
      a: { '1.0.0': { root: '*' }, '1.1.0': { '@s/b': '^2.0.0' }, '9.0.0': {} },
      '@s/b': { '1.0.0': {}, '2.0.0': { a: '1.0.0' } },
    }),
    {
      purls: ['pkg:npm/%40s/b@1.0.0', 'pkg:npm/%40s/b@2.0.0', 'pkg:npm/a@1.0.0', 'pkg:npm/a@1.1.0'],
      unresolved: [],
      clipped: false,
    },
  );
});

test('what cannot be told is named, and ends nothing: withheld, gone, elsewhere, an upstream that is down, a hostile name', async () => {
  const found = await closure({
    root: {
      '1.0.0': {
        held: '^9.0.0',
        gone: '*',
        git: 'git+https://git.example.com/x.git',
        down: '*',
        'pkg:npm/\u001b[31m': '1',
        ['x'.repeat(5000)]: '1',
        fine: '*',
      },
    },
    held: { '9.0.0': {} },
    fine: { '1.0.0': {} },
  });
  assert.deepEqual(found?.purls, ['pkg:npm/fine@1.0.0']);
  assert.deepEqual(
    found?.unresolved.map((one) => one.slice(0, 12)),
    ['down *', 'git', 'gone *', 'held ^9.0.0', 'pkg:npm/\u001b[31', 'xxxxxxxxxxxx'],
  );
  assert.ok(found?.unresolved.every((one) => one.length <= 300));
});

test('a closure without end ends, and says so', async () => {
  const endless = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`p${index}`, { '1.0.0': { [`p${index + 1}`]: '*' } }]),
  );
  const found = await closure(endless, 'p0');
  assert.equal(found?.clipped, true);
  assert.ok((found?.purls.length ?? 0) < 2100);
});

test('a version that is not there, and a package of another kind, have no closure', async () => {
  assert.equal(await closure({ root: { '1.0.0': {} } }, 'root', '2.0.0'), undefined);
  assert.equal(await resolveClosure(gateOf({}), formatPurl('debian', 'sed', '4.9-1')), undefined);
});
