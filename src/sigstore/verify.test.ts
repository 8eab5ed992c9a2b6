import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../core/digest.ts';
import { own, ownObject, ownString, type Json, type JsonObject } from '../core/json.ts';
import {
  createFakeSigstore,
  trustedRootOf,
  type AttestInput,
} from '../../test/support/sigstore/fake-sigstore.ts';
import { issueLeaf, usages } from '../../test/support/sigstore/certificates.ts';
import { createSigningKey, keyIdOf, signWith } from '../../test/support/sigstore/keys.ts';
import { releasedOf } from '../../test/support/sigstore/statements.ts';
import { identityOf, provenanceV1, workflowRun } from '../../test/support/sigstore/workflow-run.ts';
import { bundleFailures, type BundleRequest, type BundleVerdict } from './types.ts';
import { verifyBundle } from './verify.ts';

const ours = createFakeSigstore();
const other = createFakeSigstore('other');
const run = workflowRun();
const at = new Date('2026-05-06T07:08:09.000Z');
const now = '2026-11-20T12:00:00.000Z';
const bytes = Buffer.from('bytes');
const released = releasedOf('sample', '1.2.3', bytes);
const statement = provenanceV1(released, run);

function attest(change: Partial<AttestInput> = {}): JsonObject {
  return ours.attest({ statement, identity: identityOf(run), at, version: '0.3', entry: 'dsse', ...change });
}

function judge(bundle: JsonObject, change: Partial<BundleRequest> = {}): BundleVerdict {
  return verifyBundle({ bundle, thing: undefined, roots: [ours.trust], keys: [], now, ...change });
}

function outcome(bundle: JsonObject, change: Partial<BundleRequest> = {}): string {
  const verdict = judge(bundle, change);
  return verdict.ok ? 'accepted' : verdict.failure;
}

/** The value at a path, replaced; lists by number. */
function replaced(json: Json, path: readonly (string | number)[], value: Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(json))
    return json.map((item: Json, n) => (n === first ? replaced(item, rest, value) : item));
  const object = json as JsonObject;
  return { ...object, [first]: replaced(object[String(first)] ?? null, rest, value) };
}

function change(bundle: JsonObject, path: readonly (string | number)[], value: Json): JsonObject {
  return replaced(bundle, path, value) as JsonObject;
}

const entryPath = ['verificationMaterial', 'tlogEntries', 0] as const;

test('every root is tried, in any order, and the refusal is that of the root that came furthest', () => {
  const right = attest();
  for (const roots of [[ours.trust], [other.trust, ours.trust], [ours.trust, other.trust]]) {
    const verdict = judge(right, { roots });
    assert.ok(verdict.ok);
    assert.equal(verdict.root, 'fake');
  }
  assert.equal(outcome(right, { roots: [other.trust] }), 'log-unknown');
  const late = attest({ loggedAt: new Date(at.getTime() + 601_000) });
  for (const roots of [
    [other.trust, ours.trust],
    [ours.trust, other.trust],
  ])
    assert.equal(outcome(late, { roots }), 'certificate-time');
  assert.equal(outcome(right, { roots: [] }), 'root-unusable');
});

test('parts of two roots do not add up to one', () => {
  const mixed = attest({ using: { log: other.parts.log } });
  assert.notEqual(outcome(mixed, { roots: [ours.trust, other.trust] }), 'accepted');
});

