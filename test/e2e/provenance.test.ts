/**
 * Real releases through a whole gate: Sigstore's own client with its real attestations, lodash with its real registry
 * signatures. The bytes come from the registry this machine is set to; a fake one serves them with the metadata that
 * the public registry has, under its identity. Then each of them tampered with.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { artifactDigestsOf } from '../../src/core/digest.ts';
import type { Evidence } from '../../src/core/evidence.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { UpstreamId } from '../../src/core/subject.ts';
import { openStorage } from '../../src/storage/open.ts';
import { composeGate, upstreamSettings } from '../support/composed-gate.ts';
import { tarballName, type PublishInput } from '../support/fake-package.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { get } from '../support/http.ts';
import { registryMissing } from '../support/machine.ts';
import {
  attestedDigest,
  attestedName,
  attestedVersions,
  documentWith,
  isPublish,
  offersOf,
  payloadOf,
  pinnedHost,
  realAttestations,
  skipWithoutAttestations,
  withPayload,
  type AttestedVersion,
  type Offer,
} from '../support/npm-attestations.ts';
import { realRelease } from '../support/real-release.ts';

const skip =
  skipWithoutAttestations === false ? ((await registryMissing()) ?? false) : skipWithoutAttestations;
const shared = process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared');
const rowsFile = join(shared, 'vectors/npm-signatures/signatures.json');

type Real = Awaited<ReturnType<typeof realRelease>>;
const fetched = new Map<string, Promise<Real>>();

function real(name: string, version: string): Promise<Real> {
  const key = `${name}@${version}`;
  const known = fetched.get(key) ?? realRelease(name, version);
  fetched.set(key, known);
  return known;
}

interface Stage {
  readonly registry: FakeRegistry;
  readonly ask: (
    name: string,
    version: string,
  ) => Promise<{ readonly status: number; readonly rules: readonly string[] }>;
  /** By kind, as stored. Stops the gate. */
  readonly evidenceOf: (name: string, version: string) => Promise<Readonly<Record<string, Evidence>>>;
}

/** A gate whose upstream has the public registry's identity, wherever it lies. */
async function startStage(t: TestContext): Promise<Stage> {
  const registry = await startFakeRegistry();
  const upstreams = [upstreamSettings(registry.url, { identityHost: pinnedHost() })];
  const gate = await composeGate(t, { upstreams });
  t.after(() => registry.close());
  return {
    registry,
    ask: async (name, version) => {
      const { status, body } = await get(`${gate.url}${name}/-/${tarballName(name, version)}`);
      const said = status === 200 ? {} : (JSON.parse(body.toString('utf8')) as { rules?: readonly string[] });
      return { status, rules: said.rules ?? [] };
    },
    evidenceOf: async (name, version) => {
      await gate.stop();
      const storage = await openStorage({ directory: gate.directory });
      try {
        const releases = await storage.admission.releasesOf('npm' as UpstreamId, name);
        const id = releases.find((release) => release.version === version)?.id;
        const record = id === undefined ? undefined : await storage.admission.release(id);
        return Object.fromEntries((record?.evidence ?? []).map((one) => [one.kind, one]));
      } finally {
        await storage.close();
      }
    },
  };
}

/** As the public registry would show it: with attestations, and (in our vectors) without a signature. */
async function publishAttested(
  registry: FakeRegistry,
  version: AttestedVersion,
  document: JsonObject | undefined,
  change: Partial<PublishInput> = {},
): Promise<void> {
  registry.publish({ ...(await real(attestedName, version)), attested: true, ...change });
  registry.strip(attestedName, version, ['signatures']);
  registry.setAttestations(attestedName, version, () => document);
}

