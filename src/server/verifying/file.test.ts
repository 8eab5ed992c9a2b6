import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { artifactDigestsOf, sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TrustMaterial } from '../../core/trust.ts';
import { createFakeSigstore } from '../../../test/support/sigstore/fake-sigstore.ts';
import { publishStatement, releasedOf } from '../../../test/support/sigstore/statements.ts';
import { identityOf, provenanceV1, workflowRun } from '../../../test/support/sigstore/workflow-run.ts';
import { digestNamed, keyFrom, readBundleFile, trustFrom, verifyFile, type ExpectedSigner } from './file.ts';
import { inspectDocument } from './inspect.ts';
import type { Verification } from './steps.ts';

const sigstore = createFakeSigstore();
const bytes = Buffer.from('the bytes of a file');
const released = releasedOf('sample', '1.2.3', bytes);
const run = workflowRun();
const identity = identityOf(run);
const at = new Date('2026-05-06T07:08:09Z');
const now = '2026-11-01T00:00:00.000Z';
const registry = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyid = 'SHA256:registry';
const spkiOf = (pair: typeof registry): string =>
  pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

const trust: TrustMaterial = {
  digest: sha256('trust'),
  sigstore: [sigstore.trust],
  registryKeys: new Map([
    [
      'registry.example.com',
      [
        {
          keyid,
          spki: spkiOf(registry),
          usages: [{ usage: 'attestations', from: undefined, until: undefined }],
          source: 'pinned',
        },
      ],
    ],
  ]),
};
const provenance = sigstore.attest({ statement: provenanceV1(released, run), identity, at });
const publish = sigstore.attest({
  statement: publishStatement(released, 'https://registry.example.com'),
  key: { keyid, privateKey: registry.privateKey },
  at,
});
const message = sigstore.signBytes({ bytes, identity, at });
const meant: ExpectedSigner = {
  kind: 'certificate',
  subject: identity.subject.value,
  issuer: identity.issuer ?? '',
};

function verified(bundle: JsonObject, change: Partial<Parameters<typeof verifyFile>[0]> = {}): Verification {
  return verifyFile({
    about: 'file',
    thing: { kind: 'bytes', bytes },
    bundle,
    trust,
    expected: meant,
    now,
    ...change,
  });
}

function failed({ verified, steps }: Verification): readonly string[] {
  assert.equal(verified, false);
  return steps.filter(({ result }) => result === 'failed').map(({ name }) => name);
}

test('a statement and a message about these bytes by the signer that was named are verified, each step told', () => {
  for (const bundle of [provenance, message]) {
    const found = verified(bundle);
    assert.equal(found.verified, true);
    assert.deepEqual(
      found.steps.map(({ name, result }) => `${name} ${result}`),
      ['bundle', 'log', 'time', 'certificate', 'signature', 'subject', 'signer'].map(
        (name) => `${name} passed`,
      ),
    );
  }
});

test('a digest stands for the file', () => {
  const { sha512 } = artifactDigestsOf(bytes);
  const thing = digestNamed(`sha512:${sha512}`);
  assert.ok(thing !== undefined);
  assert.equal(verified(provenance, { thing }).verified, true);
  for (const text of ['sha512:abc', `md5:${'a'.repeat(32)}`, `sha256:${sha512}`, 'file.tgz'])
    assert.equal(digestNamed(text), undefined, text);
});

test('other bytes, another subject, another issuer, a part of the name and another root are refused', () => {
  const other = { kind: 'bytes', bytes: Buffer.from('other') } as const;
  assert.deepEqual(failed(verified(provenance, { thing: other })), ['subject-mismatch']);
  assert.deepEqual(failed(verified(message, { thing: other })), ['subject-mismatch']);
  const wrong = [
    { ...meant, subject: `${meant.subject}x` },
    { ...meant, subject: meant.subject.slice(0, -1) },
    { ...meant, subject: '.*' },
    { ...meant, issuer: 'https://token.example.org' },
  ];
  for (const expected of wrong)
    assert.deepEqual(failed(verified(provenance, { expected })), ['identity-mismatch']);
  const elsewhere = { ...trust, sigstore: [createFakeSigstore('other').trust] };
  assert.equal(verified(provenance, { trust: elsewhere }).verified, false);
  assert.equal(verified(provenance, { trust: { ...trust, sigstore: [] } }).verified, false);
});

test('a key that was given must have signed, whatever the bundle calls it', () => {
  const expected = { kind: 'key', spki: spkiOf(registry) } as const;
  assert.equal(verified(publish, { expected }).verified, true);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  assert.deepEqual(failed(verified(publish, { expected: { kind: 'key', spki: spkiOf(other) } })), [
    'signature',
  ]);
  assert.deepEqual(failed(verified(provenance, { expected })), ['signer'], 'a certificate is no such key');
  assert.deepEqual(failed(verified(publish)), ['key-unknown'], 'a key is no such certificate');
});

