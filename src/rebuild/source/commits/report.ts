/** What git and the forge said of the commits since the version before, as one report. Pure. */
import {
  reviewKinds,
  type CommitFinding,
  type CommitLineage,
  type CommitPerson,
  type CommitReviews,
  type CommitsListed,
  type ReviewKind,
} from '../../../core/commits.ts';
import { nameKey, type CommitPeople, type EarlierPeople, type Said } from './people.ts';
import type { ReviewsTold } from './reviews.ts';
import type { Sensitive } from './sensitive.ts';

export interface LookedAt {
  readonly name: string;
  /** Undefined: it names nobody in git's form. */
  readonly people: CommitPeople | undefined;
}

export interface SensitiveTouch {
  readonly kind: Sensitive;
  /** A path, or a script of a manifest: hostile. */
  readonly what: string;
}

export interface ReportInput {
  readonly since: CommitsListed['since'];
  readonly lineage: { readonly lineage: CommitLineage; readonly why: string | undefined };
  readonly total: number;
  /** Newest first. */
  readonly commits: readonly LookedAt[];
  readonly earlier: EarlierPeople;
  readonly earlierWhole: boolean;
  /** By commit; of newcomers' commits alone. */
  readonly sensitive: ReadonlyMap<string, readonly SensitiveTouch[]>;
  /** False: what some commits touched is not known. */
  readonly touchedWhole: boolean;
  readonly reviews: ReviewsTold | { readonly why: string };
}

const peopleKept = 20;
const findingsKept = 20;
const touchesNamed = 4;
/** Clocks differ; not by more than a day. */
const patienceSeconds = 86_400;

export function reportOf(input: ReportInput): CommitsListed {
  const { since, lineage, total, commits, earlierWhole } = input;
  const people = peopleOf(input);
  const findings = [
    ...rewritten(input),
    ...newAuthors(input, people),
    ...unreviewed(input),
    ...datesOf(commits),
  ];
  return {
    schema: 1,
    state: 'listed',
    since,
    lineage: lineage.lineage,
    total,
    looked: commits.length,
    people: people.slice(0, peopleKept),
    peopleTotal: people.length,
    newcomers: people.filter(({ isNew }) => isNew).length,
    earlierWhole,
    signed: commits.filter((one) => one.people?.signed === true).length,
    reviews: reviewsOf(input),
    findings: findings.slice(0, findingsKept),
    findingsTotal: findings.length,
  };
}

const nobody: Said = { name: 'nobody who is named', id: '', at: 0, isForge: false };

/** Who wrote it, and who put it in where that is somebody else. */
export function involved({ people }: LookedAt): readonly Said[] {
  if (people === undefined) return [nobody];
  const { author, committer } = people;
  return committer.isForge || committer.id === author.id ? [author] : [author, committer];
}

/** By somebody of whom the history before has nothing. */
export function isByNewcomer(commit: LookedAt, earlier: EarlierPeople): boolean {
  return involved(commit).some(({ id }) => !earlier.ids.has(id));
}

function peopleOf({ commits, earlier }: ReportInput): readonly CommitPerson[] {
  const counts = new Map<string, { readonly name: string; commits: number }>();
  for (const commit of commits)
    for (const { id, name } of involved(commit)) {
      const known = counts.get(id) ?? { name, commits: 0 };
      known.commits += 1;
      counts.set(id, known);
    }
  return [...counts]
    .map(([id, { name, commits: count }]) => {
      const isNew = !earlier.ids.has(id);
      return { name, id, commits: count, isNew, isNamesake: isNew && earlier.names.has(nameKey(name)) };
    })
    .sort((a, b) => b.commits - a.commits || (a.id < b.id ? -1 : 1));
}

function rewritten({ lineage, since }: ReportInput): readonly CommitFinding[] {
  const { lineage: how, why } = lineage;
  if (how !== 'rewritten' && how !== 'off-branch') return [];
  const told = why === undefined ? '' : `: ${why}`;
  const message = `The commit that ${since.version} was made from (${short(since.commit)}) is no part of this history${told}.`;
  return [{ rule: 'history-rewritten', commit: since.commit, message }];
}

const kindWords: Readonly<Record<Sensitive, string>> = {
  install: 'what runs at install',
  build: 'what runs in a build',
  ci: 'what runs in CI',
};

