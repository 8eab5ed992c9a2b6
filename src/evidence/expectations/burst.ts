/**
 * R10: a worm publishes a package twice in minutes, and so with every package it can reach (TanStack 2026: two versions of 42
 * packages in six minutes). A monorepo's release is one version of each, at one time: that is no burst.
 */
import { msOf, publishedOf, type Context } from './context.ts';
import { finding, notAvailable, notChecked, passed, verdictOf, type Verdict } from './verdict.ts';
import { isPrerelease, lineOf } from './version.ts';

const quickMs = 10 * 60 * 1000;
const hourMs = 60 * 60 * 1000;
const manyOthers = 5;

export function burst(context: Context): Verdict {
  const { input, claimedMs, line } = context;
  if (claimedMs === undefined) return notAvailable;
  const twin = twinOf(context, claimedMs);
  const others = othersInBurst(context, claimedMs);
  const facts = { burstOthers: others };
  if (twin === undefined && others < manyOthers)
    return { ...(input.history === undefined ? notChecked : passed), facts };
  if (twin !== undefined && others > 0) {
    const message = `${twin} of the same line ${line ?? ''} was published within ten minutes of it, and the same happened to ${others} other ${others === 1 ? 'package' : 'packages'} of this publisher: a worm publishes like that.`;
    return { ...verdictOf([finding('burst', 'packages', 'fail', message, { others })], 'pass'), facts };
  }
  const part = twin === undefined ? 'packages-of-others' : 'quick';
  const message =
    twin === undefined
      ? `${others} other packages of this publisher were published twice within an hour of it.`
      : `${twin}, of the same line, was published within ten minutes of it.`;
  return { ...verdictOf([finding('burst', part, 'warn', message, { others })], 'pass'), facts };
}

/** Another version of the same line, before or after it. Nightly builds come as they come. */
function twinOf({ input, line }: Context, claimedMs: number): string | undefined {
  const { index, version } = input;
  const prerelease = isPrerelease(version.version);
  if (prerelease) return undefined;
  return index.versions.find((one) => {
    if (one.version === version.version || isPrerelease(one.version)) return false;
    const published = publishedOf(one);
    return (
      published !== undefined && published.line === line && Math.abs(published.ms - claimedMs) <= quickMs
    );
  })?.version;
}

/** How many other packages had two versions of one line in ten minutes, within an hour of this one. */
function othersInBurst({ input }: Context, claimedMs: number): number {
  const lines = new Map<string, { readonly name: string; readonly times: Map<string, number> }>();
  for (const { name, version, publishedAt } of input.history?.ofSamePublisher ?? []) {
    const ms = msOf(publishedAt);
    if (ms === undefined || name === input.index.name || isPrerelease(version)) continue;
    if (Math.abs(ms - claimedMs) > hourMs) continue;
    const key = JSON.stringify([name, lineOf(version)]);
    const known = lines.get(key) ?? { name, times: new Map<string, number>() };
    known.times.set(version, ms);
    lines.set(key, known);
  }
  const quick = [...lines.values()].filter(({ times }) => hasQuickPair([...times.values()]));
  return new Set(quick.map(({ name }) => name)).size;
}

function hasQuickPair(all: readonly number[]): boolean {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted.some((ms, at) => ms - (sorted[at - 1] ?? Number.NEGATIVE_INFINITY) <= quickMs);
}
