/** The clients that reach the outside world: registries, and forges. */
import { createForge, type ClosableForge } from '../upstream/forge/forge.ts';
import { createUpstreamClient, type ClosableUpstreamClient } from '../upstream/client.ts';
import type { Clock } from '../core/time.ts';
import type { Storage } from '../storage/open.ts';
import { authorities } from './config/authorities.ts';
import type { Settings } from './config/settings.ts';
import type { Logger } from './logger.ts';
import { assayVersion } from './package-version.ts';

export function openUpstream(
  settings: Settings,
  { blobs }: Storage,
  clock: Clock,
  log: Logger,
): ClosableUpstreamClient {
  const ca = authorities(settings.upstreams);
  return createUpstreamClient({
    upstreams: settings.upstreams,
    limits: settings.fetchLimits,
    blobs,
    clock,
    version: assayVersion,
    ...(ca === undefined ? {} : { ca }),
    onRefused: (event) => log.warn({ event }, 'an upstream led somewhere it may not'),
  });
}

export function openForge({ forges, upstreams }: Settings, clock: Clock): ClosableForge {
  const ca = authorities(upstreams);
  return createForge(forges, { clock, version: assayVersion, ...(ca === undefined ? {} : { ca }) });
}
