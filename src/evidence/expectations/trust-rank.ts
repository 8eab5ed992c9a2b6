/** How strongly the version at hand is tied to where it came from, and how strongly versions before it were. */
import { earlierOf, factOf, msOf, type Context } from './context.ts';
import { claimedRank, rankNumber, rankOfTies } from './ranks.ts';
import { settledMs } from './terms.ts';
import { isBelow, isPrerelease, lineOf } from './version.ts';

export interface Ranks {
  /** Of the version at hand, as far as it was verified. */
  readonly own: number;
  /**
   * The most that any version published before it had, or that a person said it has; undefined: nobody can say which were
   * before it, and nobody said.
   */
  readonly highWater: number | undefined;
  /** A person said so (`assay expect set`), and no version before it had more. */
  readonly isSaid: boolean;
  /** `unknown`: it claims enough, and that could not be verified now. */
  readonly lower: 'yes' | 'no' | 'unknown';
  /**
   * Its release line is older than a fortnight and never had more than it has: a line that is only maintained. A new line has no
   * habits of its own, and is measured by the package.
   */
  readonly usualForLine: boolean;
}

interface Before {
  readonly line: string | undefined;
  readonly rank: number;
  /** Undefined where only the order of versions is known. */
  readonly ms: number | undefined;
}

export function ranksOf(context: Context): Ranks {
  const own = provenRank(context);
  const seen = versionsBefore(context);
  const said = saidRank(context);
  if (seen === undefined && said === undefined)
    return { own, highWater: undefined, isSaid: false, lower: 'unknown', usualForLine: false };
  const before = seen ?? [];
  const mostSeen = Math.max(0, ...before.map(({ rank }) => rank));
  const highWater = Math.max(mostSeen, said ?? 0);
  const claimed = claimedRank(context.input.version.publication);
  const lower =
    own >= highWater
      ? 'no'
      : claimed < highWater || isRefuted(context, highWater)
        ? 'yes'
        : ('unknown' as const);
  const usualForLine = said === undefined && isUsual(context, before, own);
  return { own, highWater, isSaid: highWater > mostSeen, lower, usualForLine };
}

/**
 * Who sets whom to expect wants somebody to be named: what names nobody would else pass where no earlier version is known,
 * or where the times of an index tell no order. A person's word is for the whole line, so no habit of it softens it.
 */
function saidRank({ expectation }: Context): number | undefined {
  if (expectation?.origin !== 'set' || expectation.identity === undefined) return undefined;
  return rankNumber(expectation.rank);
}

/** The claims of the index count for this version only on top of what was verified. */
function provenRank({ input, provenance }: Context): number {
  const signatures = earlierOf(input, 'signatures');
  const { trustedPublisher, approver } = input.version.publication;
  const held = signatures?.result === 'pass' || signatures?.result === 'warn';
  return rankOfTies({
    signed: held && factOf(signatures, 'signed') === true,
    provenance: provenance === 'verified',
    trustedPublisher: trustedPublisher !== undefined,
    approver: approver !== undefined,
  });
}

/**
 * Checked, and not so: not merely impossible to check now. A signature by a key that nobody vouches for, where keys of the
 * registry are known, is worth no more than none: else whoever strips one would only have to put another in its place.
 */
function isRefuted({ input, provenance }: Context, highWater: number): boolean {
  if (highWater >= rankNumber('provenance')) return provenance === 'invalid' || provenance === 'nothing';
  const signatures = earlierOf(input, 'signatures');
  return (
    signatures?.result === 'fail' ||
    (signatures?.result === 'not-checked' &&
      signatures.items.some(({ id }) => id === 'signatures/unknown-key'))
  );
}

/** By the index's times; where they mean nothing, lower versions of the line that we verified. Undefined: nobody can say. */
function versionsBefore({ input, claimedMs, earlier, line }: Context): readonly Before[] | undefined {
  const verified = input.history?.verified ?? [];
  const own = input.version.version;
  const everything = isPrerelease(own);
  const comparable = verified.filter(({ version }) => everything || !isPrerelease(version));
  if (claimedMs === undefined) {
    const below = comparable.filter(({ version }) => lineOf(version) === line && isBelow(version, own));
    return below.length === 0 ? undefined : below.map((one) => beforeOf(one.version, undefined));
  }
  const known = new Set(verified.map(({ version }) => version));
  const listed = earlier.map(({ version, line, ms, publication }) => ({
    line,
    ms,
    rank: claimedRank(publication, known.has(version)),
  }));
  const remembered = comparable.flatMap(({ version, signedTime }) => {
    const ms = msOf(signedTime);
    return ms === undefined || ms >= claimedMs ? [] : [beforeOf(version, ms)];
  });
  return [...listed, ...remembered];
}

function beforeOf(version: string, ms: number | undefined): Before {
  return { line: lineOf(version), rank: rankNumber('provenance'), ms };
}

function isUsual({ line, claimedMs }: Context, before: readonly Before[], own: number): boolean {
  if (claimedMs === undefined || line === undefined) return false;
  const same = before.filter((one) => one.line === line);
  const old = same.some(({ ms }) => ms !== undefined && claimedMs - ms >= settledMs);
  return old && same.every(({ rank }) => rank <= own);
}
