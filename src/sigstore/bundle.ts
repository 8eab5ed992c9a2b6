/**
 * A Sigstore bundle as data (sigstore/protobuf-specs: protos/sigstore_bundle.proto, versions 0.1 to 0.3), read strictly:
 * what two readers could understand differently is refused. Nothing here is believed yet.
 */
import { own, type JsonObject } from '../core/json.ts';
import { fieldsOf } from './fields.ts';
import { quote, refuse } from './refused.ts';

export type BundleVersion = '0.1' | '0.2' | '0.3';
export type MessageHash = 'sha256' | 'sha384' | 'sha512';

export type BundleSigner =
  | {
      readonly kind: 'certificate';
      readonly leaf: Buffer;
      /** DER; only 0.1 and 0.2 can have them. Never used to build a chain. */
      readonly further: readonly Buffer[];
    }
  | { readonly kind: 'key'; readonly hint: string };

export type BundleContent =
  | { readonly kind: 'dsse'; readonly payloadType: string; readonly payload: Buffer }
  | { readonly kind: 'message'; readonly hash: MessageHash; readonly digest: Buffer };

export interface InclusionProof {
  readonly index: bigint;
  readonly size: bigint;
  readonly root: Buffer;
  readonly hashes: readonly Buffer[];
  readonly checkpoint: string | undefined;
}

export interface LogEntry {
  readonly logId: Buffer;
  /** Over all trees of the log; the promise signs it, the proof does not. */
  readonly index: bigint;
  readonly kind: string;
  readonly version: string;
  /** Seconds since the epoch. Says nothing without a promise. */
  readonly integratedTime: bigint | undefined;
  /** The signed entry timestamp. */
  readonly promise: Buffer | undefined;
  readonly proof: InclusionProof | undefined;
  /** The entry as the log hashed it. */
  readonly body: Buffer;
}

export interface Bundle {
  readonly version: BundleVersion;
  readonly signer: BundleSigner;
  readonly content: BundleContent;
  readonly signature: Buffer;
  /** At least one. */
  readonly entries: readonly LogEntry[];
  /** RFC 3161 responses, DER. */
  readonly timestamps: readonly Buffer[];
}

const versions: Readonly<Record<string, BundleVersion>> = {
  'application/vnd.dev.sigstore.bundle+json;version=0.1': '0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2': '0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3': '0.3',
  'application/vnd.dev.sigstore.bundle.v0.3+json': '0.3',
};

const hashes: Readonly<Record<string, MessageHash>> = {
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
};

const maxEntries = 8;
const maxTimestamps = 8;
const maxFurther = 4;
const maxCertificateBytes = 1 << 15;
const maxSignatureBytes = 1 << 12;
const maxPayloadBytes = 1 << 24;
/** An `intoto` entry can hold the payload, encoded twice. */
const maxBodyBytes = 1 << 25;
const maxTokenBytes = 1 << 16;
const maxCheckpointLength = 1 << 16;
const maxProofHashes = 64;

const read = fieldsOf('bundle-malformed', 'bundle');

/** Throws BundleRefused: `bundle-malformed`, `log-inclusion` (no entry), `algorithm-refused` (hash of a message). */
export function readBundle(bundle: JsonObject): Bundle {
  read.onlyKeys(bundle, ['mediaType', 'verificationMaterial', 'dsseEnvelope', 'messageSignature']);
  const mediaType = read.text(bundle, 'mediaType', 100);
  const version = Object.hasOwn(versions, mediaType) ? versions[mediaType] : undefined;
  if (version === undefined)
    refuse('bundle-malformed', `${quote(mediaType)} is no media type of a bundle 0.1 to 0.3`);
  const material = read.object(bundle, 'verificationMaterial');
  read.onlyKeys(material, [
    'x509CertificateChain',
    'certificate',
    'publicKey',
    'tlogEntries',
    'timestampVerificationData',
  ]);
  return {
    version,
    signer: readSigner(material, version),
    ...readContent(bundle),
    entries: readEntries(material),
    timestamps: readTimestamps(material),
  };
}

function readSigner(material: JsonObject, version: BundleVersion): BundleSigner {
  const chain = read.maybeObject(material, 'x509CertificateChain');
  const certificate = read.maybeObject(material, 'certificate');
  const key = read.maybeObject(material, 'publicKey');
  if ([chain, certificate, key].filter((one) => one !== undefined).length !== 1)
    refuse('bundle-malformed', 'a bundle names one certificate, one chain or one key');
  if (key !== undefined) {
    read.onlyKeys(key, ['hint']);
    return { kind: 'key', hint: read.maybeText(key, 'hint', 1000) ?? '' };
  }
  if (certificate !== undefined) {
    if (version !== '0.3') refuse('bundle-malformed', `a bundle ${version} carries a chain of certificates`);
    return { kind: 'certificate', leaf: readCertificateBytes(certificate), further: [] };
  }
  if (version === '0.3') refuse('bundle-malformed', 'a bundle 0.3 carries the leaf certificate alone');
  const list = read.list(chain ?? {}, 'certificates', 1 + maxFurther).map(readCertificateBytes);
  const [leaf, ...further] = list;
  if (leaf === undefined) refuse('bundle-malformed', 'the chain of certificates is empty');
  return { kind: 'certificate', leaf, further };
}

function readCertificateBytes(certificate: JsonObject): Buffer {
  read.onlyKeys(certificate, ['rawBytes']);
  return read.bytes(certificate, 'rawBytes', maxCertificateBytes);
}

