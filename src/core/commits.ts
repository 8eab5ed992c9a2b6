/**
 * Who wrote and who reviewed what came into a source since the version before it: a faithful build of a malicious commit
 * matches, too. Names are what commits say of themselves, hostile and clipped. An address is never kept: the first 16 hex
 * digits of its SHA-256 tell two people of one name apart, and whoever needs the address finds it at the commit.
 */

export interface CommitPerson {
  readonly name: string;
  /** First 16 hex digits of the SHA-256 of the address in lower case. */
  readonly id: string;
  /** That they wrote or put in. */
  readonly commits: number;
  /** Neither wrote nor put in any commit before these. */
  readonly isNew: boolean;
  /** New, and of the name of somebody who was there before. */
  readonly isNamesake: boolean;
}

/**
 * `same`: the very commit. `descends`: the commit before is a forebear. `other-line`: it is not, and the branch that it
 * was on still has it. `off-branch`: it is not, and whether a branch ever had it nobody knows. `rewritten`: a branch that
 * had it has it no more, or nothing leads to it, or the two have nothing in common.
 */
export const commitLineages = ['same', 'descends', 'other-line', 'off-branch', 'rewritten'] as const;
export type CommitLineage = (typeof commitLineages)[number];

/**
 * `approved`: by somebody else who may, of the last state that was merged. `version-only`: pushed, and changes nothing but the
 * version and the list of changes. Each of the others is no review.
 */
export const reviewKinds = [
  'approved',
  'version-only',
  /** Approved, and changed after that. */
  'changed-after-approval',
  /** Merged by somebody else than who asked for it; nobody approved. */
  'unapproved',
  'self-merged',
  /** Came by no merged request. */
  'direct',
] as const;
export type ReviewKind = (typeof reviewKinds)[number];

export type CommitReviews =
  | {
      readonly state: 'told';
      readonly counts: Readonly<Record<ReviewKind, number>>;
      /** Commits that nobody could be asked about; `why` says why. */
      readonly untold: number;
      readonly why: string | undefined;
    }
  | { readonly state: 'not-checked'; readonly why: string };

export const commitFindingRules = ['history-rewritten', 'new-author', 'unreviewed', 'dates'] as const;
export interface CommitFinding {
  readonly rule: (typeof commitFindingRules)[number];
  /** Undefined: it is about all of them. */
  readonly commit: string | undefined;
  readonly message: string;
}

export interface CommitsListed {
  readonly schema: 1;
  readonly state: 'listed';
  readonly since: {
    readonly version: string;
    readonly commit: string;
    /** Whether that version was admitted here; else it is the one before that is known. */
    readonly admitted: boolean;
    /** `built`: its source was found here; `tag`: its tag in the repository names the commit. */
    readonly by: 'built' | 'tag';
  };
  readonly lineage: CommitLineage;
  readonly total: number;
  /** That were looked at: the newest. */
  readonly looked: number;
  /** Who wrote or put them in, most commits first; at most 20. `peopleTotal` counts all. */
  readonly people: readonly CommitPerson[];
  readonly peopleTotal: number;
  readonly newcomers: number;
  /** False: the history before is longer than was read, so that somebody of long ago counts as new. */
  readonly earlierWhole: boolean;
  /** Carry a signature, which nobody checked. */
  readonly signed: number;
  readonly reviews: CommitReviews;
  /** Worst first; at most 20. */
  readonly findings: readonly CommitFinding[];
  readonly findingsTotal: number;
}

export type CommitsSince =
  | CommitsListed
  | { readonly schema: 1; readonly state: 'not-listed'; readonly version: string; readonly why: string };

/** `Commits since 2.0.3: 14 by 3 people, 1 new; 12 reviewed, 2 not.` One sentence; holds no name. */
export function commitsSentence(of: CommitsSince): string {
  if (of.state === 'not-listed') return `What came since ${of.version} could not be listed: ${of.why}.`;
  const { since, lineage, total, looked, peopleTotal, newcomers, reviews } = of;
  if (lineage === 'rewritten' && total === 0)
    return `What came since ${since.version} cannot be listed: the commit that it was made from is gone.`;
  if (lineage === 'same') return `It is the commit that ${since.version} was made from.`;
  if (total === 0) return `No commit came since ${since.version}.`;
  const partly = looked < total ? `, the newest ${looked} looked at` : '';
  const people = `${peopleTotal} ${peopleTotal === 1 ? 'person' : 'people'}`;
  return `Commits since ${since.version}: ${total} by ${people}, ${newcomers} new${partly}; ${reviewWords(reviews)}.`;
}

const peopleShown = 10;

/** The same with names, signatures and what was found, line by line, for a report. Hostile texts: encode them. */
export function commitsLines(of: CommitsSince): readonly string[] {
  if (of.state === 'not-listed' || of.total === 0) return [commitsSentence(of), ...findingLines(of)];
  const { people, peopleTotal, signed, looked, since } = of;
  const named = people.slice(0, peopleShown).map(({ name, commits, isNew }) => {
    return `${name === '' ? 'nobody who is named' : name} (${commits}${isNew ? ', new' : ''})`;
  });
  const more = peopleTotal - named.length;
  const from = since.admitted ? 'the version admitted last' : 'the version built last';
  const by = since.by === 'tag' ? ', found by its tag' : '';
  return [
    commitsSentence(of),
    `Counted from ${from}${by}: ${since.commit}.`,
    `Who wrote or put them in, as they say: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    `${signed} of ${looked} carry a signature, which nobody checked.`,
    ...findingLines(of),
  ];
}

function findingLines(of: CommitsSince): readonly string[] {
  if (of.state === 'not-listed') return [];
  const more = of.findingsTotal - of.findings.length;
  return [
    ...of.findings.map(({ message }) => message),
    ...(more > 0 ? [`${more} more are not listed.`] : []),
  ];
}

function reviewWords(reviews: CommitReviews): string {
  if (reviews.state === 'not-checked') return `who reviewed them is not known (${reviews.why})`;
  const { counts, untold } = reviews;
  const not = unreviewedOf(reviews);
  const release = counts['version-only'];
  return [
    `${counts.approved} reviewed`,
    ...(not === 0 ? [] : [`${not} not`]),
    ...(release === 0 ? [] : [`${release} of the version alone`]),
    ...(untold === 0 ? [] : [`${untold} not told`]),
  ].join(', ');
}

export function unreviewedOf(reviews: CommitReviews): number {
  if (reviews.state === 'not-checked') return 0;
  return reviewKinds
    .filter((kind) => kind !== 'approved' && kind !== 'version-only')
    .reduce((sum, kind) => sum + reviews.counts[kind], 0);
}
