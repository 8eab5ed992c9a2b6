import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { upstreamSettings } from '../../../test/support/composed-gate.ts';
import {
  newTufSigner,
  serveTuf,
  tufFiles,
  tufRoot,
  type ServedTuf,
  type TufSigner,
} from '../../../test/support/tuf-repository.ts';
import { ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { gateItself, localOperator } from '../../core/subject.ts';
import { openStorage, type Storage } from '../../storage/open.ts';
import { pinnedTrust } from '../../trust/pinned.ts';
import type { TrustAlarm } from '../../trust/store.ts';
import { openPublicFiles } from '../../upstream/public-files.ts';
import { openTrust, type Trust, type TrustParts } from './open.ts';

const host = 'registry.example.com';
const trustedRoot = pinnedTrust().sigstore[0]?.trustedRoot ?? {};
const pinnedRoot = pinnedTrust().sigstore[0]?.tufRoot;
const spki = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ format: 'der', type: 'spki' })
    .toString('base64');
const endpointKeys = (keyid: string): JsonObject => ({
  keys: [{ keyid, keytype: 'ecdsa-sha2-nistp256', key: spki(), expires: null }],
});
const targetKeys = (keyid: string): JsonObject => ({
  keys: [
    {
      keyId: keyid,
      keyUsage: 'npm:signatures',
      publicKey: {
        rawBytes: spki(),
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        validFor: { start: '2020-01-01T00:00:00Z' },
      },
    },
  ],
});
const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

interface World {
  readonly directory: string;
  readonly storage: Storage;
  readonly server: ServedTuf;
  readonly alarms: TrustAlarm[];
  readonly holder: TufSigner;
  readonly online: TufSigner;
  /** What the registry's endpoint answers; undefined: 404. */
  readonly endpoint: { document: unknown; asked: number };
  readonly publish: (version: number, keyid: string) => void;
  readonly open: (change?: Partial<TrustParts>) => Promise<Trust>;
}

async function world(context: TestContext): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-trust-'));
  const storage = await openStorage({ directory: join(directory, 'data') });
  const server = await serveTuf(context);
  const files = openPublicFiles({ retries: 0, idleMs: 5000 });
  const opened: Trust[] = [];
  context.after(async () => {
    for (const trust of opened) await trust.close();
    files.close();
    await storage.close();
    await rm(directory, { recursive: true });
  });
  const [holder, online] = [newTufSigner(), newTufSigner()];
  await writeFile(join(directory, 'root.json'), tufRoot({ version: 1, holders: [holder], online }));
  const alarms: TrustAlarm[] = [];
  const endpoint: World['endpoint'] = { document: undefined, asked: 0 };
  return {
    directory,
    storage,
    server,
    alarms,
    holder,
    online,
    endpoint,
    publish: (version, keyid) => {
      const targets = {
        'trusted_root.json': bytesOf(trustedRoot),
        [`${host}/keys.json`]: bytesOf(targetKeys(keyid)),
      };
      for (const [path, bytes] of tufFiles({ online, version, targets })) server.files.set(path, bytes);
    },
    open: async (change = {}) => {
      const trust = await openTrust({
        settings: {
          trust: {
            refreshEveryMs: undefined,
            maxAgeMs: undefined,
            tuf: [{ name: 'ours', url: `${server.url}/`, rootFile: join(directory, 'root.json') }],
          },
          dataDirectory: join(directory, 'data'),
          upstreams: [upstreamSettings('http://127.0.0.1:1/', { identityHost: host })],
        },
        storage,
        clock: () => new Date('2026-11-20T12:00:00.000Z'),
        log: { info: () => undefined, warn: () => undefined },
        raiseAlarm: async (alarm) => void alarms.push(alarm),
        registryDocument: async () => {
          endpoint.asked += 1;
          return endpoint.document === undefined ? undefined : bytesOf(endpoint.document);
        },
        files,
        ...change,
      });
      opened.push(trust);
      return trust;
    },
  };
}
const keyidsOf = (trust: Trust): readonly string[] =>
  (trust.current().registryKeys.get(host) ?? []).map(({ keyid }) => keyid);

