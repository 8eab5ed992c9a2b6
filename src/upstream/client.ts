/**
 * The outside world's registries, behind admission's interface. One call: breaker and slot, ask and follow,
 * stream into a blob under limits, compare every claim, and only then commit; again when that may help.
 */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FileAnswer, IndexAnswer, UpstreamClient, Validators } from '../admission/deps.ts';
import type { ClaimedDigest } from '../core/digest.ts';
import { AssayError, redactSecrets } from '../core/errors.ts';
import type { UpstreamId } from '../core/subject.ts';
import { rfc3339 } from '../core/time.ts';
import { contentEncoding, receive } from './body.ts';
import { createClaimCheck } from './claims.ts';
import { fileUrl, indexUrl } from './destinations.ts';
import { follow, type Followed, type Following } from './follow.ts';
import { createJsonLook } from './json-look.ts';
import { createLane, type Lane } from './lane.ts';
import { discard } from './request.ts';
import { isGone, statusError } from './statuses.ts';
import { createTrust } from './trust.ts';
import type { RefusedEvent, UpstreamClientOptions, UpstreamHealth, UpstreamSource } from './types.ts';

export interface ClosableUpstreamClient extends UpstreamClient {
  /** One entry per configured upstream, in configured order. Asks nobody. */
  readonly health: () => readonly UpstreamHealth[];
  /** Ends every call under way (UPSTREAM_BUSY) and every connection; resolves when nothing is left of them. */
  readonly close: () => Promise<void>;
}

/** Every method throws AssayErrors with UPSTREAM_ codes, and the blob sink's own errors unchanged. */
export function createUpstreamClient(options: UpstreamClientOptions): ClosableUpstreamClient {
  const trust = createTrust(options.ca);
  const lanes = new Map(
    options.upstreams.map((upstream) => [upstream.id, createLane(upstream, options, trust)]),
  );
  const userAgent = options.version === undefined ? 'assay' : `assay/${options.version}`;

  function laneOf(id: UpstreamId): Lane {
    const lane = lanes.get(id);
    if (lane === undefined)
      throw new AssayError('UPSTREAM_UNKNOWN', `no upstream is called ${JSON.stringify(id)}`);
    return lane;
  }

  async function fetchIndex(id: UpstreamId, name: string, validators: Validators): Promise<IndexAnswer> {
    const lane = laneOf(id);
    const url = indexUrl(lane.upstream, name);
    const conditions = conditionalHeaders(validators);
    const headers = {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': userAgent,
      ...conditions,
    };
    return lane.run(url, async (following) => {
      const followed = await follow(following, url, headers, 'own-only');
      return readIndex(followed, following, options, Object.keys(conditions).length > 0);
    });
  }

  async function fetchFile(
    id: UpstreamId,
    text: string,
    claims: readonly ClaimedDigest[],
    maxBytes = Infinity,
  ): Promise<FileAnswer> {
    const lane = laneOf(id);
    const url = namedFile(lane.upstream, text, options.onRefused);
    const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': userAgent };
    return lane.run(url, async (following) => {
      const followed = await follow(following, url, headers, 'files');
      return readFile(followed, following, options, { claims, maxBytes });
    });
  }

  async function close(): Promise<void> {
    await Promise.all([...lanes.values()].map((lane) => lane.close()));
  }

  return { fetchIndex, fetchFile, health: () => [...lanes.values()].map((lane) => lane.health()), close };
}

async function readIndex(
  { answer, place }: Followed,
  { limits, signal }: Following,
  { blobs, clock }: UpstreamClientOptions,
  conditional: boolean,
): Promise<IndexAnswer> {
  const { status, message } = answer;
  if (status !== 200) {
    discard(message);
    if (isGone(status)) return { state: 'absent' };
    if (status === 304 && conditional) return { state: 'not-modified' };
    throw statusError(status, message, place, clock);
  }
  const receiving = {
    message,
    place,
    maxBytes: limits.indexBytes,
    idleMs: limits.idleMs,
    decode: true,
    signal,
  };
  const stored = await receive({ ...receiving, ...createJsonLook(place) }, blobs);
  return {
    state: 'fresh',
    body: stored.sha256,
    sizeBytes: stored.sizeBytes,
    validators: validatorsOf(message.headers),
  };
}

async function readFile(
  { answer, place, urls }: Followed,
  { upstream, limits, signal }: Following,
  { blobs, clock }: UpstreamClientOptions,
  { claims, maxBytes }: { readonly claims: readonly ClaimedDigest[]; readonly maxBytes: number },
): Promise<FileAnswer> {
  const { status, message } = answer;
  if (status !== 200) {
    discard(message);
    if (isGone(status)) throw new AssayError('UPSTREAM_FILE_ABSENT', `${place}: status ${status}`);
    throw statusError(status, message, place, clock);
  }
  // npm's own client undoes a claimed gzip encoding, others do not: servers are known to label a .tgz so by
  // its name alone. We asked for no encoding, take the bytes as they come, and let the claims decide; with
  // no claim nothing could.
  const encoding = contentEncoding(message);
  if (encoding !== undefined && claims.length === 0) {
    message.destroy();
    throw new AssayError(
      'UPSTREAM_INVALID_ENCODING',
      `${place}: encoded unasked, and no digest says what the bytes should be`,
    );
  }
  const check = createClaimCheck(claims);
  const note =
    encoding === undefined
      ? ''
      : ` (the answer was labelled content-encoding ${JSON.stringify(encoding.slice(0, 40))})`;
  const receiving = {
    message,
    place,
    maxBytes: Math.min(limits.fileBytes, maxBytes),
    idleMs: limits.idleMs,
    decode: false,
    signal,
  };
  const finish = (): void => check.verify(place, note);
  const artifact = await receive({ ...receiving, inspect: check.update, finish }, blobs);
  const { id, identityHost } = upstream;
  return { artifact, origin: { upstream: id, identityHost, urls, fetchedAt: rfc3339(clock()) } };
}

function namedFile(
  upstream: UpstreamSource,
  text: string,
  refused: ((event: RefusedEvent) => void) | undefined,
): URL {
  try {
    return fileUrl(upstream, text);
  } catch (error) {
    if (error instanceof AssayError) {
      refused?.({
        upstream: upstream.id,
        kind: 'url',
        to: redactSecrets(text.slice(0, 500).replace(/[?#].*$/s, '')),
        from: undefined,
        why: error.message,
      });
    }
    throw error;
  }
}

function conditionalHeaders({ etag, lastModified }: Validators): OutgoingHttpHeaders {
  // With both, a server must look at the ETag alone (RFC 9110 section 13.2.2), but not every mirror does.
  if (isValidator(etag)) return { 'if-none-match': etag };
  return isValidator(lastModified) ? { 'if-modified-since': lastModified } : {};
}

function validatorsOf(headers: {
  readonly etag?: string | undefined;
  readonly 'last-modified'?: string | undefined;
}): Validators {
  const { etag, 'last-modified': lastModified } = headers;
  return { ...(isValidator(etag) && { etag }), ...(isValidator(lastModified) && { lastModified }) };
}

/** Something that may be sent back in a header: printable ASCII, not absurdly long. */
function isValidator(text: string | undefined): text is string {
  return text !== undefined && /^[\x20-\x7e]{1,512}$/.test(text);
}
