/** What a gate says of itself: whether it can really serve, and what needs attention. */
import { access, constants } from 'node:fs/promises';
import { rfc3339, type Clock } from '../core/time.ts';
import type { Storage } from '../storage/open.ts';
import type { UpstreamHealth } from '../upstream/types.ts';
import type { Settings, UpstreamSettings } from './config/settings.ts';
import type { StatusAnswer } from './control/protocol.ts';
import { assayVersion } from './package-version.ts';

export interface StatusParts {
  readonly settings: Settings;
  readonly storage: Storage;
  readonly upstreamHealth: () => readonly UpstreamHealth[];
  readonly policyDigest: string;
  readonly url: string;
  readonly clock: Clock;
  readonly startedAt: string;
  /** Sentences of other parts that are not well. */
  readonly otherProblems: () => readonly string[];
}

export async function statusOf(parts: StatusParts): Promise<StatusAnswer> {
  const { settings, storage } = parts;
  const problems = [...(await storageProblems(parts)), ...parts.otherProblems()];
  const counts = await storage.read.counts();
  const health = new Map(parts.upstreamHealth().map((one) => [one.id, one]));
  return {
    version: assayVersion,
    pid: process.pid,
    node: process.version,
    startedAt: parts.startedAt,
    url: parts.url,
    dataDirectory: settings.dataDirectory,
    ready: problems.length === 0,
    problems,
    counts: { ...counts.releases },
    alarms: counts.alarms,
    policy: { preset: settings.policy.preset, digest: parts.policyDigest },
    upstreams: settings.upstreams.map((one) => upstreamStatus(one, health.get(one.id))),
  };
}

/** An outage of an upstream is no reason not to be ready: what is admitted is served on. */
async function storageProblems({ storage, settings }: StatusParts): Promise<readonly string[]> {
  const problems: string[] = [];
  const failure = storage.failure();
  if (failure !== undefined) problems.push(`The database refuses writes: ${failure.message}.`);
  try {
    await access(settings.dataDirectory, constants.R_OK | constants.W_OK);
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

export function startTime(clock: Clock): string {
  return rfc3339(clock());
}
