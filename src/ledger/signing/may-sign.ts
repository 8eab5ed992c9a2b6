/** What the signer may sign, decided from what it remembers. Pure: the process in `server/signer` asks and obeys. */
import {
  builderIdOf,
  buildProvenanceType,
  buildTypePrefix,
  comparisonPredicateType,
} from '../../core/build-attestation.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { erasurePredicateType } from '../erasure.ts';
import { expectationPredicateType } from '../expectation-event.ts';
import { rebuildPredicateType } from '../rebuild-event.ts';
import { sourcePredicateType } from '../source-event.ts';
import { feedPredicateType } from '../feed-event.ts';
import { decisionPredicateType } from '../statement.ts';
import { summaryLevels, summaryPredicateType, verifierId } from '../summary.ts';
import { trustPredicateType } from '../trust-event.ts';
import { sha256Bytes } from '../leaf.ts';
import { fromBase64, fromHex, isCount, toHex } from '../verify/bytes.ts';
import type { CheckpointRequest } from '../log/deps.ts';
import { verifyConsistency } from '../verify/proofs.ts';
import { hashBytes, treeRoot } from '../verify/rfc6962.ts';
import type { RegistrySignatureRequest } from './requests.ts';
import type { SignerState } from './state.ts';

export type Judgement =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: ErrorCode; readonly why: string };

const yes: Judgement = { ok: true };

/** Root of the tree without entries, hex. */
export const emptyRoot = toHex(treeRoot([], sha256Bytes));

/** No consistency proof of RFC 6962 is longer for sizes below 2^63 (C2SP tlog-witness has the same limit). */
export const maxProofLines = 63;

type Asked = Pick<CheckpointRequest, 'oldSize' | 'size' | 'root' | 'proof'>;

/**
 * May a key be made, for a log the signer has never heard of? Only at the log's inception: one that has entries was
 * signed by somebody before, and that memory is not here.
 */
export function judgeInception({ oldSize, size, root, proof }: Asked): Judgement {
  if (oldSize === 0 && size === 0 && root === emptyRoot && proof.length === 0) return yes;
  return refused(
    `the log has entries (size ${size}), but this signer has never signed for it: the data directory was copied here without its signer's folder`,
  );
}

/**
 * The log never shrinks, has one root at each size, and every checkpoint continues the last one (C2SP tlog-checkpoint:
 * "a log MUST NOT sign any checkpoint which is inconsistent with any checkpoint it previously signed").
 */
export function judgeCheckpoint(state: SignerState, asked: Asked, nowMs: number): Judgement {
  const { oldSize, size, root, proof } = asked;
  if (!isCount(oldSize) || !isCount(size) || !isHash(root) || !proof.every(isHash))
    return refused('sizes must be whole numbers up to 2^53 - 1, and hashes 64 lower-case hex digits');
  if (proof.length > maxProofLines) return refused(`a consistency proof of ${proof.length} hashes`);
  if (size < state.size)
    return refused(
      `a checkpoint of size ${size}, after one of size ${state.size} was signed: the log went back`,
    );
  if (oldSize !== state.size)
    return refused(`a proof from size ${oldSize}, but the last checkpoint signed has size ${state.size}`);
  if (size === state.size && root !== state.root)
    return refused(`another root at size ${size}, where ${state.root} was signed: the log was forked`);
  if (!continues(state, asked))
    return refused(`no proof that size ${size} with root ${root} continues size ${state.size}`);
  return nowMs < state.timeMs ? clockBack(state, nowMs) : yes;
}

function continues({ size: oldSize, root: oldRoot }: SignerState, { size, root, proof }: Asked): boolean {
  // There is no proof from the empty tree, which begins every tree (RFC 6962 section 2.1.2 needs 0 < m).
  if (oldSize === 0 || oldSize === size) return proof.length === 0;
  const claim = {
    oldSize,
    newSize: size,
    oldRoot: bytesOf(oldRoot),
    newRoot: bytesOf(root),
    proof: proof.map(bytesOf),
  };
  return verifyConsistency(claim, sha256Bytes);
}

function clockBack({ timeMs }: SignerState, nowMs: number): Judgement {
  const [now, then] = [nowMs, timeMs].map((ms) => new Date(ms).toISOString());
  return {
    ok: false,
    code: 'LEDGER_CLOCK_BACK',
    why: `it is ${now}, but the last checkpoint was signed at ${then}`,
  };
}

/** Predicates that may be attested. A key rotation is not among them: the signer writes that statement itself. */
const attestable: readonly string[] = [
  decisionPredicateType,
  erasurePredicateType,
  expectationPredicateType,
  feedPredicateType,
  rebuildPredicateType,
  sourcePredicateType,
  summaryPredicateType,
  trustPredicateType,
];

/** Enough for a decision on 4,096 pieces of evidence. */
export const maxStatementBytes = 3 * 1024 * 1024;

const maxSubjects = 1024;

/**
 * An in-toto Statement v1 (in-toto/attestation spec/v1/statement.md) with a predicate of ours, and nothing else; a
 * verification summary only in this log's own name.
 */