const moment = at.toISOString();
const justAfter = new Date(at.getTime() + 1).toISOString();
const justBefore = new Date(at.getTime() - 1).toISOString();
const windows = [
  ['tlogs', ['tlogs', 0, 'publicKey', 'validFor'], 'log-promise'],
  ['ctlogs', ['ctlogs', 0, 'publicKey', 'validFor'], 'certificate-transparency'],
  ['certificate authorities', ['certificateAuthorities', 0, 'validFor'], 'certificate-time'],
  ['timestamp authorities', ['timestampAuthorities', 0, 'validFor'], 'timestamp'],
] as const;
for (const [title, path, failure] of windows) {
  test(`the lives of ${title} in the root are inclusive at both ends`, () => {
    const bundle = attest({ timestamp: true });
    const withWindow = (window: Json): string => {
      const trustedRoot = change(ours.trust.trustedRoot, path, window);
      return outcome(bundle, { roots: [{ ...ours.trust, trustedRoot }] });
    };
    assert.equal(withWindow({ start: moment, end: moment }), 'accepted');
    assert.equal(withWindow({ start: moment }), 'accepted');
    assert.equal(withWindow({ start: justAfter }), failure);
    assert.equal(withWindow({ start: '2020-01-01T00:00:00Z', end: justBefore }), failure);
    assert.equal(withWindow({ start: 'yesterday' }), 'root-unusable');
  });
}

test('a log without a start of its life makes the root unusable', () => {
  for (const list of ['tlogs', 'ctlogs']) {
    const trustedRoot = change(ours.trust.trustedRoot, [list, 0, 'publicKey', 'validFor'], { end: now });
    assert.equal(outcome(attest(), { roots: [{ ...ours.trust, trustedRoot }] }), 'root-unusable');
  }
});

test('a log must have been in use at the time of a timestamp when it promised nothing itself', () => {
  const bundle = attest({ timestamp: true, without: ['promise'] });
  assert.equal(outcome(bundle), 'accepted');
  const path = ['tlogs', 0, 'publicKey', 'validFor'];
  const trustedRoot = change(ours.trust.trustedRoot, path, { start: justAfter });
  assert.equal(outcome(bundle, { roots: [{ ...ours.trust, trustedRoot }] }), 'log-unknown');
});

test('a time without a promise counts for nothing', () => {
  const bundle = attest({ without: ['promise'] });
  assert.equal(outcome(bundle), 'timestamp');
  const early = change(
    attest({ timestamp: true, without: ['promise'] }),
    [...entryPath, 'integratedTime'],
    '1',
  );
  const verdict = judge(early);
  assert.ok(verdict.ok);
  assert.deepEqual(verdict.signedTimes, [{ by: 'timestamp-authority', time: moment }]);
});

test('what is signed in the future is refused, but for the minute that clocks may differ', () => {
  const bundle = attest();
  assert.equal(outcome(bundle, { now: moment }), 'accepted');
  assert.equal(outcome(bundle, { now: new Date(at.getTime() - 60_000).toISOString() }), 'accepted');
  assert.equal(outcome(bundle, { now: new Date(at.getTime() - 60_001).toISOString() }), 'timestamp');
  assert.equal(outcome(bundle, { now: 'no time' }), 'timestamp');
});

test('a subject is matched by digest, over all of them, and one wrong digest of it is enough to differ', () => {
  const { sha512 } = released;
  const about = (subjects: readonly Json[]): string =>
    outcome(attest({ statement: { ...statement, subject: subjects } }), {
      thing: { kind: 'bytes', bytes },
    });
  assert.equal(about([{ name: 'a', digest: { sha512 } }]), 'accepted');
  assert.equal(
    about([
      { name: 'b', digest: { sha512: '00'.repeat(64) } },
      { name: 'a', digest: { sha512 } },
    ]),
    'accepted',
  );
  assert.equal(about([{ name: 'a', digest: { sha512, sha256: '00'.repeat(32) } }]), 'subject-mismatch');
  assert.equal(about([{ name: 'a', digest: { sha1: '00'.repeat(20) } }]), 'subject-mismatch');
  assert.equal(about([]), 'statement-malformed');
  assert.equal(
    outcome(attest(), { thing: { kind: 'digest', algorithm: 'sha512', hex: sha512 } }),
    'accepted',
  );
  assert.equal(
    outcome(attest(), { thing: { kind: 'digest', algorithm: 'sha256', hex: '00'.repeat(32) } }),
    'subject-mismatch',
  );
});

