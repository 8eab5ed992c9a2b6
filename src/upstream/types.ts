/** What the client is told and what it tells. Equal in shape to the settings, so that this room need not know `server`. */
import type { ArtifactDigests } from '../core/digest.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { UpstreamId } from '../core/subject.ts';
import type { Clock } from '../core/time.ts';

export interface UpstreamSource {
  readonly id: UpstreamId;
  /** Base URL, ends with `/`. */
  readonly url: string;
  /** Whose keys and names it speaks for. The same registry as `url` by configuration, perhaps under another host. */
  readonly identityHost: string;
  /** Hosts (`host` or `host:port`) besides its own from which files may be fetched. */
  readonly fileHosts: readonly string[];
  /** `Authorization` header value, sent below `url` only. */
  readonly authorization: string | undefined;
  /** Its own host may be plain http and may have a private address. */
  readonly allowInsecure: boolean;
}

export interface FetchLimits {
  readonly indexBytes: number;
  readonly fileBytes: number;
  readonly connectMs: number;
  /** Longest silence: before the headers, and between two chunks. */
  readonly idleMs: number;
  /** One call with all its redirects, retries and waiting in the queue. */
  readonly totalMs: number;
  readonly redirects: number;
  /** Further attempts after the first. */
  readonly retries: number;
  /** Requests on the wire at once, per upstream. */
  readonly concurrency: number;
}

/** Where bytes go. Nothing is kept unless `commit` is called. */
export interface BlobSink {
  readonly create: () => Promise<{
    readonly write: (chunk: Uint8Array) => Promise<void>;
    readonly commit: () => Promise<ArtifactDigests>;
    readonly abort: () => Promise<void>;
  }>;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** An upstream (or its index) named a place it may not name, or a name led to an address that is not allowed. */
export interface RefusedEvent {
  readonly upstream: UpstreamId;
  readonly kind: 'url' | 'redirect' | 'address';
  /** The refused URL, without credentials and query. */
  readonly to: string;
  /** The URL that redirected there. */
  readonly from: string | undefined;
  readonly why: string;
}

export interface UpstreamClientOptions {
  readonly upstreams: readonly UpstreamSource[];
  readonly limits: FetchLimits;
  readonly blobs: BlobSink;
  readonly clock: Clock;
  /** Sent as `user-agent: assay/<version>`. */
  readonly version?: string;
  /** PEM certificates trusted besides the system's (npm's `cafile`, a company's own authority). */
  readonly ca?: string;
  readonly onRefused?: (event: RefusedEvent) => void;
  /** All addresses of a host name; the system's resolver when absent. */
  readonly resolve?: (hostname: string) => Promise<readonly ResolvedAddress[]>;
  /** Calls that may wait for a free slot, per upstream (default 2,000); one more gets UPSTREAM_BUSY. */
  readonly queueLimit?: number;
  /** Longest Retry-After that is waited for inside one call, in milliseconds (default 5,000). */
  readonly patienceMs?: number;
  readonly breaker?: Partial<BreakerSettings>;
  /** 0 ≤ x < 1, for jitter. */
  readonly random?: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
}

export interface BreakerSettings {
  /** Consecutive failures that open it. */
  readonly failures: number;
  /** Shortest time it stays open; up to half as much again is added as jitter. */
  readonly coolOffMs: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface UpstreamHealth {
  readonly id: UpstreamId;
  /** `degraded`: the last attempt failed, or it refuses us (401, 403, 429); `down`: the breaker is not closed. */
  readonly state: 'unknown' | 'up' | 'degraded' | 'down';
  /** RFC 3339 UTC. */
  readonly lastSuccessAt: string | undefined;
  readonly lastError: { readonly code: ErrorCode; readonly message: string; readonly at: string } | undefined;
  readonly breaker: BreakerState;
}
