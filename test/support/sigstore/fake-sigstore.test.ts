/** What the fake makes is what Sigstore's own verifier takes, and each part swapped is what it refuses. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import type { JsonObject } from '../../../src/core/json.ts';
import { usages } from './certificates.ts';
import { createFakeSigstore, trustedRootOf, type AttestInput, type BundleVersion } from './fake-sigstore.ts';
import { createTimestampAuthority } from './timestamps.ts';
import { publishStatement, releasedOf } from './statements.ts';
import { identityOf, provenanceV02, provenanceV1, workflowRun } from './workflow-run.ts';

const ours = createFakeSigstore();
const other = createFakeSigstore('other');
const run = workflowRun();
const released = releasedOf('@scope/sample', '1.2.3', Buffer.from('bytes'));
const at = new Date('2026-05-06T07:08:09Z');
const registryKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyid = 'SHA256:registry';

function attestInput(change: Partial<AttestInput> = {}): AttestInput {
  return { statement: provenanceV1(released, run), identity: identityOf(run), at, ...change };
}

interface RawLog {
  readonly baseUrl: string;
  readonly publicKey: { readonly rawBytes: string };
  readonly logId: { readonly keyId: string };
}

interface RawAuthority {
  readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] };
}

interface RawRoot {
  readonly tlogs: readonly RawLog[];
  readonly ctlogs: readonly RawLog[];
  readonly certificateAuthorities: readonly RawAuthority[];
  readonly timestampAuthorities: readonly RawAuthority[];
}

/** As much of it as the library reads. */
function parsedRoot(json: JsonObject): Parameters<typeof toTrustMaterial>[0] {
  const decode = (text: string): Buffer => Buffer.from(text, 'base64');
  const root = json as unknown as RawRoot;
  const logOf = ({ baseUrl, publicKey, logId }: RawLog): unknown => ({
    baseUrl,
    publicKey: { rawBytes: decode(publicKey.rawBytes), keyDetails: 5 },
    logId: { keyId: decode(logId.keyId) },
  });
  const authorityOf = ({ certChain }: RawAuthority): unknown => ({
    certChain: {
      certificates: certChain.certificates.map(({ rawBytes }) => ({ rawBytes: decode(rawBytes) })),
    },
  });
  return {
    tlogs: root.tlogs.map(logOf),
    ctlogs: root.ctlogs.map(logOf),
    certificateAuthorities: root.certificateAuthorities.map(authorityOf),
    timestampAuthorities: root.timestampAuthorities.map(authorityOf),
  } as Parameters<typeof toTrustMaterial>[0];
}

/** Throws as the library does. */
function verify(
  bundle: JsonObject,
  trustedRoot = ours.trust.trustedRoot,
  bytes?: Buffer,
): string | undefined {
  const keys = {
    [keyid]: { rawBytes: registryKey.publicKey.export({ type: 'spki', format: 'der' }), keyDetails: 0 },
  };
  const verifier = new Verifier(toTrustMaterial(parsedRoot(trustedRoot), keys));
  return verifier.verify(toSignedEntity(bundleFromJSON(bundle), bytes)).identity?.subjectAlternativeName;
}

for (const version of ['0.1', '0.2', '0.3'] satisfies readonly BundleVersion[]) {
  for (const entry of ['intoto', 'dsse'] as const) {
    test(`a bundle ${version} with a log entry of kind ${entry} verifies, with the identity it was made for`, () => {
      const bundle = ours.attest(attestInput({ version, entry }));
      assert.equal(verify(bundle), identityOf(run).subject.value);
    });
  }
  test(`a bundle ${version} signed by a key verifies`, () => {
    const key = { keyid, privateKey: registryKey.privateKey };
    const statement = publishStatement(released, 'https://registry.example.com');
    assert.equal(verify(ours.attest({ statement, key, at, version })), undefined);
  });
  test(`a bundle ${version} with a message signature verifies for its bytes alone`, () => {
    const bundle = ours.signBytes({ bytes: Buffer.from('file'), identity: identityOf(run), at, version });
    verify(bundle, undefined, Buffer.from('file'));
    assert.throws(() => verify(bundle, undefined, Buffer.from('fild')), /signature/);
  });
}

test('a timestamp stands in for the promise of the log', () => {
  verify(ours.attest(attestInput({ timestamp: true, without: ['promise'] })));
  assert.throws(() => verify(ours.attest(attestInput({ without: ['promise'] }))), /timestamps, got 0/);
});

test('certificates as of early 2023, and provenance of those days, verify', () => {
  const statement = provenanceV02(released, run);
  const input = attestInput({ statement, version: '0.1', leaf: { extensions: 'deprecated' } });
  assert.equal(verify(ours.attest(input)), identityOf(run).subject.value);
});

const faults: readonly (readonly [string, Partial<AttestInput>, RegExp])[] = [
  ['another authority', { using: { authority: other.parts.authority } }, /verify certificate chain/],
  ['another certificate log', { using: { certificateLog: other.parts.certificateLog } }, /SCT/],
  ['no certificate log', { leaf: { logs: [] } }, /0/],
  ['another log', { using: { log: other.parts.log } }, /inclusion promise/],
  [
    'another log and only its proof',
    { using: { log: other.parts.log }, without: ['promise'], timestamp: true },
    /checkpoint/,
  ],
  [
    'another timestamp authority',
    { using: { timestamps: other.parts.timestamps }, timestamp: true },
    /timestamp could not/,
  ],
  ['an expired certificate', { loggedAt: new Date(at.getTime() + 601_000) }, /certificate chain/],
  ['no entry in the log', { without: ['log'], timestamp: true }, /tlog entries/],
];
for (const [title, change, message] of faults) {
  test(`a bundle with ${title} is refused`, () => {
    assert.throws(() => verify(ours.attest(attestInput(change))), message);
  });
}

test('a bundle is refused under another trusted root, and taken under a root with the part swapped in', () => {
  assert.throws(() => verify(ours.attest(attestInput()), other.trust.trustedRoot));
  const timestamps = createTimestampAuthority(
    { from: new Date('2020-01-01T00:00:00Z'), until: new Date('2040-01-01T00:00:00Z') },
    usages.serverAuthentication,
  );
  const mixed = ours.attest(attestInput({ using: { timestamps }, timestamp: true }));
  // The library looks at no extended key usage (CVE-2026-39984 is the class): our own verifier has to.
  verify(mixed, trustedRootOf({ ...ours.parts, timestamps }));
});

test('proofs verify at every size of the log, not only where the tree is even', () => {
  for (let count = 0; count < 20; count += 1) verify(ours.attest(attestInput()));
});

test("Node's own reader finds names, usage and issuer in a certificate where they belong", () => {
  const bundle = ours.attest(attestInput({ version: '0.3' })) as unknown as {
    verificationMaterial: { certificate: { rawBytes: string } };
  };
  const leaf = new X509Certificate(Buffer.from(bundle.verificationMaterial.certificate.rawBytes, 'base64'));
  assert.equal(leaf.subjectAltName, `URI:${identityOf(run).subject.value}`);
  assert.deepEqual(leaf.keyUsage, [usages.codeSigning]);
  const intermediate = new X509Certificate(ours.parts.authority.intermediate.der);
  assert.ok(leaf.checkIssued(intermediate) && leaf.verify(intermediate.publicKey));
  assert.ok(intermediate.ca && !leaf.ca);
  assert.equal(new Date(leaf.validFrom).getTime(), at.getTime());
});
