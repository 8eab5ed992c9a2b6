/** What a snapshot says about one version of one package. */
import { severities, type AdvisoryLookup, type AdvisoryMatch, type FeedState } from '../core/advisory.ts';
import type { EpssScores } from './epss.ts';
import type { KnownExploited } from './kev.ts';
import { orderOfRange } from './osv/affected.ts';
import { normaliseName } from './osv/ecosystems.ts';
import { isMalicious, type OsvAffected } from './osv/record.ts';
import { isInRange, isListed } from './ranges.ts';
import type { Snapshot } from './snapshot/build.ts';
import { meansAllVersions, type Line } from './snapshot/line.ts';
import { openSnapshot } from './snapshot/open.ts';
import { unrated } from './severity.ts';
import { compareText } from './versions/order.ts';
import { orderOf } from './versions/orders.ts';

/** Joined by CVE, when their files are given. */
export interface AdvisoryJoins {
  readonly epss?: EpssScores | undefined;
  readonly kev?: KnownExploited | undefined;
  /** Of a distribution (`12` for `Debian:12`); undefined: records of every release apply. */
  readonly release?: string | undefined;
}

/** Of the import that made the snapshot. */
export interface ImportFacts {
  /** RFC 3339 UTC. */
  readonly importedAt: string;
  readonly source: string;
  readonly canary: FeedState['canary'];
}

export const noAdvisories: AdvisoryLookup = { feed: undefined, match: () => [] };

const mostFixed = 20;

export function createLookup(
  snapshot: Snapshot,
  facts: ImportFacts,
  joins: AdvisoryJoins = {},
): AdvisoryLookup {
  const open = openSnapshot(snapshot);
  const { ecosystem, newest, records, malicious, withdrawn } = snapshot.header;
  return {
    feed: {
      ecosystem,
      digest: snapshot.digest,
      newestAt: newest,
      records,
      malicious,
      withdrawn,
      ...facts,
    },
    match: (name, version) => {
      const lines = open.linesOf(normaliseName(ecosystem, name));
      const applying = lines.filter((line) => applies(line, version, joins.release));
      return [...byId(applying).values()].map((same) => matchOf(same, version, joins)).sort(compareMatches);
    },
  };
}

function applies({ record }: Line, version: string, release: string | undefined): boolean {
  if (record.withdrawn !== undefined) return false;
  return record.affected.some(
    (affected) =>
      (release === undefined || affected.release === undefined || affected.release === release) &&
      isAffected(record.id, affected, version),
  );
}

/** In `versions` or in any of the ranges (OSV schema 1.7, "Evaluation"). */
export function isAffected(id: string, affected: OsvAffected, version: string): boolean {
  const { ecosystem, ranges, versions } = affected;
  return (
    meansAllVersions(id, affected) ||
    isListed(version, versions, orderOf(ecosystem)) ||
    ranges.some(({ type, events }) => isInRange(version, events, orderOfRange(type, ecosystem)))
  );
}

/** A record may have several entries about one package. */
function byId(lines: readonly Line[]): ReadonlyMap<string, readonly [Line, ...Line[]]> {
  const found = new Map<string, [Line, ...Line[]]>();
  for (const line of lines) {
    const known = found.get(line.record.id);
    if (known === undefined) found.set(line.record.id, [line]);
    else known.push(line);
  }
  return found;
}

function matchOf(
  lines: readonly [Line, ...Line[]],
  version: string,
  { epss, kev }: AdvisoryJoins,
): AdvisoryMatch {
  const [{ record, joined }] = lines;
  const aliases = joined?.aliases ?? record.aliases;
  const ids = [record.id, ...aliases];
  const { severity, score, vector } = joined ?? unrated;
  return {
    id: record.id,
    aliases,
    malicious: isMalicious(record.id),
    severity,
    score,
    vector,
    summary: record.summary,
    published: record.published,
    modified: record.modified,
    fixed: fixedOf(
      lines.flatMap((line) => line.record.affected),
      version,
    ),
    sources: joined?.sources ?? record.sources,
    epss: epss?.worstOf(ids) ?? null,
    kev: kev?.firstOf(ids) ?? null,
  };
}

/** Newer ones alone: what ended an older range is no way out of this one. */
function fixedOf(affected: readonly OsvAffected[], version: string): readonly string[] {
  const [first] = affected;
  if (first === undefined) return [];
  const order = orderOf(first.ecosystem);
  const fixed = affected
    .flatMap(({ ranges }) => ranges.flatMap(({ events }) => events))
    .filter(({ kind, version: at }) => kind === 'fixed' && order.compare(at, version) > 0)
    .map((event) => event.version);
  return [...new Set(fixed)].sort(order.compare).slice(0, mostFixed);
}

/** Worst first: malicious, then known to be exploited, then by severity and score. */
function compareMatches(a: AdvisoryMatch, b: AdvisoryMatch): number {
  return (
    Number(b.malicious) - Number(a.malicious) ||
    Number(b.kev !== null) - Number(a.kev !== null) ||
    severities.indexOf(b.severity) - severities.indexOf(a.severity) ||
    (b.score ?? 0) - (a.score ?? 0) ||
    compareText(a.id, b.id)
  );
}
