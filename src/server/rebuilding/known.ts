/**
 * What is known of every build, in memory: policy asks about each release it judges, and nothing may wait for a disk then.
 * Holds the newest builds of each version; the store holds all.
 */
import type { Sha256 } from '../../core/digest.ts';
import { parsePurl, type Ecosystem, type Purl } from '../../core/purl.ts';
import type { PackageClass, RebuildRecord, SourceIdentity } from '../../core/rebuild.ts';
import type { RebuildFinding } from '../../core/rebuild-finding.ts';
import { classOf, sameIdentity, type WitnessedBuild } from '../../rebuild/attest/class.ts';
import { missingToServe, type ServedBuilds } from '../../rebuild/attest/served.ts';
import type { BuildStore, StoredBuild } from '../../storage/builds.ts';
import { isBadVerdict, isGoodVerdict } from './regression.ts';
import { recordFrom } from './summary.ts';

export interface KnownBuild {
  readonly id: string;
  readonly record: RebuildRecord;
}

export interface KnownBuilds {
  /**
   * Newest first. What was compared once is known, also where a later build failed: a failure says nothing, and must not
   * hide what was found. Failures are here only where nothing was ever compared.
   */
  readonly ofVersion: (purl: Purl) => readonly KnownBuild[];
  /** The newest build of each version of a package, newest first. */
  readonly ofPackage: (ecosystem: Ecosystem, name: string) => readonly KnownBuild[];
  readonly add: (build: StoredBuild) => void;
  /** What a person approved of a package's sources is known here from now on. */
  readonly approve: (ecosystem: Ecosystem, name: string, identities: readonly SourceIdentity[]) => void;
  /** Corrections of the package's recipes that were reviewed. */
  readonly review: (ecosystem: Ecosystem, name: string, corrections: readonly Sha256[]) => void;
  readonly approvedOf: (ecosystem: Ecosystem, name: string) => readonly SourceIdentity[];
  readonly finding: (purl: Purl, artifact: Sha256) => RebuildFinding | undefined;
  readonly classOf: (
    purl: Purl,
    artifact: Sha256,
    upstream: { readonly attested: boolean; readonly signed: boolean },
  ) => PackageClass;
  /** Why the newest build of a version may not be served to those who want built bytes; undefined: it may. */
  readonly missingToServe: (purl: Purl, artifact: Sha256, serve: ServedBuilds) => string | undefined;
  /** Every version that was built. */
  readonly versions: () => readonly Purl[];
}

/** Of one version. */
const buildsKept = 4;
const pageSize = 500;

export async function openKnownBuilds(
  store: Pick<BuildStore, 'page'>,
  builder: Pick<WitnessedBuild, 'builder' | 'operator' | 'host'>,
): Promise<KnownBuilds> {
  const versions = new Map<Purl, readonly KnownBuild[]>();
  const packages = new Map<string, Set<Purl>>();
  const approved = new Map<string, readonly SourceIdentity[]>();
  const reviewed = new Map<string, readonly Sha256[]>();
  const keyOf = (ecosystem: Ecosystem, name: string): string => `${ecosystem} ${name}`;

  function add({ id, purl, summary }: StoredBuild): void {
    const { ecosystem, name } = parsePurl(purl);
    const all = [{ id, record: recordFrom(summary) }, ...(versions.get(purl) ?? [])];
    const compared = all.filter(({ record }) => record.outcome.state === 'compared');
    const kept = compared.length > 0 ? compared : all;
    // However often somebody builds with recipes of their own, what the inferred one showed stays known.
    const asInferred = kept.find(({ record }) => record.correction === undefined);
    versions.set(
      purl,
      kept.filter((one, place) => place < buildsKept || one === asInferred),
    );
    const key = keyOf(ecosystem, name);
    packages.set(key, (packages.get(key) ?? new Set()).add(purl));
  }

  function ofVersion(purl: Purl): readonly KnownBuild[] {
    return versions.get(purl) ?? [];
  }

  function ofPackage(ecosystem: Ecosystem, name: string): readonly KnownBuild[] {
    return [...(packages.get(keyOf(ecosystem, name)) ?? [])]
      .flatMap((purl) => ofVersion(purl).slice(0, 1))
      .sort((a, b) => (a.record.endedAt < b.record.endedAt ? 1 : -1));
  }

  function approvedOf(ecosystem: Ecosystem, name: string): readonly SourceIdentity[] {
    return approved.get(keyOf(ecosystem, name)) ?? [];
  }

  function classed(
    purl: Purl,
    artifact: Sha256,
    upstream: { readonly attested: boolean; readonly signed: boolean },
  ): PackageClass {
    const { ecosystem, name } = parsePurl(purl);
    const builds = ofVersion(purl).map(({ record }) => ({ record, ...builder }));
    return classOf({
      artifact,
      builds,
      approved: approvedOf(ecosystem, name),
      reviewed: reviewed.get(keyOf(ecosystem, name)) ?? [],
      upstream,
    });
  }

  function missing(purl: Purl, artifact: Sha256, serve: ServedBuilds): string | undefined {
    const told = classed(purl, artifact, { attested: false, signed: false });
    const [newest] = ofVersion(purl);
    if (told.class === 'secure' || serve === 'secure' || newest === undefined)
      return told.class === 'secure' ? undefined : told.because;
    const { ecosystem, name } = parsePurl(purl);
    const about = {
      artifact,
      approved: approvedOf(ecosystem, name),
      reviewed: reviewed.get(keyOf(ecosystem, name)) ?? [],
    };
    return missingToServe(newest.record, about, serve);
  }

  /**
   * The newest build, unless it was made by a correction that nobody else reviewed: that clears nothing that an earlier build
   * found, or whoever may write recipes could write into one what was smuggled into the published file.
   */
  function judged(purl: Purl): KnownBuild | undefined {
    const { ecosystem, name } = parsePurl(purl);
    const corrections = reviewed.get(keyOf(ecosystem, name)) ?? [];
    const builds = ofVersion(purl);
    const counts = ({ correction, ...record }: RebuildRecord): boolean =>
      correction === undefined || corrections.includes(correction.digest) || isBadVerdict(record);
    return builds.find(({ record }) => counts(record)) ?? builds[0];
  }

  function finding(purl: Purl, artifact: Sha256): RebuildFinding | undefined {
    const { ecosystem, name } = parsePurl(purl);
    const newest = judged(purl);
    if (newest === undefined) return undefined;
    const good = ofPackage(ecosystem, name).find(
      ({ record }) => record.purl !== purl && isGoodVerdict(record),
    );
    const approvals = approvedOf(ecosystem, name);
    const { source } = newest.record;
    const isApproved = approvals.some((one) => source !== undefined && sameIdentity(one, source.identity));
    return {
      ...(approvals.length > 0 && source !== undefined && !isApproved ? { fromOtherSource: true } : {}),
      build: newest.id,
      record: newest.record,
      class: classed(purl, artifact, { attested: false, signed: false }),
      matchedBefore: good === undefined ? undefined : parsePurl(good.record.purl).version,
    };
  }

  for (let after: { readonly at: string; readonly id: string } | undefined; ;) {
    const page = await store.page(after, pageSize);
    for (const build of page) add(build);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    after = { at: last.at, id: last.id };
  }
  return {
    ofVersion,
    ofPackage,
    add,
    approve: (ecosystem, name, identities) => void approved.set(keyOf(ecosystem, name), identities),
    review: (ecosystem, name, corrections) => void reviewed.set(keyOf(ecosystem, name), corrections),
    approvedOf,
    finding,
    classOf: classed,
    missingToServe: missing,
    versions: () => [...versions.keys()],
  };
}
