/** A timestamp authority (RFC 3161) with a root and a signing certificate. */
import { randomBytes } from 'node:crypto';
import { createAuthority, issueLeaf, usages, type Certificate, type Validity } from './certificates.ts';
import * as der from './der.ts';
import { createSigningKey, sha256, signatureAlgorithm, signWith } from './keys.ts';

export interface TimestampAuthority {
  /** Signing certificate first. */
  readonly chain: readonly Certificate[];
  /** TimeStampResp, DER, over the given bytes. */
  readonly stamp: (bytes: Uint8Array, at: Date) => Buffer;
}

const oids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  policy: '1.3.6.1.4.1.57264.2',
} as const;

/** `usage`: OID of its extended key usage; `named`: what its tokens name by hash. For tests that want the wrong one. */
export function createTimestampAuthority(
  validity: Validity,
  usage: string = usages.timeStamping,
  named?: Uint8Array,
): TimestampAuthority {
  const { root } = createAuthority('timestamps', validity);
  const key = createSigningKey();
  const leaf = issueLeaf(root, {
    key,
    validity,
    usage,
    usageCritical: true,
    subject: 'timestamps-signer',
    logs: [],
  });
  return { chain: [leaf, root], stamp: (bytes, at) => response(leaf, named ?? leaf.der, bytes, at) };
}

function response(signer: Certificate, named: Uint8Array, bytes: Uint8Array, at: Date): Buffer {
  const info = timestampInfo(bytes, at);
  const algorithm = der.sequence(der.objectId(oids.sha256));
  // RFC 5035 §3, as RFC 3161 demands it by RFC 5816: which certificate signed, by SHA-256.
  const signingCertificate = der.sequence(der.sequence(der.sequence(der.octets(sha256(named)))));
  const attributes = [
    der.sequence(der.objectId(oids.contentType), der.setOf(der.objectId(oids.timestampInfo))),
    der.sequence(der.objectId(oids.messageDigest), der.setOf(der.octets(sha256(info)))),
    der.sequence(der.objectId(oids.signingCertificateV2), der.setOf(signingCertificate)),
  ];
  const signedAttributes = der.setOf(...attributes);
  const signerInfo = der.sequence(
    der.integer(1),
    der.sequence(signer.issuer, der.integer(signer.serial)),
    algorithm,
    // Signed as a SET, sent under a context tag (RFC 5652 §5.4).
    Buffer.concat([Buffer.from([0xa0]), signedAttributes.subarray(1)]),
    signatureAlgorithm(signer.key),
    der.octets(signWith(signer.key, signedAttributes)),
  );
  const signedData = der.sequence(
    der.integer(3),
    der.setOf(algorithm),
    der.sequence(der.objectId(oids.timestampInfo), der.context(0, der.octets(info))),
    der.setOf(signerInfo),
  );
  const granted = der.sequence(der.integer(0));
  return der.sequence(granted, der.sequence(der.objectId(oids.signedData), der.context(0, signedData)));
}

/** RFC 3161 §2.4.2. */
function timestampInfo(bytes: Uint8Array, at: Date): Buffer {
  return der.sequence(
    der.integer(1),
    der.objectId(oids.policy),
    der.sequence(der.sequence(der.objectId(oids.sha256)), der.octets(sha256(bytes))),
    der.integer(Buffer.concat([Buffer.from([0x40]), randomBytes(7)])),
    der.generalizedTime(at),
  );
}
