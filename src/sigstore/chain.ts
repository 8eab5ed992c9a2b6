/** From the leaf of a bundle to an authority of the trusted root, at every time that was proven. */
import { isIssuedBy, isValidAt, refuseWeakCertificate, type Certificate } from './certificate.ts';
import { refuse } from './refused.ts';
import { isWithin, type Authority, type TrustedRoot } from './trusted-root.ts';

/**
 * The authority that signed the leaf. Every certificate must be valid at every time, and so must the authority's place in the
 * trusted root (CVE-2026-24122: an expired issuer). Throws BundleRefused `certificate-chain`, `certificate-time`,
 * `algorithm-refused`.
 */
export function authorityOf(
  leaf: Certificate,
  times: readonly number[],
  root: TrustedRoot,
  now: string,
): Certificate {
  const issuers = root.certificateAuthorities.filter(
    ({ chain: [issuer] }) => issuer !== undefined && isIssuedBy(leaf, issuer),
  );
  const [some] = issuers;
  if (some === undefined) refuse('certificate-chain', 'the certificate is by no authority that we trust');
  // One authority can stand there several times, with a window each; one of them must fit all times.
  const authority = issuers.find((issuer) => times.every((time) => isValidWith(leaf, issuer, time)));
  const [issuer] = (authority ?? some).chain;
  if (authority === undefined || issuer === undefined)
    refuse('certificate-time', 'the certificate, or one above it, was not valid when the signature was made');
  for (const certificate of [leaf, ...authority.chain])
    refuseWeakCertificate(certificate, now, 'a certificate');
  return issuer;
}

function isValidWith(leaf: Certificate, { chain, window }: Authority, time: number): boolean {
  return isWithin(window, time) && [leaf, ...chain].every((certificate) => isValidAt(certificate, time));
}

/**
 * Certificates after the leaf are never used. Bundles 0.1 of early 2023 carry the chain up to the root all the same: that is
 * harmless only when they are the trusted root's own, byte for byte.
 */
export function expectKnown(further: readonly Buffer[], root: TrustedRoot): void {
  if (!further.every((der) => root.certificates.has(der.toString('base64'))))
    refuse(
      'certificate-chain',
      'the bundle brings a certificate of an authority that is not in the trusted root',
    );
}
