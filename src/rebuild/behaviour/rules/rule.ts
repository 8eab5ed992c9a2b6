/** What every rule is given, and how it tells what it saw. */
import type { Severity } from '../../../core/advisory.ts';
import type { BehaviourEvent } from '../events.ts';
import type { Places } from '../zones.ts';

export interface RuleContext {
  readonly places: Places;
  /** Path → name of the token in it. */
  readonly tokenFiles: ReadonlyMap<string, string>;
  readonly registryHosts: ReadonlySet<string>;
  readonly hostname: string;
}

export interface Seen {
  /** Without `behaviour/`. */
  readonly rule: string;
  readonly severity: Severity;
  /** One sentence. */
  readonly message: string;
}

export interface RuleSink {
  readonly find: (event: BehaviourEvent, seen: Seen) => void;
  /** One kind of action, for the comparison with another version. */
  readonly act: (action: string) => void;
  /** The rule keeps no more: what it says from here on is not all. */
  readonly lose: () => void;
}

/** One for each run: it may remember. */
export type Rule = (event: BehaviourEvent, sink: RuleSink) => void;