export function judgeStatement(statement: JsonObject, origin: string): Judgement {
  const judgement = judgeForm(statement, attestable);
  if (!judgement.ok || ownString(statement, 'predicateType') !== summaryPredicateType) return judgement;
  return isOwnSummary(ownObject(statement, 'predicate') ?? {}, origin)
    ? yes
    : refused('a verification summary of another verifier, or with claims that are not ours to make');
}

/**
 * What the builder's key signs: provenance and comparisons of builds in this builder's own name, and nothing else, as the
 * log's key signs none of these.
 */
export function judgeBuildStatement(statement: JsonObject, origin: string): Judgement {
  const judgement = judgeForm(statement, [buildProvenanceType, comparisonPredicateType]);
  if (!judgement.ok) return judgement;
  const predicate = ownObject(statement, 'predicate') ?? {};
  const isProvenance = ownString(statement, 'predicateType') === buildProvenanceType;
  const run = isProvenance ? (ownObject(predicate, 'runDetails') ?? {}) : predicate;
  if (ownString(ownObject(run, 'builder') ?? {}, 'id') !== builderIdOf(origin))
    return refused('a build by another builder');
  const type = ownString(ownObject(predicate, 'buildDefinition') ?? {}, 'buildType') ?? '';
  return !isProvenance || type.startsWith(buildTypePrefix)
    ? yes
    : refused('a build of a type that is not ours');
}

function judgeForm(statement: JsonObject, types: readonly string[]): Judgement {
  const keys = Object.keys(statement).sort().join(' ');
  if (keys !== '_type predicate predicateType subject') return refused(`a statement with the keys ${keys}`);
  if (own(statement, '_type') !== 'https://in-toto.io/Statement/v1')
    return refused('a statement that is not an in-toto Statement v1');
  const predicateType = ownString(statement, 'predicateType') ?? '';
  if (!types.includes(predicateType)) return refused(`a predicate of type ${predicateType.slice(0, 200)}`);
  if (ownObject(statement, 'predicate') === undefined) return refused('a statement without a predicate');
  const subjects = own(statement, 'subject');
  if (!Array.isArray(subjects) || subjects.length === 0 || subjects.length > maxSubjects)
    return refused('a statement without subjects, or with too many');
  return subjects.every(isSubject) ? yes : refused('a subject without a name or digest');
}

/** No result without its level, none that contradict each other, and never a level that needs a build of ours. */
function isOwnSummary(predicate: JsonObject, origin: string): boolean {
  const result = own(predicate, 'verificationResult');
  const levels = own(predicate, 'verifiedLevels');
  const [level] = Array.isArray(levels) && levels.length === 1 ? levels : [];
  return (
    ownString(ownObject(predicate, 'verifier') ?? {}, 'id') === verifierId(origin) &&
    summaryLevels.some((known) => known === level) &&
    (result === 'PASSED' || result === 'FAILED') &&
    (result === 'FAILED') === (level === 'FAILED')
  );
}

function isSubject(subject: Json): boolean {
  if (!isJsonObject(subject)) return false;
  const digests = Object.values(ownObject(subject, 'digest') ?? {});
  const areHex = digests.every((digest) => typeof digest === 'string' && /^[0-9a-f]{8,256}$/.test(digest));
  return ownString(subject, 'name') !== undefined && digests.length > 0 && areHex;
}

/** The older of two keys may be retired once a checkpoint with new entries, the rotation's among them, was signed by both. */
export function judgeRetirement({ keys: [newest, older], size }: SignerState): Judgement {
  if (newest === undefined || older === undefined) return refused('to retire the only key');
  return size > newest.since
    ? yes
    : refused('to retire the older key before a checkpoint with new entries was signed by both');
}

/**
 * A release of npm and its SHA-512, in their one exact form. Names are those of old packages too (`JSONStream`), but of
 * URL-safe characters alone: none holds `:` or a second `@`, so that a text has one meaning.
 */
export function judgeRegistrySignature({
  name,
  version,
  integrity,
}: Pick<RegistrySignatureRequest, 'name' | 'version' | 'integrity'>): Judgement {
  if (name.length > 214 || !registryName.test(name))
    return refused('to sign for what is no name of a package');
  if (version.length > 256 || !registryVersion.test(version))
    return refused('to sign for what is no version in its exact form');
  const bytes = integrity.startsWith('sha512-') ? fromBase64(integrity.slice('sha512-'.length)) : undefined;
  return bytes?.length === 64 ? yes : refused('to sign for what is not exactly one SHA-512');
}

const registryName =
  /^(?:@[A-Za-z0-9_!~*'()-][A-Za-z0-9._!~*'()-]*\/)?[A-Za-z0-9_!~*'()-][A-Za-z0-9._!~*'()-]*$/;
/** Semantic Versioning 2.0.0, without build metadata: registries drop it. */
const registryVersion =
  /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?$/;

function refused(what: string): Judgement {
  return { ok: false, code: 'LEDGER_SIGNER_REFUSED', why: `refused: ${what}` };
}

function isHash(text: string): boolean {
  return fromHex(text, hashBytes) !== undefined;
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex, hashBytes) ?? new Uint8Array(0);
}
