/** What a gate says of itself: whether it can really serve, and what needs attention. */
import { access, constants, statfs } from 'node:fs/promises';
import type { IsolationReport } from '../core/rebuild.ts';
import { rfc3339, type Clock } from '../core/time.ts';
import type { Storage } from '../storage/open.ts';
import type { UpstreamHealth } from '../upstream/types.ts';
import type { Settings, UpstreamSettings } from './config/settings.ts';
import type { StatusAnswer } from './control/protocol.ts';
import { assayVersion } from './package-version.ts';

export interface StatusParts {
  readonly settings: Pick<Settings, 'dataDirectory' | 'upstreams' | 'policy'>;
  readonly storage: Storage;
  readonly upstreamHealth: () => readonly UpstreamHealth[];
  readonly policyDigest: string;
  readonly url: string;
  readonly clock: Clock;
  readonly startedAt: string;
  /** Sentences of parts that are not well and without which it serves on: a ledger that stopped. */
  readonly otherProblems: () => readonly string[];
  /** Why no install scripts are watched; undefined: they are. */
  readonly behaviourIdle: () => string | undefined;
  /** Of the sandbox, once it was probed. */
  readonly isolation: () => IsolationReport | undefined;
  readonly secureChannel: () => StatusAnswer['secureChannel'];
  /** Of the data directory's disk; asked of the system where it is not given. */
  readonly freeBytes?: () => Promise<number>;
}

export async function statusOf(parts: StatusParts): Promise<StatusAnswer> {
  const { settings, storage } = parts;
  const grave = await storageProblems(parts);
  const counts = await storage.read.counts();
  const health = new Map(parts.upstreamHealth().map((one) => [one.id, one]));
  return {
    version: assayVersion,
    pid: process.pid,
    node: process.version,
    startedAt: parts.startedAt,
    url: parts.url,
    secureChannel: parts.secureChannel(),
    dataDirectory: settings.dataDirectory,
    ready: grave.length === 0,
    problems: [...grave, ...parts.otherProblems()],
    counts: { ...counts.releases },
    alarms: counts.alarms,
    behaviour: await watching(parts),
    builds: await building(parts),
    policy: { preset: settings.policy.preset, digest: parts.policyDigest },
    upstreams: settings.upstreams.map((one) => upstreamStatus(one, health.get(one.id))),
  };
}

/** With less than this a package of ordinary size cannot be stored any more. */
const freeBytesNeeded = 16 * 1024 * 1024;

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** An outage of an upstream is no reason not to be ready: what is admitted is served on. */
async function storageProblems(parts: StatusParts): Promise<readonly string[]> {
  const { storage, settings, freeBytes = () => freeBytesOf(settings.dataDirectory) } = parts;
  const problems: string[] = [];
  const failure = storage.failure();
  if (failure !== undefined) problems.push(`The database refuses writes: ${failure.message}.`);
  try {
    await access(settings.dataDirectory, constants.R_OK | constants.W_OK);
    if ((await freeBytes()) < freeBytesNeeded)
      problems.push('The disk of the data directory is full: nothing new can be admitted.');
  } catch {
    problems.push('The data directory is not writable.');
  }
  if (settings.upstreams.length === 0) problems.push('No upstream is configured.');
  return problems;
}

const states = { unknown: 'untried', up: 'up', degraded: 'failing', down: 'open' } as const;

function upstreamStatus(
  { id, url, identityHost, scopes }: UpstreamSettings,
  health: UpstreamHealth | undefined,
): StatusAnswer['upstreams'][number] {
  const lastError = health?.lastError;
  return {
    id,
    url,
    identityHost,
    scopes: [...scopes],
    state: states[health?.state ?? 'unknown'],
    ...(health?.lastSuccessAt === undefined ? {} : { lastSuccessAt: health.lastSuccessAt }),
    ...(lastError === undefined
      ? {}
      : { lastFailureAt: lastError.at, lastError: `${lastError.code}: ${lastError.message}` }),
  };
}

async function watching({ storage, behaviourIdle }: StatusParts): Promise<StatusAnswer['behaviour']> {
  const { waiting, running } = await storage.behaviourJobs.counts();
  const idle = behaviourIdle();
  return { waiting, running, ...(idle === undefined ? {} : { idle }) };
}

async function building({ storage, isolation }: StatusParts): Promise<StatusAnswer['builds']> {
  const found = isolation();
  return {
    waiting: (await storage.buildJobs.inState('waiting')).length,
    running: (await storage.buildJobs.inState('running')).length,
    ...(found === undefined ? {} : { isolation: { level: found.level, missing: [...found.missing] } }),
  };
}

export function startTime(clock: Clock): string {
  return rfc3339(clock());
}
