/** The rules that read evidence, and which evidence each of them reads. */

/** Rules that read one kind of evidence, in the order in which reasons are told. */
export const evidenceRules = [
  'integrity',
  'archive',
  'manifest',
  'known-malware',
  'malware',
  'install-script',
  'behaviour',
  'capability-change',
  'typosquat',
  'cooldown',
  'deprecated',
  'vulnerability',
  'licence',
  'secret',
  'rebuild',
  'rebuild-regression',
  'commits',
  'history-rewritten',
  'new-author',
  'unreviewed',
  'signature',
  'provenance',
  'trust-root',
  'stripped',
  'source-changed',
  'run-conclusion',
  'trust-downgrade',
  'builder-changed',
  'ref-or-trigger',
  'source-tag',
  'publisher-changed',
  'burst',
  'dependency-changed',
  'time-anomaly',
  'expectations',
  'feed-age',
] as const;
export type EvidenceRule = (typeof evidenceRules)[number];

/**
 * Rules that read one verdict inside a piece of evidence (its fact `rule.<name>`), and the rule that speaks of that
 * evidence as a whole: what is not available, was not checked, failed or is missing is told once, by the latter.
 */
export const wholeOf: Readonly<Partial<Record<EvidenceRule, EvidenceRule>>> = {
  'trust-root': 'provenance',
  stripped: 'expectations',
  'source-changed': 'expectations',
  'run-conclusion': 'expectations',
  'trust-downgrade': 'expectations',
  'builder-changed': 'expectations',
  'ref-or-trigger': 'expectations',
  'source-tag': 'expectations',
  'publisher-changed': 'expectations',
  burst: 'expectations',
  'dependency-changed': 'expectations',
  'time-anomaly': 'expectations',
  // Without a feed, or with one that cannot be relied on, nothing is known of either: that is told once.
  'known-malware': 'feed-age',
  vulnerability: 'feed-age',
  typosquat: 'malware',
  'rebuild-regression': 'rebuild',
  'history-rewritten': 'commits',
  'new-author': 'commits',
  unreviewed: 'commits',
};

/** Whether the rule reads a fact `rule.<name>`; `feed-age` tells of the evidence as a whole, and of the feed alone besides. */
export function readsVerdict(rule: EvidenceRule): boolean {
  return wholeOf[rule] !== undefined || rule === 'feed-age';
}

/** Where the kind of evidence has another name than the rule. */
const kinds: Readonly<Partial<Record<EvidenceRule, string>>> = {
  'install-script': 'scripts',
  cooldown: 'age',
  deprecated: 'deprecation',
  signature: 'signatures',
  'capability-change': 'capabilities',
  'feed-age': 'vulnerabilities',
  licence: 'licences',
  secret: 'secrets',
};

export const evidenceKindOf: Readonly<Record<EvidenceRule, string>> = forEachRule((rule) => {
  const whole = wholeOf[rule] ?? rule;
  return kinds[whole] ?? whole;
});

/** One value for each rule, in the order of the rules. */
export function forEachRule<T>(make: (rule: EvidenceRule) => T): Readonly<Record<EvidenceRule, T>> {
  return Object.fromEntries(evidenceRules.map((rule) => [rule, make(rule)])) as Record<EvidenceRule, T>;
}
