/** What a bill of materials is made of, in no format's words. Names, versions and licences are hostile texts. */
import type { Currency } from '../core/currency.ts';
import type { ClaimedDigest } from '../core/digest.ts';
import { sha256 } from '../core/digest.ts';
import type { Outcome } from '../core/decision.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Json } from '../core/json.ts';
import type { Purl } from '../core/purl.ts';
import type { VexStatement } from '../core/vex.ts';

/**
 * What the gate says. `mismatch`: it has other bytes than were locked; `bypass`: it would not be fetched through the gate;
 * `not-asked`: nobody asked the gate; `not-checked`: it could not decide.
 */
export type BomDecision = Outcome | 'mismatch' | 'bypass' | 'not-asked' | 'not-checked';

/**
 * Who can vouch for its build. `community`: built by others; `attested`: by verified provenance we know where and how; `signed`: a
 * registry's key vouches for the bytes alone; `unverified`: nothing does. `secure/…` (built from source here) does not exist yet.
 */
export type BomClass = 'community/attested' | 'community/signed' | 'community/unverified' | 'not-known';

/** Those that are written. */
export const cyclonedxVersions = ['1.6', '1.7'] as const;
export type CyclonedxVersion = (typeof cyclonedxVersions)[number];

export interface BomComponent {
  readonly purl: Purl;
  /** The ecosystem's full name: `@scope/name`. */
  readonly name: string;
  readonly version: string;
  readonly hashes: readonly ClaimedDigest[];
  /** As the package declares it; undefined: not known. */
  readonly licence: string | undefined;
  /** SPDX ids of the licence texts in it, sorted. */
  readonly detectedLicences: readonly string[];
  /** SPDX expression that declaration and texts agree on; undefined: they do not, or nobody looked. */
  readonly concludedLicence: string | undefined;
  readonly class: BomClass;
  /** Against the newest version; undefined: not known. */
  readonly currency: Currency | undefined;
  /** Statements about it that hold and are not in the document: a check tells so many of them and no more. */
  readonly unlistedStatements: number;
  readonly decision: BomDecision;
  /** Rules that decided, sorted; empty when allowed. */
  readonly rules: readonly string[];
  readonly caseId: string | undefined;
}

/** What the document is about. */
export interface BomSubject {
  readonly name: string;
  readonly version: string | undefined;
  readonly purl: Purl | undefined;
}

export interface Bom {
  readonly subject: BomSubject;
  readonly components: readonly BomComponent[];
  /** Those about other products, and those that hold no more or not yet, are left out. */
  readonly vex: readonly VexStatement[];
  /** UUID (RFC 9562), lower case. */
  readonly serial: string;
  /** RFC 3339 UTC. */
  readonly timestamp: string;
  readonly tool: { readonly name: string; readonly version: string };
}

/** By purl, then by what else differs: the order they were found in is nobody's business. */
export function sortedComponents(components: readonly BomComponent[]): readonly BomComponent[] {
  const keys = components.map((component) => ({
    component,
    key: `${component.purl} ${component.hashes.map(({ algorithm, hex }) => `${algorithm}-${hex}`).join(' ')}`,
  }));
  const distinct = new Map(keys.map((one) => [one.key, one]));
  return [...distinct.values()].sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ component }) => component);
}

/** A UUID of version 8 (RFC 9562 section 5.8) out of what a document says: the same content has the same serial number. */
export function serialOf(content: Json): string {
  const hex = sha256(canonicalJson(content));
  const variant = '89ab'[Number.parseInt(hex.slice(16, 17), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Statements that hold at an instant. RFC 3339 UTC, compared as instants. */
export function inForce(statements: readonly VexStatement[], at: string): readonly VexStatement[] {
  const now = Date.parse(at);
  return statements.filter(
    ({ from, until }) => Date.parse(from) <= now && (until === undefined || now < Date.parse(until)),
  );
}