test('a refresh brings a root and the keys of every upstream, and is an entry of the ledger', async (context) => {
  const at = await world(context);
  at.publish(1, 'SHA256:one');
  const trust = await at.open();
  const before = trust.current().digest;
  const [refreshed] = await trust.refresh(localOperator);
  assert.equal(refreshed?.problem, undefined);
  assert.deepEqual(keyidsOf(trust), ['SHA256:one']);
  const ours = trust.current().sigstore.find(({ name }) => name === 'ours');
  assert.equal(ours?.source, 'tuf');
  assert.equal(ours.tufRoot?.version, 1);
  assert.equal(ours.confirmedAt, '2026-11-20T12:00:00.000Z');
  const [change] = trust.history();
  const event = await at.storage.events.byId(change?.entry ?? '');
  assert.equal(event?.type, 'trust-material/v1');
  const predicate = ownObject(event.statement, 'predicate') ?? {};
  assert.deepEqual(
    [ownString(predicate, 'before'), ownString(predicate, 'after')],
    [before, trust.current().digest],
  );
  assert.deepEqual(
    at.alarms.map(({ kind }) => kind),
    ['trust-root-changed'],
  );
});

test('a refresh that fails leaves what is trusted, stands in the status, and hinders no other repository', async (context) => {
  const at = await world(context);
  at.publish(1, 'SHA256:one');
  const nowhere = {
    name: 'nowhere',
    url: `${at.server.url}/nothing/`,
    rootFile: join(at.directory, 'root.json'),
  };
  const ours = { name: 'ours', url: `${at.server.url}/`, rootFile: join(at.directory, 'root.json') };
  const settings = {
    trust: { refreshEveryMs: undefined, maxAgeMs: undefined, tuf: [nowhere, ours] },
    dataDirectory: join(at.directory, 'data'),
    upstreams: [upstreamSettings('http://127.0.0.1:1/', { identityHost: host })],
  };
  const trust = await at.open({ settings });
  const refreshed = await trust.refresh(localOperator);
  assert.deepEqual(
    refreshed.map(({ problem }) => problem?.code),
    ['TRUST_TUF_UNREACHABLE', undefined],
  );
  assert.deepEqual(keyidsOf(trust), ['SHA256:one']);
  assert.deepEqual(trust.problems(), ['Trust: nowhere could not be refreshed (TRUST_TUF_UNREACHABLE).']);
});

test('a repository that goes back changes nothing', async (context) => {
  const at = await world(context);
  at.publish(2, 'SHA256:two');
  const trust = await at.open();
  await trust.refresh(localOperator);
  const { digest } = trust.current();
  at.publish(1, 'SHA256:one');
  const [refreshed] = await trust.refresh(localOperator);
  assert.equal(refreshed?.problem?.code, 'TRUST_TUF_ROLLBACK');
  assert.equal(trust.current().digest, digest);
});

test('a target that is signed and is no key list changes nothing', async (context) => {
  const at = await world(context);
  const targets = { [`${host}/keys.json`]: bytesOf({ keys: [] }) };
  for (const [path, bytes] of tufFiles({ online: at.online, version: 1, targets }))
    at.server.files.set(path, bytes);
  const trust = await at.open();
  const { digest } = trust.current();
  const [refreshed] = await trust.refresh(localOperator);
  assert.equal(refreshed?.problem?.code, 'TRUST_INVALID');
  assert.equal(trust.current().digest, digest);
});

test('after a restart the refreshed trust is there, and the older one is found by its digest', async (context) => {
  const at = await world(context);
  at.publish(1, 'SHA256:one');
  const first = await at.open();
  const before = first.current().digest;
  await first.refresh(localOperator);
  await first.close();
  const second = await at.open();
  assert.equal(second.current().digest, first.current().digest);
  assert.equal((await second.byDigest(before))?.digest, before);
  assert.equal(second.history().length, 1);
});

