/**
 * A new key of the builder: the in-toto statement that brings it, which the signer writes, and the proof without which it
 * signs nothing: its entry is in the log. So no build is signed by a key that the ledger does not know.
 */
import { canonicalBytes } from '../../core/canonical-json.ts';
import { sha256 } from '../../core/digest.ts';
import { ownObject, ownString, type JsonObject } from '../../core/json.ts';
import type { Principal } from '../../core/subject.ts';
import { sha256Bytes } from '../leaf.ts';
import { fromHex, toHex, utf8 } from '../verify/bytes.ts';
import { commit, saltBytes } from '../verify/commitment.ts';
import { parseLeaf } from '../verify/leaf.ts';
import { verifyInclusion } from '../verify/proofs.ts';
import { hashBytes, hashLeaf } from '../verify/rfc6962.ts';
import { formatVkey, type VerifierKey } from '../verify/vkey.ts';
import { maxProofLines, type Judgement } from './may-sign.ts';
import type { BuilderKeyUse } from './requests.ts';
import type { SignerState } from './state.ts';

export const builderKeyPredicateType = 'urn:assay:predicate:builder-key:v1';

export interface BuilderKeyFacts {
  readonly origin: string;
  readonly key: VerifierKey;
  /** The key that signs until then; undefined for the first. */
  readonly replaces: VerifierKey | undefined;
  readonly principal: Principal;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
}

/** The subject is the key that comes, by the SHA-256 of its 32 bytes. */
export function builderKeyStatement({ origin, key, replaces, principal, time }: BuilderKeyFacts): JsonObject {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: formatVkey(key), digest: { sha256: sha256(key.publicKey) } }],
    predicateType: builderKeyPredicateType,
    predicate: {
      origin,
      key: formatVkey(key),
      ...(replaces === undefined ? {} : { replaces: formatVkey(replaces) }),
      principal: { kind: principal.kind, name: principal.name },
      time,
    },
  };
}

/** May this key sign from now on? When an entry that brings it is in the log, as far as this signer signed that log. */
export function judgeBuilderKeyUse(
  { origin, size, root }: Pick<SignerState, 'origin' | 'size' | 'root'>,
  vkey: string,
  { index, entry, proof, salt, statement }: BuilderKeyUse,
): Judgement {
  const predicate = ownObject(statement, 'predicate') ?? {};
  if (
    ownString(statement, 'predicateType') !== builderKeyPredicateType ||
    ownString(predicate, 'origin') !== origin ||
    ownString(predicate, 'key') !== vkey
  )
    return refused('the statement does not bring the key that is to sign builds');
  const parsed = parseLeaf(entry);
  const saltRead = fromHex(salt, saltBytes);
  if (!parsed.ok || parsed.leaf.type !== 'builder-key/v1' || saltRead === undefined)
    return refused('the entry is none that brings a key for builds');
  const committed = commit('statement', saltRead, canonicalBytes(statement), sha256Bytes);
  if (toHex(committed) !== parsed.leaf.statement) return refused('the entry commits to another statement');
  const rootRead = fromHex(root, hashBytes);
  const hashes = proof.flatMap((hex) => fromHex(hex, hashBytes) ?? []);
  const isIn =
    rootRead !== undefined &&
    proof.length <= maxProofLines &&
    hashes.length === proof.length &&
    verifyInclusion(
      { index, size, leafHash: hashLeaf(utf8(entry), sha256Bytes), proof: hashes, root: rootRead },
      sha256Bytes,
    );
  return isIn
    ? { ok: true }
    : refused('the entry that brings the key is not proven to be in the log as it was signed last');
}

function refused(what: string): Judgement {
  return { ok: false, code: 'LEDGER_SIGNER_REFUSED', why: `refused: ${what}` };
}
