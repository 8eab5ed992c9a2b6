/** What a running gate offers, verified from outside, and what a lying one is told to its face. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { artifactDigestsOf, integrityOf, sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { TrustMaterial } from '../../core/trust.ts';
import type { LockedEntry, Lockfile } from '../../registries/npm/lockfiles/types.ts';
import { composeGate } from '../../../test/support/composed-gate.ts';
import { createFakeSigstore } from '../../../test/support/sigstore/fake-sigstore.ts';
import { publishStatement, releasedOf } from '../../../test/support/sigstore/statements.ts';
import { identityOf, provenanceV1, workflowRun } from '../../../test/support/sigstore/workflow-run.ts';
import { servedGateKeys, type GateKeys } from './gate-signature.ts';
import { verifyLockfile } from './lockfile.ts';
import { verifyRelease } from './release.ts';
import type { Verification } from './steps.ts';

const host = 'registry.example.com';
const now = '2026-11-01T00:00:00.000Z';
const bytes = Buffer.from('the bytes of a tarball');
const { sha512 } = artifactDigestsOf(bytes);
const integrity = integrityOf(sha512);
const released = releasedOf('sample', '1.2.3', bytes);
const sigstore = createFakeSigstore();
const registry = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const gateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const at = new Date('2026-05-06T07:08:09Z');
const run = workflowRun();

const trust: TrustMaterial = {
  digest: sha256('trust'),
  sigstore: [sigstore.trust],
  registryKeys: new Map([
    [
      host,
      [
        {
          keyid: 'SHA256:registry',
          spki: registry.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
          usages: [
            { usage: 'signatures', from: undefined, until: undefined },
            { usage: 'attestations', from: undefined, until: undefined },
          ],
          source: 'pinned',
        },
      ],
    ],
  ]),
};
const keys: GateKeys = {
  from: 'given',
  keys: [{ keyid: 'SHA256:gate', key: gateKey.publicKey, expires: undefined }],
};

function signed(text: string, key: typeof registry, keyid: string): unknown {
  return { keyid, sig: sign('sha256', Buffer.from(text), key.privateKey).toString('base64') };
}

const ours = signed(`sample@1.2.3:${integrity}`, gateKey, 'SHA256:gate');
const theirs = signed(`sample@1.2.3:${integrity}`, registry, 'SHA256:registry');
const attestations = {
  attestations: [
    {
      predicateType: 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1',
      bundle: sigstore.attest({
        statement: publishStatement(released, `https://${host}`),
        key: { keyid: 'SHA256:registry', privateKey: registry.privateKey },
        at,
      }),
    },
    {
      predicateType: 'https://slsa.dev/provenance/v1',
      bundle: sigstore.attest({ statement: provenanceV1(released, run), identity: identityOf(run), at }),
    },
  ],
};

interface Offered {
  readonly dist?: Readonly<Record<string, unknown>>;
  readonly bytes?: Uint8Array;
  readonly attestations?: unknown;
  readonly version?: string;
}

/** A gate in as much as is asked here. */
async function offering(t: TestContext, offered: Offered): Promise<string> {
  const server = createServer((request, response) => {
    const base = `http://${request.headers.host ?? ''}/`;
    const { dist = {}, version = '1.2.3' } = offered;
    const json = (value: unknown): ServerResponse => response.end(JSON.stringify(value));
    if (request.url === '/sample/1.2.3')
      json({
        name: 'sample',
        version,
        dist: { tarball: `${base}sample/-/sample-1.2.3.tgz`, integrity, ...dist },
      });
    else if (request.url === '/sample/-/sample-1.2.3.tgz') response.end(offered.bytes ?? bytes);
    else if (request.url === '/-/npm/v1/attestations/sample@1.2.3' && offered.attestations !== undefined)
      json(offered.attestations);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function verified(t: TestContext, offered: Offered, identityHost = host): Promise<Verification> {
  const target = { url: await offering(t, offered), token: undefined };
  return verifyRelease({ name: 'sample', version: '1.2.3', target, keys, trust, identityHost, now });
}

function said({ steps }: Verification): Readonly<Record<string, string>> {
  return Object.fromEntries(steps.map(({ name, result }) => [name, result]));
}

const full = {
  dist: {
    signatures: [theirs, ours],
    attestations: { url: 'x', provenance: { predicateType: 'https://slsa.dev/provenance/v1' } },
  },
  attestations,
};

test('a release with everything is verified in every part, and its source is named without being judged', async (t) => {
  const found = await verified(t, full);
  assert.deepEqual(said(found), {
    bytes: 'passed',
    'gate signature': 'passed',
    'registry signature': 'passed',
    provenance: 'passed',
    source: 'not-checked',
  });
  assert.equal(found.verified, true);
});

test('what is not offered is not available, and the approval alone verifies', async (t) => {
  const found = await verified(t, { dist: { signatures: [ours] } });
  assert.deepEqual(said(found), {
    bytes: 'passed',
    'gate signature': 'passed',
    'registry signature': 'not-available',
    provenance: 'not-available',
  });
  assert.equal(found.verified, true);
});

test('without the approval it is not verified, whatever else is right', async (t) => {
  const found = await verified(t, { ...full, dist: { ...full.dist, signatures: [theirs] } });
  assert.equal(said(found)['gate signature'], 'failed');
  assert.equal(said(found)['registry signature'], 'passed');
  assert.equal(found.verified, false);
});

test('other bytes than those that were approved fail everything that is about bytes', async (t) => {
  const found = await verified(t, { ...full, bytes: Buffer.from('other') });
  assert.equal(found.verified, false);
  assert.equal(said(found)['gate signature'], 'failed');
  assert.equal(said(found)['registry signature'], 'failed');
  assert.equal(said(found)['provenance'], 'failed');
});

test('a signature over another name or version, by another key, or of another form is no approval', async (t) => {
  const wrong = [
    signed(`sample@1.2.4:${integrity}`, gateKey, 'SHA256:gate'),
    signed(`simple@1.2.3:${integrity}`, gateKey, 'SHA256:gate'),
    signed(`sample@1.2.3:${integrity}`, registry, 'SHA256:gate'),
    { keyid: 'SHA256:gate', sig: '' },
    { keyid: 'SHA256:gate', sig: 7 },
    { keyid: 'SHA256:gate' },
  ];
  for (const entry of wrong) {
    for (const signatures of [[entry], [ours, entry], [entry, ours]]) {
      const found = await verified(t, { dist: { signatures } });
      assert.equal(found.verified, false);
      assert.equal(said(found)['gate signature'], 'failed');
    }
  }
});

test("the registry's key counts for its own identity alone, and never as the gate's", async (t) => {
  const elsewhere = await verified(t, full, 'mirror.example.com');
  assert.equal(said(elsewhere)['registry signature'], 'not-checked');
  const posing = await verified(t, {
    dist: { signatures: [signed(`sample@1.2.3:${integrity}`, registry, 'SHA256:registry')] },
  });
  assert.equal(said(posing)['gate signature'], 'failed');
});

test('attestations that are advertised and missing are doubtful, those that do not hold fail', async (t) => {
  const missing = await verified(t, { ...full, attestations: undefined });
  assert.equal(said(missing)['provenance'], 'doubtful');
  const empty = await verified(t, { ...full, attestations: { attestations: [] } });
  assert.equal(said(empty)['provenance'], 'doubtful');
  const swapped = await verified(t, { ...full, attestations: { attestations: [{}] } });
  assert.equal(said(swapped)['provenance'], 'failed');
  assert.equal(swapped.verified, false);
});

test('a version that the gate does not offer is not verified', async (t) => {
  const target = { url: await offering(t, {}), token: undefined };
  const other = await verifyRelease({
    name: 'sample',
    version: '9.9.9',
    target,
    keys,
    trust,
    identityHost: host,
    now,
  });
  assert.deepEqual([other.verified, said(other)['offered']], [false, 'failed']);
});

function lockfileOf(...entries: readonly Partial<LockedEntry>[]): Lockfile {
  return {
    format: 'npm',
    version: '3',
    entries: entries.map((entry) => ({
      key: 'node_modules/sample',
      name: 'sample',
      version: '1.2.3',
      integrity,
      url: undefined,
      source: 'registry',
      ...entry,
    })),
  };
}

test('a lockfile is verified when the gate approved the very bytes it locks, each of them', async (t) => {
  const target = { url: await offering(t, full), token: undefined };
  const check = async (...entries: readonly Partial<LockedEntry>[]) =>
    verifyLockfile({ lockfile: lockfileOf(...entries), target, keys, onProgress: () => undefined });
  const good = await check({}, {}, { source: 'local', version: undefined });
  assert.deepEqual([good.verified, good.checked.length, good.local], [true, 1, 1]);
  const other = integrityOf(artifactDigestsOf(Buffer.from('other')).sha512);
  const troubles = [
    [{ integrity: other }, 'failed'],
    [{ integrity: undefined }, 'not-checked'],
    [{ integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }, 'not-checked'],
    // Clients take bytes that any of these names.
    [{ integrity: `${integrity} ${other}` }, 'not-checked'],
    [{ integrity: `${`${integrity} `.repeat(16)}${other}` }, 'not-checked'],
    [{ version: '9.9.9' }, 'failed'],
    [{ name: 'unknown' }, 'failed'],
    [{ source: 'git', version: undefined }, 'not-available'],
    [{ source: 'url' }, 'not-available'],
  ] as const;
  for (const [entry, result] of troubles) {
    const found = await check({}, entry);
    assert.equal(found.verified, false);
    assert.equal(found.checked.find(({ step }) => step.result !== 'passed')?.step.result, result);
  }
  assert.equal((await check()).verified, false, 'nothing verified is not verified');
});

test('a gate that is not there is told as such', async () => {
  const target = { url: 'http://127.0.0.1:9/', token: undefined };
  await assert.rejects(servedGateKeys(target), (error) => isAssayError(error, 'GATE_UNREACHABLE'));
});

test('a real gate signs what it admitted, and what it refuses it does not', async (t) => {
  const { url, registry: upstream } = await composeGate(t);
  const published = upstream.publish({ name: 'good', version: '1.0.0' });
  upstream.publish({ name: 'young', version: '1.0.0', publishedAt: new Date().toISOString() });
  const target = { url, token: undefined };
  assert.equal((await fetch(`${url}good/-/good-1.0.0.tgz`)).status, 200);
  const check = async (name: string): Promise<Verification> =>
    verifyRelease({
      name,
      version: '1.0.0',
      target,
      keys: await servedGateKeys(target),
      trust,
      identityHost: undefined,
      now,
    });
  let found = await check('good');
  for (let tried = 0; !found.verified && tried < 100; tried += 1) {
    await wait(50);
    found = await check('good');
  }
  assert.equal(said(found)['gate signature'], 'passed', JSON.stringify(found));
  const served = (await servedGateKeys(target)).keys.map(({ keyid }) => keyid);
  assert.ok(served.length === 1 && !served.includes(upstream.key.keyid), "upstream's key is not the gate's");
  assert.equal((await check('young')).verified, false);
  const lockfile = lockfileOf({ name: 'good', version: '1.0.0', integrity: published.integrity });
  const locked = { lockfile, target, keys: await servedGateKeys(target), onProgress: () => undefined };
  assert.equal((await verifyLockfile(locked)).verified, true);
});
