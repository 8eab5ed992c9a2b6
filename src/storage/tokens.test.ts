import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { at, temporaryDirectory } from '../../test/support/storage-records.ts';
import { sha256 } from '../core/digest.ts';
import { openStorage } from './open.ts';
import type { NewToken, TokenStore } from './tokens.ts';

async function opened(context: TestContext): Promise<TokenStore> {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  return storage.tokens;
}

function tokenOf(id: string, overrides: Partial<NewToken> = {}): NewToken {
  const base = { id, name: 'ci', grants: ['corp', 'npm'], createdAt: at(0), expiresAt: at(100) };
  return { ...base, hash: sha256(id), ...overrides };
}

test('a token is found by the hash of its secret, and the hash is not given out', async (context) => {
  const tokens = await opened(context);
  const made = await tokens.create(tokenOf('t1'));
  assert.deepEqual(made, {
    id: 't1',
    name: 'ci',
    grants: ['corp', 'npm'],
    createdAt: at(0),
    expiresAt: at(100),
    lastUsedAt: undefined,
    revokedAt: undefined,
  });
  assert.deepEqual(await tokens.findByHash(sha256('t1')), made);
  assert.equal(await tokens.findByHash(sha256('other')), undefined);
});

test('a name is taken while its token lives, and free once it was revoked or has expired', async (context) => {
  const tokens = await opened(context);
  await tokens.create(tokenOf('t1'));
  await assert.rejects(tokens.create(tokenOf('t2', { createdAt: at(99) })), { code: 'TOKEN_NAME_TAKEN' });
  await tokens.create(tokenOf('t3', { createdAt: at(100), expiresAt: undefined }));
  await assert.rejects(tokens.create(tokenOf('t4', { createdAt: at(9999) })), { code: 'TOKEN_NAME_TAKEN' });
  assert.equal(await tokens.revoke('t3', at(200)), true);
  await tokens.create(tokenOf('t5', { createdAt: at(201), expiresAt: at(300) }));
  const listed = await tokens.list();
  assert.deepEqual(
    listed.map((token) => [token.id, token.revokedAt]),
    [
      ['t5', undefined],
      ['t3', at(200)],
      ['t1', at(100)],
    ],
  );
});

test('two simultaneous creations of a name make one token', async (context) => {
  const tokens = await opened(context);
  const results = await Promise.allSettled(['a', 'b', 'c'].map((id) => tokens.create(tokenOf(id))));
  assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected', 'rejected']);
});

test('a secret that was used once is never used again', async (context) => {
  const tokens = await opened(context);
  await tokens.create(tokenOf('t1'));
  const same = tokenOf('t2', { name: 'other', hash: sha256('t1') });
  await assert.rejects(tokens.create(same), { code: 'STORAGE_FAILED' });
});

test('a revocation holds once, and only for a token that is there', async (context) => {
  const tokens = await opened(context);
  await tokens.create(tokenOf('t1'));
  assert.equal(await tokens.revoke('t1', at(5)), true);
  assert.equal(await tokens.revoke('t1', at(6)), false);
  assert.equal(await tokens.revoke('none', at(6)), false);
  assert.equal((await tokens.findByHash(sha256('t1')))?.revokedAt, at(5));
});

test('the last use is known to the minute', async (context) => {
  const tokens = await opened(context);
  await tokens.create(tokenOf('t1'));
  const used = async (seconds: number) => {
    await tokens.touch('t1', at(seconds));
    return (await tokens.findByHash(sha256('t1')))?.lastUsedAt;
  };
  assert.equal(await used(10), at(10));
  assert.equal(await used(69), at(10));
  assert.equal(await used(70), at(70));
  assert.equal(await used(0), at(0));
  await tokens.touch('none', at(0));
});
