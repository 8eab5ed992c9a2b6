/** Mistakes that other verifiers made, each as a bundle that must be refused here; beside it the right one that must not. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '../core/digest.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../core/json.ts';
import type { RegistryKey } from '../core/trust.ts';
import { createAuthority } from '../../test/support/sigstore/certificates.ts';
import {
  createFakeSigstore,
  trustedRootOf,
  type AttestInput,
} from '../../test/support/sigstore/fake-sigstore.ts';
import { releasedOf } from '../../test/support/sigstore/statements.ts';
import { createTimestampAuthority } from '../../test/support/sigstore/timestamps.ts';
import { identityOf, provenanceV1, workflowRun } from '../../test/support/sigstore/workflow-run.ts';
import type { BundleRequest, BundleVerdict } from './types.ts';
import { verifyBundle } from './verify.ts';

const ours = createFakeSigstore();
const run = workflowRun();
const at = new Date('2026-05-06T07:08:09.000Z');
const statement = provenanceV1(releasedOf('sample', '1.2.3', Buffer.from('bytes')), run);

function attest(change: Partial<AttestInput> = {}): JsonObject {
  return ours.attest({ statement, identity: identityOf(run), at, version: '0.3', entry: 'dsse', ...change });
}

function outcome(bundle: JsonObject, change: Partial<BundleRequest> = {}): string {
  const verdict = judge(bundle, change);
  return verdict.ok ? 'accepted' : verdict.failure;
}

function judge(bundle: JsonObject, change: Partial<BundleRequest> = {}): BundleVerdict {
  const now = '2026-11-20T12:00:00.000Z';
  return verifyBundle({ bundle, thing: undefined, roots: [ours.trust], keys: [], now, ...change });
}

function materialOf(bundle: JsonObject): JsonObject {
  return ownObject(bundle, 'verificationMaterial') ?? {};
}

function withMaterial(bundle: JsonObject, change: JsonObject): JsonObject {
  return { ...bundle, verificationMaterial: { ...materialOf(bundle), ...change } };
}

/** What the log holds for a bundle of kind `dsse`. */
function specOf(bundle: JsonObject): Readonly<Record<string, Json>> {
  const [entry] = own(materialOf(bundle), 'tlogEntries') as readonly JsonObject[];
  const body: unknown = JSON.parse(
    Buffer.from(ownString(entry ?? {}, 'canonicalizedBody') ?? '', 'base64').toString('utf8'),
  );
  assert.ok(isJsonObject(body));
  return ownObject(body, 'spec') ?? {};
}

/** The bundle with another entry, which our log takes in and vouches for in every way it has. */
function loggedAs(bundle: JsonObject, spec: JsonObject): JsonObject {
  return withMaterial(bundle, {
    tlogEntries: [ours.parts.log.add({ kind: 'dsse', version: '0.0.1', spec, at })],
  });
}

test('CVE-2022-36056: the log entry of another artifact does not vouch for this one', () => {
  const right = attest();
  const otherStatement = provenanceV1(releasedOf('other', '1.0.0', Buffer.from('else')), run);
  const other = attest({ statement: otherStatement });
  assert.equal(outcome(right), 'accepted');
  assert.equal(outcome(loggedAs(right, specOf(right))), 'accepted');
  assert.equal(outcome(loggedAs(right, specOf(other))), 'log-body');
  const entry = own(materialOf(other), 'tlogEntries') ?? null;
  assert.equal(outcome(withMaterial(right, { tlogEntries: entry })), 'log-body');
});

test('CVE-2026-22703: content, signature and certificate of a log entry must each be those of the bundle', () => {
  const right = attest();
  const spec = specOf(right);
  const other = specOf(attest());
  const [signature] = spec['signatures'] as readonly JsonObject[];
  const [otherSignature] = other['signatures'] as readonly JsonObject[];
  assert.ok(signature !== undefined && otherSignature !== undefined);
  const { verifier } = otherSignature;
  const wrong: readonly JsonObject[] = [
    { ...spec, payloadHash: { algorithm: 'sha256', value: '00'.repeat(32) } },
    { ...spec, signatures: [{ ...signature, verifier: verifier ?? null }] },
    { ...spec, signatures: [{ ...signature, signature: otherSignature['signature'] ?? null }] },
    { ...spec, signatures: [signature, otherSignature] },
    { ...spec, signatures: [] },
    { payloadHash: spec['payloadHash'] ?? null },
    {},
  ];
  for (const one of wrong) assert.equal(outcome(loggedAs(right, one)), 'log-body', JSON.stringify(one));
});

test('CVE-2026-22703: the entry of a message must hold its very digest', () => {
  const bytes = Buffer.from('file');
  const thing = { kind: 'bytes', bytes } as const;
  const right = ours.signBytes({ bytes, at });
  const spec = specOf(right);
  const hashed = (hash: JsonObject): string => {
    const changed = { ...spec, data: { hash } };
    const entry = ours.parts.log.add({ kind: 'hashedrekord', version: '0.0.1', spec: changed, at });
    return outcome(withMaterial(right, { tlogEntries: [entry] }), { thing });
  };
  assert.equal(hashed({ algorithm: 'sha256', value: sha256(bytes) }), 'accepted');
  assert.equal(hashed({ algorithm: 'sha256', value: sha256('else') }), 'log-body');
  assert.equal(hashed({ algorithm: 'sha512', value: sha256(bytes) }), 'log-body');
  assert.equal(hashed({ algorithm: 'sha1', value: '00'.repeat(20) }), 'log-body');
});

