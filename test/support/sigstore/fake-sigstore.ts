/**
 * A Sigstore of the tests' own: certificate authority, certificate log, artifact log and timestamp authority, with the
 * trusted root that names them. It makes true bundles; a test that wants a false one swaps a part or edits the JSON.
 */
import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { SignerIdentity } from '../../../src/core/identity.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { SigstoreTrust } from '../../../src/core/trust.ts';
import {
  createAuthority,
  issueLeaf,
  usages,
  type Certificate,
  type CertificateAuthority,
  type TransparencyLog,
  type Validity,
} from './certificates.ts';
import { context } from './der.ts';
import { identityExtensions, type ExtensionSet } from './identity-extensions.ts';
import { createSigningKey, keyIdOf, pem, sha256, signWith, type SigningKey } from './keys.ts';
import { createLog, type ArtifactLog } from './log.ts';
import { createTimestampAuthority, type TimestampAuthority } from './timestamps.ts';

export interface SigstoreParts {
  readonly authority: CertificateAuthority;
  readonly certificateLog: TransparencyLog;
  readonly log: ArtifactLog;
  readonly timestamps: TimestampAuthority;
}

export type BundleVersion = '0.1' | '0.2' | '0.3';

interface SigningInput {
  /** Of the leaf certificate, without a key of its own. */
  readonly identity?: Partial<SignerIdentity>;
  readonly at: Date;
  /** Default 0.2. A bundle 0.1 has a promise and no proof, the others have both. */
  readonly version?: BundleVersion;
  /** Signs instead of a certificate: what npm's publish attestations do. */
  readonly key?: { readonly keyid: string; readonly privateKey: KeyObject };
  /** Adds a token of the timestamp authority. */
  readonly timestamp?: boolean;
  /** When the log took it in; default at once. */
  readonly loggedAt?: Date;
  /** Another Sigstore's part in the place of ours. */
  readonly using?: Partial<SigstoreParts>;
  readonly leaf?: LeafChange;
  readonly without?: readonly ('promise' | 'proof' | 'log')[];
}

interface LeafChange {
  /** Default: ten minutes from `at` on. */
  readonly validity?: Validity;
  /** OID; null: none. Default code signing. */
  readonly usage?: string | null;
  readonly extensions?: ExtensionSet;
  /** Default: a new one. */
  readonly key?: SigningKey;
  /** Logs that vouch for it; default the one of this Sigstore. */
  readonly logs?: readonly TransparencyLog[];
}

export interface AttestInput extends SigningInput {
  /** Signed as `JSON.stringify` writes it; or exact bytes. */
  readonly statement: JsonObject | Uint8Array;
  readonly payloadType?: string;
  /** Kind of log entry; default `intoto`, as npm's have it. */
  readonly entry?: 'intoto' | 'dsse';
}

export interface SignBytesInput extends SigningInput {
  readonly bytes: Uint8Array;
}

export interface FakeSigstore {
  readonly parts: SigstoreParts;
  readonly trust: SigstoreTrust;
  /** A bundle with a DSSE envelope. */
  readonly attest: (input: AttestInput) => JsonObject;
  /** A bundle with a message signature. */
  readonly signBytes: (input: SignBytesInput) => JsonObject;
}

const validity: Validity = {
  from: new Date('2020-01-01T00:00:00Z'),
  until: new Date('2040-01-01T00:00:00Z'),
};

export function createFakeSigstore(name = 'fake'): FakeSigstore {
  const parts: SigstoreParts = {
    authority: createAuthority(`${name}-authority`, validity),
    certificateLog: { key: createSigningKey() },
    log: createLog(`log.${name}.example.com`),
    timestamps: createTimestampAuthority(validity),
  };
  return {
    parts,
    trust: {
      name,
      trustedRoot: trustedRootOf(parts, name),
      source: 'configured',
      tufRoot: undefined,
      confirmedAt: undefined,
      staleAt: undefined,
    },
    attest: (input) => attest({ ...parts, ...input.using }, input),
    signBytes: (input) => signBytes({ ...parts, ...input.using }, input),
  };
}

/** The form of `trusted_root.json` (sigstore/protobuf-specs, TrustedRoot). */
export function trustedRootOf(parts: SigstoreParts, name = 'fake'): JsonObject {
  const from = { start: validity.from.toISOString() };
  const logOf = (key: SigningKey, baseUrl: string): JsonObject => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(key.spki), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: from },
    logId: { keyId: base64(keyIdOf(key)) },
  });
  const authorityOf = (chain: readonly Certificate[], service: string): JsonObject => ({
    subject: { organization: 'fake-sigstore', commonName: `${name}-${service}` },
    uri: `https://${service}.${name}.example.com`,
    certChain: { certificates: chain.map(({ der }) => ({ rawBytes: base64(der) })) },
    validFor: from,
  });
  const { authority, certificateLog, log, timestamps } = parts;
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logOf(log.key, `https://${log.host}`)],
    certificateAuthorities: [authorityOf([authority.intermediate, authority.root], 'authority')],
    ctlogs: [logOf(certificateLog.key, `https://certificates.${name}.example.com`)],
    timestampAuthorities: [authorityOf(timestamps.chain, 'timestamps')],
  };
}

