/**
 * A record as it is kept in the database and in memory: the same with the worst differences alone, and of its inputs only what
 * is of the package itself.
 */
import type { JsonObject } from '../../core/json.ts';
import type { FoundSource, RebuildRecord } from '../../core/rebuild.ts';
import { inputsOfItself } from '../../rebuild/attest/itself.ts';

const differencesKept = 5;
const textKept = 300;

export function summaryOf(whole: RebuildRecord): RebuildRecord {
  const record = { ...whole, source: sourceSummary(whole.source) };
  const { outcome } = record;
  if (outcome.state === 'not-built') return { ...record, inputs: [] };
  const { comparison } = outcome;
  const differences = comparison.differences
    .slice(0, differencesKept)
    .map((one) => ({ ...one, path: clipped(one.path), reason: clipped(one.reason), shown: undefined }));
  return {
    ...record,
    inputs: inputsOfItself(whole),
    outcome: { state: 'compared', comparison: { ...comparison, normalisers: [], differences } },
  };
}

/** Of the commits what is judged, and no names. */
function sourceSummary(source: FoundSource | undefined): FoundSource | undefined {
  if (source?.commits?.state !== 'listed') return source;
  const findings = source.commits.findings.slice(0, differencesKept);
  return { ...source, commits: { ...source.commits, people: [], findings } };
}

/** Without what is undefined. */
export function recordJson(record: RebuildRecord): JsonObject {
  return JSON.parse(JSON.stringify(record)) as JsonObject;
}

/** What was written is JSON, which has no `undefined`: a field that is not there reads as that. */
export function recordFrom(json: JsonObject): RebuildRecord {
  return json as unknown as RebuildRecord;
}

function clipped(text: string): string {
  return text.length <= textKept ? text : `${text.slice(0, textKept - 1).toWellFormed()}…`;
}
