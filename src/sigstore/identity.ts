/**
 * Who signed, from the leaf certificate (sigstore/fulcio: docs/oid-info.md). The fields .8 and above are DER UTF8Strings, .1 to .6
 * are raw text and deprecated; certificates of early 2023 have only those.
 */
import type { SignerIdentity } from '../core/identity.ts';
import { oids, strictUtf8, utf8Of, type Certificate } from './certificate.ts';
import { part, tagOf } from './der.ts';
import { refuse, step } from './refused.ts';

const prefix = '1.3.6.1.4.1.57264.1.';
const otherName = 0xa0;
const email = 0x81;
const uri = 0x86;

/** Throws BundleRefused `certificate-usage` for a certificate that does not name one signer in text. */
export function identityOf(leaf: Certificate): SignerIdentity {
  return step('certificate-usage', 'the certificate does not name its signer in text', () =>
    readIdentity(leaf),
  );
}

function readIdentity(leaf: Certificate): SignerIdentity {
  const value = (n: number): Buffer | undefined => leaf.extensions.get(`${prefix}${n}`)?.value.value;
  const raw = (n: number): string | undefined => {
    const bytes = value(n);
    return bytes && strictUtf8(bytes);
  };
  const text = (n: number): string | undefined => {
    const bytes = value(n);
    return bytes && strictUtf8(Buffer.from(utf8Of(bytes), 'utf8'));
  };
  const subject = subjectOf(leaf);
  return {
    subject,
    issuer: text(8) ?? raw(1),
    buildSignerUri: text(9),
    buildSignerDigest: text(10),
    runnerEnvironment: text(11),
    sourceRepositoryUri: text(12) ?? repositoryFrom(subject, raw(5)),
    sourceRepositoryDigest: text(13) ?? raw(3),
    sourceRepositoryRef: text(14) ?? raw(6),
    sourceRepositoryId: text(15),
    ownerUri: text(16),
    ownerId: text(17),
    buildConfigUri: text(18),
    buildConfigDigest: text(19),
    buildTrigger: text(20) ?? raw(2),
    runInvocationUri: text(21),
    visibility: text(22),
    deploymentEnvironment: text(23),
  };
}

/** RFC 5280 section 4.2.1.6. With two names, two readers could each pick one. */
function subjectOf(leaf: Certificate): SignerIdentity['subject'] {
  const names = leaf.extensions.get(oids.subjectAltName)?.value.subs[0]?.subs ?? [];
  const [name, ...more] = names;
  if (name === undefined || more.length > 0)
    refuse('certificate-usage', 'the certificate does not name exactly one signer');
  switch (tagOf(name)) {
    case uri:
      return { kind: 'uri', value: strictUtf8(name.value) };
    case email:
      return { kind: 'email', value: strictUtf8(name.value) };
    case otherName:
      // Fulcio's own type .7, a UTF8String.
      return { kind: 'other', value: strictUtf8(part(part(name, 1), 0).value) };
    default:
      return refuse('certificate-usage', 'the certificate names its signer in a way we do not know');
  }
}

/**
 * The deprecated .5 is `owner/repository` without a host. The host is taken from the signed workflow, and only when that lies in
 * this very repository.
 */
function repositoryFrom(subject: SignerIdentity['subject'], path: string | undefined): string | undefined {
  // Exactly two names: `owner` alone is the beginning of every repository's path.
  if (path === undefined || subject.kind !== 'uri' || !/^[^/\s]+\/[^/\s]+$/.test(path)) return undefined;
  const origin = /^https:\/\/[^/?#@\s]+\//.exec(subject.value)?.[0];
  return origin !== undefined && subject.value.startsWith(`${origin}${path}/`)
    ? `${origin}${path}`
    : undefined;
}
