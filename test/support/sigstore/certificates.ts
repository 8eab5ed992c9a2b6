/** X.509 certificates as Fulcio issues them: a root, an intermediate, and leaves that live for ten minutes. */
import { createHash, randomBytes } from 'node:crypto';
import * as der from './der.ts';
import { createSigningKey, keyIdOf, sha256, signatureAlgorithm, signWith, type SigningKey } from './keys.ts';

export interface Certificate {
  readonly der: Buffer;
  readonly key: SigningKey;
  readonly serial: Buffer;
  /** Name, DER. */
  readonly subject: Buffer;
  readonly issuer: Buffer;
}

export interface CertificateAuthority {
  readonly root: Certificate;
  readonly intermediate: Certificate;
}

/** A certificate transparency log: it only signs. */
export interface TransparencyLog {
  readonly key: SigningKey;
}

export const usages = {
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
} as const;

export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

export interface LeafInput {
  readonly key: SigningKey;
  readonly validity: Validity;
  /** OID of the extended key usage; undefined: none at all. */
  readonly usage: string | undefined;
  readonly usageCritical?: boolean;
  readonly subject?: string;
  /** GeneralName, DER. */
  readonly alternativeName?: Buffer;
  /** Content of the extension's OCTET STRING by OID. */
  readonly extensions?: readonly (readonly [oid: string, value: Buffer])[];
  /** Logs that vouch for it, at the beginning of its life. */
  readonly logs: readonly TransparencyLog[];
}

export function createAuthority(commonName: string, validity: Validity): CertificateAuthority {
  const rootKey = createSigningKey('P-384');
  const rootName = nameOf('fake-sigstore', commonName);
  const root = issue({
    key: rootKey,
    subject: rootName,
    issuer: { key: rootKey, subject: rootName },
    validity,
    extensions: authorityExtensions(rootKey, rootKey, 1),
  });
  const key = createSigningKey('P-384');
  const intermediate = issue({
    key,
    subject: nameOf('fake-sigstore', `${commonName}-intermediate`),
    issuer: root,
    validity,
    extensions: authorityExtensions(key, rootKey, 0),
  });
  return { root, intermediate };
}

/** With embedded signed certificate timestamps (RFC 6962 §3.3), if there are logs. */
export function issueLeaf(issuer: Certificate, input: LeafInput): Certificate {
  const { key, validity, usage, usageCritical = false, alternativeName, extensions = [], logs } = input;
  const plain = [
    extension('2.5.29.15', der.bits(Buffer.from([0x80]), 7), true),
    ...(usage === undefined
      ? []
      : [extension('2.5.29.37', der.sequence(der.objectId(usage)), usageCritical)]),
    ...keyIdentifiers(key, issuer.key),
    ...(alternativeName === undefined
      ? []
      : [extension('2.5.29.17', der.sequence(alternativeName), input.subject === undefined)]),
    ...extensions.map(([oid, value]) => extension(oid, value)),
  ];
  const fields = {
    key,
    subject: input.subject === undefined ? der.sequence() : nameOf('fake-sigstore', input.subject),
    issuer,
    validity,
    serial: randomSerial(),
  };
  if (logs.length === 0) return issue({ ...fields, extensions: plain });
  const precertificate = toBeSigned({ ...fields, extensions: plain });
  const timestamps = logs.map((log) => signedTimestamp(log, issuer, precertificate, validity.from));
  const list = Buffer.concat(timestamps.map(withLength16));
  const embedded = extension('1.3.6.1.4.1.11129.2.4.2', der.octets(withLength16(list)));
  return issue({ ...fields, extensions: [...plain, embedded] });
}

/** RFC 6962 §3.2: over the certificate without the extension it will stand in. */
function signedTimestamp(
  log: TransparencyLog,
  issuer: Certificate,
  precertificate: Buffer,
  at: Date,
): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(at.getTime()));
  const length = Buffer.alloc(3);
  length.writeUIntBE(precertificate.length, 0, 3);
  const noExtensions = Buffer.alloc(2);
  const signed = Buffer.concat([
    Buffer.from([0, 0]),
    time,
    Buffer.from([0, 1]),
    sha256(issuer.key.spki),
    length,
    precertificate,
    noExtensions,
  ]);
  const sha256WithEcdsa = Buffer.from([4, 3]);
  const signature = withLength16(signWith(log.key, signed));
  return Buffer.concat([Buffer.from([0]), keyIdOf(log.key), time, noExtensions, sha256WithEcdsa, signature]);
}

interface CertificateFields {
  readonly key: SigningKey;
  readonly subject: Buffer;
  readonly issuer: Pick<Certificate, 'key' | 'subject'>;
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
  readonly serial?: Buffer;
}

/** RFC 5280 §4.1. */
function issue(fields: CertificateFields): Certificate {
  const serial = fields.serial ?? randomSerial();
  const body = toBeSigned({ ...fields, serial });
  const { key } = fields.issuer;
  return {
    der: der.sequence(body, signatureAlgorithm(key), der.bits(signWith(key, body))),
    key: fields.key,
    serial,
    subject: fields.subject,
    issuer: fields.issuer.subject,
  };
}

function toBeSigned(fields: CertificateFields & { readonly serial: Buffer }): Buffer {
  const { from, until } = fields.validity;
  return der.sequence(
    der.context(0, der.integer(2)),
    der.integer(fields.serial),
    signatureAlgorithm(fields.issuer.key),
    fields.issuer.subject,
    der.sequence(der.certificateTime(from), der.certificateTime(until)),
    fields.subject,
    fields.key.spki,
    der.context(3, der.sequence(...fields.extensions)),
  );
}

function authorityExtensions(key: SigningKey, issuer: SigningKey, pathLength: number): readonly Buffer[] {
  return [
    extension('2.5.29.15', der.bits(Buffer.from([0x06]), 1), true),
    extension('2.5.29.19', der.sequence(der.boolean(true), der.integer(pathLength)), true),
    ...keyIdentifiers(key, issuer),
  ];
}

function keyIdentifiers(key: SigningKey, issuer: SigningKey): readonly Buffer[] {
  return [
    extension('2.5.29.14', der.octets(identifierOf(key))),
    extension('2.5.29.35', der.sequence(der.context(0, identifierOf(issuer), true))),
  ];
}

function identifierOf(key: SigningKey): Buffer {
  return createHash('sha1').update(key.spki).digest();
}

function extension(oid: string, value: Buffer, critical = false): Buffer {
  return der.sequence(der.objectId(oid), ...(critical ? [der.boolean(true)] : []), der.octets(value));
}

function nameOf(organization: string, commonName: string): Buffer {
  const attribute = (oid: string, text: string): Buffer =>
    der.setOf(der.sequence(der.objectId(oid), der.utf8(text)));
  return der.sequence(attribute('2.5.4.10', organization), attribute('2.5.4.3', commonName));
}

/** Positive, and without a leading zero. */
function randomSerial(): Buffer {
  const serial = randomBytes(20);
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  return serial;
}

function withLength16(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
