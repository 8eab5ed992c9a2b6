/**
 * The class of a release. Secure means: built here, in full isolation, equal or equivalent to what upstream published, from
 * a source that was found with some confidence, whose identity a person approved and whose commit is reachable from a protected branch or a release tag.
 * Everything else is Community, however well it is signed: an attestation of upstream's never makes Secure.
 */
import type { Sha256 } from '../../core/digest.ts';
import type {
  ComparisonVerdict,
  FoundSource,
  PackageClass,
  RebuildRecord,
  SourceIdentity,
} from '../../core/rebuild.ts';
import { itselfIn } from './itself.ts';

/** A build and who made it: two of one operator, or on one host, are one witness. */
export interface WitnessedBuild {
  readonly record: RebuildRecord;
  readonly builder: string;
  readonly operator: string;
  readonly host: string;
}

export interface ClassInput {
  /** SHA-256 of upstream's bytes: a build that was compared with other bytes says nothing. */
  readonly artifact: Sha256;
  /** Newest first; the newest of each builder counts. */
  readonly builds: readonly WitnessedBuild[];
  /** What a person approved for the package. */
  readonly approved: readonly SourceIdentity[];
  /** Corrections of its recipes that somebody other than their author reviewed. */
  readonly reviewed: readonly Sha256[];
  readonly upstream: { readonly attested: boolean; readonly signed: boolean };
}

/** Verdicts that can make Secure. */
export const secureVerdicts: readonly ComparisonVerdict[] = [
  'identical',
  'identical-container',
  'equivalent',
];

export function classOf(input: ClassInput): PackageClass {
  const newest = newestOfEach(input.builds);
  const missing = newest.map((build) => missingFor(build.record, input));
  const good = newest.filter((_, place) => missing[place] === undefined);
  if (good.length === 0) return community(input, missing[0] ?? 'It was not built here.');
  // Newer evidence against a release is not outvoted by an older build elsewhere.
  const against = newest.find(({ record }) => isAgainst(record, input.artifact));
  if (against !== undefined)
    return community(input, `Another builder (${against.builder}) found that it differs from its source.`);
  const told = [...new Set(good.flatMap(({ record }) => itselfIn(record).others))];
  const also =
    told.length === 0 ? '' : ` Published versions of itself went into the build: ${namesOf(told)}.`;
  if (areIndependent(good))
    return {
      class: 'secure',
      grade: 'reproduced',
      because: `Builders of different operators built it from its approved source, and agree with upstream.${also}`,
    };
  return {
    class: 'secure',
    grade: 'rebuilt',
    because: `It was built here from its approved source, and is what upstream published; no other operator built it.${also}`,
  };
}

function namesOf(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

/** Why this build does not make the release Secure: the first thing that is missing, one sentence. */
export function missingFor(
  record: RebuildRecord,
  { artifact, approved, reviewed }: Pick<ClassInput, 'artifact' | 'approved' | 'reviewed'>,
): string | undefined {
  const { outcome, isolation, source, correction } = record;
  if (outcome.state === 'not-built') return `It could not be built here (${outcome.cause}).`;
  const { comparison } = outcome;
  if (record.artifact !== artifact || comparison.upstream !== artifact)
    return 'What was built here was compared with other bytes than these.';
  if (!secureVerdicts.includes(comparison.verdict))
    return `What was built here is not what upstream published (${comparison.verdict}).`;
  const { same } = itselfIn(record);
  if (same.length > 0)
    return `What upstream published of it went into the build itself (${namesOf(same)}): that it matches proves nothing.`;
  if (isolation.level !== 'full')
    return `It was built in ${isolation.level} isolation: ${isolation.missing.join(' ')}`;
  // Whoever writes a recipe could write into it what was smuggled into the published file.
  if (correction !== undefined && !reviewed.includes(correction.digest))
    return `Its recipe was corrected by ${correction.who}, and nobody else reviewed that yet (assay recipe approve).`;
  if (source === undefined) return 'It is not known from which source it was built.';
  return missingOfSource(source, approved);
}

function missingOfSource(found: FoundSource, approved: readonly SourceIdentity[]): string | undefined {
  const { source, identity, reachable } = found;
  if (source.kind === 'git' && reachable !== 'yes')
    return reachable === 'no'
      ? 'Its commit is not reachable from a protected branch or a release tag.'
      : 'Nobody checked whether its commit is reachable from a protected branch or a release tag.';
  // Of an archive nothing is reachable; but one whose reachability was refuted is none.
  if (reachable === 'no') return 'Its source is not reachable.';
  if (source.kind === 'debian-source' && !isSigned(found))
    return 'Its source was taken from an archive without a known key.';
  if (found.confidence === 'low')
    return `How its source was found is not sure enough (${found.grade}; assay source find tells what disagrees).`;
  if (approved.some((one) => sameIdentity(one, identity))) return undefined;
  return approved.length === 0
    ? `Nobody approved its source (${identity.repository}) yet.`
    : `Its source (${identity.repository}) is another than the approved one.`;
}

/** The keys of a Debian source are those that signed the Release file it was found by. */
function isSigned({ source, identity }: FoundSource): boolean {
  return (
    source.kind === 'debian-source' &&
    source.signedBy.length > 0 &&
    source.signedBy.every((key) => identity.keys.includes(key))
  );
}

/** Immutable ids decide where they are known; one that is known on one side alone is a difference. */
export function sameIdentity(approved: SourceIdentity, found: SourceIdentity): boolean {
  const keys = (one: SourceIdentity): string => [...new Set(one.keys)].sort().join(' ');
  return (
    approved.repository === found.repository &&
    approved.repositoryId === found.repositoryId &&
    approved.ownerId === found.ownerId &&
    keys(approved) === keys(found)
  );
}

function community({ upstream }: ClassInput, because: string): PackageClass {
  const grade = upstream.attested ? 'attested' : upstream.signed ? 'signed' : 'unverified';
  return { class: 'community', grade, because };
}

function newestOfEach(builds: readonly WitnessedBuild[]): readonly WitnessedBuild[] {
  return builds.filter(
    (build, place) => builds.findIndex(({ builder }) => builder === build.builder) === place,
  );
}

function isAgainst({ artifact: about, outcome }: RebuildRecord, artifact: Sha256): boolean {
  return about === artifact && outcome.state === 'compared' && outcome.comparison.verdict === 'suspicious';
}

function areIndependent(builds: readonly WitnessedBuild[]): boolean {
  return builds.some((one) =>
    builds.some(
      (other) => one.builder !== other.builder && one.operator !== other.operator && one.host !== other.host,
    ),
  );
}
