import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { sha256, type Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import { localOperator } from '../core/subject.ts';
import type { RegistryKey, TrustMaterial } from '../core/trust.ts';
import { trustExpiries } from './expiry.ts';
import { makeMaterial } from './material.ts';
import type { Offer } from './offer.ts';
import { pinnedTrust } from './pinned.ts';
import type { TrustChange } from './state.ts';
import { createTrustStore, type TrustAlarm, type TrustStore, type TrustStoreDeps } from './store.ts';

const host = 'registry.example.com';
const pinned = pinnedTrust();
const [pinnedRoot] = pinned.sigstore;
assert.ok(pinnedRoot?.tufRoot !== undefined);
const { trustedRoot, tufRoot } = pinnedRoot;
const operator = { via: 'keys.json', principal: localOperator };

/** What survives a restart, and what was raised. */
interface Disk {
  state: string | undefined;
  readonly blobs: Map<string, Uint8Array>;
  readonly entries: (Omit<TrustChange, 'entry'> & { readonly entry: string })[];
  readonly alarms: TrustAlarm[];
  now: string;
  fail: boolean;
}
const newDisk = (): Disk => ({
  state: undefined,
  blobs: new Map(),
  entries: [],
  alarms: [],
  now: '2026-11-20T12:00:00.000Z',
  fail: false,
});

function depsOf(disk: Disk, change: Partial<TrustStoreDeps> = {}): TrustStoreDeps {
  return {
    pinned,
    clock: () => new Date(disk.now),
    maxAgeMs: undefined,
    readState: async () => disk.state,
    writeState: async (state) => void (disk.state = state),
    writeMaterial: async (bytes) => void disk.blobs.set(sha256(bytes), bytes),
    readMaterial: async (digest) => disk.blobs.get(digest),
    record: async (entry, stateOf) => {
      if (disk.fail) throw new Error('the disk is full');
      const id = `entry ${disk.entries.length}`;
      disk.state = stateOf(id);
      disk.entries.push({ ...entry, entry: id });
    },
    raiseAlarm: async (alarm) => void disk.alarms.push(alarm),
    ...change,
  };
}
const open = (disk: Disk, change?: Partial<TrustStoreDeps>): Promise<TrustStore> =>
  createTrustStore(depsOf(disk, change));

const spki = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ format: 'der', type: 'spki' })
    .toString('base64');
const [one, two] = [spki(), spki()];
const key = (keyid: string, of = one): RegistryKey => ({
  keyid,
  spki: of,
  source: 'imported',
  usages: [{ usage: 'signatures', from: undefined, until: undefined }],
});
const keysOffer = (...keys: readonly RegistryKey[]): Offer => ({
  source: 'imported',
  roots: [],
  keys: [{ host, keys }],
});
const rootOffer = (version: number): Offer => ({
  source: 'tuf',
  roots: [{ name: 'public-good', trustedRoot, tufRoot: { ...tufRoot, version } }],
  keys: [],
});
const endpoint = (keyid: string, of = one): JsonObject => ({
  keys: [{ keyid, keytype: 'ecdsa-sha2-nistp256', key: of, expires: null }],
});
const keyids = (material: TrustMaterial): readonly string[] =>
  (material.registryKeys.get(host) ?? []).map(({ keyid }) => keyid);

test('a first start trusts what the program brings, and records no change', async () => {
  const disk = newDisk();
  const store = await open(disk);
  assert.equal(store.current().digest, pinned.digest);
  assert.deepEqual([disk.entries, disk.alarms, store.history()], [[], [], []]);
});

test('a change is recorded with both digests, alarmed, heard of, and there after a restart', async () => {
  const disk = newDisk();
  const store = await open(disk);
  const heard: Sha256[] = [];
  store.onChange((material) => void heard.push(material.digest));
  const outcome = await store.take(keysOffer(key('a')), operator);
  assert.deepEqual(outcome.changes, [`the key a of ${host} was added`]);
  assert.deepEqual(keyids(store.current()), ['a']);
  const [entry] = disk.entries;
  assert.equal(entry?.before, pinned.digest);
  assert.equal(entry.after, outcome.digest);
  assert.deepEqual([entry.source, entry.via, entry.principal], ['imported', 'keys.json', localOperator]);
  assert.deepEqual(
    disk.alarms.map(({ kind }) => kind),
    ['trust-root-changed'],
  );
  assert.deepEqual(heard, [outcome.digest]);
  const again = await open(disk);
  assert.equal(again.current().digest, outcome.digest);
  assert.deepEqual(again.history(), store.history());
});

test('what was in force before is found by its digest, for a replay', async () => {
  const disk = newDisk();
  const store = await open(disk);
  await store.take(keysOffer(key('a')), operator);
  const middle = store.current().digest;
  await store.take(keysOffer(key('b', two)), operator);
  const again = await open(disk);
  assert.deepEqual(keyids((await again.byDigest(middle)) ?? pinned), ['a']);
  assert.deepEqual((await again.byDigest(pinned.digest))?.sigstore[0]?.trustedRoot, trustedRoot);
  assert.equal(await again.byDigest(sha256('another')), undefined);
});

