/**
 * What a log entry says was signed must be what the bundle offers: content, signature AND certificate or key. A comparison that
 * leaves one out lets an entry made for something else vouch for this bundle (CVE-2022-36056, CVE-2026-22703).
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';
import { ownString, type JsonObject } from '../core/json.ts';
import type { LogEntry, MessageHash } from './bundle.ts';
import { fieldsOf, strictBase64 } from './fields.ts';
import { strictUtf8Json } from './json-bytes.ts';
import { quote, refuse, step } from './refused.ts';

/** What the bundle offers. */
export interface Offered {
  readonly signature: Buffer;
  /** The leaf certificate or the key (SubjectPublicKeyInfo), DER. */
  readonly signer: Buffer;
  readonly signerKind: 'certificate' | 'key';
  /** Of what the signature is made over; undefined when that hash cannot be had. */
  readonly signedDigest: (hash: MessageHash) => Buffer | undefined;
  /** Of an envelope. */
  readonly envelope: { readonly payload: Buffer; readonly payloadType: string } | undefined;
}

const read = fieldsOf('log-body', 'log entry');
const maxSignatureBytes = 1 << 12;
const maxVerifierBytes = 1 << 16;
const mismatch = (what: string): never => refuse('log-body', `the log entry is for another ${what}`);

/** Throws BundleRefused `log-body`. */
export function expectBodyBound(entry: LogEntry, offered: Offered): void {
  const body = strictUtf8Json(entry.body, 'log-body', 'the log entry');
  // Logs store RFC 8785 (JCS); anything else, such as a key that is there twice, could be read in two ways.
  const canonical = step('log-body', 'the log entry has no canonical form', () => canonicalJson(body));
  if (!Buffer.from(canonical, 'utf8').equals(entry.body))
    refuse('log-body', 'the log entry is not in its canonical form');
  const { kind, version } = entry;
  if (ownString(body, 'kind') !== kind || ownString(body, 'apiVersion') !== version)
    refuse('log-body', 'the log entry is of another kind than the bundle says');
  const check = Object.hasOwn(kinds, `${kind}/${version}`) ? kinds[`${kind}/${version}`] : undefined;
  if (check === undefined)
    refuse('log-body', `log entries of kind ${quote(`${kind}/${version}`)} bind too little, or are unknown`);
  check(read.object(body, 'spec'), offered);
}

/** `intoto` 0.0.1 is left out on purpose: it does not hold the signature. */
const kinds: Readonly<Record<string, (spec: JsonObject, offered: Offered) => void>> = {
  'hashedrekord/0.0.1': hashedRekord1,
  'hashedrekord/0.0.2': hashedRekord2,
  'dsse/0.0.1': dsse1,
  'dsse/0.0.2': dsse2,
  'intoto/0.0.2': intoto2,
};

function hashedRekord1(spec: JsonObject, offered: Offered): void {
  const hash = read.object(read.object(spec, 'data'), 'hash');
  expectDigest(hashNamed(read.text(hash, 'algorithm', 20)), read.hex(hash, 'value'), offered);
  const signature = read.object(spec, 'signature');
  expectSignature(read.bytes(signature, 'content', maxSignatureBytes), offered);
  expectPem(read.bytes(read.object(signature, 'publicKey'), 'content', maxVerifierBytes), offered);
}

function hashedRekord2(spec: JsonObject, offered: Offered): void {
  const record = read.object(spec, 'hashedRekordV002');
  const data = read.object(record, 'data');
  expectDigest(hashNamed(read.text(data, 'algorithm', 20)), read.bytes(data, 'digest', 64), offered);
  expectSigned2(read.object(record, 'signature'), offered);
}

function dsse1(spec: JsonObject, offered: Offered): void {
  expectPayload(read.object(spec, 'payloadHash'), offered);
  const signature = onlySignature(spec);
  expectSignature(read.bytes(signature, 'signature', maxSignatureBytes), offered);
  expectPem(read.bytes(signature, 'verifier', maxVerifierBytes), offered);
}

