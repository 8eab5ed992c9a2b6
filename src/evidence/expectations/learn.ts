/**
 * What the publications of a package teach: one expectation for the whole package and one for each release line, from at
 * least three versions that agree on repository, owner, issuer and workflow. Pure; admission calls it after an `allow`.
 *
 * What was set by hand is never changed here. A repository or an owner is never replaced here either: a person says so.
 * Workflows, refs, triggers and the like are added once three allowed versions show the new value.
 */
import { trustRanks, type ExpectedIdentity, type Expectation } from '../../core/expectation.ts';
import type { VerifiedPublication } from '../../core/identity.ts';
import type { IndexVersion, IndexView } from '../../core/index-view.ts';
import type { Principal } from '../../core/subject.ts';
import { instantOf } from '../../core/time.ts';
import { claimedRank } from './ranks.ts';
import { expectedSource, sameSource, signedSource, withoutRef } from './source.ts';
import { templateOf } from './tag-template.ts';
import { refusedTriggers, settledMs } from './terms.ts';
import { lineOf } from './version.ts';

const fewest = 3;
const quorum = 5;
const longestList = 50;

export interface Lesson {
  /** In force now, of this package: any lines. */
  readonly existing: readonly Expectation[];
  /** Everything of this package that was verified and allowed, the newest too; any order. */
  readonly verified: readonly VerifiedPublication[];
  readonly view: IndexView;
  /** RFC 3339 UTC. */
  readonly now: string;
  readonly principal: Principal;
}

/** The new revisions to record: of `*` and of lines whose expectation is new or changed. Empty when nothing changes. */
export function learnExpectations(lesson: Lesson): readonly Expectation[] {
  const lines = new Set(lesson.verified.map(({ version }) => lineOf(version)));
  return ['*', ...lines].flatMap((line) => {
    const learned = line === undefined ? undefined : learnLine(line, lesson);
    return learned === undefined ? [] : [learned];
  });
}

function learnLine(line: string, lesson: Lesson): Expectation | undefined {
  const existing = lesson.existing.find((one) => one.line === line);
  const forgotten = existing !== undefined && existing.identity === undefined;
  if (existing?.origin === 'set' && !forgotten) return undefined;
  // What was forgotten on purpose is learned anew from what was published since.
  const since = forgotten ? instantOf(existing.at) : Number.NEGATIVE_INFINITY;
  const taught = lesson.verified
    .filter(({ version }) => line === '*' || lineOf(version) === line)
    .filter(({ signedTime }) => instantOf(signedTime) > since)
    .toSorted((a, b) => instantOf(a.signedTime) - instantOf(b.signedTime));
  const identity = identityOf(taught, existing?.identity);
  if (identity === undefined) return undefined;
  const listed = new Map(lesson.view.versions.map((one) => [one.version, one]));
  const versions = taught.flatMap(({ version }) => listed.get(version) ?? []);
  const learned: Expectation = {
    upstream: lesson.view.upstream,
    name: lesson.view.name,
    line,
    revision: (existing?.revision ?? 0) + 1,
    origin: 'learned',
    standing: standingOf(taught, existing, lesson.now),
    identity,
    rank: usualRank(versions.slice(-fewest)),
    tagTemplate: templateOf(lesson.view.name, taught) ?? existing?.tagTemplate,
    installScripts: listOf(versions.flatMap((one) => Object.keys(one.installScripts))),
    publishers: listOf([
      ...(existing?.publishers ?? []),
      ...versions.flatMap(({ publication }) => accountOf(publication)),
    ]),
    intervalMs: medianInterval(taught),
    learnedFrom: taught.slice(-longestList).map(({ version }) => version),
    reason: undefined,
    principal: lesson.principal,
    at: lesson.now,
  };
  return existing !== undefined && sameTerms(existing, learned) ? undefined : learned;
}