test(
  'sigstore@0.4.0 and 2.3.1 pass with the identity of who built them, through a mirror',
  { skip },
  async (t) => {
    const { registry, ask, evidenceOf } = await startStage(t);
    for (const version of attestedVersions)
      await publishAttested(registry, version, realAttestations(version));
    for (const version of attestedVersions) {
      assert.equal(
        artifactDigestsOf((await real(attestedName, version)).tarball).sha512,
        attestedDigest(version),
      );
      const { status, rules } = await ask(attestedName, version);
      assert.equal(status, 200, rules.join());
    }
    const { provenance, signatures } = await evidenceOf(attestedName, '2.3.1');
    assert.equal(provenance?.result, 'pass', provenance?.summary ?? 'no evidence');
    const { facts } = provenance;
    assert.deepEqual(
      [facts['state'], facts['repository'], facts['repositoryId'], facts['ownerId'], facts['workflow']],
      [
        'verified',
        'https://github.com/sigstore/sigstore-js',
        '495574555',
        '71096353',
        '.github/workflows/release.yml',
      ],
    );
    assert.equal(facts['commit'], '46e7056ff9912ebfee5298d94024895a9fea76c0');
    assert.equal(facts['publishTime'], '2024-05-16T17:12:06.000Z');
    assert.equal(signatures?.result, 'not-available');
    const old = (await evidenceOf(attestedName, '0.4.0'))['provenance'];
    assert.deepEqual(
      [old?.result, old?.facts['trigger'], old?.facts['repositoryId'], old?.facts['publishTime']],
      ['pass', 'release', null, '2023-01-11T17:31:54.000Z'],
    );
  },
);

// ---- tampered ----

type Tamper = (offers: readonly Offer[], version: AttestedVersion) => readonly Offer[];

const each =
  (change: (offer: Offer, version: AttestedVersion) => Offer): Tamper =>
  (offers, version) =>
    offers.map((offer) => change(offer, version));
const edited =
  (from: (version: AttestedVersion) => string, to: string): Tamper =>
  (offers, version) =>
    offers.map((offer) => {
      const text = payloadOf(offer).toString('utf8');
      assert.ok(text.includes(from(version)));
      return withPayload(offer, Buffer.from(text.replace(from(version), to)));
    });
const other = (version: AttestedVersion): AttestedVersion => (version === '0.4.0' ? '2.3.1' : '0.4.0');

/** No certificate at all is left where there was one. */
function withoutLeaf(offer: Offer): Offer {
  if (isPublish(offer)) return offer;
  const material = offer.bundle['verificationMaterial'] as JsonObject;
  const chain = material['x509CertificateChain'] as JsonObject;
  const certificates = (chain['certificates'] as readonly Json[]).slice(1);
  const verificationMaterial = { ...material, x509CertificateChain: { certificates } };
  return { ...offer, bundle: { ...offer.bundle, verificationMaterial } };
}

function withHint(offer: Offer): Offer {
  if (!isPublish(offer)) return offer;
  const material = offer.bundle['verificationMaterial'] as JsonObject;
  const newer = 'SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U';
  const verificationMaterial = { ...material, publicKey: { hint: newer } };
  return { ...offer, bundle: { ...offer.bundle, verificationMaterial } };
}

const tampered: Readonly<Record<string, Tamper>> = {
  'another subject name': edited((version) => `pkg:npm/sigstore@${version}`, 'pkg:npm/sigstone@1.0.0'),
  'another subject digest': edited((version) => attestedDigest(version).slice(0, 16), '0'.repeat(16)),
  'another version': edited((version) => `sigstore@${version}`, 'sigstore@9.9.9'),
  'the right attestations of another version': (_, version) => offersOf(realAttestations(other(version))),
  "bundles in each other's place": (offers) =>
    offers.map((offer, at) => ({ ...offer, bundle: offers[1 - at]?.bundle ?? {} })),
  'a chain cut at its leaf': each(withoutLeaf),
  'another key of the registry': each(withHint),
};

for (const [what, tamper] of Object.entries(tampered)) {
  test(`blocked: ${what}`, { skip }, async (t) => {
    const { registry, ask, evidenceOf } = await startStage(t);
    for (const version of attestedVersions) {
      const document = documentWith(tamper(offersOf(realAttestations(version)), version));
      await publishAttested(registry, version, document);
    }
    for (const version of attestedVersions) {
      const { status, rules } = await ask(attestedName, version);
      assert.equal(status, 403);
      assert.deepEqual(rules, ['npm/provenance']);
    }
    for (const version of attestedVersions) {
      const { provenance } = await evidenceOf(attestedName, version);
      assert.deepEqual([provenance?.result, provenance?.facts['state']], ['fail', 'invalid']);
      assert.equal(provenance?.facts['repository'], null);
    }
  });
}

const missing: Readonly<Record<string, JsonObject | undefined>> = {
  'an empty list of attestations': { attestations: [] },
  'attestations that are advertised and answer 404': undefined,
};

