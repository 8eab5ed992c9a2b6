/** Records as people are shown them: the shapes of `control/protocol.ts`. */
import type { CaseRecord, ReleaseRecord } from '../../admission/deps.ts';
import { nameOf } from '../../admission/names.ts';
import { shortCase, type CaseId } from '../../core/case.ts';
import type { Decision, Reason } from '../../core/decision.ts';
import type { Evidence } from '../../core/evidence.ts';
import { parsePurl } from '../../core/purl.ts';
import type { Refusal } from '../../core/refusal.ts';
import type {
  CaseAnswer,
  DecisionShown,
  EvidenceShown,
  Explanation,
  ReasonShown,
} from '../control/protocol.ts';

const itemsShown = 50;

export interface ShownContext {
  /** Base URL of the gate, ends with `/`. */
  readonly base: string;
  readonly useInstead?: string | undefined;
}

export function caseUrl(base: string, id: string): string {
  return `${base}-/case/${id}`;
}

/** When waiting alone will lift a refusal: every deciding reason must say when, and the last one counts. */
export function liftedAt(reasons: readonly Reason[]): string | undefined {
  const instants = reasons.map((reason) => reason.until);
  if (instants.length === 0 || instants.includes(undefined)) return undefined;
  return instants.map(String).sort().at(-1);
}

export function reasonShown(reason: Reason): ReasonShown {
  const { until, ...rest } = reason;
  return { ...rest, items: [...rest.items], ...(until === undefined ? {} : { until }) };
}

function evidenceShown(evidence: Evidence): EvidenceShown {
  const { kind, result, summary, items, tool, collectedAt } = evidence;
  const shown = items.slice(0, itemsShown).map(({ id, message }) => ({ id, message }));
  return {
    kind,
    result,
    summary,
    items: shown,
    moreItems: items.length - shown.length,
    tool: { ...tool },
    collectedAt,
  };
}

export function decisionShown(
  release: Pick<ReleaseRecord, 'decision' | 'admittedAt'>,
  { base, useInstead }: ShownContext,
): DecisionShown {
  const { decision, admittedAt } = release;
  const { subject, caseId } = decision;
  const { name, version } = parsePurl(subject.purl);
  const until = decision.outcome === 'allow' ? undefined : liftedAt(decision.reasons);
  return {
    purl: subject.purl,
    name,
    version: version ?? '',
    file: subject.file,
    upstream: subject.upstream,
    channel: subject.channel,
    outcome: decision.outcome,
    reasons: decision.reasons.map(reasonShown),
    warnings: decision.warnings.map(reasonShown),
    decidedAt: decision.decidedAt,
    validUntil: decision.validUntil,
    ...(admittedAt === undefined ? {} : { admittedAt }),
    ...(caseId === undefined ? {} : { caseId, caseUrl: caseUrl(base, caseId) }),
    ...(useInstead === undefined ? {} : { useInstead }),
    ...(until === undefined ? {} : { until }),
  };
}

export function explanationOf(
  release: ReleaseRecord,
  context: ShownContext,
  eventId: string | undefined,
): Explanation {
  const { decision, evidence, artifact } = release;
  const urls = evidence.find((one) => one.kind === 'origin')?.items.map((item) => item.message);
  return {
    ...decisionShown(release, context),
    audits: decision.audits.map(reasonShown),
    evidence: evidence.map(evidenceShown),
    ...(artifact === undefined
      ? {}
      : { artifact: { sha256: artifact.sha256, sha512: artifact.sha512, sizeBytes: artifact.sizeBytes } }),
    ...(urls === undefined || urls.length === 0 ? {} : { fetchedFrom: urls }),
    policy: decision.policy,
    facts: decision.facts,
    assessment: decision.assessment,
    ...(eventId === undefined ? {} : { eventId }),
  };
}

/** The public face of a case: what the refused client was told, no more. */
export function caseAnswerOf(record: CaseRecord, { base, useInstead }: ShownContext): CaseAnswer {
  const { decision, id } = record;
  const { name, version } = parsePurl(decision.subject.purl);
  const until = liftedAt(decision.reasons);
  return {
    caseId: id,
    short: shortCase(id),
    caseUrl: caseUrl(base, id),
    purl: decision.subject.purl,
    name,
    version: version ?? '',
    outcome: decision.outcome === 'hold' ? 'hold' : 'block',
    reasons: decision.reasons.map(reasonShown),
    ...(useInstead === undefined ? {} : { useInstead }),
    ...(until === undefined ? {} : { until }),
    decidedAt: decision.decidedAt,
    policy: decision.policy,
  };
}

/** A refused decision as the registry adapters render it. */
export function refusalOf(decision: Decision, version: string, { base, useInstead }: ShownContext): Refusal {
  const caseId = decision.caseId as CaseId;
  const { subject } = decision;
  return {
    caseId,
    caseUrl: caseUrl(base, caseId),
    ecosystem: subject.ecosystem,
    purl: subject.purl,
    name: nameOf(subject),
    version,
    outcome: decision.outcome === 'hold' ? 'hold' : 'block',
    reasons: decision.reasons,
    useInstead,
    until: liftedAt(decision.reasons),
    policy: decision.policy,
    decidedAt: decision.decidedAt,
  };
}