test('bytes that are no trust material are refused under whatever digest they lie', async () => {
  const disk = newDisk();
  const store = await open(disk);
  const bytes = Buffer.from('{"version":1}');
  disk.blobs.set(sha256(bytes), bytes);
  await assert.rejects(store.byDigest(sha256(bytes)), { code: 'TRUST_INVALID' });
});

test('a preview changes nothing', async () => {
  const disk = newDisk();
  const store = await open(disk);
  const state = disk.state;
  assert.equal(store.preview(keysOffer(key('a'))).changes.length, 1);
  assert.equal(store.current().digest, pinned.digest);
  assert.deepEqual([disk.state, disk.entries, disk.alarms], [state, [], []]);
});

test('the same offer again changes and records nothing', async () => {
  const disk = newDisk();
  const store = await open(disk);
  await store.take(keysOffer(key('a')), operator);
  assert.deepEqual((await store.take(keysOffer(key('a')), operator)).changes, []);
  assert.equal(disk.entries.length, 1);
  assert.equal(disk.alarms.length, 1);
});

test('what could not be recorded is not in force', async () => {
  const disk = newDisk();
  const store = await open(disk);
  disk.fail = true;
  await assert.rejects(store.take(keysOffer(key('a')), operator), /disk is full/);
  assert.equal(store.current().digest, pinned.digest);
  assert.deepEqual(disk.alarms, []);
  disk.fail = false;
  await store.take(keysOffer(key('a')), operator);
  assert.deepEqual(keyids(store.current()), ['a']);
});

test('offers at the same time are taken one after the other, and none is lost', async () => {
  const disk = newDisk();
  const store = await open(disk);
  await Promise.all(['a', 'b', 'c'].map((id) => store.take(keysOffer(key(id)), operator)));
  assert.deepEqual(keyids(store.current()), ['a', 'b', 'c']);
  assert.deepEqual(
    disk.entries.map(({ before }) => before).slice(1),
    disk.entries.map(({ after }) => after).slice(0, -1),
  );
});

test('two keys under one id are alarmed, and the first source wins', async () => {
  const disk = newDisk();
  const store = await open(disk);
  await store.take(keysOffer(key('a')), operator);
  const outcome = await store.learnEndpointKeys(host, endpoint('a', two));
  assert.deepEqual(outcome.changes, []);
  assert.equal(outcome.refused.length, 1);
  assert.deepEqual(
    disk.alarms.slice(1).map(({ kind, severity, about }) => [kind, severity, about]),
    [['trust-conflict', 'critical', host]],
  );
  assert.equal(store.current().registryKeys.get(host)?.[0]?.spki, one);
});

test("a registry's own first keys are recorded without an alarm; later ones are a change", async () => {
  const disk = newDisk();
  const store = await open(disk);
  await store.learnEndpointKeys(host, endpoint('a'));
  assert.deepEqual(keyids(store.current()), ['a']);
  assert.equal(store.current().registryKeys.get(host)?.[0]?.source, 'endpoint');
  assert.deepEqual([disk.entries.length, disk.alarms.length], [1, 0]);
  await store.learnEndpointKeys(host, endpoint('b', two));
  assert.deepEqual(
    disk.alarms.map(({ kind }) => kind),
    ['trust-root-changed'],
  );
  await assert.rejects(store.learnEndpointKeys(host, { keys: [] }), { code: 'TRUST_INVALID' });
});

test('the endpoint of a registry that others speak for adds nothing, and that is alarmed', async () => {
  const disk = newDisk();
  const store = await open(disk);
  const [known = ''] = pinned.registryKeys.keys();
  assert.deepEqual((await store.learnEndpointKeys(known, endpoint('evil'))).changes, []);
  assert.equal(store.current().digest, pinned.digest);
  assert.deepEqual(
    disk.alarms.map(({ kind, severity }) => [kind, severity]),
    [['trust-conflict', 'warning']],
  );
});

test('a refresh that changes nothing confirms the root, and leaves digest and ledger', async () => {
  const disk = newDisk();
  const store = await open(disk, { maxAgeMs: 86_400_000 });
  assert.equal(store.current().sigstore[0]?.confirmedAt, undefined);
  assert.equal(store.current().sigstore[0]?.staleAt, '2026-11-21T12:00:00.000Z');
  disk.now = '2026-11-20T18:00:00.000Z';
  await store.take(rootOffer(tufRoot.version), { via: 'https://tuf.example.com', principal: localOperator });
  for (const at of [store, await open(disk, { maxAgeMs: 86_400_000 })]) {
    assert.equal(at.current().digest, pinned.digest);
    assert.equal(at.current().sigstore[0]?.confirmedAt, disk.now);
    assert.equal(at.current().sigstore[0]?.staleAt, '2026-11-21T18:00:00.000Z');
  }
  assert.deepEqual(disk.entries, []);
});

