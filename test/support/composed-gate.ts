/** A whole gate in this process, on a free port, with a fake registry as its upstream. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { defaultArchiveLimits } from '../../src/archive/limits.ts';
import type { UpstreamId } from '../../src/core/subject.ts';
import type { SigstoreTrust, TrustMaterial } from '../../src/core/trust.ts';
import { startGate } from '../../src/server/compose.ts';
import { defaultFetchLimits } from '../../src/server/config/defaults.ts';
import type { Settings, UpstreamSettings } from '../../src/server/config/settings.ts';
import { makeMaterial } from '../../src/trust/material.ts';
import { collectorSettings } from './collector-input.ts';
import { startFakeRegistry, type FakeRegistry } from './fake-registry.ts';
import { freePort } from './gate.ts';
import { ownTestFolder } from './own-folder.ts';

export interface ComposedGate {
  /** Ends with `/`. */
  readonly url: string;
  readonly registry: FakeRegistry;
  readonly directory: string;
  readonly stop: () => Promise<void>;
}

export function upstreamSettings(url: string, change: Partial<UpstreamSettings> = {}): UpstreamSettings {
  return {
    id: 'npm' as UpstreamId,
    ecosystem: 'npm',
    url,
    identityHost: new URL(url).host,
    scopes: [],
    fileHosts: [],
    authorization: undefined,
    needsToken: false,
    allowInsecure: true,
    ...change,
  };
}

/** Roots the gate trusts from the start; the fake registry's key comes with them. */
export interface GateTrust {
  readonly sigstore: readonly SigstoreTrust[];
}

export async function composeGate(
  t: TestContext,
  change: Partial<Settings> = {},
  trust?: GateTrust,
): Promise<ComposedGate> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-gate-'));
  const rebuildDirectory = ownTestFolder('assay-gate-rebuild-');
  const registry = await startFakeRegistry();
  const settings: Settings = {
    listen: '127.0.0.1',
    port: await freePort(),
    consolePort: 0,
    dataDirectory: directory,
    publicUrl: undefined,
    allowedHosts: [],
    anonymous: 'loopback',
    upstreams: [upstreamSettings(registry.url)],
    policy: { preset: 'recommended', rules: {}, cooldownHours: 72, deny: [], allow: [] },
    feedLimits: collectorSettings.feedLimits,
    licences: { allow: [], review: [], deny: [] },
    archiveLimits: defaultArchiveLimits,
    fetchLimits: { ...defaultFetchLimits, retries: 0, idleMs: 2000, totalMs: 5000 },
    indexFreshSeconds: 0,
    ledger: { origin: undefined, checkpointSeconds: 1, witnessesFile: undefined, witnessMode: 'fail-open' },
    signer: { directory: `${directory}-signer` },
    rebuild: {
      directory: rebuildDirectory,
      recipes: `${directory}-recipes`,
      concurrency: 1,
      automatic: false,
      inputs: 'assayed',
    },
    secureChannel: {
      enabled: false,
      port: 0,
      publicUrl: undefined,
      serve: 'secure',
      missing: 'refuse',
      isDemanded: true,
    },
    behaviour: { watch: 'off' },
    trust: { refreshEveryMs: undefined, maxAgeMs: undefined, tuf: undefined },
    feeds: [],
    vexSigners: [],
    forges: [],
    logLevel: 'silent' as Settings['logLevel'],
    ...change,
  };
  const pinned = trust === undefined ? {} : { pinned: trustIn(trust, registry) };
  const gate = await startGate({ settings, shown: [], ...pinned }).catch(async (error: unknown) => {
    await registry.close();
    throw error;
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= gate.stop());
  t.after(async () => {
    await stop();
    await registry.close();
    await rm(directory, { recursive: true, force: true });
    await rm(`${directory}-signer`, { recursive: true, force: true });
    await rm(rebuildDirectory, { recursive: true, force: true });
  });
  return { url: gate.url, registry, directory, stop };
}

function trustIn({ sigstore }: GateTrust, registry: FakeRegistry): TrustMaterial {
  const { keyid, publicKey } = registry.key;
  const usages = (['signatures', 'attestations'] as const).map((usage) => ({
    usage,
    from: undefined,
    until: undefined,
  }));
  const key = { keyid, spki: publicKey, usages, source: 'pinned' } as const;
  return makeMaterial({ sigstore, registryKeys: new Map([[new URL(registry.url).host, [key]]]) });
}
