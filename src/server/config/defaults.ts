/** What is in force when nobody says anything. The archive's limits are measured by the archive room and come from there. */
import type { FetchLimits } from './settings.ts';

const MiB = 1024 * 1024;

/**
 * Indexes of 105 MB exist (renovate), and packages of over 100 MB (browsers, native toolchains):
 * the limits leave a factor of two to four above what is known.
 */
export const defaultFetchLimits: FetchLimits = {
  indexBytes: 256 * MiB,
  fileBytes: 512 * MiB,
  connectMs: 10_000,
  idleMs: 30_000,
  totalMs: 600_000,
  redirects: 5,
  retries: 3,
  concurrency: 64,
};

/** Of a feed of advisories that has a URL. */
export const defaultFeedRefreshMs = 6 * 3_600_000;

/** Durations are in milliseconds, as the schema turns them. */
export const defaultValues: Readonly<Record<string, unknown>> = {
  listen: '127.0.0.1',
  port: 4873,
  consolePort: 4880,
  data: '.assay',
  allowedHosts: [],
  anonymous: 'loopback',
  indexFreshSeconds: 300,
  logLevel: 'info',
  'ledger.checkpointSeconds': 1,
  'ledger.witnessMode': 'fail-open',
  'trust.refreshEvery': 24 * 3_600_000,
  'trust.maxAge': 'off',
  'secureChannel.enabled': true,
  'secureChannel.port': 4874,
  'secureChannel.serve': 'secure',
  'secureChannel.missing': 'refuse',
  'rebuild.concurrency': 1,
  'rebuild.automatic': false,
  'behaviour.watch': 'auto',
  'rebuild.inputs': 'assayed',
  'vex.signers': [],
  forges: [],
  'policy.preset': 'recommended',
  'policy.cooldown': 72 * 3_600_000,
  'policy.deny': [],
  'policy.allow': [],
  'advisories.warnAfter': 48 * 3_600_000,
  'advisories.holdAfter': 7 * 24 * 3_600_000,
  'licences.allow': [],
  'licences.review': [],
  'licences.deny': [],
};
