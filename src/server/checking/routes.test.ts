import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LockedEntry, LockfileFormat } from '../../registries/npm/lockfiles/types.ts';
import { routeOf, type RouteContext } from './routes.ts';

const entry = (fields: Partial<LockedEntry>): LockedEntry => ({
  key: 'a',
  name: 'a',
  version: '1.0.0',
  integrity: undefined,
  url: undefined,
  source: 'registry',
  ...fields,
});

function context(format: LockfileFormat, rest: Partial<RouteContext> = {}): RouteContext {
  return {
    format,
    isGate: (url) => url.host === '127.0.0.1:4873',
    builtInHost: 'registry.example.com',
    projectRegistry: () => undefined,
    ...rest,
  };
}

const kind = (fields: Partial<LockedEntry>, where: RouteContext): string =>
  routeOf(entry(fields), where).kind;

test('without a URL every client asks its configured registry', () => {
  for (const format of ['npm', 'pnpm', 'yarn-classic', 'yarn-berry', 'bun'] as const)
    assert.equal(kind({}, context(format)), 'gate');
});

test("npm rewrites its built-in registry's host, and only that; no other client rewrites anything", () => {
  const url = 'https://registry.example.com/a/-/a-1.0.0.tgz';
  assert.equal(kind({ url }, context('npm')), 'gate');
  assert.equal(kind({ url: 'https://registry.example.com.evil.example/a.tgz' }, context('npm')), 'bypass');
  assert.equal(kind({ url: 'https://other.example.com/a.tgz' }, context('npm')), 'bypass');
  assert.equal(kind({ url }, context('npm', { builtInHost: undefined })), 'bypass');
  for (const format of ['pnpm', 'yarn-classic', 'yarn-berry', 'bun'] as const)
    assert.equal(kind({ url }, context(format)), 'bypass', format);
});

test("the gate's own URLs pass, in every format", () => {
  const url = 'http://127.0.0.1:4873/a/-/a-1.0.0.tgz';
  for (const format of ['npm', 'pnpm', 'yarn-classic', 'yarn-berry', 'bun'] as const)
    assert.equal(kind({ url }, context(format)), 'gate');
});

test('git and tarballs by URL bypass, local ones are no matter of a registry', () => {
  assert.equal(kind({ source: 'git', url: 'git+ssh://git@git.example.com/a.git' }, context('npm')), 'bypass');
  assert.equal(kind({ source: 'url', url: 'https://files.example.com/a.tgz' }, context('bun')), 'bypass');
  assert.equal(kind({ source: 'url' }, context('pnpm')), 'bypass');
  assert.equal(kind({ source: 'local' }, context('pnpm')), 'local');
  assert.equal(kind({ url: 'not a url' }, context('yarn-classic')), 'bypass');
});

test("a registry that the project's own configuration names wins over the gate, and is a bypass", () => {
  const project = context('npm', {
    projectRegistry: (name) =>
      name.startsWith('@corp/') ? { url: 'https://npm.example.com/', file: '.npmrc' } : undefined,
  });
  assert.equal(kind({ name: '@corp/a' }, project), 'bypass');
  assert.equal(
    kind({ name: '@corp/a', url: 'https://registry.example.com/@corp/a/-/a-1.0.0.tgz' }, project),
    'bypass',
  );
  assert.equal(kind({ name: 'a' }, project), 'gate');
});

test('what a bill of materials lists and the gate does not speak for is neither local nor passed', () => {
  assert.equal(kind({ source: 'unknown' }, context('cyclonedx')), 'unknown');
  assert.equal(kind({}, context('spdx')), 'gate');
  assert.equal(kind({ source: 'url', url: 'https://files.example.com/a.tgz' }, context('spdx')), 'bypass');
});
