/**
 * What somebody states about a vulnerability in a product: OpenVEX 0.2.0 at the core, CycloneDX's finer words kept
 * beside it. Unlike both, a statement says how long it holds. Texts are hostile.
 */
import type { Purl } from './purl.ts';

export type VexStatus = 'not_affected' | 'affected' | 'fixed' | 'under_investigation';

/** The five of OpenVEX 0.2.0, which are SPDX 3's as well. */
export type VexJustification =
  | 'component_not_present'
  | 'vulnerable_code_not_present'
  | 'vulnerable_code_not_in_execute_path'
  | 'vulnerable_code_cannot_be_controlled_by_adversary'
  | 'inline_mitigations_already_exist';

/** Words of CycloneDX (`impactAnalysisState` and so on) that OpenVEX has no equal for. */
export interface CyclonedxAnalysis {
  readonly state:
    | 'resolved'
    | 'resolved_with_pedigree'
    | 'exploitable'
    | 'in_triage'
    | 'false_positive'
    | 'not_affected';
  readonly justification: string | undefined;
  /** `can_not_fix`, `will_not_fix`, `update`, `rollback`, `workaround_available`. */
  readonly responses: readonly string[];
}

export interface VexStatement {
  /** Who states it: a name of a signer, never a name that the document gives itself. */
  readonly author: string;
  /** With or without a version; without: all of them. */
  readonly product: Purl;
  /** At least one: the id it is known by, then its aliases. */
  readonly vulnerabilities: readonly [string, ...string[]];
  readonly status: VexStatus;
  readonly justification: VexJustification | undefined;
  /** Why (`not_affected`), or what to do (`affected`); may be empty. */
  readonly statement: string;
  /** RFC 3339 UTC: when it was made. */
  readonly from: string;
  /** RFC 3339 UTC: from then on it says nothing; undefined: without end. */
  readonly until: string | undefined;
  readonly cyclonedx: CyclonedxAnalysis | undefined;
}