test('payloads of other types, and statements that are none, are refused', () => {
  assert.equal(outcome(attest({ payloadType: 'application/json' })), 'statement-malformed');
  assert.equal(outcome(attest({ payloadType: 'application/vnd.in-toto+json ' })), 'statement-malformed');
  for (const wrong of ['{}', '[]', 'null', '{', '\ufeff{}'])
    assert.equal(outcome(attest({ statement: Buffer.from(wrong) })), 'statement-malformed', wrong);
});

test('weak keys and digests are refused by name', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const spki = weak.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const open = { usage: 'attestations', from: undefined, until: undefined } as const;
  const keys = [{ keyid: 'weak', spki, usages: [open], source: 'configured' }] as const;
  const verdict = judge(attest({ key: { keyid: 'weak', privateKey: weak.privateKey } }), { keys });
  assert.ok(!verdict.ok);
  assert.equal(verdict.failure, 'algorithm-refused');
  assert.match(verdict.why, /rsa-1024/);
  const message = ours.signBytes({ bytes, at });
  const sha1 = change(message, ['messageSignature', 'messageDigest', 'algorithm'], 'SHA1');
  assert.equal(outcome(sha1, { thing: { kind: 'bytes', bytes } }), 'algorithm-refused');
});

test('a message can be verified by its digest, and only with keys for which that is possible', () => {
  const thing = (hex: string): BundleRequest['thing'] => ({ kind: 'digest', algorithm: 'sha256', hex });
  const signed = ours.signBytes({ bytes, at });
  const hex = sha256(bytes);
  assert.equal(outcome(signed, { thing: thing(hex) }), 'accepted');
  assert.equal(outcome(signed, { thing: thing('00'.repeat(32)) }), 'subject-mismatch');
  assert.equal(outcome(signed), 'subject-mismatch');
  const edwards = generateKeyPairSync('ed25519');
  const signature = sign(null, bytes, edwards.privateKey).toString('base64');
  const spki = edwards.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const open = { usage: 'attestations', from: undefined, until: undefined } as const;
  const keys = [{ keyid: 'ed', spki, usages: [open], source: 'configured' }] as const;
  const byKey = change(
    change(signed, ['messageSignature', 'signature'], signature),
    ['verificationMaterial', 'x509CertificateChain'],
    null,
  );
  const verdict = judge(change(byKey, ['verificationMaterial', 'publicKey'], { hint: 'ed' }), {
    keys,
    thing: thing(hex),
  });
  assert.ok(!verdict.ok);
  assert.equal(verdict.failure, 'signature');
  assert.match(verdict.why, /needs the bytes themselves/);
});

