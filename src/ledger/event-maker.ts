/** From a recorded decision to its outbox event: statement, verification summary, fresh id and salts. */
import type { EventMaker } from '../admission/deps.ts';
import { caseIdFrom } from '../core/case.ts';
import { evidenceDigest } from '../core/evidence.ts';
import { makeDecisionEvent } from './leaf.ts';
import { decisionStatement } from './statement.ts';
import { summaryDigest, verificationSummary, type Verifier } from './summary.ts';

/** `randomBytes` must be a cryptographic source: ids and salts are what keeps the ledger private. */
export function createEventMaker(randomBytes: (count: number) => Uint8Array, verifier: Verifier): EventMaker {
  return ({ decision, evidence, artifact, previousEventId }) => {
    const summary = verificationSummary(decision, evidence, artifact, verifier);
    const event = makeDecisionEvent({
      eventId: newEventId(randomBytes),
      time: decision.decidedAt,
      subject: decision.subject,
      actor: decision.principal,
      statement: decisionStatement(decision, evidence, artifact, summaryDigest(summary)),
      evidence: evidence.map(evidenceDigest),
      previousEventId,
      randomBytes,
    });
    return { ...event, summary };
  };
}

/** 26 characters of Crockford's base32: 130 random bits. */
export function newEventId(randomBytes: (count: number) => Uint8Array): string {
  return caseIdFrom(randomBytes(13)) + caseIdFrom(randomBytes(13));
}
