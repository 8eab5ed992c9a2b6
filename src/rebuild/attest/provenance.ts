/**
 * SLSA provenance v1 (https://slsa.dev/spec/v1.2/build-provenance) of what was built here: an in-toto statement whose subject is
 * the built file. `externalParameters` are what a person could choose, `internalParameters` what this builder decided;
 * `resolvedDependencies` is everything that went in, by digest.
 */
import { buildProvenanceType, builderIdOf, buildTypeOf } from '../../core/build-attestation.ts';
import type { Sha256 } from '../../core/digest.ts';
import type { JsonObject } from '../../core/json.ts';
import { parsePurl } from '../../core/purl.ts';
import type { BuildInput, IsolationReport, RebuildRecord } from '../../core/rebuild.ts';
import { present, statementOf } from './statement.ts';

export interface BuiltBy {
  /** Name of the gate's log. */
  readonly origin: string;
  /** Of the program. */
  readonly version: string;
}

/** Undefined where nothing was built: there is no subject to speak of. */
export function provenanceStatement(id: string, record: RebuildRecord, by: BuiltBy): JsonObject | undefined {
  if (record.outcome.state !== 'compared') return undefined;
  return statementOf(buildProvenanceType, record.purl, record.outcome.comparison.rebuilt, {
    buildDefinition: {
      buildType: buildTypeOf(parsePurl(record.purl).ecosystem),
      externalParameters: {
        package: record.purl,
        ...(record.source === undefined ? {} : { source: sourceJson(record.source.source) }),
        ...(record.recipe === undefined ? {} : { recipe: recipeJson(record.recipe, record.correction) }),
      },
      internalParameters: {
        isolation: isolationJson(record.isolation),
        ...(record.inputMode === undefined ? {} : { inputs: record.inputMode }),
      },
      resolvedDependencies: record.inputs.map(dependency),
    },
    runDetails: {
      builder: { id: builderIdOf(by.origin), version: { assay: by.version } },
      metadata: {
        invocationId: `urn:assay:run:${id}`,
        startedOn: record.startedAt,
        finishedOn: record.endedAt,
      },
      ...(record.log === undefined ? {} : { byproducts: [byproduct('log', record.log)] }),
    },
  });
}

function recipeJson(recipe: Sha256, correction: RebuildRecord['correction']): JsonObject {
  return {
    digest: { sha256: recipe },
    ...(correction === undefined
      ? {}
      : { correction: { digest: { sha256: correction.digest }, author: correction.who } }),
  };
}

function byproduct(name: string, digest: Sha256): JsonObject {
  return { name, digest: { sha256: digest } };
}

function dependency(input: BuildInput): JsonObject {
  const { role, name, uri, digest, decision, vouched, suspected, contains } = input;
  return {
    name,
    uri,
    digest: { ...digest },
    annotations: { role, ...present({ decision, vouched, suspected, packages: contains && [...contains] }) },
  };
}

export function isolationJson({ level, means, limits, missing }: IsolationReport): JsonObject {
  return { level, means, limits: { ...limits }, missing: [...missing] };
}

export function sourceJson(source: NonNullable<RebuildRecord['source']>['source']): JsonObject {
  return present({ ...source, ...('signedBy' in source ? { signedBy: [...source.signedBy] } : {}) });
}
