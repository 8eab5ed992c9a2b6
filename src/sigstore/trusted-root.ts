/**
 * `trusted_root.json` (sigstore/protobuf-specs: protos/sigstore_trustroot.proto) as keys and chains that can be used. A file
 * that was vouched for is read strictly all the same: a missing start of a log's life is refused, never read as "since ever".
 * Times are compared inclusively at both ends.
 */
import { own, type JsonObject } from '../core/json.ts';
import { instantOf } from '../core/time.ts';
import { isIssuedBy, mayIssue, oids, readCertificate, type Certificate } from './certificate.ts';
import { fieldsOf } from './fields.ts';
import { readPublicKey, type PublicKey } from './keys.ts';
import { BundleRefused, quote, refuse } from './refused.ts';

/** Milliseconds since the epoch, both inclusive. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

export interface Log {
  readonly id: Buffer;
  /** The host and path of its base URL, as checkpoints are signed by. */
  readonly origin: string;
  readonly key: PublicKey;
  readonly window: Window;
}

export interface Authority {
  /** Of a certificate authority: from the one that signs leaves to the root. Of a timestamp authority: its own first. */
  readonly chain: readonly Certificate[];
  readonly window: Window;
}

export interface TrustedRoot {
  readonly logs: readonly Log[];
  readonly ctLogs: readonly Log[];
  readonly certificateAuthorities: readonly Authority[];
  readonly timestampAuthorities: readonly Authority[];
  /** Every certificate of an authority, DER in base64. */
  readonly certificates: ReadonlySet<string>;
}

const mediaTypes: readonly string[] = [
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
];

const maxOfEach = 64;
const maxChain = 8;
const read = fieldsOf('root-unusable', 'trusted root');

/**
 * Reading checks chains and parses keys, which takes milliseconds. The same object is read once, and so are copies of it: a
 * worker gets a new copy with each request.
 */
const seen = new WeakMap<JsonObject, TrustedRoot | BundleRefused>();
const seenTexts = new Map<string, TrustedRoot | BundleRefused>();
const maxTexts = 16;

/** Throws BundleRefused `root-unusable`. */
export function trustedRootOf(json: JsonObject): TrustedRoot {
  const known = seen.get(json) ?? readOnce(json);
  if (known instanceof BundleRefused) throw known;
  return known;
}

function readOnce(json: JsonObject): TrustedRoot | BundleRefused {
  const text = JSON.stringify(json);
  const result = seenTexts.get(text) ?? readOrRefuse(json);
  if (seenTexts.size >= maxTexts) seenTexts.clear();
  seenTexts.set(text, result);
  seen.set(json, result);
  return result;
}

function readOrRefuse(json: JsonObject): TrustedRoot | BundleRefused {
  try {
    return readTrustedRoot(json);
  } catch (error) {
    if (error instanceof BundleRefused) return error;
    throw error;
  }
}

function readTrustedRoot(json: JsonObject): TrustedRoot {
  const mediaType = read.text(json, 'mediaType', 100);
  if (!mediaTypes.includes(mediaType))
    refuse('root-unusable', `${quote(mediaType)} is no media type of a trusted root`);
  const logs = read.list(json, 'tlogs', maxOfEach).map(readLog);
  const authorities = (key: string, purpose: string): readonly Authority[] =>
    read.list(json, key, maxOfEach).map((authority) => readAuthority(authority, purpose));
  const certificateAuthorities = authorities('certificateAuthorities', oids.codeSigning);
  const timestampAuthorities = authorities('timestampAuthorities', oids.timeStamping);
  return {
    logs,
    ctLogs: read.list(json, 'ctlogs', maxOfEach).map(readLog),
    certificateAuthorities,
    timestampAuthorities,
    certificates: new Set(
      [...certificateAuthorities, ...timestampAuthorities].flatMap(({ chain }) =>
        chain.map(({ der }) => der.toString('base64')),
      ),
    ),
  };
}

function readLog(log: JsonObject): Log {
  const key = read.object(log, 'publicKey');
  const details = read.maybeText(key, 'keyDetails', 100) ?? '';
  const window = read.object(key, 'validFor');
  if (read.maybeText(window, 'start', 40) === undefined)
    refuse('root-unusable', 'trusted root: a log has no start of its validity');
  const hash = read.maybeText(log, 'hashAlgorithm', 100) ?? 'SHA2_256';
  if (hash !== 'SHA2_256') refuse('root-unusable', `trusted root: a log hashes with ${quote(hash)}`);
  const id = read.maybeObject(log, 'checkpointKeyId') ?? read.object(log, 'logId');
  return {
    id: read.bytes(id, 'keyId', 64),
    origin: originOf(read.text(log, 'baseUrl', 1000)),
    key: readPublicKey(
      read.bytes(key, 'rawBytes', 1 << 14),
      'root-unusable',
      'a log of the trusted root',
      details.startsWith('PKCS1_') ? 'pkcs1' : 'spki',
    ),
    window: readWindow(window),
  };
}

/** C2SP tlog-checkpoint: the origin is the log's URL without its scheme. */
function originOf(baseUrl: string): string {
  return baseUrl.replace(/^https?:\/\//, '').replace(/\/+$/, '');
}

function readAuthority(authority: JsonObject, purpose: string): Authority {
  const chain = read
    .list(read.object(authority, 'certChain'), 'certificates', maxChain)
    .map((item) =>
      readCertificate(
        read.bytes(item, 'rawBytes', 1 << 15),
        'root-unusable',
        'a certificate of the trusted root',
      ),
    );
  if (chain.length === 0) refuse('root-unusable', 'trusted root: an authority has no certificate');
  checkChain(chain, purpose);
  const window = read.maybeObject(authority, 'validFor');
  return { chain, window: window === undefined ? always : readWindow(window) };
}

const always: Window = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };

/** Every certificate is signed by the next, and the last, the root, by itself; times are looked at when it is used. */
function checkChain(chain: readonly Certificate[], purpose: string): void {
  chain.forEach((certificate, n) => {
    if (!isIssuedBy(certificate, chain[n + 1] ?? certificate))
      refuse('root-unusable', 'trusted root: a chain of certificates is broken, or does not end in a root');
    // A timestamp authority's own certificate comes first and issues nothing.
    const below = purpose === oids.timeStamping ? n - 1 : n;
    if (below >= 0 && !mayIssue(certificate, below, purpose))
      refuse('root-unusable', 'trusted root: a certificate may not issue the one before it');
  });
}

function readWindow(window: JsonObject): Window {
  const time = (key: string, otherwise: number): number => {
    if ((own(window, key) ?? null) === null) return otherwise;
    const ms = instantOf(read.text(window, key, 40));
    return Number.isNaN(ms) ? refuse('root-unusable', `trusted root: ${key} is no time`) : ms;
  };
  return { from: time('start', always.from), until: time('end', always.until) };
}

/** Both ends belong to the window (protobuf-specs, TimeRange: a closed interval). */
export function isWithin({ from, until }: Window, timeMs: number): boolean {
  return from <= timeMs && timeMs <= until;
}
