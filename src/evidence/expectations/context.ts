/** What all rules look at, read once from a collector's input. Order and rhythm are there only where times can be trusted. */
import type { CollectorInput } from '../../core/collector.ts';
import type { Evidence, FactValue } from '../../core/evidence.ts';
import type { Expectation, ExpectedIdentity } from '../../core/expectation.ts';
import type { VerifiedPublication } from '../../core/identity.ts';
import type { IndexVersion, Publication } from '../../core/index-view.ts';
import { instantOf } from '../../core/time.ts';
import { expectedSource, withoutRef, type Source } from './source.ts';
import { settledMs } from './terms.ts';
import { isPrerelease, lineOf } from './version.ts';

export interface Published {
  readonly version: string;
  readonly line: string | undefined;
  readonly ms: number;
  readonly publication: Publication;
}

/** Fields of verified provenance. */
export interface Build extends Source {
  readonly workflow: string | undefined;
  readonly signer: string | undefined;
  readonly ref: string | undefined;
  readonly commit: string | undefined;
  readonly trigger: string | undefined;
  readonly runner: string | undefined;
  readonly runUri: string | undefined;
  readonly signedMs: number | undefined;
  readonly publishMs: number | undefined;
}

/**
 * What an identity is compared with: an expectation, else (`history`) what was verified here of other versions. A `firm`
 * one refuses, and a steady history refuses what is young.
 */
export interface Basis {
  readonly kind: 'firm' | 'provisional' | 'history';
  /** Whether what differs from it refuses, or warns. */
  readonly refuses: boolean;
  readonly sources: readonly Source[];
  readonly identity: ExpectedIdentity;
}

export interface Context {
  readonly input: CollectorInput;
  readonly nowMs: number;
  readonly line: string | undefined;
  /** The index's times tell the order, and this version has one. */
  readonly claimedMs: number | undefined;
  /** Since when it is public, as far as that is to be believed. */
  readonly publicMs: number | undefined;
  /** It stood in the open for a fortnight. */
  readonly aged: boolean;
  /** Published before it, oldest first; stable ones alone for a stable version. Empty where times can't be trusted. */
  readonly earlier: readonly Published[];
  readonly provenance: 'verified' | 'invalid' | 'nothing' | 'unknown';
  readonly build: Build | undefined;
  readonly expectation: Expectation | undefined;
  readonly basis: Basis | undefined;
}

export function contextOf(input: CollectorInput): Context {
  const { version, index } = input;
  const line = lineOf(version.version);
  const nowMs = instantOf(input.now);
  const claimedMs = index.timeOrderTrust === 'plausible' ? msOf(version.claimedTime) : undefined;
  const publicMs = publicSince(input, claimedMs);
  const provenance = provenanceState(earlierOf(input, 'provenance'));
  const expectation = expectationFor(input, line);
  const aged = publicMs !== undefined && nowMs - publicMs >= settledMs;
  const build = provenance === 'verified' ? buildOf(earlierOf(input, 'provenance')) : undefined;
  return {
    input,
    nowMs,
    line,
    claimedMs,
    publicMs,
    aged,
    earlier: claimedMs === undefined ? [] : publishedBefore(input, claimedMs),
    provenance,
    build,
    expectation,
    basis: basisOf(input, expectation, { aged, ownMs: build?.signedMs ?? claimedMs ?? nowMs }),
  };
}

export function earlierOf({ earlier }: CollectorInput, kind: string): Evidence | undefined {
  return earlier.find((one) => one.kind === kind);
}

