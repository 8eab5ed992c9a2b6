/**
 * Signed certificate timestamps inside the leaf (RFC 6962 sections 3.2 and 3.3): proof that a certificate transparency log
 * saw it before it was used. At least one, by a log that the trusted root names and within that log's life.
 */
import { createHash } from 'node:crypto';
import { EXTENSION_OID_SCT, X509SCTExtension } from '@sigstore/core';
import type { Certificate } from './certificate.ts';
import { encode, part, rawOf, tagOf, universal, type Der } from './der.ts';
import { refuseWeak, signatureHolds } from './keys.ts';
import { refuse, step } from './refused.ts';
import { isWithin, type TrustedRoot } from './trusted-root.ts';

const maxTimestamps = 16;
const sha256InTls = 4;
const algorithmInTls: Readonly<Record<number, string>> = { 1: 'rsa-', 3: 'ec-' };
const explicitExtensions = 0xa3;

/** Throws BundleRefused `certificate-transparency`. `issuer` is the authority that signed the leaf. */
export function expectLogged(leaf: Certificate, issuer: Certificate, root: TrustedRoot, now: string): void {
  const timestamps = step('certificate-transparency', 'the list of log timestamps cannot be read', () =>
    timestampsOf(leaf),
  );
  if (timestamps.length === 0 || timestamps.length > maxTimestamps)
    refuse('certificate-transparency', 'the certificate carries no timestamp of a certificate log');
  const entry = step('certificate-transparency', 'the certificate cannot be logged', () =>
    precertificate(leaf, issuer),
  );
  let known = 0;
  for (const timestamp of timestamps) {
    // A log key can have several windows; a log we do not know says nothing, either way.
    const logs = root.ctLogs.filter(({ id }) => id.equals(timestamp.logID));
    if (logs.length === 0) continue;
    const time = Number(timestamp.timestamp.readBigUInt64BE());
    const log = logs.find(({ window }) => isWithin(window, time));
    if (log === undefined)
      refuse('certificate-transparency', 'a certificate log signed outside its own life');
    refuseWeak(log.key.name, now, 'the key of a certificate log');
    const isRight =
      timestamp.version === 0 &&
      timestamp.hashAlgorithm === sha256InTls &&
      log.key.name.startsWith(algorithmInTls[timestamp.signatureAlgorithm] ?? '?') &&
      signatureHolds(log.key, signedData(timestamp, entry), timestamp.signature, 'sha256');
    if (!isRight) refuse('certificate-transparency', 'the signature of a certificate log is wrong');
    known += 1;
  }
  if (known === 0) refuse('certificate-transparency', 'no certificate log that we know saw the certificate');
}

type Timestamp = X509SCTExtension['signedCertificateTimestamps'][number];

function timestampsOf(leaf: Certificate): readonly Timestamp[] {
  const extension = extensionsOf(leaf.tbs).subs.find(isTimestampList);
  if (extension === undefined) return [];
  const inner = part(part(extension, extension.subs.length - 1), 0).value;
  const list = new X509SCTExtension(extension).signedCertificateTimestamps;
  // The length at the front must be that of the whole list: nothing may follow it.
  if (inner.readUInt16BE(0) + 2 !== inner.length) throw new RangeError('trailing bytes');
  return list;
}

/** PreCert: SHA-256 of the issuer's key, then the certificate's signed part without the list itself. */
function precertificate(leaf: Certificate, issuer: Certificate): Buffer {
  const without = extensionsOf(leaf.tbs).subs.filter((extension) => !isTimestampList(extension));
  const extensions = encode(explicitExtensions, [encode(universal.sequence, without.map(rawOf))]);
  const tbs = encode(
    universal.sequence,
    leaf.tbs.subs.map((sub) => (isExtensions(sub) ? extensions : rawOf(sub))),
  );
  const length = Buffer.alloc(3);
  length.writeUIntBE(tbs.length, 0, 3);
  return Buffer.concat([createHash('sha256').update(issuer.key.spki).digest(), length, tbs]);
}

function signedData(timestamp: Timestamp, entry: Buffer): Buffer {
  const extensionsLength = Buffer.alloc(2);
  extensionsLength.writeUInt16BE(timestamp.extensions.length);
  return Buffer.concat([
    // Version 1 and "certificate_timestamp", then "precert_entry".
    Buffer.from([0, 0]),
    timestamp.timestamp,
    Buffer.from([0, 1]),
    entry,
    extensionsLength,
    timestamp.extensions,
  ]);
}

function extensionsOf(tbs: Der): Der {
  const explicit = tbs.subs.find(isExtensions);
  if (explicit === undefined) throw new RangeError('no extensions');
  return part(explicit, 0);
}

function isExtensions(der: Der): boolean {
  return tagOf(der) === explicitExtensions;
}

function isTimestampList(extension: Der): boolean {
  return part(extension, 0).toOID() === EXTENSION_OID_SCT;
}
