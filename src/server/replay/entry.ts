/** What the ledger says of a decision, against the decision as it is stored: a changed row shows here at the latest. */
import { changed, type Difference } from '../../admission/replay.ts';
import type { ArtifactDigests } from '../../core/digest.ts';
import type { Evidence } from '../../core/evidence.ts';
import { own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { openingsOf } from '../../ledger/disclose.ts';
import { decisionStatement } from '../../ledger/statement.ts';
import { summaryDigest, verificationSummary } from '../../ledger/summary.ts';
import { parseLeaf } from '../../ledger/verify/leaf.ts';
import type { LedgerEvent } from '../../storage/events.ts';
import type { Storage } from '../../storage/open.ts';
import type { ReplaySubject } from './subject.ts';

interface Inputs {
  readonly evidence: readonly Evidence[];
  readonly artifact: ArtifactDigests | undefined;
}

/** Nothing is said where the decision made no entry of its own, or its statement was erased. */
export async function replayEntry(
  { events }: Pick<Storage, 'events'>,
  { releaseId, decision }: ReplaySubject,
  { evidence, artifact }: Inputs,
): Promise<{ readonly differences: readonly Difference[]; readonly checked: readonly string[] }> {
  const event = (await events.ofRelease(releaseId)).find(
    ({ statement }) => ownString(ownObject(statement, 'predicate') ?? {}, 'decisionId') === decision.id,
  );
  if (event === undefined) return { differences: [], checked: [] };
  const { statement, summary } = event;
  const derived = summary && verificationSummary(decision, evidence, artifact, verifierOf(summary.statement));
  const again = decisionStatement(decision, evidence, artifact, derived && summaryDigest(derived));
  const named = ownObject(ownObject(statement, 'predicate') ?? {}, 'summary');
  const differences = [
    ...isCommitted(event),
    // Once the summary was erased, its digest is all that is left of it.
    ...changed(
      'entry',
      withoutSummary(statement, summary === undefined),
      withoutSummary(again, summary === undefined),
    ),
    ...(summary === undefined || named === undefined || derived === undefined
      ? []
      : changed('summary', summary.statement, derived)),
  ];
  return { differences, checked: [`entry ${event.eventId} of the ledger and its summary`] };
}

function isCommitted({ leaf, statement, salts, previousEventId }: LedgerEvent): readonly Difference[] {
  const parsed = parseLeaf(leaf);
  const isOpen =
    parsed.ok &&
    openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, ['statement']).statement !==
      undefined;
  const derived = 'the stored statement is not the one the entry commits to';
  return isOpen ? [] : [{ what: 'entry', recorded: leaf.slice(0, 600), derived }];
}

function withoutSummary(statement: JsonObject, omit: boolean): JsonObject {
  const { summary: _summary, ...rest } = ownObject(statement, 'predicate') ?? {};
  return omit ? { ...statement, predicate: rest } : statement;
}

function verifierOf(summary: JsonObject): { readonly origin: string; readonly version: string } {
  const verifier = ownObject(ownObject(summary, 'predicate') ?? {}, 'verifier') ?? {};
  const version = own(ownObject(verifier, 'version') ?? {}, 'assay');
  const id = (ownString(verifier, 'id') ?? '').replace(/^urn:assay:gate:/, '');
  return { origin: decoded(id), version: typeof version === 'string' ? version : '' };
}

function decoded(text: string): string {
  try {
    return text.split('/').map(decodeURIComponent).join('/');
  } catch {
    return text;
  }
}
