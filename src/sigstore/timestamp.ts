/**
 * RFC 3161 timestamps. Only the profile that Sigstore's authorities write is accepted, and in it every byte is either signed
 * or has one possible value: what a token carries unsigned (a status text, revocation lists, further attributes, certificates
 * that are not the trusted root's) is refused, so that no change to a token can go unnoticed.
 */
import { createHash } from 'node:crypto';
import { isValidAt, oids, purposesOf, refuseWeakCertificate, type Certificate } from './certificate.ts';
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
import { algorithmOf, signatureHolds, type SignatureHash } from './keys.ts';
import { refuse, step } from './refused.ts';
import { isWithin, type Authority, type TrustedRoot } from './trusted-root.ts';

const ids = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  rsaEncryption: '1.2.840.113549.1.1.1',
} as const;

const digests: Readonly<Record<string, SignatureHash>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

interface Token {
  readonly certificates: readonly Buffer[];
  readonly issuer: Buffer;
  readonly serial: Buffer;
  readonly hash: SignatureHash;
  readonly signatureOid: string;
  readonly signature: Buffer;
  readonly signedAttributes: Buffer;
  /** SHA-256 of the signer's certificate, as the token signs it; undefined when it does so by SHA-1 alone. */
  readonly signerHash: Buffer | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly imprint: { readonly hash: SignatureHash; readonly digest: Buffer };
}

/**
 * The time (milliseconds since the epoch) at which an authority of the root saw `signature`. Throws BundleRefused: `timestamp`,
 * `certificate-usage` (the certificate that verifies is not for timestamps), `algorithm-refused`.
 */
export function timestampOf(response: Buffer, signature: Buffer, root: TrustedRoot, now: string): number {
  const token = step('timestamp', 'a timestamp is not of the profile that is accepted', () =>
    readToken(readDer(response, 'timestamp', 'a timestamp')),
  );
  const { imprint, time } = token;
  if (!createHash(imprint.hash).update(signature).digest().equals(imprint.digest))
    refuse('timestamp', 'a timestamp was made for another signature');
  const authority = signerOf(token, root);
  const [signer] = authority.chain;
  if (signer === undefined) refuse('timestamp', 'a timestamp authority has no certificate');
  for (const certificate of authority.chain) refuseWeakCertificate(certificate, now, 'a timestamp authority');
  expectTimestamper(signer);
  if (!signatureIsRight(token, signer)) refuse('timestamp', 'the signature of a timestamp is wrong');
  if (!isWithin(authority.window, time))
    refuse('timestamp', 'a timestamp was made outside the life of its authority in the trusted root');
  // CVE-2026-24122 is the class: every certificate of the chain, not the leaf alone.
  if (!authority.chain.every((certificate) => isValidAt(certificate, time)))
    refuse('timestamp', 'a timestamp was made outside the life of a certificate of its authority');
  return time;
}

/** The authority whose certificate the token names and was signed by. It must be the trusted root's own. */
function signerOf(token: Token, root: TrustedRoot): Authority {
  if (!token.certificates.every((der) => root.certificates.has(der.toString('base64'))))
    refuse('timestamp', 'a timestamp carries a certificate that is not in the trusted root');
  const named = root.timestampAuthorities.filter(({ chain: [first] }) => isNamed(token, first));
  const authority = named.find(({ window }) => isWithin(window, token.time)) ?? named[0];
  if (authority === undefined) refuse('timestamp', 'a timestamp is by an authority that we do not trust');
  if (token.signerHash === undefined)
    refuse('timestamp', 'a timestamp does not name the certificate of its signer by SHA-256');
  return authority;
}

function isNamed({ issuer, serial, signerHash }: Token, certificate: Certificate | undefined): boolean {
  return (
    certificate !== undefined &&
    certificate.x509.issuer.equals(issuer) &&
    certificate.x509.serialNumber.equals(serial) &&
    (signerHash === undefined || createHash('sha256').update(certificate.der).digest().equals(signerHash))
  );
}

/** RFC 3161 section 2.3. On the very certificate whose key verifies the token: CVE-2026-39984. */
function expectTimestamper(signer: Certificate): void {
  const purposes = step(
    'certificate-usage',
    'usages of a timestamp authority',
    () => purposesOf(signer) ?? [],
  );
  if (purposes.length !== 1 || purposes[0] !== oids.timeStamping || signer.x509.isCA)
    refuse('certificate-usage', 'the certificate that signed a timestamp is not for timestamps');
}

function signatureIsRight(token: Token, signer: Certificate): boolean {
  const algorithm = algorithmOf(token.signatureOid);
  const isPlainRsa = token.signatureOid === ids.rsaEncryption && signer.key.name.startsWith('rsa-');
  const fits = algorithm.hash === token.hash && signer.key.name.startsWith(algorithm.keys);
  return (
    (fits || isPlainRsa) && signatureHolds(signer.key, token.signedAttributes, token.signature, token.hash)
  );
}