test('CVE-2026-24122: an authority that had expired does not vouch, though the leaf was valid', () => {
  const expired = { from: new Date('2020-01-01T00:00:00Z'), until: new Date('2026-01-01T00:00:00Z') };
  const authority = createAuthority('expired', expired);
  const roots = [{ ...ours.trust, trustedRoot: trustedRootOf({ ...ours.parts, authority }) }];
  assert.equal(outcome(attest({ using: { authority } }), { roots }), 'certificate-time');
  const before = new Date('2025-12-31T23:45:00Z');
  assert.equal(outcome(attest({ using: { authority }, at: before }), { roots }), 'accepted');
});

test('CVE-2026-24122: certificates must be valid at every proven time, not at one of them', () => {
  const late = new Date(at.getTime() + 601_000);
  assert.equal(outcome(attest({ timestamp: true })), 'accepted');
  assert.equal(outcome(attest({ timestamp: true, loggedAt: late })), 'certificate-time');
});

test('CVE-2026-39984: the certificate that verified a timestamp must be for timestamps, whichever else are', () => {
  const validity = { from: new Date('2020-01-01T00:00:00Z'), until: new Date('2040-01-01T00:00:00Z') };
  const wrong = createTimestampAuthority(validity, '1.3.6.1.5.5.7.3.3');
  const both = trustedRootOf(ours.parts);
  const more = trustedRootOf({ ...ours.parts, timestamps: wrong });
  const lists = [both, more].flatMap((root) => own(root, 'timestampAuthorities') as readonly Json[]);
  const roots = [{ ...ours.trust, trustedRoot: { ...both, timestampAuthorities: lists } }];
  assert.equal(outcome(attest({ timestamp: true }), { roots }), 'accepted');
  assert.equal(
    outcome(attest({ timestamp: true, using: { timestamps: wrong } }), { roots }),
    'certificate-usage',
  );
});

test('CVE-2026-39984: nothing that is there twice counts twice', () => {
  const right = attest({ timestamp: true });
  const twice = (from: Json | undefined): Json => (Array.isArray(from) ? [...from, ...from] : null);
  const entries = twice(own(materialOf(right), 'tlogEntries'));
  assert.equal(outcome(withMaterial(right, { tlogEntries: entries })), 'bundle-malformed');
  const data = ownObject(materialOf(right), 'timestampVerificationData') ?? {};
  const tokens = { rfc3161Timestamps: twice(own(data, 'rfc3161Timestamps')) };
  assert.equal(outcome(withMaterial(right, { timestampVerificationData: tokens })), 'bundle-malformed');
  const envelope = ownObject(right, 'dsseEnvelope') ?? {};
  const signatures = { ...envelope, signatures: twice(own(envelope, 'signatures')) };
  assert.equal(outcome({ ...right, dsseEnvelope: signatures }), 'bundle-malformed');
});

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function keyWith(usages: RegistryKey['usages'], keyid = 'key'): RegistryKey {
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  return { keyid, spki, usages, source: 'configured' };
}

test('GHSA-wqqc-jjcq-vfxm: a managed key counts within its life alone, both ends inclusive', () => {
  const bundle = attest({ key: { keyid: 'key', privateKey: pair.privateKey } });
  const withWindow = (from: string | undefined, until: string | undefined): string =>
    outcome(bundle, { keys: [keyWith([{ usage: 'attestations', from, until }])] });
  const moment = at.toISOString();
  assert.equal(withWindow(undefined, undefined), 'accepted');
  assert.equal(withWindow(moment, moment), 'accepted');
  assert.equal(withWindow('2026-05-06T07:08:09.001Z', undefined), 'key-window');
  assert.equal(withWindow(undefined, '2026-05-06T07:08:08.999Z'), 'key-window');
  assert.equal(withWindow('no time', undefined), 'key-window');
  assert.equal(withWindow(undefined, 'no time'), 'key-window');
});

test('GHSA-wqqc-jjcq-vfxm: a key for something else, or under another name, signs no attestation', () => {
  const bundle = attest({ key: { keyid: 'key', privateKey: pair.privateKey } });
  const open = { from: undefined, until: undefined };
  const onlySignatures = keyWith([{ usage: 'signatures', ...open }]);
  assert.equal(outcome(bundle, { keys: [onlySignatures] }), 'key-window');
  assert.equal(outcome(bundle, { keys: [keyWith([])] }), 'key-window');
  assert.equal(
    outcome(bundle, { keys: [keyWith([{ usage: 'attestations', ...open }], 'other')] }),
    'key-unknown',
  );
  assert.equal(outcome(bundle), 'key-unknown');
});

test('CVE-2025-47934 (its class): only what was signed is ever returned', () => {
  const right = attest();
  const verdict = judge(right);
  assert.ok(verdict.ok);
  assert.deepEqual(verdict.statement?.predicate, statement['predicate']);
  const evil = { ...statement, predicateType: 'https://example.com/evil' };
  const envelope = ownObject(right, 'dsseEnvelope') ?? {};
  const encoded = Buffer.from(JSON.stringify(evil)).toString('base64');
  const payload = ownString(envelope, 'payload') ?? '';
  // Beside the signed payload, in its place, and after it.
  for (const wrong of [
    { ...envelope, Payload: encoded },
    { ...envelope, body: encoded },
    { ...envelope, payload: encoded },
    { ...envelope, payload: `${payload}${encoded}` },
    { ...envelope, payload: `${payload}\n\n${encoded}` },
  ])
    assert.ok(
      ['bundle-malformed', 'signature'].includes(outcome({ ...right, dsseEnvelope: wrong })),
      JSON.stringify(wrong).slice(0, 80),
    );
  assert.equal(outcome({ ...right, statement: evil }), 'bundle-malformed');
});