/** One finding for each person: what they touched, worst first. */
function newAuthors(
  { commits, earlier, sensitive, touchedWhole, earlierWhole }: ReportInput,
  people: readonly CommitPerson[],
): readonly CommitFinding[] {
  const touched = people
    .filter(({ isNew }) => isNew)
    .flatMap((person) => {
      const theirs = commits.filter((one) => involved(one).some(({ id }) => id === person.id));
      const touches = theirs.flatMap(({ name }) => sensitive.get(name) ?? []);
      const first = theirs.find(({ name }) => (sensitive.get(name) ?? []).length > 0);
      return touches.length === 0 ? [] : [{ person, touches, commit: first?.name }];
    })
    .sort((a, b) => rankOf(a.touches) - rankOf(b.touches));
  const known = earlierWhole ? '' : ', as far back as was read';
  const findings = touched.map(({ person, touches, commit }): CommitFinding => {
    const kinds = order.filter((kind) => touches.some((one) => one.kind === kind));
    const what = [
      ...new Set(kinds.flatMap((kind) => touches.filter((one) => one.kind === kind)).map((one) => one.what)),
    ];
    const more = what.length > touchesNamed ? ` and ${what.length - touchesNamed} more` : '';
    const likeOld = person.isNamesake
      ? ', of the name of somebody who was there before but with another address'
      : '';
    return {
      rule: 'new-author',
      commit,
      message: `${quoted(person.name)}, who has no commit here before these${known}${likeOld}, changed ${kinds.map((kind) => kindWords[kind]).join(' and ')}: ${what.slice(0, touchesNamed).map(quoted).join(', ')}${more}.`,
    };
  });
  const isUnknown = !touchedWhole && commits.some((one) => isByNewcomer(one, earlier));
  if (!isUnknown) return findings;
  const message = 'What some commits of people who are new here changed is too much to be looked at.';
  return [...findings, { rule: 'new-author', commit: undefined, message }];
}

const order: readonly Sensitive[] = ['install', 'build', 'ci'];

function rankOf(touches: readonly SensitiveTouch[]): number {
  return order.findIndex((kind) => touches.some((one) => one.kind === kind));
}

const reviewFindings: Readonly<Record<Exclude<ReviewKind, 'approved' | 'version-only'>, string>> = {
  direct: 'came without a request that was merged',
  'self-merged': 'were merged by who asked for it, and approved by nobody',
  unapproved: 'were merged by somebody else than who asked for it, and approved by nobody',
  'changed-after-approval': 'were changed after they were approved',
};

function unreviewed({ commits, reviews }: ReportInput): readonly CommitFinding[] {
  if (!('kinds' in reviews)) return [];
  return Object.entries(reviewFindings).flatMap(([kind, words]) => {
    const of = commits.filter(({ name }) => reviews.kinds.get(name) === kind);
    const [first] = of;
    if (first === undefined) return [];
    const message = `${of.length} of the commits ${words}, by what the forge tells (${short(first.name)}${of.length > 1 ? ', …' : ''}).`;
    return [{ rule: 'unreviewed', commit: first.name, message } as const];
  });
}

function reviewsOf({ commits, total, reviews }: ReportInput): CommitReviews {
  if (!('kinds' in reviews) || (reviews.kinds.size === 0 && total > 0))
    return { state: 'not-checked', why: reviews.why ?? 'nobody was asked' };
  const count = (kind: ReviewKind): number =>
    commits.filter(({ name }) => reviews.kinds.get(name) === kind).length;
  const counts = Object.fromEntries(reviewKinds.map((kind) => [kind, count(kind)])) as Record<
    ReviewKind,
    number
  >;
  const told = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return { state: 'told', counts, untold: total - told, why: reviews.why };
}

/** A date before its parent's was not made by a clock. Times are what commits say. */
function datesOf(commits: readonly LookedAt[]): readonly CommitFinding[] {
  const at = new Map(commits.map(({ name, people }) => [name, people?.committer.at]));
  const odd = commits.filter(({ people }) => {
    if (people === undefined) return false;
    const { author, committer, parents } = people;
    const before = parents.some((parent) => (at.get(parent) ?? 0) > committer.at + patienceSeconds);
    return before || author.at > committer.at + patienceSeconds;
  });
  const [first] = odd;
  if (first === undefined) return [];
  const message = `${odd.length} of the commits are dated before what they follow (${short(first.name)}${odd.length > 1 ? ', …' : ''}).`;
  return [{ rule: 'dates', commit: first.name, message }];
}

function short(commit: string): string {
  return commit.slice(0, 12);
}

function quoted(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return JSON.stringify((plain.length <= 100 ? plain : `${plain.slice(0, 99)}…`).toWellFormed());
}