test("a registry's list is verified by the signer that was named, and its own attestation beside it is not him", () => {
  const list = (...bundles: readonly JsonObject[]): JsonObject => ({
    attestations: bundles.map((bundle) => ({ predicateType: 'x', bundle })),
  });
  assert.equal(verified(list(publish, provenance)).verified, true);
  assert.deepEqual(failed(verified(list(publish))), ['signer']);
  const byKey = { expected: { kind: 'key', spki: spkiOf(registry) } } as const;
  assert.equal(verified(list(publish), byKey).verified, true);
  const tampered = { ...provenance, mediaType: 'application/json' };
  assert.deepEqual(failed(verified(list(publish, tampered))), ['2: bundle-malformed', 'signer']);
  assert.deepEqual(failed(verified(list(provenance, tampered))), ['2: bundle-malformed']);
  assert.deepEqual(failed(verified(list())), ['bundle']);
  assert.deepEqual(failed(verified({ attestations: {} })), ['bundle']);
});

test('what is no bundle is refused and never thrown', () => {
  for (const bundle of [{}, { mediaType: 1 }, { ...provenance, dsseEnvelope: null }] as JsonObject[])
    assert.equal(verified(bundle).verified, false);
});

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'assay-verify-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('keys are read as PEM, DER and base64; anything else is a mistake to correct', async (t) => {
  const path = join(await folder(t), 'key');
  const spki = Buffer.from(spkiOf(registry), 'base64');
  const forms = [registry.publicKey.export({ type: 'spki', format: 'pem' }), spki, spki.toString('base64')];
  for (const form of forms) {
    await writeFile(path, form);
    assert.deepEqual(await keyFrom(path), { kind: 'key', spki: spki.toString('base64') });
  }
  for (const form of ['', 'x', '-----BEGIN PUBLIC KEY-----', Buffer.alloc(100_000)]) {
    await writeFile(path, form);
    await assert.rejects(keyFrom(path), (error) => isAssayError(error, 'USAGE_INVALID'));
  }
});

test('files that are not there, no JSON, or no trusted root are told as such', async (t) => {
  const root = await folder(t);
  const path = join(root, 'file');
  await assert.rejects(readBundleFile(path), (error) => isAssayError(error, 'USAGE_INVALID'));
  await writeFile(path, '[]');
  await assert.rejects(readBundleFile(path), (error) => isAssayError(error, 'USAGE_INVALID'));
  await writeFile(path, '{}');
  await assert.rejects(trustFrom(path), (error) => isAssayError(error, 'TRUST_INVALID'));
  await writeFile(path, JSON.stringify(sigstore.trust.trustedRoot));
  const given = await trustFrom(path);
  assert.equal(verified(provenance, { trust: given }).verified, true);
  assert.equal((await trustFrom(undefined)).sigstore[0]?.source, 'pinned');
});

test('inspect says who, what and when, and that nobody compared it with whom to expect', () => {
  const { bundles } = inspectDocument(provenance, trust, now);
  const [bundle] = bundles;
  assert.equal(bundle?.state, 'holds');
  assert.match(
    bundle.verdict,
    /NOT verified: that it is about your file, and that the signer is whom you expect/,
  );
  const said = Object.fromEntries(bundle.lines.map(({ label, text }) => [label, text]));
  assert.equal(said['signed by'], identity.subject.value);
  assert.equal(said['vouched by'], identity.issuer);
  assert.match(said['signed at'] ?? '', /^2026-05-06T07:08:09/);
  assert.match(said['says'] ?? '', /how it was built/);
  assert.match(said['about'] ?? '', /^pkg:npm\/sample@1\.2\.3: sha512 /);
});

test('inspect never calls verified what does not hold, or could not be told', () => {
  const other = { ...trust, sigstore: [createFakeSigstore('other').trust] };
  const stateOf = (bundle: JsonObject, with_ = trust): string | undefined =>
    inspectDocument(bundle, with_, now).bundles[0]?.state;
  assert.equal(stateOf(provenance, other), 'refused');
  assert.equal(stateOf(message), 'not-verified');
  assert.equal(stateOf(publish), 'holds');
  assert.equal(stateOf(publish, { ...trust, registryKeys: new Map() }), 'not-verified');
  assert.equal(stateOf({}), 'refused');
  for (const bundle of [provenance, message, publish])
    for (const { state, verdict } of inspectDocument(bundle, other, now).bundles)
      if (state !== 'holds') assert.match(verdict, /only what the file says/);
});

test('inspect warns of an announcement that is not what was signed, and of an empty list', () => {
  const list = { attestations: [{ predicateType: 'https://slsa.dev/provenance/v0.2', bundle: provenance }] };
  const [bundle] = inspectDocument(list, trust, now).bundles;
  assert.ok(bundle?.lines.some(({ label }) => label === 'BEWARE'));
  assert.match(inspectDocument({ attestations: [] }, trust, now).problem ?? '', /empty/);
});
