/** Names that the attestations of builds carry: who makes them, who signs them and who checks them agree on these. */

/** https://slsa.dev/spec/v1.2/build-provenance */
export const buildProvenanceType = 'https://slsa.dev/provenance/v1';
/** How a package that was built here compares with what upstream published; docs/rebuild.md. */
export const comparisonPredicateType = 'urn:assay:predicate:comparison:v1';
/** With the ecosystem and the version of the parameters' meaning behind it: `urn:assay:build:npm:v1`. */
export const buildTypePrefix = 'urn:assay:build:';

export function buildTypeOf(ecosystem: string): string {
  return `${buildTypePrefix}${ecosystem}:v1`;
}

/** Who built: a gate, by the name of its log. Its key is another than the log's. */
export function builderIdOf(origin: string): string {
  return `urn:assay:builder:${origin.split('/').map(encodeURIComponent).join('/')}`;
}

/** Key name of the builder's signatures. */
export function builderKeyName(origin: string): string {
  return `${origin}/builder`;
}