test('keys are imported for a host, after a look at what would change', async (context) => {
  const at = await world(context);
  const trust = await at.open();
  const request = {
    bytes: bytesOf(endpointKeys('SHA256:mine')),
    host: 'Registry.Example.com',
    name: undefined,
    via: 'keys.json',
  };
  const preview = await trust.import({ ...request, apply: false });
  assert.deepEqual([preview.applied, preview.changes.length], [false, 1]);
  assert.deepEqual(keyidsOf(trust), []);
  const done = await trust.import({ ...request, apply: true });
  assert.deepEqual([done.applied, done.changes], [true, preview.changes]);
  assert.deepEqual(keyidsOf(trust), ['SHA256:mine']);
  assert.equal(trust.history()[0]?.principal.kind, 'operator');
  await assert.rejects(trust.import({ ...request, host: undefined, apply: true }), {
    code: 'USAGE_INVALID',
  });
});

test('a trusted root is imported under a name', async (context) => {
  const at = await world(context);
  const trust = await at.open();
  await trust.import({
    bytes: bytesOf(trustedRoot),
    host: undefined,
    name: 'mine',
    via: 'trusted_root.json',
    apply: true,
  });
  const mine = trust.current().sigstore.find(({ name }) => name === 'mine');
  assert.deepEqual([mine?.source, mine?.tufRoot], ['imported', undefined]);
});

test('a TUF root is imported to start from, if it is signed by its own keys', async (context) => {
  const at = await world(context);
  at.publish(1, 'SHA256:one');
  const tuf = [{ name: 'ours', url: `${at.server.url}/`, rootFile: undefined }];
  const settings = {
    trust: { refreshEveryMs: undefined, maxAgeMs: undefined, tuf },
    dataDirectory: join(at.directory, 'data'),
    upstreams: [upstreamSettings('http://127.0.0.1:1/', { identityHost: host })],
  };
  const trust = await at.open({ settings });
  assert.equal((await trust.refresh(localOperator))[0]?.problem?.code, 'TRUST_TUF_ROOT_MISSING');
  const { holder, online } = at;
  const forged = tufRoot({ version: 1, holders: [holder], online, signedBy: [online] });
  const request = { host: undefined, name: 'ours', via: 'root.json', apply: true };
  await assert.rejects(trust.import({ ...request, bytes: forged }), { code: 'TRUST_TUF_UNSIGNED' });
  const bytes = tufRoot({ version: 1, holders: [holder], online });
  assert.equal((await trust.import({ ...request, bytes, apply: false })).changes.length, 1);
  assert.deepEqual(trust.history(), []);
  assert.equal((await trust.refresh(localOperator))[0]?.problem?.code, 'TRUST_TUF_ROOT_MISSING');
  await trust.import({ ...request, bytes });
  assert.match(trust.history()[0]?.changes[0] ?? '', /TUF starts from root 1/);
  assert.equal((await trust.refresh(localOperator))[0]?.problem, undefined);
  assert.deepEqual(keyidsOf(trust), ['SHA256:one']);
});

test('a TUF root that nothing would start from is not taken; one that has expired, or goes back, is told to be so', async (context) => {
  const at = await world(context);
  const { holder, online } = at;
  const root = (version: number, expires?: string): Buffer =>
    tufRoot({ version, holders: [holder], online, ...(expires === undefined ? {} : { expires }) });
  const request = { host: undefined, name: 'ours', via: 'root.json', apply: true };
  await writeFile(join(at.directory, 'root.json'), root(3));
  const trust = await at.open();
  const older = await trust.import({ ...request, bytes: root(2) });
  assert.deepEqual(older.changes, []);
  assert.deepEqual(older.refused, ['root 2 is older than root 3, which ours starts from without it']);
  assert.deepEqual(trust.history(), []);
  const ended = await trust.import({ ...request, bytes: root(5, '2026-11-20T11:00:00Z') });
  assert.match(
    ended.changes[0] ?? '',
    /^TUF starts from root 5 \(until 2026-11-20T11:00:00\.000Z, expired\) for ours$/,
  );
  const back = await trust.import({ ...request, bytes: root(4) });
  assert.match(back.changes[0] ?? '', /^TUF starts from root 4 \(until .*Z\) for ours, back from root 5$/);
});