const shapes: readonly (readonly [string, readonly (string | number)[], Json, string])[] = [
  [
    'an unknown media type',
    ['mediaType'],
    'application/vnd.dev.sigstore.bundle.v0.4+json',
    'bundle-malformed',
  ],
  [
    'a media type with more behind it',
    ['mediaType'],
    'application/vnd.dev.sigstore.bundle.v0.3+json;x',
    'bundle-malformed',
  ],
  ['an inherited name as media type', ['mediaType'], 'constructor', 'bundle-malformed'],
  ['a field that we do not know', ['verification_material'], {}, 'bundle-malformed'],
  ['an envelope and a message', ['messageSignature'], {}, 'bundle-malformed'],
  ['a certificate and a key', ['verificationMaterial', 'publicKey'], { hint: 'x' }, 'bundle-malformed'],
  ['no signer', ['verificationMaterial', 'certificate'], null, 'bundle-malformed'],
  ['no entry of a log', ['verificationMaterial', 'tlogEntries'], [], 'log-inclusion'],
  ['a negative index', [...entryPath, 'logIndex'], '-1', 'bundle-malformed'],
  ['a fractional time', [...entryPath, 'integratedTime'], 1.5, 'bundle-malformed'],
  [
    'a time beyond what dates can hold',
    [...entryPath, 'integratedTime'],
    '9223372036854775807',
    'log-promise',
  ],
  ['a time that the log did not sign', [...entryPath, 'integratedTime'], '1778051290', 'log-promise'],
  ['an index that the log did not sign', [...entryPath, 'logIndex'], '7', 'log-promise'],
  ['no proof', [...entryPath, 'inclusionProof'], null, 'log-inclusion'],
  ['a proof without a checkpoint', [...entryPath, 'inclusionProof', 'checkpoint'], null, 'log-checkpoint'],
  ['another size of the tree', [...entryPath, 'inclusionProof', 'treeSize'], '1', 'log-inclusion'],
  [
    'too many entries',
    ['verificationMaterial', 'tlogEntries'],
    Array.from({ length: 9 }, () => ({})),
    'bundle-malformed',
  ],
  ['another kind than the entry is of', [...entryPath, 'kindVersion', 'version'], '0.0.2', 'log-body'],
  ['a kind that we do not know', [...entryPath, 'kindVersion', 'kind'], 'toString', 'log-body'],
];
for (const [title, path, value, failure] of shapes) {
  test(`a bundle with ${title} is refused as ${failure}`, () => {
    assert.equal(outcome(change(attest(), path, value)), failure);
  });
}

test('a checkpoint of the log, of the same size and another root, does not carry a proof', () => {
  const right = attest();
  const [entry] = own(ownObject(right, 'verificationMaterial') ?? {}, 'tlogEntries') as readonly JsonObject[];
  const proof = ownObject(entry ?? {}, 'inclusionProof') ?? {};
  const { log } = ours.parts;
  const checkpoint = (size: string, root: string): string => {
    const text = `${log.host}\n${size}\n${root}\n`;
    const line = Buffer.concat([keyIdOf(log.key).subarray(0, 4), signWith(log.key, Buffer.from(text))]);
    const envelope = `${text}\n\u2014 ${log.host} ${line.toString('base64')}\n`;
    return outcome(change(right, [...entryPath, 'inclusionProof', 'checkpoint', 'envelope'], envelope));
  };
  const treeSize = ownString(proof, 'treeSize') ?? '';
  const rootHash = ownString(proof, 'rootHash') ?? '';
  assert.equal(checkpoint(treeSize, rootHash), 'accepted');
  assert.equal(checkpoint(treeSize, Buffer.alloc(32).toString('base64')), 'log-checkpoint');
  assert.equal(checkpoint(String(Number(treeSize) + 1), rootHash), 'log-checkpoint');
});

test('a chain in the root whose certificates may not issue is no chain', () => {
  const { authority } = ours.parts;
  const validity = { from: new Date('2020-01-01T00:00:00Z'), until: new Date('2040-01-01T00:00:00Z') };
  const leaf = { key: createSigningKey(), validity, usage: usages.codeSigning, subject: 'leaf', logs: [] };
  const intermediate = issueLeaf(authority.root, leaf);
  const root = trustedRootOf({ ...ours.parts, authority: { root: authority.root, intermediate } });
  const using = { authority: { root: authority.root, intermediate } };
  const bundle = attest({ using });
  assert.equal(outcome(bundle, { roots: [{ ...ours.trust, trustedRoot: root }] }), 'root-unusable');
  const lone = { ...authority, root: authority.intermediate };
  const endless = trustedRootOf({ ...ours.parts, authority: lone });
  assert.equal(outcome(attest(), { roots: [{ ...ours.trust, trustedRoot: endless }] }), 'root-unusable');
});