for (const [what, document] of Object.entries(missing)) {
  test(`held: ${what}`, { skip }, async (t) => {
    const { registry, ask, evidenceOf } = await startStage(t);
    for (const version of attestedVersions) await publishAttested(registry, version, document);
    for (const version of attestedVersions) {
      const { status, rules } = await ask(attestedName, version);
      assert.equal(status, 403);
      assert.deepEqual(rules, ['npm/provenance']);
    }
    const { provenance } = await evidenceOf(attestedName, '2.3.1');
    assert.deepEqual([provenance?.result, provenance?.facts['state']], ['warn', 'advertised-missing']);
  });
}

test('the URL that the index names for attestations is never asked', { skip }, async (t) => {
  const { registry, ask } = await startStage(t);
  await publishAttested(registry, '2.3.1', realAttestations('2.3.1'));
  const trap = await startFakeRegistry();
  t.after(() => trap.close());
  const url = `${trap.url}-/npm/v1/attestations/${attestedName}@2.3.1`;
  registry.editDist(attestedName, '2.3.1', (dist) => ({
    ...dist,
    attestations: { ...(dist['attestations'] as JsonObject), url },
  }));
  assert.equal((await ask(attestedName, '2.3.1')).status, 200);
  assert.equal(trap.requests.length, 0);
});

// ---- registry signatures ----

interface Row {
  readonly name: string;
  readonly version: string;
  readonly keyid: string;
  readonly sig: string;
}

const skipRows = existsSync(rowsFile) ? skip : 'ASSAY_SHARED/vectors/npm-signatures is not there';

function rowOf(name: string, version: string): Row {
  const rows = JSON.parse(readFileSync(rowsFile, 'utf8')) as readonly Row[];
  const row = rows.find((one) => one.name === name && one.version === version);
  assert.ok(row !== undefined);
  return row;
}

async function publishSigned(
  registry: FakeRegistry,
  version: string,
  { keyid, sig }: Row,
  change: Partial<PublishInput> = {},
): Promise<void> {
  registry.publish({ ...(await real('lodash', version)), ...change });
  registry.editDist('lodash', version, (dist) => ({ ...dist, signatures: [{ keyid, sig }] }));
}

test(
  'lodash is signed by the key in force, or by the ended one, of which nothing proves the time',
  { skip: skipRows },
  async (t) => {
    const { registry, ask, evidenceOf } = await startStage(t);
    for (const version of ['4.17.21', '4.17.23'])
      await publishSigned(registry, version, rowOf('lodash', version));
    assert.equal((await ask('lodash', '4.17.23')).status, 200);
    assert.equal((await ask('lodash', '4.17.21')).status, 200);
    const young = (await evidenceOf('lodash', '4.17.23'))['signatures'];
    assert.deepEqual(
      [young?.result, young?.facts['keyRetired']],
      ['pass', false],
      young?.summary ?? 'no evidence',
    );
    const old = (await evidenceOf('lodash', '4.17.21'))['signatures'];
    assert.deepEqual(
      [old?.result, old?.items[0]?.id, old?.facts['signed'], old?.facts['time']],
      ['warn', 'signatures/key-retired', true, null],
    );
  },
);

test("the index's own time makes an ended key neither better nor worse", { skip: skipRows }, async (t) => {
  for (const publishedAt of [null, '2015-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z']) {
    const { registry, ask, evidenceOf } = await startStage(t);
    await publishSigned(registry, '4.17.21', rowOf('lodash', '4.17.21'), { publishedAt });
    const { status } = await ask('lodash', '4.17.21');
    const evidence = (await evidenceOf('lodash', '4.17.21'))['signatures'];
    // Without any time nothing is fetched: the cooldown cannot be judged.
    assert.equal(status, publishedAt === null ? 403 : 200);
    if (publishedAt !== null) assert.equal(evidence?.items[0]?.id, 'signatures/key-retired');
  }
});

test('a signature of another version is blocked', { skip: skipRows }, async (t) => {
  const { registry, ask, evidenceOf } = await startStage(t);
  await publishSigned(registry, '4.17.21', rowOf('lodash', '4.17.20'));
  const { status, rules } = await ask('lodash', '4.17.21');
  assert.equal(status, 403);
  assert.ok(rules.includes('npm/signature'), rules.join());
  const evidence = (await evidenceOf('lodash', '4.17.21'))['signatures'];
  assert.equal(evidence?.items[0]?.id, 'signatures/bad-signature');
});
