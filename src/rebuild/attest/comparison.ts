/**
 * The comparison as an attestation about upstream's bytes, whatever came of it: what was compared, every normaliser with its
 * version and what it touched, the rungs of the digest ladder, the verdict and each difference. Also where nothing was
 * built: that is a result, and is signed and kept like the others.
 */
import { builderIdOf, comparisonPredicateType } from '../../core/build-attestation.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { sha256 } from '../../core/digest.ts';
import type { CommitsSince } from '../../core/commits.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Comparison, FileDifference, FoundSource, RebuildRecord } from '../../core/rebuild.ts';
import { isolationJson, sourceJson, type BuiltBy } from './provenance.ts';
import { present, statementOf } from './statement.ts';

/** `provenance` is what `provenanceStatement` made of the same record. */
export function comparisonStatement(
  id: string,
  record: RebuildRecord,
  provenance: JsonObject | undefined,
  by: BuiltBy,
): JsonObject {
  return statementOf(comparisonPredicateType, record.purl, record.artifact, {
    builder: { id: builderIdOf(by.origin), version: { assay: by.version } },
    build: id,
    isolation: isolationJson(record.isolation),
    ...present({ recipe: record.recipe, log: record.log }),
    ...(record.source === undefined ? {} : { source: foundJson(record.source) }),
    ...(provenance === undefined ? {} : { provenance: { sha256: sha256(canonicalJson(provenance)) } }),
    ...outcomeJson(record.outcome),
    startedAt: record.startedAt,
    endedAt: record.endedAt,
  });
}

function outcomeJson(outcome: RebuildRecord['outcome']): JsonObject {
  if (outcome.state === 'not-built')
    return { verdict: 'not-built', cause: outcome.cause, message: outcome.message };
  return comparisonJson(outcome.comparison);
}

function comparisonJson(comparison: Comparison): JsonObject {
  const { verdict, upstream, rebuilt, ladder, normalisers, counts, differences, differencesTotal } =
    comparison;
  return {
    verdict,
    inputs: { upstream: { sha256: upstream }, rebuilt: { sha256: rebuilt } },
    ladder: present(
      Object.fromEntries(
        Object.entries(ladder).map(([rung, pair]) => [rung, pair === undefined ? undefined : { ...pair }]),
      ),
    ),
    normalisers: normalisers.map(({ name, version, paths, touched }) => ({
      name,
      version,
      paths: [...paths],
      touched,
    })),
    counts: { ...counts },
    differences: differences.map(differenceJson),
    differencesTotal,
  };
}

/** What a file holds is not told here: a report shows it, and this names the file. */
function differenceJson({ path, kind, grade, rule, reason, reached }: FileDifference): JsonObject {
  return present({ path, kind, grade, rule, reason, reached });
}

function foundJson(found: FoundSource): JsonObject {
  const { source, identity, grade, confidence, reachable, because, disagreements, commits } = found;
  return {
    ...sourceJson(source),
    grade,
    confidence,
    reachable,
    identity: present({ ...identity, keys: [...identity.keys] }),
    because: [...because],
    disagreements: [...disagreements],
    ...(commits === undefined ? {} : { commits: commitsJson(commits) }),
  };
}

/** Without names: who somebody is said to be is for those who hold the record, and at the commits themselves. */
function commitsJson(of: CommitsSince): JsonObject {
  if (of.state === 'not-listed') return { since: of.version, state: of.state, why: of.why };
  const { since, state, lineage, total, looked, peopleTotal, newcomers, signed, reviews, findings } = of;
  return {
    state,
    since: { ...since },
    lineage,
    total,
    looked,
    people: peopleTotal,
    newcomers,
    signed,
    reviews:
      reviews.state === 'told'
        ? {
            state: reviews.state,
            ...reviews.counts,
            untold: reviews.untold,
            ...present({ why: reviews.why }),
          }
        : { ...reviews },
    findings: findings.map(({ rule, commit }) => present({ rule, commit })),
    findingsTotal: of.findingsTotal,
  };
}
