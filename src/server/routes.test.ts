import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UpstreamId } from '../core/subject.ts';
import type { UpstreamSettings } from './config/settings.ts';
import { createNpmRoutes } from './routes.ts';

function upstream(id: string, change: Partial<UpstreamSettings> = {}): UpstreamSettings {
  return {
    id: id as UpstreamId,
    ecosystem: 'npm',
    url: `https://${id}.example.com/`,
    identityHost: `${id}.example.com`,
    scopes: [],
    fileHosts: [],
    authorization: undefined,
    needsToken: false,
    allowInsecure: false,
    ...change,
  };
}

const routes = createNpmRoutes([upstream('npm'), upstream('corp', { scopes: ['@corp'], needsToken: true })]);

test('an owned scope is asked for at its owner only, with a token (dependency confusion)', () => {
  assert.deepEqual(routes('@corp/secret'), { upstream: 'corp', needsToken: true });
});

test('names that only look like the owned scope go where everything else goes', () => {
  for (const name of ['@corporate/x', '@cor/p', 'corp', 'corp-secret', '@Corp/x']) {
    assert.equal(routes(name)?.upstream, 'npm', name);
  }
});

test('the reserved scope is the gate itself, whatever is configured', () => {
  assert.equal(routes('@assay/bait')?.upstream, 'assay');
  assert.equal(
    createNpmRoutes([upstream('thief', { scopes: ['@assay'] })])('@assay/bait')?.upstream,
    'assay',
  );
});

test('without a main upstream other names have nowhere to come from', () => {
  const only = createNpmRoutes([upstream('corp', { scopes: ['@corp'] })]);
  assert.equal(only('left-pad'), undefined);
  assert.equal(only('@other/x'), undefined);
  assert.equal(only('@corp/x')?.upstream, 'corp');
});