function dsse2(spec: JsonObject, offered: Offered): void {
  const record = read.object(spec, 'dsseV002');
  const payload = read.object(record, 'payloadHash');
  if (hashNamed(read.text(payload, 'algorithm', 20)) !== 'sha256') mismatch('payload');
  if (!payloadHash(offered).equals(read.bytes(payload, 'digest', 64))) mismatch('payload');
  expectSigned2(onlySignature(record), offered);
}

/** Signatures and certificates are in base64 twice: once by the submitter, once by the log. */
function intoto2(spec: JsonObject, offered: Offered): void {
  const content = read.object(spec, 'content');
  expectPayload(read.object(content, 'payloadHash'), offered);
  const envelope = read.object(content, 'envelope');
  if (read.text(envelope, 'payloadType', 200) !== offered.envelope?.payloadType) mismatch('payload');
  const signature = onlySignature(envelope);
  expectSignature(twice(read.bytes(signature, 'sig', 2 * maxSignatureBytes)), offered);
  expectPem(read.bytes(signature, 'publicKey', maxVerifierBytes), offered);
}

function twice(bytes: Buffer): Buffer {
  return strictBase64(bytes.toString('latin1')) ?? mismatch('signature');
}

function onlySignature(from: JsonObject): JsonObject {
  const [signature, ...more] = read.list(from, 'signatures', 100);
  return signature === undefined || more.length > 0
    ? refuse('log-body', 'the log entry does not have exactly one signature')
    : signature;
}

function hashNamed(name: string): MessageHash {
  const hash = /^(?:sha|SHA2_)(256|384|512)$/.exec(name)?.[1];
  return hash === undefined
    ? refuse('log-body', `the log entry hashes with ${quote(name)}`)
    : (`sha${hash}` as MessageHash);
}

function expectDigest(hash: MessageHash, digest: Buffer, { signedDigest }: Offered): void {
  if (signedDigest(hash)?.equals(digest) !== true) mismatch('content');
}

function expectPayload(hash: JsonObject, offered: Offered): void {
  if (read.text(hash, 'algorithm', 20) !== 'sha256') mismatch('payload');
  if (!payloadHash(offered).equals(read.hex(hash, 'value'))) mismatch('payload');
}

function payloadHash({ envelope }: Offered): Buffer {
  return envelope === undefined
    ? mismatch('kind of content')
    : createHash('sha256').update(envelope.payload).digest();
}

function expectSignature(signature: Buffer, offered: Offered): void {
  if (!signature.equals(offered.signature)) mismatch('signature');
}

function expectSigned2(signature: JsonObject, offered: Offered): void {
  expectSignature(read.bytes(signature, 'content', maxSignatureBytes), offered);
  const verifier = read.object(signature, 'verifier');
  const certificate = read.maybeObject(verifier, 'x509Certificate');
  const key = read.maybeObject(verifier, 'publicKey');
  if ((certificate === undefined) === (key === undefined)) mismatch('signer');
  const kind = certificate === undefined ? 'key' : 'certificate';
  expectSigner(kind, read.bytes(certificate ?? key ?? {}, 'rawBytes', maxVerifierBytes), offered);
}

const pemForm =
  /^-----BEGIN (CERTIFICATE|PUBLIC KEY)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END (CERTIFICATE|PUBLIC KEY)-----(?:\r?\n)*$/;

function expectPem(pem: Buffer, offered: Offered): void {
  const [, begin, body = '', end] = pemForm.exec(pem.toString('latin1')) ?? [];
  const der = strictBase64(body.replace(/[\r\n]/g, ''));
  if (begin === undefined || begin !== end || der === undefined)
    refuse('log-body', 'the log entry holds neither one certificate nor one key');
  expectSigner(begin === 'CERTIFICATE' ? 'certificate' : 'key', der, offered);
}

function expectSigner(kind: Offered['signerKind'], der: Buffer, offered: Offered): void {
  if (kind !== offered.signerKind || !der.equals(offered.signer)) mismatch('certificate or key');
}
