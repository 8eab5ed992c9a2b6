/** The flat view of a whole assessment that policy reads at stage `file`. */
import type { Evidence } from '../core/evidence.ts';
import { factsSchema, type CheckFacts, type Facts } from '../core/facts.ts';
import type { Subject } from '../core/subject.ts';

/** Two records of one kind contradict the set's own definition: that kind reads as `error`, never as the better of the two. */
export function factsOf(
  subject: Subject,
  name: string,
  version: string,
  evidence: readonly Evidence[],
): Facts {
  const checks = new Map<string, CheckFacts>();
  for (const record of evidence) {
    checks.set(record.kind, checks.has(record.kind) ? twice : checkOf(record));
  }
  return {
    schema: factsSchema,
    ecosystem: subject.ecosystem,
    purl: subject.purl,
    name,
    version,
    upstream: subject.upstream,
    channel: subject.channel,
    file: subject.file,
    artifact: subject.artifact ?? null,
    checks: Object.fromEntries(checks),
  };
}

const twice: CheckFacts = {
  result: 'error',
  summary: 'More than one record of this kind was found.',
  facts: {},
  items: [],
};

function checkOf({ result, summary, facts, items }: Evidence): CheckFacts {
  return { result, summary, facts, items };
}