test('the root in use, imported from a file, is confirmed and keeps the end of the TUF root that vouches for it', async () => {
  const disk = newDisk();
  const store = await open(disk, { maxAgeMs: 86_400_000 });
  disk.now = '2026-12-01T00:00:00.000Z';
  const offer: Offer = {
    source: 'imported',
    roots: [{ name: pinnedRoot.name, trustedRoot, tufRoot: undefined }],
    keys: [],
  };
  assert.deepEqual((await store.take(offer, operator)).changes, []);
  const [root] = store.current().sigstore;
  assert.deepEqual(root?.tufRoot, tufRoot);
  assert.equal(root?.confirmedAt, disk.now);
  assert.equal(root?.staleAt, '2026-12-02T00:00:00.000Z');
  assert.deepEqual(disk.entries, []);
});

test('an older root confirms nothing', async () => {
  const disk = newDisk();
  const store = await open(disk);
  const outcome = await store.take(rootOffer(tufRoot.version - 1), operator);
  assert.equal(outcome.refused.length, 1);
  assert.equal(store.current().sigstore[0]?.confirmedAt, undefined);
});

test('a program that brings a newer root is believed; one that brings an older root is not', async () => {
  const disk = newDisk();
  await open(disk);
  const newer = makeMaterial({
    ...pinned,
    sigstore: [{ ...pinnedRoot, tufRoot: { ...tufRoot, version: tufRoot.version + 1 } }],
  });
  const updated = await open(disk, { pinned: newer });
  assert.equal(updated.current().sigstore[0]?.tufRoot?.version, tufRoot.version + 1);
  assert.deepEqual(
    disk.entries.map(({ source, via }) => [source, via]),
    [['pinned', 'this version of Assay']],
  );
  assert.equal(updated.current().sigstore[0]?.confirmedAt, undefined, 'a program says nothing of today');
  const back = await open(disk);
  assert.equal(back.current().sigstore[0]?.tufRoot?.version, tufRoot.version + 1);
  assert.equal(disk.entries.length, 1);
});

test('a change of what TUF starts from is recorded and alarmed, with the material as it was', async () => {
  const disk = newDisk();
  const store = await open(disk);
  await store.note('the TUF root of public-good was replaced by version 3', operator);
  assert.deepEqual(
    disk.entries.map(({ before, after }) => [before, after]),
    [[pinned.digest, pinned.digest]],
  );
  assert.equal(disk.alarms.length, 1);
  assert.match(store.history()[0]?.changes[0] ?? '', /version 3/);
});

test('material whose bytes are gone is replaced by what the program brings, and that is recorded and alarmed', async () => {
  const disk = newDisk();
  const store = await open(disk);
  await store.take(keysOffer(key('a')), operator);
  const lost = store.current().digest;
  disk.blobs.delete(lost);
  disk.alarms.length = 0;
  const again = await open(disk);
  assert.equal(again.current().digest, pinned.digest);
  assert.deepEqual(disk.entries.map(({ before, after }) => [before, after]).at(-1), [lost, pinned.digest]);
  assert.deepEqual(
    disk.alarms.map(({ kind }) => kind),
    ['trust-root-changed'],
  );
  assert.equal((await open(disk)).history().length, 2, 'once');
});

test('whatever a file is called, the store is read again', async () => {
  const disk = newDisk();
  const store = await open(disk);
  await store.take(keysOffer(key('a')), { ...operator, via: `keys\n\u001b[31m${'x'.repeat(1000)}` });
  assert.deepEqual((await open(disk)).history(), store.history());
});

test('a stored state that is damaged is refused', async () => {
  const disk = newDisk();
  for (const state of [
    '',
    '{}',
    '{"version":2}',
    '{"version":1,"current":"x","since":"now","confirmed":{},"history":[]}',
  ]) {
    disk.state = state;
    await assert.rejects(open(disk), { code: 'TRUST_INVALID' });
  }
});

test('everything in use that ends is listed, soonest first, and what was replaced is not', () => {
  const material = makeMaterial({
    sigstore: [{ ...pinnedRoot, staleAt: '2026-11-25T00:00:00.000Z' }],
    registryKeys: new Map([
      [
        host,
        [
          {
            ...key('old'),
            usages: [{ usage: 'signatures', from: undefined, until: '2025-01-01T00:00:00.000Z' }],
          },
          {
            ...key('new'),
            usages: [{ usage: 'signatures', from: undefined, until: '2026-12-01T00:00:00.000Z' }],
          },
        ],
      ],
      [
        'gone.example.com',
        [
          {
            ...key('last'),
            usages: [{ usage: 'signatures', from: undefined, until: '2025-01-01T00:00:00.000Z' }],
          },
        ],
      ],
    ]),
  });
  const listed = trustExpiries(material, '2026-11-20T12:00:00.000Z').map(({ about, what, state }) => [
    about,
    what,
    state,
  ]);
  assert.deepEqual(listed, [
    ['gone.example.com', 'key last for signatures', 'over'],
    ['public-good', 'confirmation (trust.maxAge)', 'soon'],
    [host, 'key new for signatures', 'soon'],
    ['public-good', `TUF root ${tufRoot.version}`, 'ahead'],
  ]);
  const later = trustExpiries(material, tufRoot.expires).find(({ what }) => what.startsWith('TUF root'));
  assert.equal(later?.state, 'over');
});
