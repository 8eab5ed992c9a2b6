/**
 * R11: a dependency that is new here and hardly older than the release that brings it. In axios 1.14.1 (March 2026) the one new
 * dependency had been published eighteen hours before, by another account.
 */
import type { NewDependency } from '../../core/collector.ts';
import type { Result } from '../../core/evidence.ts';
import type { IndexVersion } from '../../core/index-view.ts';
import type { AddedDependency } from './added-dependencies.ts';
import { msOf, type Context } from './context.ts';
import { settledMs } from './terms.ts';
import { finding, quote, worst, type Finding } from './verdict.ts';
import { lowestSatisfying } from './version.ts';

const dayMs = 24 * 60 * 60 * 1000;

export interface YoungDependencies {
  readonly found: readonly Finding[];
  /** What is to be said of those that nothing was found about. */
  readonly rest: Result;
}

type Known = Extract<NewDependency, { readonly state: 'known' }>;
type Judged = { readonly found?: Finding; readonly rest: Result };

export function youngDependencies(context: Context, added: readonly AddedDependency[]): YoungDependencies {
  const looked = new Map((context.input.history?.newDependencies ?? []).map((one) => [one.name, one]));
  const judged = added
    .filter(({ name }) => name !== context.input.index.name)
    .map((one, at) => judgeOne(context, one, looked.get(one.name), at));
  return {
    found: judged.flatMap(({ found }) => found ?? []),
    rest: worst(['pass', ...judged.map(({ rest }) => rest)]),
  };
}

function judgeOne(
  context: Context,
  { name, range }: AddedDependency,
  looked: NewDependency | undefined,
  at: number,
): Judged {
  const add = (part: string, result: Finding['result'], message: string, rest: Result): Judged => ({
    found: finding('dependency-changed', `${part}/${at}`, result, message, { name, range }),
    rest,
  });
  switch (looked?.state) {
    case undefined:
    case 'not-checked': {
      const why = looked?.why ?? 'it was not looked at';
      return add('unchecked', 'note', `How old ${quote(name)} is, is not known: ${why}.`, 'not-checked');
    }
    case 'absent': {
      const message = `New dependency ${quote(name)} is not in the registry: whoever registers the name decides what is installed.`;
      return add('absent', 'warn', message, 'pass');
    }
    case 'known': {
      const young = youngest(context, looked, range);
      if (young === undefined) return { rest: 'pass' };
      if (young === 'unknown') return { rest: 'not-available' };
      const what =
        young.version === undefined
          ? `${quote(name)}, new here, was itself first published ${iso(young.sinceMs)}`
          : `${quote(name)}, new here, is wanted in a version (${quote(young.version)} or later) that was published ${iso(young.sinceMs)}`;
      const because = isOfSameHand(context, looked, young.version)
        ? ({ result: 'warn', rest: 'its publisher is the same' } as const)
        : ({ result: 'fail', rest: 'thieves bring such a package along' } as const);
      const result = isSettled(context, young.sinceMs) ? 'note' : because.result;
      return add(
        'young',
        result,
        `${what}, less than a day before this release or after it: ${because.rest}.`,
        'pass',
      );
    }
  }
}

interface Young {
  readonly sinceMs: number;
  /** Undefined: the package itself is that young. */
  readonly version: string | undefined;
}

/** Undefined: neither the package nor the lowest version it may be installed in is. */
function youngest(context: Context, known: Known, range: string): Young | 'unknown' | undefined {
  const { index } = known;
  const times = index.versions.map((one) => sinceMs(known, one));
  if (index.timeOrderTrust === 'implausible' && times.includes(undefined)) return 'unknown';
  const told = times.filter((ms) => ms !== undefined);
  if (told.length === 0) return 'unknown';
  const bornMs = told.reduce((least, ms) => Math.min(least, ms));
  const releasedMs = releaseTime(context);
  const isYoung = (ms: number): boolean => ms > releasedMs - dayMs;
  if (isYoung(bornMs)) return { sinceMs: bornMs, version: undefined };
  const lowest = lowestSatisfying(known.index, range);
  const lowestMs = lowest === undefined ? undefined : times[index.versions.indexOf(lowest)];
  return lowest === undefined || lowestMs === undefined || !isYoung(lowestMs)
    ? undefined
    : { sinceMs: lowestMs, version: lowest.version };
}

/** As claimed: also where too few versions tell whether the index's times mean anything, as for what it is compared with. */
function releaseTime({ input, publicMs, nowMs }: Context): number {
  const claimed = input.index.timeOrderTrust === 'implausible' ? undefined : msOf(input.version.claimedTime);
  return claimed ?? publicMs ?? nowMs;
}

/** The claim, where it tells anything, and no earlier than our last look without it. */
function sinceMs({ index, absentAt }: Known, { version, claimedTime }: IndexVersion): number | undefined {
  const claimed = index.timeOrderTrust === 'implausible' ? undefined : msOf(claimedTime);
  const absent = msOf(absentAt.get(version));
  if (claimed === undefined || absent === undefined) return claimed ?? absent;
  return Math.max(claimed, absent);
}

/**
 * A scope belongs to somebody: nobody else can put a package into it. And a package that was there before, published by the
 * very account: projects release their parts together. (A workflow's account is everybody's, and says nothing.)
 */
function isOfSameHand({ input }: Context, { index }: Known, version: string | undefined): boolean {
  const scope = scopeOf(input.index.name);
  if (scope !== undefined && scope === scopeOf(index.name)) return true;
  const [ours, theirs] = [input.version, index.versions.find((one) => one.version === version)].map((one) =>
    one?.publication.trustedPublisher === undefined ? one?.publication.publisher : undefined,
  );
  return ours !== undefined && ours === theirs;
}

function scopeOf(name: string): string | undefined {
  return name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined;
}

/** A fortnight in the open. */
function isSettled({ nowMs }: Context, ms: number): boolean {
  return nowMs - ms >= settledMs;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
