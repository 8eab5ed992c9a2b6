/**
 * Facts: the flat, typed, versioned view of an assessment that policy reads. Fields are added, never changed.
 * Schema 1. At stage `index` only what an index can show is there.
 */
import type { EvidenceItem, FactValue, Result } from './evidence.ts';
import type { Ecosystem, Purl } from './purl.ts';

export const factsSchema = 1;

/** One check's outcome as policy sees it. A kind with no record at all is absent from `checks`, and refuses. */
export interface CheckFacts {
  readonly result: Result;
  readonly summary: string;
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly items: readonly EvidenceItem[];
}

export interface Facts {
  readonly schema: typeof factsSchema;
  readonly ecosystem: Ecosystem;
  readonly purl: Purl;
  readonly name: string;
  readonly version: string;
  readonly upstream: string;
  readonly channel: string;
  readonly file: string;
  /** SHA-256 of the bytes; null at stage `index`. */
  readonly artifact: string | null;
  /** By evidence kind. */
  readonly checks: Readonly<Record<string, CheckFacts>>;
}
