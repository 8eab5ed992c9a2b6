/** A decision: what policy said of one release, with every reason. */
import type { Sha256 } from './digest.ts';
import type { Result } from './evidence.ts';
import type { Facts } from './facts.ts';
import type { Principal, Subject } from './subject.ts';

export type Stage = 'index' | 'file';
/** `hold`: not now (waiting for age, a scan or a person). */
export const outcomes = ['allow', 'hold', 'block'] as const;
export type Outcome = (typeof outcomes)[number];
export type RuleMode = 'off' | 'audit' | 'warn' | 'enforce';

/** One rule that spoke. The texts may quote hostile strings: every sink encodes them. */
export interface Reason {
  /** For example `npm/cooldown`. */
  readonly rule: string;
  readonly mode: RuleMode;
  /** What the rule asks for; it decides only when `mode` is `enforce`. */
  readonly outcome: Outcome;
  /** Evidence kind it rests on; `list` for deny and allow lists. */
  readonly evidence: string;
  readonly result: Result | 'missing' | 'listed';
  /** At most 60 printable ASCII characters, for the HTTP reason phrase. */
  readonly short: string;
  /** One or two sentences, with the evidence. */
  readonly why: string;
  /** The next legal step. Never an advert for the off switch. */
  readonly remedy: string;
  /** Ids of the evidence items that made it speak. */
  readonly items: readonly string[];
  /** When waiting alone will lift it: RFC 3339 UTC. */
  readonly until?: string;
}

/** Counters that rise when something a decision rests on changes; compared on every serve. */
export interface Epochs {
  readonly policy: number;
  readonly feeds: number;
  readonly exceptions: number;
  readonly revocations: number;
}

export interface PolicyContext {
  readonly principal: Principal;
  readonly project?: string;
  readonly environment?: string;
  /** The release was allowed before: then only deny lists and revocations may refuse it. */
  readonly admittedBefore: boolean;
}

export interface PolicyInput {
  readonly stage: Stage;
  readonly facts: Facts;
  readonly context: PolicyContext;
}

/** What policy says. */
export interface Judgement {
  readonly outcome: Outcome;
  /** Enforced reasons that made the outcome; empty when allowed. */
  readonly reasons: readonly Reason[];
  /** Rules in `warn` mode that would have refused, and notes (deprecated, SHA-1 only). */
  readonly warnings: readonly Reason[];
  /** Rules in `audit` mode that would have refused. Recorded, never shown to a client. */
  readonly audits: readonly Reason[];
  /** After this instant (RFC 3339 UTC) it must be asked again. */
  readonly validUntil: string;
}

/** With what it was said of and by: what the pure function returns, and what can be recorded. */
export interface Verdict extends Judgement {
  readonly stage: Stage;
  readonly policy: Sha256;
  readonly facts: Sha256;
  /** The instant that policy was asked about: RFC 3339 UTC. */
  readonly decidedAt: string;
}

/** A verdict that was recorded. */
export interface Decision extends Verdict {
  readonly id: string;
  readonly subject: Subject;
  readonly assessment: Sha256;
  readonly epochs: Epochs;
  readonly principal: Principal;
  /** Present when refused. */
  readonly caseId?: string;
}

/**
 * Outcome, artifact or set of deciding rules: when one of them differs, the decision is a transition
 * and makes a ledger entry; otherwise its row is updated.
 */
export function transitionKey(decision: Pick<Decision, 'outcome' | 'reasons' | 'subject'>): string {
  const rules = [...new Set(decision.reasons.map((reason) => reason.rule))].sort();
  return [decision.outcome, decision.subject.artifact ?? '-', ...rules].join(' ');
}
