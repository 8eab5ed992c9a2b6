/**
 * What a package's install scripts did when they were run in a sandbox and watched from outside. Who runs them hands in
 * an outcome; the evidence of kind `behaviour` is made from it. Texts are hostile and clipped.
 */
import type { Severity } from './advisory.ts';
import type { Sha256 } from './digest.ts';
import type { Isolation } from './rebuild.ts';

export interface BehaviourFinding {
  /** For example `behaviour/honeytoken-read`. Stable. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** The command line of the process, at most 200 characters; undefined: of none alone. */
  readonly process: string | undefined;
  /** Place in the order of events, from 1. */
  readonly at: number | undefined;
}

export interface BehaviourReport {
  readonly schema: 1;
  /** Tool and version that ran and watched: what another one saw is not compared. */
  readonly observer: string;
  readonly isolation: Isolation;
  /** Lifecycle scripts that ran, in order. */
  readonly scripts: readonly string[];
  readonly ended: 'exit' | 'failed' | 'timeout' | 'killed';
  readonly events: number;
  /** False: more happened than was kept. */
  readonly whole: boolean;
  /** What was done, each kind of action once, sorted: `exec:node`, `connect:host:port`, `write:outside`. At most 500. */
  readonly actions: readonly string[];
  /** Worst first, at most 200. */
  readonly findings: readonly BehaviourFinding[];
}

/** `not-observed`: nobody ran them; `failed`: it was tried. Neither is ever read as harmless. */
export type BehaviourOutcome =
  | { readonly state: 'no-script' }
  | {
      readonly state: 'observed';
      readonly report: BehaviourReport;
      /** Of the predecessor's scripts; undefined where those were not watched. */
      readonly previous:
        | { readonly version: string; readonly report: BehaviourReport; readonly digest?: Sha256 }
        | undefined;
      /** The blob in which the report is kept; undefined: it is kept nowhere. */
      readonly digest?: Sha256;
      /** Dependencies that were not here while they ran, by name; those may be why a script failed. */
      readonly missing?: readonly string[];
    }
  | {
      readonly state: 'not-observed';
      /** A part of a sentence, without a full stop. */
      readonly why: string;
      /** It has scripts, and somebody may watch them later. Default: false. */
      readonly awaited?: boolean;
    }
  | { readonly state: 'failed'; readonly code: string; readonly message: string };