test('a log entry that is not in its canonical form is refused, whatever it says', () => {
  const right = attest();
  const [entry] = own(ownObject(right, 'verificationMaterial') ?? {}, 'tlogEntries') as readonly JsonObject[];
  const text = Buffer.from(ownString(entry ?? {}, 'canonicalizedBody') ?? '', 'base64').toString('utf8');
  const { spec } = JSON.parse(text) as { readonly spec: JsonObject };
  const logged = (of: JsonObject): string =>
    outcome(change(right, entryPath, ours.parts.log.add({ kind: 'dsse', version: '0.0.1', spec: of, at })));
  assert.equal(logged(spec), 'accepted');
  assert.equal(logged(Object.fromEntries(Object.entries(spec).toReversed())), 'log-body');
});

test('a certificate for anything but signing code is refused', () => {
  for (const usage of [usages.timeStamping, usages.serverAuthentication, null])
    assert.equal(outcome(attest({ leaf: { usage } })), 'certificate-usage');
});

test('bundles 0.1 and 0.2 carry a chain, a bundle 0.3 one certificate', () => {
  const chain = (bundle: JsonObject): Json =>
    ownObject(bundle, 'verificationMaterial')?.['x509CertificateChain'] ?? null;
  const second = attest({ version: '0.2' });
  const path = ['verificationMaterial', 'certificate'];
  const third = change(
    change(attest(), path, null),
    ['verificationMaterial', 'x509CertificateChain'],
    chain(second),
  );
  assert.equal(outcome(third), 'bundle-malformed');
  assert.equal(
    outcome(change(second, ['mediaType'], 'application/vnd.dev.sigstore.bundle.v0.3+json')),
    'bundle-malformed',
  );
});

test('certificates after the leaf must be the trusted root’s own', () => {
  const first = attest({ version: '0.1' });
  const foreign = other.attest({ statement, at, version: '0.1' });
  const path = ['verificationMaterial', 'x509CertificateChain', 'certificates'];
  const list = (bundle: JsonObject): readonly Json[] => {
    const chain = ownObject(ownObject(bundle, 'verificationMaterial') ?? {}, 'x509CertificateChain') ?? {};
    return own(chain, 'certificates') as readonly Json[];
  };
  assert.equal(list(first).length, 3);
  assert.equal(outcome(first), 'accepted');
  const mixed = [...list(first).slice(0, 2), ...list(foreign).slice(2)];
  assert.equal(outcome(change(first, path, mixed)), 'certificate-chain');
});

test('whatever is put in the place of any part, the answer is a verdict, and not an acceptance', () => {
  const right = attest({ timestamp: true });
  const paths: (string | number)[][] = [];
  const walk = (json: Json, path: (string | number)[]): void => {
    if (path.length > 0) paths.push(path);
    if (Array.isArray(json)) json.forEach((item: Json, n) => walk(item, [...path, n]));
    else if (typeof json === 'object' && json !== null)
      for (const [key, value] of Object.entries(json)) walk(value, [...path, key]);
  };
  walk(right, []);
  // Nothing is made of it: DSSE says that it is a hint, and nobody signed it.
  const signed = paths.filter((path) => path.at(-1) !== 'keyid');
  fc.assert(
    fc.property(fc.constantFrom(...signed), fc.jsonValue(), (path, value) => {
      const changed = change(right, path, value as Json);
      if (JSON.stringify(changed) === JSON.stringify(right)) return;
      const verdict = judge(changed);
      // An absent optional part can be left out: another token of time, the promise beside a proof.
      if (verdict.ok) assert.ok(isLeftOut(path, value as Json), path.join('.'));
      else assert.ok(bundleFailures.includes(verdict.failure));
    }),
    { numRuns: 600, seed: 36056 },
  );
});

function isLeftOut(path: readonly (string | number)[], value: Json): boolean {
  const last = path.at(-1);
  if (last === 'timestampVerificationData') return value === null || Object.keys(value).length === 0;
  if (last === 'rfc3161Timestamps') return value === null || (Array.isArray(value) && value.length === 0);
  return (last === 'inclusionPromise' || last === 'integratedTime') && value === null;
}
