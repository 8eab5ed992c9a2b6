/** What one streaming pass over an archive's members found: read from bytes, nothing executed. Texts are hostile and clipped. */
import type { Severity } from './advisory.ts';

export const capabilities = [
  'install-script',
  'process',
  'network',
  'file-read',
  'file-write',
  'environment',
  'credentials',
  'native-code',
  'wasm',
  'dynamic-import',
  'dynamic-code',
  'clipboard',
  'wallet',
  'publish',
  'workflow-files',
  'ai-agent-configuration',
] as const;
export type Capability = (typeof capabilities)[number];

/** One sentence about one place. */
export interface ScanFinding {
  /** Id of the rule, for example `malware/exfiltrate-environment`. Stable. */
  readonly rule: string;
  readonly area: 'malware' | 'secret' | 'configuration' | 'limits';
  readonly severity: Severity;
  readonly path: string;
  /** From 1; undefined for a whole file. */
  readonly line: number | undefined;
  /** At most 160 characters. */
  readonly excerpt: string | undefined;
  readonly message: string;
  /** Why the severity is not the rule's own: `tests`, `native build`, … */
  readonly capped: string | undefined;
}

/** What the package can do, compared between versions without opening tarballs again. */
export interface Fingerprint {
  /** Sorted. A capability that an install script reaches is told twice: as itself and as `install:<capability>`. */
  readonly capabilities: readonly string[];
  /** Hosts that its code names, sorted, at most 64. */
  readonly hosts: readonly string[];
  /** Threat rules that hit, sorted: rule ids. */
  readonly threats: readonly string[];
}

export interface LicenceFinding {
  readonly path: string;
  /** SPDX id; undefined: a licence text we do not know. */
  readonly id: string | undefined;
  /** Other ids of the very same text, for example `GPL-2.0-or-later` beside `GPL-2.0-only`. */
  readonly also: readonly string[];
  /** 0 to 1. */
  readonly similarity: number;
}

export interface ScanReport {
  readonly schema: 1;
  /** Version of the scanner and SHA-256 over its rules: another one is scanned anew. */
  readonly scanner: string;
  readonly rules: string;
  /** Every byte is accounted for: what was not scanned is a finding of area `limits`. */
  readonly bytesPresent: number;
  readonly bytesScanned: number;
  readonly files: number;
  readonly parsedFiles: number;
  /** Worst first, at most 500; `findingsTotal` counts all. */
  readonly findings: readonly ScanFinding[];
  readonly findingsTotal: number;
  readonly fingerprint: Fingerprint;
  readonly licences: readonly LicenceFinding[];
  /** 0 to 10, with what it is made of; null: nothing suspicious at all. */
  readonly score: { readonly value: number; readonly because: readonly string[] } | null;
}

/**
 * `failed`: the child died or hit its limits, or was not to be had; it is tried again. `not-scanned`: there was nothing
 * that could be scanned, and will not be. Neither is ever read as clean.
 */
export type ScanOutcome = ScanAttempt | { readonly state: 'not-scanned'; readonly message: string };
export type ScanAttempt =
  | { readonly state: 'scanned'; readonly report: ScanReport }
  | { readonly state: 'failed'; readonly code: string; readonly message: string };