function attest(parts: SigstoreParts, input: AttestInput): JsonObject {
  const { statement, payloadType = 'application/vnd.in-toto+json', entry = 'intoto' } = input;
  const payload = statement instanceof Uint8Array ? statement : Buffer.from(JSON.stringify(statement));
  const signer = signerOf(parts, input);
  const signature = signer.sign(preAuthEncoding(payloadType, payload));
  const keyid = input.key?.keyid ?? '';
  const envelope = {
    payload: base64(payload),
    payloadType,
    signatures: [{ sig: base64(signature), keyid }],
  };
  const verifier = base64(Buffer.from(signer.pem));
  const payloadHash = hashOf(payload);
  const spec =
    entry === 'dsse'
      ? {
          envelopeHash: hashOf(Buffer.from(JSON.stringify(envelope))),
          payloadHash,
          signatures: [{ signature: base64(signature), verifier }],
        }
      : {
          content: {
            envelope: {
              payloadType,
              // In base64 twice: Rekor's own form.
              signatures: [
                {
                  ...(keyid === '' ? {} : { keyid }),
                  publicKey: verifier,
                  sig: base64(Buffer.from(base64(signature))),
                },
              ],
            },
            hash: hashOf(Buffer.from(JSON.stringify(envelope))),
            payloadHash,
          },
        };
  const logged = { kind: entry, version: entry === 'dsse' ? '0.0.1' : '0.0.2', spec };
  return bundleOf(parts, input, { signer, signature, logged, content: { dsseEnvelope: envelope } });
}

function signBytes(parts: SigstoreParts, input: SignBytesInput): JsonObject {
  const signer = signerOf(parts, input);
  const signature = signer.sign(input.bytes);
  const spec = {
    data: { hash: hashOf(input.bytes) },
    signature: {
      content: base64(signature),
      publicKey: { content: base64(Buffer.from(signer.pem)) },
    },
  };
  const messageSignature = {
    messageDigest: { algorithm: 'SHA2_256', digest: base64(sha256(input.bytes)) },
    signature: base64(signature),
  };
  const logged = { kind: 'hashedrekord', version: '0.0.1', spec };
  return bundleOf(parts, input, { signer, signature, logged, content: { messageSignature } });
}

interface Signer {
  readonly sign: (data: Uint8Array) => Buffer;
  /** What the log shows: the certificate, or the public key. */
  readonly pem: string;
  /** `verificationMaterial` of the bundle, without log and timestamps. */
  readonly material: (version: BundleVersion) => JsonObject;
}

function signerOf(parts: SigstoreParts, input: SigningInput): Signer {
  const { key } = input;
  if (key !== undefined) {
    const spki = createPublicKey(key.privateKey).export({ type: 'spki', format: 'der' });
    return {
      sign: (data) => sign('sha256', data, key.privateKey),
      pem: pem('PUBLIC KEY', spki),
      material: () => ({ publicKey: { hint: key.keyid } }),
    };
  }
  const leaf = leafOf(parts, input);
  const { root, intermediate } = parts.authority;
  const chain = (...certificates: readonly Certificate[]): JsonObject => ({
    x509CertificateChain: { certificates: certificates.map(({ der }) => ({ rawBytes: base64(der) })) },
  });
  return {
    sign: (data) => signWith(leaf.key, data),
    pem: pem('CERTIFICATE', leaf.der),
    material: (version) =>
      version === '0.3'
        ? { certificate: { rawBytes: base64(leaf.der) } }
        : version === '0.2'
          ? chain(leaf)
          : chain(leaf, intermediate, root),
  };
}

const leafLifeMs = 600_000;

function leafOf(parts: SigstoreParts, { identity = {}, at, leaf = {} }: SigningInput): Certificate {
  const subject = identity.subject ?? { kind: 'uri', value: 'https://example.com/somebody' };
  const usage = leaf.usage === undefined ? usages.codeSigning : (leaf.usage ?? undefined);
  return issueLeaf(parts.authority.intermediate, {
    key: leaf.key ?? createSigningKey(),
    validity: leaf.validity ?? { from: at, until: new Date(at.getTime() + leafLifeMs) },
    usage,
    // GeneralName: rfc822Name [1], uniformResourceIdentifier [6].
    alternativeName: context(subject.kind === 'email' ? 1 : 6, Buffer.from(subject.value), true),
    extensions: identityExtensions(identity, leaf.extensions ?? 'all'),
    logs: leaf.logs ?? [parts.certificateLog],
  });
}

interface Signed {
  readonly signer: Signer;
  readonly signature: Buffer;
  readonly logged: { readonly kind: string; readonly version: string; readonly spec: JsonObject };
  readonly content: JsonObject;
}

function bundleOf(parts: SigstoreParts, input: SigningInput, signed: Signed): JsonObject {
  const { at, version = '0.2', without = [], loggedAt = at } = input;
  const entry = parts.log.add({ ...signed.logged, at: loggedAt });
  const shown = {
    ...entry,
    ...(without.includes('promise') ? { inclusionPromise: null } : {}),
    ...(version === '0.1' || without.includes('proof') ? { inclusionProof: null } : {}),
  };
  const tokens =
    input.timestamp === true
      ? [{ signedTimestamp: base64(parts.timestamps.stamp(signed.signature, at)) }]
      : [];
  return {
    mediaType:
      version === '0.3'
        ? 'application/vnd.dev.sigstore.bundle.v0.3+json'
        : `application/vnd.dev.sigstore.bundle+json;version=${version}`,
    verificationMaterial: {
      ...signed.signer.material(version),
      tlogEntries: without.includes('log') ? [] : [shown],
      timestampVerificationData: { rfc3161Timestamps: tokens },
    },
    ...signed.content,
  };
}

/** DSSE v1: lengths in bytes (secure-systems-lab/dsse, protocol.md). */
function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function hashOf(bytes: Uint8Array): JsonObject {
  return { algorithm: 'sha256', value: sha256(bytes).toString('hex') };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
