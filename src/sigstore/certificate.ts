/**
 * X.509 certificates (RFC 5280) as Sigstore uses them: one leaf, and authorities that the trusted root names. Only the
 * profile that occurs there is accepted; what we do not know and the issuer calls critical is refused.
 */
import { X509Certificate } from '@sigstore/core';
import {
  algorithmIdentifier,
  expectParts,
  expectTag,
  part,
  rawOf,
  readDer,
  tagOf,
  universal,
  type Der,
} from './der.ts';
import { algorithmOf, readPublicKey, refuseWeak, signatureHolds, type PublicKey } from './keys.ts';
import { quote, refuse, step } from './refused.ts';
import type { BundleFailure } from './types.ts';

export interface Extension {
  readonly critical: boolean;
  /** The content of `extnValue`, parsed where it holds DER. */
  readonly value: Der;
}

export interface Certificate {
  readonly der: Buffer;
  readonly tbs: Der;
  readonly x509: X509Certificate;
  readonly key: PublicKey;
  /** Milliseconds since the epoch, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** By object identifier; none occurs twice. */
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly signatureOid: string;
}

export const oids = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

const understood: ReadonlySet<string> = new Set([
  oids.keyUsage,
  oids.subjectAltName,
  oids.basicConstraints,
  oids.extendedKeyUsage,
]);

/** Throws BundleRefused with `failure` for what is no certificate of the profile. */
export function readCertificate(der: Buffer, failure: BundleFailure, what: string): Certificate {
  const root = readDer(der, failure, what);
  return step(failure, `${what} is no X.509 certificate`, () => {
    const x509 = new X509Certificate(root);
    const tbs = expectTag(part(expectParts(root, universal.sequence, 3), 0), universal.sequence);
    const signatureOid = algorithmIdentifier(part(root, 1));
    // RFC 5280 section 4.1.1.2: the signed and the unsigned copy must be the same.
    if (!rawOf(part(root, 1)).equals(rawOf(part(tbs, 2))))
      refuse(failure, `${what} names two signature algorithms`);
    const bits = expectTag(part(root, 2), universal.bitString);
    if (bits.value[0] !== 0 || x509.version !== 'v3')
      refuse(failure, `${what} is no X.509 certificate of version 3`);
    const extensions = readExtensions(x509, failure, what);
    return {
      der,
      tbs,
      x509,
      key: readPublicKey(rawOf(part(tbs, 6)), failure, what),
      notBefore: x509.notBefore.getTime(),
      notAfter: x509.notAfter.getTime(),
      extensions,
      signatureOid,
    };
  });
}

function readExtensions(
  x509: X509Certificate,
  failure: BundleFailure,
  what: string,
): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  for (const sequence of x509.extensions) {
    const oid = part(sequence, 0).toOID();
    const critical = sequence.subs.length === 3 && part(sequence, 1).toBoolean();
    const value = expectTag(part(sequence, sequence.subs.length - 1), universal.octetString);
    if (extensions.has(oid)) refuse(failure, `${what} has the extension ${oid} twice`);
    if (critical && !understood.has(oid))
      refuse(failure, `${what} has a critical extension that we do not know: ${oid}`);
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

/** The purposes of the extended key usage extension; undefined without one. */
export function purposesOf(certificate: Certificate): readonly string[] | undefined {
  const extension = certificate.extensions.get(oids.extendedKeyUsage);
  return extension && part(extension.value, 0).subs.map((purpose) => purpose.toOID());
}

/**
 * The leaf of a bundle signs code, and nothing else: exactly this purpose (no `anyExtendedKeyUsage`), digital signatures,
 * no authority. Throws BundleRefused `certificate-usage`.
 */
export function expectCodeSigner(leaf: Certificate): void {
  step('certificate-usage', 'the usages of the certificate cannot be read', () => {
    const purposes = purposesOf(leaf) ?? [];
    if (purposes.length !== 1 || purposes[0] !== oids.codeSigning)
      refuse('certificate-usage', 'the certificate is not for signing code');
    if (leaf.x509.extKeyUsage?.digitalSignature !== true)
      refuse('certificate-usage', 'the key of the certificate is not for digital signatures');
    if (leaf.x509.isCA || leaf.x509.extBasicConstraints?.isCA === true)
      refuse('certificate-usage', 'the certificate is an authority itself');
  });
}

/** Whether `issuer` signed `certificate`: names, key identifiers where both have one, signature. Never throws. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  try {
    if (!certificate.x509.issuer.equals(issuer.x509.subject)) return false;
    const wanted = certificate.x509.extAuthorityKeyID?.keyIdentifier;
    const offered = issuer.x509.extSubjectKeyID?.keyIdentifier;
    if (wanted !== undefined && offered !== undefined && !wanted.equals(offered)) return false;
    const { hash, keys } = algorithmOf(certificate.signatureOid);
    if (!issuer.key.name.startsWith(keys) || (hash === undefined && keys !== 'ed25519')) return false;
    return signatureHolds(issuer.key, rawOf(certificate.tbs), certificate.x509.signatureValue, hash);
  } catch {
    return false;
  }
}

/** Whether a certificate may issue others with `below` authorities between it and the leaf. Never throws. */
export function mayIssue(certificate: Certificate, below: number, purpose: string): boolean {
  try {
    const limit = certificate.x509.extBasicConstraints?.pathLenConstraint;
    const purposes = purposesOf(certificate);
    return (
      certificate.x509.isCA &&
      (limit === undefined || limit >= BigInt(below)) &&
      // An authority that is limited to purposes passes the limit on.
      (purposes === undefined || purposes.includes(purpose))
    );
  } catch {
    return false;
  }
}

/** Both ends belong to the time (RFC 5280 section 4.1.2.5). */
export function isValidAt(certificate: Certificate, timeMs: number): boolean {
  return certificate.notBefore <= timeMs && timeMs <= certificate.notAfter;
}

/** Throws BundleRefused `algorithm-refused` for a key or a signature algorithm that is no longer believed. */
export function refuseWeakCertificate(certificate: Certificate, now: string, what: string): void {
  refuseWeak(certificate.key.name, now, `the key of ${what}`);
  refuseWeak(algorithmOf(certificate.signatureOid).name, now, `the signature of ${what}`);
}

/** The text of a DER UTF8String that is all of `value`. Throws RangeError. */
export function utf8Of(value: Buffer): string {
  const string = readDer(value, 'bundle-malformed', 'an extension');
  if (tagOf(string) !== universal.utf8String) throw new RangeError('no UTF8String');
  return strictUtf8(string.value);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws for bytes that are not UTF-8 and for control characters: two readers could see two names. */
export function strictUtf8(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new RangeError(`control characters in ${quote(text)}`);
  return text;
}
