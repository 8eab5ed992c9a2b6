/** A client wired for tests: small limits, a blob sink in memory, no waiting. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { artifactDigestsOf, type Sha256 } from '../../core/digest.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { AssayError } from '../../core/errors.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { createUpstreamClient, type ClosableUpstreamClient } from '../client.ts';
import type { BlobSink, FetchLimits, RefusedEvent, UpstreamClientOptions, UpstreamSource } from '../types.ts';
import { serveBytes, serveRoutes, type LyingServer, type Routes } from './lying-server.ts';

export const upstreamId = 'npm' as UpstreamId;

export const smallLimits: FetchLimits = {
  indexBytes: 64 * 1024,
  fileBytes: 64 * 1024,
  connectMs: 2000,
  idleMs: 2000,
  totalMs: 5000,
  redirects: 3,
  retries: 0,
  concurrency: 4,
};

export interface MemoryBlobs extends BlobSink {
  readonly kept: Map<Sha256, Buffer>;
  /** Writers that were neither committed nor aborted. */
  readonly open: () => number;
}

export function memoryBlobs(failOn?: 'write' | 'commit'): MemoryBlobs {
  const kept = new Map<Sha256, Buffer>();
  let open = 0;
  const full = (): Error => Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  return {
    kept,
    open: () => open,
    create: async () => {
      const chunks: Uint8Array[] = [];
      let ended = false;
      open += 1;
      const end = (): void => {
        if (!ended) open -= 1;
        ended = true;
      };
      return {
        write: async (chunk) => {
          if (failOn === 'write') throw full();
          chunks.push(Buffer.from(chunk));
        },
        commit: async () => {
          end();
          if (failOn === 'commit') throw full();
          const bytes = Buffer.concat(chunks);
          const digests = artifactDigestsOf(bytes);
          kept.set(digests.sha256, bytes);
          return digests;
        },
        abort: async () => end(),
      };
    },
  };
}

export function source(url: string, more: Partial<UpstreamSource> = {}): UpstreamSource {
  return {
    id: upstreamId,
    url,
    identityHost: new URL(url).host,
    fileHosts: [],
    authorization: undefined,
    allowInsecure: true,
    ...more,
  };
}

export interface Setup {
  readonly client: ClosableUpstreamClient;
  readonly blobs: MemoryBlobs;
  readonly refused: readonly RefusedEvent[];
  readonly server: LyingServer;
}

export interface SetupOptions {
  readonly limits?: Partial<FetchLimits>;
  readonly upstream?: Partial<UpstreamSource>;
  readonly client?: Partial<UpstreamClientOptions>;
  readonly blobs?: MemoryBlobs;
}

/**
 * A client whose upstream is `server`. At the end of the test it is closed, and then nothing may be left:
 * no connection at the server, no blob half written.
 */
export function clientOf(t: TestContext, server: LyingServer, options: SetupOptions = {}): Setup {
  const blobs = options.blobs ?? memoryBlobs();
  const refused: RefusedEvent[] = [];
  const client = createUpstreamClient({
    upstreams: [source(server.url, options.upstream)],
    limits: { ...smallLimits, ...options.limits },
    blobs,
    clock: () => new Date('2026-01-02T03:04:05.000Z'),
    version: '1.2.3',
    onRefused: (event) => refused.push(event),
    random: () => 0,
    ...options.client,
  });
  t.after(async () => {
    await client.close();
    try {
      assert.equal(blobs.open(), 0, 'a blob writer was left open');
      await until(async () => (await server.connections()) === 0, 'a connection was left open');
    } finally {
      await server.close();
    }
  });
  return { client, blobs, refused, server };
}

export async function routes(t: TestContext, table: Routes, options: SetupOptions = {}): Promise<Setup> {
  return clientOf(t, await serveRoutes(table), options);
}

export async function bytes(
  t: TestContext,
  talk: Parameters<typeof serveBytes>[0],
  options: SetupOptions = {},
): Promise<Setup> {
  return clientOf(t, await serveBytes(talk), options);
}

export async function until(condition: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (let waited = 0; waited < 2000; waited += 5) {
    if (await condition()) return;
    await sleep(5);
  }
  assert.fail(otherwise);
}

/** The AssayError a promise ends with; its code must be `code`. */
export async function failsWith(promise: Promise<unknown>, code: ErrorCode): Promise<AssayError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof AssayError, `not an AssayError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return error;
  }
  return assert.fail(`expected ${code}, but it succeeded`);
}