/** Undefined when they do not agree. Where there is an expectation already, only what agrees with it teaches. */
function identityOf(
  taught: readonly VerifiedPublication[],
  known: ExpectedIdentity | undefined,
): ExpectedIdentity | undefined {
  const newest = taught.at(-1);
  if (newest === undefined) return undefined;
  const source = known === undefined ? signedSource(newest.identity) : expectedSource(known);
  const agreeing = taught.filter(({ identity }) => sameSource(signedSource(identity), source));
  // Two repositories in one history: whichever is right, it is not for us to choose.
  if (known === undefined && agreeing.length !== taught.length) return undefined;
  if (trailing(agreeing) < fewest) return undefined;
  const last = agreeing.at(-1)?.identity;
  const values = (read: (one: VerifiedPublication) => string | undefined, old: readonly string[] = []) =>
    learnedValues(agreeing.map(read), known === undefined ? undefined : old);
  return {
    issuer: known?.issuer ?? last?.issuer,
    repositoryUri: last?.sourceRepositoryUri ?? known?.repositoryUri,
    repositoryId: known?.repositoryId ?? last?.sourceRepositoryId,
    ownerUri: last?.ownerUri ?? known?.ownerUri,
    ownerId: known?.ownerId ?? last?.ownerId,
    workflows: values(({ workflow }) => workflow, known?.workflows),
    signers: values(({ identity }) => withoutRef(identity.buildSignerUri), known?.signers),
    refs: values(({ identity }) => refPattern(identity.sourceRepositoryRef), known?.refs),
    triggers: values(({ identity }) => ordinaryTrigger(identity.buildTrigger), known?.triggers),
    runners: values(({ identity }) => identity.runnerEnvironment, known?.runners),
    predicateTypes: values(({ predicateType }) => predicateType, known?.predicateTypes),
  };
}

/** How many of the newest come from one workflow. */
function trailing(agreeing: readonly VerifiedPublication[]): number {
  const workflow = agreeing.at(-1)?.workflow;
  const before = agreeing.findLastIndex((one) => one.workflow !== workflow);
  return agreeing.length - 1 - before;
}

/** At first everything that was seen; later only what three versions show is added. */
function learnedValues(
  seen: readonly (string | undefined)[],
  known: readonly string[] | undefined,
): readonly string[] {
  const counts = new Map<string, number>();
  for (const value of seen) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  const often = [...counts].flatMap(([value, count]) =>
    known === undefined || count >= fewest ? [value] : [],
  );
  return listOf([...(known ?? []), ...often]);
}

/** Tags change with every version, branches do not. */
function refPattern(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/tags/') === true ? 'refs/tags/*' : ref;
}

/** A trigger that strangers can pull is never learned, however often it was let through. */
function ordinaryTrigger(trigger: string | undefined): string | undefined {
  return trigger !== undefined && refusedTriggers.has(trigger) ? undefined : trigger;
}

/**
 * Firm when the signed times span a fortnight (they are a log's, so a history that was filled in afterwards counts), or when a
 * fortnight has passed since it was learned and five versions agree. Never provisional again.
 */
function standingOf(
  taught: readonly VerifiedPublication[],
  existing: Expectation | undefined,
  now: string,
): Expectation['standing'] {
  const times = taught.map(({ signedTime }) => instantOf(signedTime));
  const spans = (times.at(-1) ?? 0) - (times[0] ?? 0) >= settledMs;
  const waited = existing !== undefined && instantOf(now) - instantOf(existing.at) >= settledMs;
  const firm = existing?.standing === 'firm' || spans || (waited && taught.length >= quorum);
  return firm ? 'firm' : 'provisional';
}

/** What a workflow publishes has the registry's own account for it: that one tells nobody apart. */
function accountOf({ publisher, trustedPublisher }: IndexVersion['publication']): readonly string[] {
  return publisher === undefined || trustedPublisher !== undefined ? [] : [publisher];
}

/** What all of them have: a stronger one among them is not usual yet. */
function usualRank(versions: readonly IndexVersion[]): Expectation['rank'] {
  const ranks = versions.map(({ publication }) => claimedRank(publication, true));
  return trustRanks[ranks.length === 0 ? trustRanks.indexOf('provenance') : Math.min(...ranks)] ?? 'none';
}

function medianInterval(taught: readonly VerifiedPublication[]): number | undefined {
  const times = taught.map(({ signedTime }) => instantOf(signedTime));
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  return gaps.toSorted((a, b) => a - b)[Math.floor((gaps.length - 1) / 2)];
}

function listOf(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort().slice(0, longestList);
}

/** Another version learned from, or another rhythm, is no new revision. */
function sameTerms(a: Expectation, b: Expectation): boolean {
  return termsOf(a) === termsOf(b);
}

function termsOf(one: Expectation): string {
  const { standing, rank, tagTemplate, installScripts, publishers, identity: who } = one;
  return JSON.stringify([
    [standing, rank, tagTemplate, installScripts, publishers],
    [who?.issuer, who?.repositoryUri, who?.repositoryId, who?.ownerUri, who?.ownerId],
    [who?.workflows, who?.signers, who?.refs, who?.triggers, who?.runners, who?.predicateTypes],
  ]);
}
