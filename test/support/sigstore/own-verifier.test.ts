/** Our own verifier takes what the fake makes, reads the identity it was made for, and names what was swapped. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { JsonObject } from '../../../src/core/json.ts';
import type { RegistryKey } from '../../../src/core/trust.ts';
import type { BundleFailure, BundleVerdict } from '../../../src/sigstore/types.ts';
import { verifyBundle } from '../../../src/sigstore/verify.ts';
import { usages } from './certificates.ts';
import { createFakeSigstore, trustedRootOf, type AttestInput } from './fake-sigstore.ts';
import { publishStatement, releasedOf } from './statements.ts';
import { createTimestampAuthority } from './timestamps.ts';
import { identityOf, provenanceV1, workflowRun } from './workflow-run.ts';

const ours = createFakeSigstore();
const other = createFakeSigstore('other');
const run = workflowRun();
const released = releasedOf('@scope/sample', '1.2.3', Buffer.from('bytes'));
const at = new Date('2026-05-06T07:08:09Z');
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key: RegistryKey = {
  keyid: 'SHA256:registry',
  spki: pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  usages: [{ usage: 'attestations', from: undefined, until: undefined }],
  source: 'configured',
};

function verify(bundle: JsonObject, trust = ours.trust): BundleVerdict {
  return verifyBundle({
    bundle,
    thing: undefined,
    roots: [trust],
    keys: [key],
    now: '2026-11-20T12:00:00.000Z',
  });
}

function attestInput(change: Partial<AttestInput> = {}): AttestInput {
  return { statement: provenanceV1(released, run), identity: identityOf(run), at, ...change };
}

for (const version of ['0.1', '0.2', '0.3'] as const) {
  for (const entry of ['intoto', 'dsse'] as const) {
    test(`bundle ${version}, entry ${entry}: verified, with every field of the identity and the time of the log`, () => {
      const verdict = verify(ours.attest(attestInput({ version, entry })));
      assert.ok(verdict.ok, JSON.stringify(verdict));
      assert.deepEqual(verdict.signer, { kind: 'certificate', identity: identityOf(run) });
      assert.deepEqual(verdict.signedTimes, [{ by: 'log', time: at.toISOString() }]);
      assert.equal(verdict.root, 'fake');
    });
  }
  test(`bundle ${version}, signed by a key of the registry: verified`, () => {
    const statement = publishStatement(released, 'https://registry.example.com');
    const signed = { keyid: key.keyid, privateKey: pair.privateKey };
    const verdict = verify(ours.attest({ statement, key: signed, at, version }));
    assert.ok(verdict.ok, JSON.stringify(verdict));
    assert.deepEqual(verdict.signer, { kind: 'key', keyid: key.keyid });
  });
}

test('a message signature and a timestamp token instead of a promise: verified', () => {
  const bytes = Buffer.from('file');
  const signed = ours.signBytes({ bytes, identity: identityOf(run), at });
  const request = { roots: [ours.trust], keys: [], now: '2026-11-20T12:00:00.000Z' };
  assert.ok(verifyBundle({ ...request, bundle: signed, thing: { kind: 'bytes', bytes } }).ok);
  const stamped = verify(ours.attest(attestInput({ timestamp: true, without: ['promise'] })));
  assert.ok(stamped.ok, JSON.stringify(stamped));
  assert.deepEqual(stamped.signedTimes, [{ by: 'timestamp-authority', time: at.toISOString() }]);
});

test('a certificate of early 2023 names what its deprecated extensions hold', () => {
  const verdict = verify(ours.attest(attestInput({ version: '0.1', leaf: { extensions: 'deprecated' } })));
  assert.ok(verdict.ok && verdict.signer.kind === 'certificate', JSON.stringify(verdict));
  const { issuer, buildTrigger, sourceRepositoryUri, sourceRepositoryId } = verdict.signer.identity;
  assert.equal(issuer, 'https://token.actions.githubusercontent.com');
  assert.equal(buildTrigger, run.trigger);
  assert.match(sourceRepositoryUri ?? '', /\/example-owner\/example$/);
  assert.equal(sourceRepositoryId, undefined);
});

const faults: readonly (readonly [string, Partial<AttestInput>, BundleFailure])[] = [
  ['another authority', { using: { authority: other.parts.authority } }, 'certificate-chain'],
  [
    'another certificate log',
    { using: { certificateLog: other.parts.certificateLog } },
    'certificate-transparency',
  ],
  ['no certificate log', { leaf: { logs: [] } }, 'certificate-transparency'],
  ['a certificate for servers', { leaf: { usage: usages.serverAuthentication } }, 'certificate-usage'],
  ['a certificate for nothing named', { leaf: { usage: null } }, 'certificate-usage'],
  ['another log', { using: { log: other.parts.log } }, 'log-unknown'],
  [
    'another timestamp authority',
    { using: { timestamps: other.parts.timestamps }, timestamp: true },
    'timestamp',
  ],
  ['an expired certificate', { loggedAt: new Date(at.getTime() + 601_000) }, 'certificate-time'],
  ['no entry in the log', { without: ['log'], timestamp: true }, 'log-inclusion'],
  ['neither promise nor timestamp', { without: ['promise'] }, 'timestamp'],
  ['a time that has not come', { at: new Date('2027-01-01T00:00:00Z') }, 'timestamp'],
];
for (const [title, change, failure] of faults) {
  test(`a bundle with ${title} is refused as ${failure}`, () => {
    const verdict = verify(ours.attest(attestInput(change)));
    assert.ok(!verdict.ok);
    assert.equal(verdict.failure, failure, verdict.why);
  });
}

test('a timestamp token by a certificate that is not for timestamps is refused, though the root names it (CVE-2026-39984)', () => {
  const validity = { from: new Date('2020-01-01T00:00:00Z'), until: new Date('2040-01-01T00:00:00Z') };
  const timestamps = createTimestampAuthority(validity, usages.serverAuthentication);
  const trust = { ...ours.trust, trustedRoot: trustedRootOf({ ...ours.parts, timestamps }) };
  const verdict = verify(ours.attest(attestInput({ using: { timestamps }, timestamp: true })), trust);
  assert.ok(!verdict.ok);
  assert.equal(verdict.failure, 'certificate-usage', verdict.why);
});

test('a bundle under the root of another Sigstore is refused', () => {
  const verdict = verify(ours.attest(attestInput()), other.trust);
  assert.ok(!verdict.ok);
});