/** Undefined for what is no time. */
export function msOf(time: FactValue | undefined): number | undefined {
  const ms = typeof time === 'string' ? instantOf(time) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * As for the cooldown: the claim, but no earlier than our last look at which it was not there (evidence `age`). An index whose
 * times mean nothing is not believed at all: then since we saw it ourselves.
 */
function publicSince(input: CollectorInput, claimedMs: number | undefined): number | undefined {
  if (claimedMs === undefined) return msOf(input.observation.presentAt);
  return msOf(factOf(earlierOf(input, 'age'), 'publishedAt'));
}

function publishedBefore({ index, version }: CollectorInput, claimedMs: number): readonly Published[] {
  const everything = isPrerelease(version.version);
  return index.versions
    .filter((one) => one.version !== version.version && (everything || !isPrerelease(one.version)))
    .flatMap((one) => {
      const published = publishedOf(one);
      return published === undefined || published.ms >= claimedMs ? [] : [published];
    })
    .toSorted((a, b) => a.ms - b.ms);
}

export function publishedOf(one: IndexVersion): Published | undefined {
  const ms = msOf(one.claimedTime);
  if (ms === undefined) return undefined;
  return { version: one.version, line: lineOf(one.version), ms, publication: one.publication };
}

function provenanceState(evidence: Evidence | undefined): Context['provenance'] {
  const state = factOf(evidence, 'state');
  if (evidence?.result === 'pass' && state === 'verified') return 'verified';
  if (state === 'invalid' || evidence?.result === 'fail') return 'invalid';
  return state === 'absent' ? 'nothing' : 'unknown';
}

function buildOf(evidence: Evidence | undefined): Build {
  const text = (name: string): string | undefined => {
    const value = factOf(evidence, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    issuer: text('issuer'),
    uri: text('repository'),
    id: text('repositoryId'),
    ownerUri: text('ownerUri'),
    ownerId: text('ownerId'),
    workflow: text('workflow'),
    signer: withoutRef(text('signer')),
    ref: text('ref'),
    commit: text('commit'),
    trigger: text('trigger'),
    runner: text('runner'),
    runUri: text('runUri'),
    signedMs: msOf(text('signedTime')),
    publishMs: msOf(text('publishTime')),
  };
}

export function factOf(evidence: Evidence | undefined, name: string): FactValue | undefined {
  return evidence !== undefined && Object.hasOwn(evidence.facts, name) ? evidence.facts[name] : undefined;
}

/**
 * Of the release line, else of the whole package. A line that is new, or was forgotten and not learned again, knows less
 * than a package that is firm: three quick versions of a new major must not weaken what the package's years say.
 */
function expectationFor({ history }: CollectorInput, line: string | undefined): Expectation | undefined {
  const all = history?.expectations ?? [];
  const candidates = [line, '*'].flatMap((name) => all.find((one) => one.line === name) ?? []);
  const known = candidates.filter(({ identity }) => identity !== undefined);
  return (
    known.find(({ origin, standing }) => origin === 'set' || standing === 'firm') ?? known[0] ?? candidates[0]
  );
}

/** What was forgotten on purpose is compared with nothing. */
function basisOf(
  input: CollectorInput,
  expectation: Expectation | undefined,
  own: { readonly aged: boolean; readonly ownMs: number },
): Basis | undefined {
  if (expectation !== undefined) {
    const { identity, standing: kind } = expectation;
    const sources = identity && [expectedSource(identity)];
    return sources && { kind, refuses: kind === 'firm', sources, identity };
  }
  const all = input.history?.verified ?? [];
  const before = all.filter(({ signedTime }) => own.ownMs - instantOf(signedTime) >= settledMs);
  const verified = before.length >= fewestOfHistory ? before : all;
  const newest = verified.at(-1);
  if (newest === undefined) return undefined;
  const identity = seenIn(verified, newest);
  const sources = verified.map((one) => expectedSource(seenIn([one], one)));
  return { kind: 'history', refuses: !own.aged && isSteady(before), sources, identity };
}

const fewestOfHistory = 3;

/**
 * What an expectation would be learned from, were anything allowed yet: at first sight of a package a young version must not
 * be the one that teaches. One that stood in the open for a fortnight is believed, as projects do change how they publish.
 */
function isSteady(verified: readonly VerifiedPublication[]): boolean {
  const times = verified.map(({ signedTime }) => instantOf(signedTime));
  return verified.length >= fewestOfHistory && Math.max(...times) - Math.min(...times) >= settledMs;
}

function seenIn(all: readonly VerifiedPublication[], newest: VerifiedPublication): ExpectedIdentity {
  const values = (read: (one: VerifiedPublication) => string | undefined): readonly string[] => [
    ...new Set(all.flatMap((one) => read(one) ?? [])),
  ];
  const { issuer, sourceRepositoryUri, sourceRepositoryId, ownerUri, ownerId } = newest.identity;
  return {
    issuer,
    repositoryUri: sourceRepositoryUri,
    repositoryId: sourceRepositoryId,
    ownerUri,
    ownerId,
    workflows: values(({ workflow }) => workflow),
    signers: values(({ identity }) => withoutRef(identity.buildSignerUri)),
    refs: values(({ identity }) =>
      identity.sourceRepositoryRef?.startsWith('refs/tags/') === true
        ? 'refs/tags/*'
        : identity.sourceRepositoryRef,
    ),
    triggers: values(({ identity }) => identity.buildTrigger),
    runners: values(({ identity }) => identity.runnerEnvironment),
    predicateTypes: values(({ predicateType }) => predicateType),
  };
}