/** TimeStampResp, ContentInfo and SignedData (RFC 3161 section 2.4.2, RFC 5652 section 5). Throws what is no token. */
function readToken(response: Der): Token {
  expectParts(response, universal.sequence, 2);
  const status = expectParts(part(response, 0), universal.sequence, 1);
  expectSmall(part(status, 0), 0);
  const contentInfo = expectParts(part(response, 1), universal.sequence, 2);
  expectOid(part(contentInfo, 0), ids.signedData);
  const signedData = expectParts(
    part(expectParts(part(contentInfo, 1), 0xa0, 1), 0),
    universal.sequence,
    4,
    5,
  );
  expectSmall(part(signedData, 0), 3);
  const digest = part(expectParts(part(signedData, 1), universal.set, 1), 0);
  const encapsulated = expectParts(part(signedData, 2), universal.sequence, 2);
  expectOid(part(encapsulated, 0), ids.tstInfo);
  const content = expectTag(part(expectParts(part(encapsulated, 1), 0xa0, 1), 0), universal.octetString);
  const certificates = signedData.subs.length === 5 ? expectTag(part(signedData, 3), 0xa0).subs : [];
  const infos = expectParts(part(signedData, signedData.subs.length - 1), universal.set, 1);
  return {
    certificates: certificates.map(rawOf),
    ...readSignerInfo(part(infos, 0), content.value, rawOf(digest)),
    ...readInfo(readDer(content.value, 'timestamp', 'a timestamp')),
  };
}

function readSignerInfo(
  info: Der,
  content: Buffer,
  digestAlgorithm: Buffer,
): Omit<Token, 'certificates' | 'time' | 'imprint'> {
  // A seventh part would be attributes that nobody signed.
  expectParts(info, universal.sequence, 6);
  expectSmall(part(info, 0), 1);
  const sid = expectParts(part(info, 1), universal.sequence, 2);
  if (!rawOf(part(info, 2)).equals(digestAlgorithm)) throw new RangeError('two digest algorithms');
  const hash = hashOf(part(info, 2));
  const attributes = readAttributes(expectTag(part(info, 3), 0xa0));
  expectOid(attribute(attributes, ids.contentType), ids.tstInfo);
  const digest = expectTag(attribute(attributes, ids.messageDigest), universal.octetString).value;
  if (!createHash(hash).update(content).digest().equals(digest)) throw new RangeError('message digest');
  const signedAttributes = Buffer.from(rawOf(part(info, 3)));
  // RFC 5652 section 5.4: signed as a SET, whatever its tag inside the structure.
  signedAttributes[0] = universal.set;
  return {
    issuer: expectTag(part(sid, 0), universal.sequence).value,
    serial: expectTag(part(sid, 1), universal.integer).value,
    hash,
    signatureOid: algorithmIdentifier(part(info, 4)),
    signature: expectTag(part(info, 5), universal.octetString).value,
    signedAttributes,
    signerHash: attributes.has(ids.signingCertificateV2)
      ? signerHashOf(attribute(attributes, ids.signingCertificateV2))
      : undefined,
  };
}

function readAttributes(set: Der): ReadonlyMap<string, Der> {
  const attributes = new Map<string, Der>();
  for (const item of set.subs) {
    const [type, values] = expectParts(item, universal.sequence, 2).subs;
    if (type === undefined || values === undefined || attributes.has(type.toOID()))
      throw new RangeError('an attribute occurs twice');
    attributes.set(type.toOID(), part(expectParts(values, universal.set, 1), 0));
  }
  return attributes;
}

function attribute(attributes: ReadonlyMap<string, Der>, oid: string): Der {
  const found = attributes.get(oid);
  if (found === undefined) throw new RangeError(`no attribute ${oid}`);
  return found;
}

/** ESSCertIDv2 (RFC 5035 section 3): SHA-256 when no algorithm is named. Other hashes are not accepted. */
function signerHashOf(value: Der): Buffer {
  const id = part(part(expectTag(value, universal.sequence), 0), 0);
  const [first, ...more] = expectTag(id, universal.sequence).subs;
  if (first === undefined) throw new RangeError('no hash of the signer');
  if (tagOf(first) === universal.octetString) return first.value;
  if (hashOf(first) !== 'sha256' || more[0] === undefined) throw new RangeError('hash of the signer');
  return expectTag(more[0], universal.octetString).value;
}

/** TSTInfo (RFC 3161 section 2.4.2); what follows the time is signed and says nothing we need. */
function readInfo(info: Der): Pick<Token, 'time' | 'imprint'> {
  expectParts(info, universal.sequence, 5, 10);
  expectSmall(part(info, 0), 1);
  const imprint = expectParts(part(info, 2), universal.sequence, 2);
  return {
    imprint: {
      hash: hashOf(part(imprint, 0)),
      digest: expectTag(part(imprint, 1), universal.octetString).value,
    },
    time: generalizedTime(expectTag(part(info, 4), universal.generalizedTime).value.toString('latin1')),
  };
}

function hashOf(algorithm: Der): SignatureHash {
  const hash = digests[algorithmIdentifier(algorithm)];
  if (hash === undefined) throw new RangeError('a digest we do not believe');
  return hash;
}

/** RFC 3161: seconds, and a fraction without trailing zeros. Below a millisecond it is cut off. */
function generalizedTime(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d*[1-9]))?Z$/.exec(text);
  const [, year, month, day, hour, minute, second, fraction = ''] = match ?? [];
  const time = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`,
  );
  if (Number.isNaN(time)) throw new RangeError('no time');
  return time;
}

function expectOid(of: Der, oid: string): void {
  if (expectTag(of, universal.oid).toOID() !== oid) throw new RangeError(`not ${oid}`);
}

function expectSmall(of: Der, value: number): void {
  const { value: bytes } = expectTag(of, universal.integer);
  if (bytes.length !== 1 || bytes[0] !== value) throw new RangeError(`not ${value}`);
}
