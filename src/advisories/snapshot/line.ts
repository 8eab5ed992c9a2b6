/**
 * One line of a snapshot: one record about one package, as a JSON array of pure ASCII: `[name, id, own, joined]`. `own` is
 * what the record itself says, so that a delta can be applied to a snapshot; `joined` is what follows from its aliases.
 */
import type { Severity } from '../../core/advisory.ts';
import type { Ecosystem } from '../../core/purl.ts';
import { orderOfRange } from '../osv/affected.ts';
import {
  databaseOf,
  isMalicious,
  type OsvAffected,
  type OsvEventKind,
  type OsvRange,
  type OsvRecord,
  type OsvSeverity,
} from '../osv/record.ts';
import { sortEvents } from '../ranges.ts';

type ShortSeverity = readonly [type: string, score: string];
/** Type, then kind and version by turns: `["S","i","0","f","1.2.3"]`. */
type ShortRange = readonly string[];

/** Keys are left out where there is nothing to say. Their order is fixed: it is part of the digest. */
interface Own {
  readonly m: string;
  readonly p?: string;
  readonly w?: string;
  readonly s?: string;
  readonly a?: readonly string[];
  /** Severities of the record, and those of the package. */
  readonly v?: readonly ShortSeverity[];
  readonly q?: readonly ShortSeverity[];
  readonly o?: readonly string[];
  readonly e?: string;
  readonly r?: readonly ShortRange[];
  readonly n?: readonly string[];
}

export interface Joined {
  /** All other ids of the same vulnerability, sorted. */
  readonly aliases: readonly string[];
  readonly sources: readonly string[];
  readonly severity: Severity;
  readonly score: number | null;
  readonly vector: string | null;
}

type ShortJoined = readonly [
  aliases: readonly string[],
  sources: readonly string[],
  severity: Severity,
  score: number | null,
  vector: string | null,
];

const kindOf: Readonly<Record<string, OsvEventKind>> = {
  i: 'introduced',
  f: 'fixed',
  l: 'last_affected',
  x: 'limit',
};
const letterOf: Readonly<Record<OsvEventKind, string>> = {
  introduced: 'i',
  fixed: 'f',
  last_affected: 'l',
  limit: 'x',
};

/** A record about one package; without one, it only lends its aliases and severity to others. */
export function encodeLine(
  record: OsvRecord,
  affected: OsvAffected | undefined,
  joined: Joined | undefined,
): string {
  const line: unknown[] = [affected?.name ?? '', record.id, ownOf(record, affected)];
  if (joined !== undefined) {
    const { aliases, sources, severity, score, vector } = joined;
    line.push([aliases, sources, severity, score, vector] satisfies ShortJoined);
  }
  return ascii(JSON.stringify(line));
}

/** What a name's lines begin with. */
export function linePrefix(name: string): string {
  return ascii(`[${JSON.stringify(name)},`);
}

function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function ownOf(record: OsvRecord, affected: OsvAffected | undefined): Own {
  const short = ({ type, score }: OsvSeverity): ShortSeverity => [type, score];
  const isOwnSource = record.sources.length === 1 && record.sources[0] === databaseOf(record.id);
  const own: Own = {
    m: record.modified,
    ...(record.published !== undefined && { p: record.published }),
    ...(record.withdrawn !== undefined && { w: record.withdrawn }),
    ...(record.summary !== '' && { s: record.summary }),
    ...(record.aliases.length > 0 && { a: record.aliases }),
    ...(record.severity.length > 0 && { v: record.severity.map(short) }),
    ...(!isOwnSource && { o: record.sources }),
  };
  if (affected === undefined) return own;
  return {
    ...own,
    ...(affected.severity.length > 0 && { q: affected.severity.map(short) }),
    ...(affected.release !== undefined && { e: affected.release }),
    ...(affected.ranges.length > 0 && { r: affected.ranges.map((range) => rangeOf(range, affected)) }),
    ...(affected.versions.length > 0 && { n: affected.versions }),
  };
}

function rangeOf({ type, events }: OsvRange, { ecosystem }: OsvAffected): ShortRange {
  const sorted = sortEvents(events, orderOfRange(type, ecosystem));
  return [type.slice(0, 1), ...sorted.flatMap(({ kind, version }) => [letterOf[kind], version])];
}

export interface Line {
  /** About one package, or none. `upstream` and `related` are not kept. */
  readonly record: OsvRecord;
  readonly joined: Joined | undefined;
}

/** `text` is a line that `encodeLine` made: the snapshot's digest vouches for that. */
export function decodeLine(text: string, ecosystem: Ecosystem): Line {
  const [name, id, own, joined] = JSON.parse(text) as readonly [string, string, Own, ShortJoined?];
  const long = ([type, score]: ShortSeverity): OsvSeverity => ({ type, score });
  const affected: OsvAffected = {
    ecosystem,
    release: own.e,
    name,
    severity: (own.q ?? []).map(long),
    ranges: (own.r ?? []).map(rangeFrom),
    versions: own.n ?? [],
  };
  return {
    record: {
      id,
      modified: own.m,
      published: own.p,
      withdrawn: own.w,
      aliases: own.a ?? [],
      upstream: [],
      related: [],
      summary: own.s ?? '',
      severity: (own.v ?? []).map(long),
      affected: name === '' ? [] : [affected],
      sources: own.o ?? [databaseOf(id)],
    },
    joined:
      joined === undefined
        ? undefined
        : {
            aliases: joined[0],
            sources: joined[1],
            severity: joined[2],
            score: joined[3],
            vector: joined[4],
          },
  };
}

function rangeFrom([type, ...rest]: ShortRange): OsvRange {
  const events = rest.flatMap((letter, at) =>
    at % 2 === 0 ? [{ kind: kindOf[letter] ?? 'introduced', version: rest[at + 1] ?? '' }] : [],
  );
  return { type: type === 'S' ? 'SEMVER' : 'ECOSYSTEM', events };
}

/** A malicious-package record that names no versions means all of them; any other one then means none. */
export function meansAllVersions(id: string, { ranges, versions }: OsvAffected): boolean {
  return isMalicious(id) && ranges.length === 0 && versions.length === 0;
}
