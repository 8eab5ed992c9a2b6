/** The kinds of attestation that are understood, by their signed predicate type. */

export type PredicateKind = 'publish' | 'provenance' | 'unknown';

/** npm/attestation specs/publish/v0.1; slsa.dev/spec/v0.2 and v1.0 "Provenance". Exact: never a prefix. */
const kinds: ReadonlyMap<string, PredicateKind> = new Map([
  ['https://github.com/npm/attestation/tree/main/specs/publish/v0.1', 'publish'],
  ['https://slsa.dev/provenance/v0.2', 'provenance'],
  ['https://slsa.dev/provenance/v1', 'provenance'],
]);

export function predicateKind(predicateType: string): PredicateKind {
  return kinds.get(predicateType) ?? 'unknown';
}