function readContent(bundle: JsonObject): Pick<Bundle, 'content' | 'signature'> {
  const envelope = read.maybeObject(bundle, 'dsseEnvelope');
  const message = read.maybeObject(bundle, 'messageSignature');
  if ((envelope === undefined) === (message === undefined))
    refuse('bundle-malformed', 'a bundle has either an envelope or the signature of a message');
  return envelope === undefined ? readMessage(message ?? {}) : readEnvelope(envelope);
}

function readEnvelope(envelope: JsonObject): Pick<Bundle, 'content' | 'signature'> {
  read.onlyKeys(envelope, ['payload', 'payloadType', 'signatures']);
  // Two signatures could be by two signers, and the bundle names one.
  const [signature, ...more] = read.list(envelope, 'signatures', 100);
  if (signature === undefined || more.length > 0)
    refuse('bundle-malformed', 'the envelope does not have exactly one signature');
  read.onlyKeys(signature, ['sig', 'keyid']);
  read.maybeText(signature, 'keyid', 1000);
  return {
    content: {
      kind: 'dsse',
      payloadType: read.text(envelope, 'payloadType', 200),
      payload: read.bytes(envelope, 'payload', maxPayloadBytes),
    },
    signature: read.bytes(signature, 'sig', maxSignatureBytes),
  };
}

function readMessage(message: JsonObject): Pick<Bundle, 'content' | 'signature'> {
  read.onlyKeys(message, ['messageDigest', 'signature']);
  const digest = read.object(message, 'messageDigest');
  read.onlyKeys(digest, ['algorithm', 'digest']);
  const name = read.text(digest, 'algorithm', 100);
  const hash = Object.hasOwn(hashes, name) ? hashes[name] : undefined;
  if (hash === undefined)
    refuse('algorithm-refused', `the message is named by ${quote(name)}, which is not believed`);
  const bytes = read.bytes(digest, 'digest', 64);
  if (bytes.length * 8 !== Number(hash.slice(3)))
    refuse('bundle-malformed', `the digest of the message is no ${hash}`);
  return {
    content: { kind: 'message', hash, digest: bytes },
    signature: read.bytes(message, 'signature', maxSignatureBytes),
  };
}

function readEntries(material: JsonObject): readonly LogEntry[] {
  const entries = read.list(material, 'tlogEntries', maxEntries).map(readEntry);
  if (entries.length === 0) refuse('log-inclusion', 'the bundle names no entry of a transparency log');
  // A copy would count twice towards any threshold (the class of CVE-2026-39984's siblings in threshold checks).
  const names = entries.map(({ logId, body }) => `${logId.toString('hex')} ${body.toString('base64')}`);
  if (new Set(names).size !== names.length) refuse('bundle-malformed', 'the same log entry is there twice');
  return entries;
}

function readEntry(entry: JsonObject): LogEntry {
  read.onlyKeys(entry, [
    'logIndex',
    'logId',
    'kindVersion',
    'integratedTime',
    'inclusionPromise',
    'inclusionProof',
    'canonicalizedBody',
  ]);
  const kind = read.object(entry, 'kindVersion');
  const promise = read.maybeObject(entry, 'inclusionPromise');
  const proof = read.maybeObject(entry, 'inclusionProof');
  return {
    logId: read.bytes(read.object(entry, 'logId'), 'keyId', 64),
    // Zero is left out by proto3's JSON mapping.
    index: read.maybeInteger(entry, 'logIndex') ?? 0n,
    kind: read.text(kind, 'kind', 100),
    version: read.text(kind, 'version', 100),
    integratedTime: read.maybeInteger(entry, 'integratedTime'),
    promise: promise && read.bytes(promise, 'signedEntryTimestamp', maxSignatureBytes),
    proof: proof && readProof(proof),
    body: read.bytes(entry, 'canonicalizedBody', maxBodyBytes),
  };
}

function readProof(proof: JsonObject): InclusionProof {
  read.onlyKeys(proof, ['logIndex', 'rootHash', 'treeSize', 'hashes', 'checkpoint']);
  const hashes = own(proof, 'hashes') ?? [];
  if (!Array.isArray(hashes) || hashes.length > maxProofHashes)
    refuse('bundle-malformed', `the inclusion proof is no list of up to ${maxProofHashes} hashes`);
  const checkpoint = read.maybeObject(proof, 'checkpoint');
  return {
    index: read.maybeInteger(proof, 'logIndex') ?? 0n,
    size: read.integer(proof, 'treeSize'),
    root: sha256Bytes({ rootHash: own(proof, 'rootHash') ?? null }, 'rootHash'),
    hashes: hashes.map((hash) => sha256Bytes({ hash }, 'hash')),
    checkpoint: checkpoint && read.text(checkpoint, 'envelope', maxCheckpointLength),
  };
}

function sha256Bytes(from: JsonObject, key: string): Buffer {
  const bytes = read.bytes(from, key, 32);
  return bytes.length === 32 ? bytes : refuse('bundle-malformed', 'the inclusion proof has no SHA-256');
}

function readTimestamps(material: JsonObject): readonly Buffer[] {
  const data = read.maybeObject(material, 'timestampVerificationData');
  if (data === undefined) return [];
  read.onlyKeys(data, ['rfc3161Timestamps']);
  const tokens = read.list(data, 'rfc3161Timestamps', maxTimestamps).map((item) => {
    read.onlyKeys(item, ['signedTimestamp']);
    return read.bytes(item, 'signedTimestamp', maxTokenBytes);
  });
  if (new Set(tokens.map((token) => token.toString('base64'))).size !== tokens.length)
    refuse('bundle-malformed', 'the same timestamp is there twice');
  return tokens;
}
