import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectSet } from './expect-protocol.ts';

const name = 'left';
const reason = 'a test says so';

test('refs, events, addresses and lines are taken in their exact forms', () => {
  const identities = [
    { refs: ['refs/heads/main', 'refs/tags/*', 'refs/heads/release/*'] },
    { triggers: ['push', 'workflow_dispatch'] },
    { repositoryUri: 'https://forge.example.com/owner/left', repositoryId: '42', ownerId: '7' },
    { workflows: ['.github/workflows/release.yml'], runners: ['self-hosted'] },
  ];
  for (const identity of identities)
    for (const line of [undefined, '1', '12', '0.0', '0.30'])
      assert.ok(expectSet.safeParse({ name, reason, identity, line }).success, JSON.stringify(identity));
});

test('what cannot be meant is refused, and an expectation of nothing with it', () => {
  const identity = { triggers: ['push'] };
  const wrong: readonly unknown[] = [
    { name, reason, identity: {} },
    { name, reason },
    { name, reason: '  ', identity },
    { name, identity },
    ...['refs/*/main', 'main', 'refs/tags/**', 'refs/tags/a b', 'refs/'].map((ref) => ({
      name,
      reason,
      identity: { refs: [ref] },
    })),
    ...['Push!', ''].map((trigger) => ({ name, reason, identity: { triggers: [trigger] } })),
    ...['git@forge.example.com:x', 'https://', 'javascript:x', 'https://a\u001b[31m'].map(
      (repositoryUri) => ({ name, reason, identity: { repositoryUri } }),
    ),
    ...['05', '0', '*', '1.2', '-1', '0.01'].map((line) => ({ name, reason, identity, line })),
  ];
  for (const one of wrong) assert.equal(expectSet.safeParse(one).success, false, JSON.stringify(one));
});