test('a file that is none of these is refused', async (context) => {
  const at = await world(context);
  const trust = await at.open();
  for (const bytes of [
    Buffer.from('x'),
    bytesOf({}),
    bytesOf({ mediaType: 'x' }),
    bytesOf({ signed: { _type: 'root' } }),
  ])
    await assert.rejects(trust.import({ bytes, host, name: undefined, via: 'x', apply: true }), {
      code: 'TRUST_INVALID',
    });
  assert.deepEqual(trust.history(), []);
});

test('the keys of a registry that nobody vouches for are asked of itself, once, by however many', async (context) => {
  const at = await world(context);
  at.endpoint.document = endpointKeys('SHA256:own');
  const trust = await at.open();
  await Promise.all([1, 2, 3].map(() => trust.learnKeys('npm')));
  await trust.learnKeys('npm');
  assert.equal(at.endpoint.asked, 1);
  assert.deepEqual(keyidsOf(trust), ['SHA256:own']);
  await trust.learnKeys('unknown');
});

test('a registry that others vouch for is not asked, and one that answers nonsense hinders nobody', async (context) => {
  const at = await world(context);
  at.endpoint.document = 'nonsense';
  const trust = await at.open();
  await trust.learnKeys('npm');
  assert.deepEqual([at.endpoint.asked, keyidsOf(trust)], [1, []]);
  at.publish(1, 'SHA256:one');
  await trust.refresh(localOperator);
  const again = await at.open();
  await again.learnKeys('npm');
  assert.equal(at.endpoint.asked, 1);
});

test('what ends soon is alarmed at the start, and stands in the status', async (context) => {
  const at = await world(context);
  const soon = new Date(Date.parse(pinnedRoot?.expires ?? '') - 86_400_000);
  const raised = new Promise<TrustAlarm>((resolve) => {
    void at.open({ clock: () => soon, raiseAlarm: async (alarm) => resolve(alarm) });
  });
  const alarm = await raised;
  assert.deepEqual(
    [alarm.kind, alarm.severity, alarm.about],
    ['trust-root-expiring', 'warning', 'public-good'],
  );
  const trust = await at.open({ clock: () => soon });
  assert.match(trust.problems()[0] ?? '', /TUF root \d+ of public-good ends at/);
});

test('a gate refreshes by itself where it is told how often, and not where it is told off', async (context) => {
  const at = await world(context);
  at.publish(1, 'SHA256:one');
  const tuf = [{ name: 'ours', url: `${at.server.url}/`, rootFile: join(at.directory, 'root.json') }];
  const settings = (refreshEveryMs: number | undefined): TrustParts['settings'] => ({
    trust: { refreshEveryMs, maxAgeMs: undefined, tuf },
    dataDirectory: join(at.directory, 'data'),
    upstreams: [upstreamSettings('http://127.0.0.1:1/', { identityHost: host })],
  });
  const off = await at.open({ settings: settings(undefined), firstRefreshMs: 0 });
  await off.close();
  assert.deepEqual(at.server.asked, []);
  const trust = await at.open({ settings: settings(3_600_000), firstRefreshMs: 100 });
  await new Promise<void>((resolve) => trust.onChange(() => resolve()));
  assert.deepEqual(keyidsOf(trust), ['SHA256:one']);
  assert.deepEqual(trust.history()[0]?.principal, gateItself);
});

test('a repository that never answers does not keep a gate from stopping', async (context) => {
  const at = await world(context);
  at.server.files.set('2.root.json', () => undefined);
  const trust = await at.open();
  const refreshing = trust.refresh(localOperator);
  await trust.close();
  const [refreshed] = await refreshing;
  assert.equal(refreshed?.problem?.code, 'TRUST_TUF_UNREACHABLE');
});

test('whoever listens hears of a change after it is on disk', async (context) => {
  const at = await world(context);
  at.publish(1, 'SHA256:one');
  const trust = await at.open();
  const heard: (string | undefined)[] = [];
  trust.onChange(async ({ digest }) => {
    const state = await at.storage.settings.setting('trust');
    heard.push(state?.includes(`"current":"${digest}"`) === true ? digest : undefined);
  });
  await trust.refresh(localOperator);
  assert.deepEqual(heard, [trust.current().digest]);
});
