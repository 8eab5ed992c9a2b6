/** By whom, and over what, a bundle is signed: its signature, the life of a key, the identity in a certificate. */
import { createHash } from 'node:crypto';
import { instantOf } from '../core/time.ts';
import type { RegistryKey } from '../core/trust.ts';
import type { Bundle, MessageHash } from './bundle.ts';
import { expectCodeSigner, readCertificate, type Certificate } from './certificate.ts';
import { payloadTypes, preAuthEncoding } from './dsse.ts';
import { identityOf } from './identity.ts';
import { readPublicKey, refuseWeak, signatureHolds, signatureOfDigestHolds, type PublicKey } from './keys.ts';
import { quote, refuse } from './refused.ts';
import type { BundleRequest, SignedThing, VerifiedBundle } from './types.ts';

/** What the signature is made over. Only these bytes are ever looked into afterwards (the class of CVE-2025-47934). */
export interface Signed {
  readonly holds: (key: PublicKey, signature: Buffer) => boolean;
  /** Undefined for a hash that cannot be had from a digest alone. */
  readonly digest: (hash: MessageHash) => Buffer | undefined;
}

/** Throws BundleRefused `statement-malformed`, `subject-mismatch`. */
export function signedBy({ content }: Bundle, thing: SignedThing | undefined): Signed {
  if (content.kind === 'dsse') {
    if (!payloadTypes.includes(content.payloadType))
      refuse('statement-malformed', `the payload is ${quote(content.payloadType)}, not an in-toto statement`);
    const encoded = preAuthEncoding(content.payloadType, content.payload);
    return {
      holds: (key, signature) => signatureHolds(key, encoded, signature),
      digest: (hash) => createHash(hash).update(encoded).digest(),
    };
  }
  if (thing === undefined) refuse('subject-mismatch', 'the signature of a message needs the message');
  const digest =
    thing.kind === 'bytes'
      ? createHash(content.hash).update(thing.bytes).digest()
      : thing.algorithm === content.hash
        ? Buffer.from(thing.hex, 'hex')
        : refuse('subject-mismatch', `the bundle is about a ${content.hash}, not a ${thing.algorithm}`);
  if (!digest.equals(content.digest)) refuse('subject-mismatch', 'the signature is for something else');
  return {
    holds: (key, signature) =>
      thing.kind === 'bytes'
        ? signatureHolds(key, thing.bytes, signature, content.hash)
        : signatureOfDigestHolds(key, digest, signature),
    digest: (hash) => (hash === content.hash ? digest : undefined),
  };
}

export type Signer =
  | { readonly kind: 'certificate'; readonly key: PublicKey; readonly leaf: Certificate }
  | { readonly kind: 'key'; readonly key: PublicKey; readonly known: RegistryKey };

/** Throws BundleRefused `certificate-chain`, `certificate-usage`, `algorithm-refused`, `key-unknown`, `signature`. */
export function signerOf(
  { signer, signature }: Bundle,
  { keys, now }: BundleRequest,
  signed: Signed,
): Signer {
  if (signer.kind === 'certificate') {
    // Whether its key is believed is judged with its chain (`authorityOf`).
    const leaf = readCertificate(signer.leaf, 'certificate-chain', 'the certificate');
    expectCodeSigner(leaf);
    if (!signed.holds(leaf.key, signature)) refuse('signature', 'the signature is wrong');
    return { kind: 'certificate', key: leaf.key, leaf };
  }
  const named = keys.filter(({ keyid }) => keyid === signer.hint);
  if (named.length === 0) refuse('key-unknown', `we have no key ${quote(signer.hint)}`);
  for (const known of named) {
    const key = readPublicKey(Buffer.from(known.spki, 'base64'), 'key-unknown', 'a key we know');
    refuseWeak(key.name, now, 'the key');
    if (signed.holds(key, signature)) return { kind: 'key', key, known };
  }
  return refuse('signature', 'the signature is wrong');
}

/** GHSA-wqqc-jjcq-vfxm: a managed key has a life too, and every proven time must lie in it; both ends inclusive. */
export function expectInUse({ usages, keyid }: RegistryKey, times: readonly number[]): void {
  const windows = usages.filter(({ usage }) => usage === 'attestations');
  if (windows.length === 0) refuse('key-window', `the key ${quote(keyid)} is not for attestations`);
  const isIn = (time: number): boolean =>
    windows.some(
      ({ from, until }) =>
        (from === undefined || instantOf(from) <= time) && (until === undefined || time <= instantOf(until)),
    );
  if (!times.every(isIn))
    refuse('key-window', `the key ${quote(keyid)} was not in use when the signature was made`);
}

/** Throws BundleRefused `identity-mismatch`. */
export function whoSigned(signer: Signer, expected: BundleRequest['expected']): VerifiedBundle['signer'] {
  if (signer.kind === 'key') {
    if (expected?.issuer !== undefined || expected?.subject !== undefined)
      refuse('identity-mismatch', 'the bundle is signed with a key, and a certificate is expected');
    return { kind: 'key', keyid: signer.known.keyid };
  }
  const identity = identityOf(signer.leaf);
  // Whole strings: a pattern would match more than was meant.
  if (expected?.subject !== undefined && expected.subject !== identity.subject.value)
    refuse('identity-mismatch', `signed by ${quote(identity.subject.value)}`);
  if (expected?.issuer !== undefined && expected.issuer !== identity.issuer)
    refuse('identity-mismatch', `the signer was named by ${quote(identity.issuer ?? 'nobody')}`);
  return { kind: 'certificate', identity };
}
