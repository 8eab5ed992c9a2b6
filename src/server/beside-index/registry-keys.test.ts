import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstreamSettings } from '../../../test/support/composed-gate.ts';
import { AssayError } from '../../core/errors.ts';
import { sha256 } from '../../core/digest.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { RegistryKey, TrustMaterial } from '../../core/trust.ts';
import type { UpstreamSettings } from '../config/settings.ts';
import { createRegistryKeysDocument } from './registry-keys.ts';

const open = upstreamSettings('https://mirror.example.com/', { identityHost: 'Registry.example.com' });
const scoped = upstreamSettings('https://corp.example.com/', {
  id: 'corp' as UpstreamId,
  scopes: ['@corp'],
  needsToken: true,
});

function served(...keyids: readonly string[]): Uint8Array {
  return Buffer.from(
    JSON.stringify({ keys: keyids.map((keyid) => ({ keyid, key: 'AAAA', expires: null })) }),
  );
}

const pinned: RegistryKey = {
  keyid: 'pinned',
  spki: 'BBBB',
  usages: [{ usage: 'signatures', from: undefined, until: '2025-01-29T00:00:00.000Z' }],
  source: 'pinned',
};

interface World {
  readonly upstreams?: readonly UpstreamSettings[];
  /** By upstream: its answer; an error; nothing: 404. */
  readonly answers?: Readonly<Record<string, Uint8Array | AssayError>>;
  readonly pins?: boolean;
  readonly own?: readonly string[];
}

type Key = Readonly<Record<'keyid' | 'key', string>> & { readonly expires: string | null };

async function keysIn(world: World, grants: readonly string[] = []) {
  return (await documentIn(world, grants))?.map(({ keyid, expires }) => [keyid, expires] as const);
}

async function spkisIn(world: World): Promise<readonly string[] | undefined> {
  return (await documentIn(world, []))?.map(({ key }) => key);
}

async function documentIn(
  { upstreams = [open], answers = {}, pins = false, own = [] }: World,
  grants: readonly string[],
): Promise<readonly Key[] | undefined> {
  const material: TrustMaterial = {
    digest: sha256(''),
    sigstore: [],
    registryKeys: new Map(pins ? [['registry.example.com', [pinned]]] : []),
  };
  const document = createRegistryKeysDocument({
    upstreams,
    registryDocument: async (_path, id) => {
      const answer = answers[id ?? ''];
      if (answer instanceof AssayError) throw answer;
      return answer;
    },
    trust: () => material,
    own: { list: async () => own.map((keyid) => ({ keyid, spki: 'CCCC', expires: null })) },
  });
  const made = (await document(new Set(grants))) as { readonly keys: readonly Key[] } | undefined;
  return made?.keys;
}

const down = new AssayError('UPSTREAM_UNREACHABLE', 'down');
const end = '2025-01-29T00:00:00.000Z';

test("ours come first, then what is pinned for an upstream's identity and it forgot, then what it serves", async () => {
  const world = { answers: { npm: served('theirs') }, pins: true, own: ['ours'] };
  assert.deepEqual(await keysIn(world), [
    ['ours', null],
    ['pinned', end],
    ['theirs', null],
  ]);
});

test('an upstream cannot serve another key under an id of ours, or revive a pinned one that has ended', async () => {
  const world = { answers: { npm: served('ours', 'pinned') }, pins: true, own: ['ours'] };
  assert.deepEqual(await keysIn(world), [
    ['ours', null],
    ['pinned', end],
  ]);
  assert.deepEqual(await spkisIn(world), ['CCCC', 'BBBB']);
});

test('a mirror without keys has those of its identity', async () => {
  assert.deepEqual(await keysIn({ pins: true }), [['pinned', end]]);
});

test('where nobody has a key there is no document', async () => {
  assert.equal(await keysIn({}), undefined);
  assert.deepEqual(await keysIn({ own: ['ours'] }), [['ours', null]]);
});

test('an upstream that is down is an outage, unless its keys are pinned', async () => {
  await assert.rejects(keysIn({ answers: { npm: down }, own: ['ours'] }), { code: 'UPSTREAM_UNREACHABLE' });
  assert.deepEqual(await keysIn({ answers: { npm: down }, pins: true }), [['pinned', end]]);
});

test('the keys of an upstream that needs a token are for those who have one', async () => {
  const world = { upstreams: [open, scoped], answers: { npm: served('theirs'), corp: served('corp') } };
  assert.deepEqual(await keysIn(world), [['theirs', null]]);
  assert.deepEqual(await keysIn(world, ['corp']), [
    ['theirs', null],
    ['corp', null],
  ]);
  const half = { ...world, answers: { npm: served('theirs'), corp: down } };
  assert.deepEqual(await keysIn(half, ['corp']), [['theirs', null]], 'and its outage is its own');
});
