/**
 * A build by its proof (`assay rebuild proof`), offline, with public formats only: a transparency log's proof, DSSE envelopes and
 * in-toto statements. The log's key is all that must be known: its entries name the builder's key, and by digest what that
 * key signed. A key that an earlier entry of the same log did not bring signs for nobody.
 */
import {
  builderKeyName,
  buildProvenanceType,
  comparisonPredicateType,
} from '../../core/build-attestation.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { rebuildPredicateType } from '../../ledger/rebuild-event.ts';
import { builderKeyPredicateType } from '../../ledger/signing/builder-key.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { openEnvelope, type Envelope } from '../../ledger/verify/dsse.ts';
import type { TrustPolicy } from '../../ledger/verify/policy.ts';
import { formatVkey, parseVkey, type VerifierKey } from '../../ledger/verify/vkey.ts';
import { disclosureOf, isProven, verifyBundle, type DisclosedFinding } from '../auditing/bundle.ts';
import { z } from '../zod.ts';
import { concluded, type Step, type Verification } from './steps.ts';

const proofFile = z.object({
  purl: z.string().max(1024),
  comparison: z.string(),
  provenance: z.string().optional(),
  disclosure: z.string(),
  /** The entry that brought the builder's key. */
  builderKey: z.string().optional(),
});
export type BuildProof = z.infer<typeof proofFile>;

/** Throws LEDGER_UNVERIFIED. */
export function readBuildProof(text: string, name: string): BuildProof {
  try {
    return proofFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new AssayError('LEDGER_UNVERIFIED', `${name} is no proof of a build`, { cause });
  }
}

export interface BuildQuestion {
  readonly about: string;
  /** Of upstream's file, or of the one that was built (as the Secure channel serves it). */
  readonly artifact: Sha256;
  readonly proof: BuildProof;
  readonly trust: TrustPolicy;
}

/** Throws what `disclosureOf` throws. */
export function verifyBuild({ about, artifact, proof, trust }: BuildQuestion): Verification {
  const verdict = verifyBundle(disclosureOf(proof.disclosure, 'the disclosure'), trust);
  const [finding, ...more] = verdict.entries;
  if (finding === undefined || more.length > 0 || verdict.forks.length > 0)
    return concluded(about, [failed('ledger', 'The proof does not show exactly one entry of one log.')]);
  const entry = ledgerStep(finding);
  const predicate = predicateOf(finding.statement, rebuildPredicateType);
  if (entry.result !== 'passed' || predicate === undefined) {
    const none = failed('ledger', 'The entry does not speak of a build.');
    return concluded(about, [entry.result === 'passed' ? none : entry]);
  }
  const key = builderOf(predicate, finding);
  const built = key === undefined ? undefined : provenanceIn(proof, predicate, key)?.subject;
  const steps: Step[] = [entry, bytesStep(predicate, artifact, built)];
  if (key === undefined)
    return concluded(about, [...steps, failed('builder', "The entry names no key of this log's builder.")]);
  steps.push(builderStep(key, finding, proof.builderKey, trust));
  const comparison = opened(proof.comparison, own(predicate, 'comparison'), key, comparisonPredicateType);
  steps.push(signedStep('comparison', comparison));
  steps.push(provenanceStep(proof, predicate, key, comparison));
  if (comparison !== undefined) steps.push(verdictStep(predicate, comparison));
  return concluded(about, steps);
}

function ledgerStep(finding: DisclosedFinding): Step {
  const { proof, envelope, fields } = finding;
  if (!isProven(finding) || !proof.ok)
    return failed('ledger', 'The entry is not proven to be in a log whose key was given.');
  if (fields?.statement !== 'opened' || fields.subject !== 'opened')
    return failed('ledger', 'The entry was not opened.');
  const signed = envelope === 'signed' ? " Its statement is signed by the log's key." : '';
  return passed('ledger', `Entry ${finding.index} of ${proof.checkpoint.origin}.${signed}`);
}

/** `built`: subject of the provenance that the entry names, once its signature was checked. */
function bytesStep(predicate: JsonObject, artifact: Sha256, built: string | undefined): Step {
  if (ownString(predicate, 'artifact') === artifact)
    return passed('bytes', `The entry is about these bytes (sha256 ${artifact.slice(0, 16)}).`);
  return built === artifact
    ? passed(
        'bytes',
        `These bytes were built here (sha256 ${artifact.slice(0, 16)}); upstream published others.`,
      )
    : failed('bytes', 'The entry is about other bytes.');
}

/** A key of another name than this log's builder signs for nobody here. */
function builderOf(predicate: JsonObject, { proof }: DisclosedFinding): VerifierKey | undefined {
  if (!proof.ok) return undefined;
  const key = parseVkey(ownString(predicate, 'builder') ?? '', sha256Bytes);
  return key?.name === builderKeyName(proof.checkpoint.origin) ? key : undefined;
}

/** The log has the key before what it signed, and the statement that brings it is the signer's own. */
function builderStep(
  key: VerifierKey,
  build: DisclosedFinding,
  disclosure: string | undefined,
  trust: TrustPolicy,
): Step {
  const name = 'builder';
  if (disclosure === undefined)
    return failed(name, 'The proof does not show that the ledger knows the key of the builder.');
  const { entries, forks } = verifyBundle(disclosureOf(disclosure, "the entry of the builder's key"), trust);
  const [finding, ...more] = entries;
  if (finding === undefined || more.length > 0 || forks.length > 0)
    return failed(name, "The proof does not show exactly one entry of the builder's key.");
  if (ledgerStep(finding).result !== 'passed' || finding.envelope === 'refuted')
    return failed(name, "The entry of the builder's key is not proven to be in the log.");
  const predicate = predicateOf(finding.statement, builderKeyPredicateType) ?? {};
  if (
    !build.proof.ok ||
    !finding.proof.ok ||
    finding.proof.checkpoint.origin !== build.proof.checkpoint.origin ||
    ownString(predicate, 'origin') !== build.proof.checkpoint.origin ||
    ownString(predicate, 'key') !== formatVkey(key)
  )
    return failed(name, 'The ledger does not know the key of the builder: its entry brings another.');
  if (finding.index >= build.index)
    return failed(name, "The builder's key came into the ledger only after what it signed.");
  const since = `The ledger has the builder's key ${key.id} since entry ${finding.index}`;
  return finding.envelope === 'signed'
    ? passed(name, `${since}, signed by the log's key.`)
    : failed(name, `${since}, signed by no key that was given. When the log's key changed, give both vkeys.`);
}

/** The predicate of what this key signed, when it is the very payload that the entry names. */
function opened(
  text: string,
  named: unknown,
  key: VerifierKey,
  predicateType: string,
): { readonly predicate: JsonObject; readonly subject: string | undefined } | undefined {
  const envelope = envelopeIn(text);
  const payload = envelope && openEnvelope(envelope, [key], verifyEd25519)?.payload;
  if (payload === undefined || !isJsonObject(named) || sha256(payload) !== ownString(named, 'sha256'))
    return undefined;
  const statement: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
  const predicate = predicateOf(statement, predicateType);
  return predicate === undefined ? undefined : { predicate, subject: subjectOf(statement) };
}

function envelopeIn(text: string): Envelope | undefined {
  const form = z.object({
    payloadType: z.string(),
    payload: z.string(),
    signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })),
  });
  try {
    return form.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function signedStep(name: string, found: unknown): Step {
  return found === undefined
    ? failed(name, "It is not what the entry names, or the builder's key did not sign it.")
    : passed(name, "Signed by the builder's key, and named by the entry.");
}

function provenanceStep(
  proof: BuildProof,
  predicate: JsonObject,
  key: VerifierKey,
  comparison: ReturnType<typeof opened>,
): Step {
  const named = own(predicate, 'provenance');
  if (named === undefined) return { name: 'provenance', result: 'not-available', text: 'Nothing was built.' };
  if (proof.provenance === undefined)
    return failed('provenance', 'The entry names provenance, and the proof has none.');
  const found = provenanceIn(proof, predicate, key);
  const built = ownObject(ownObject(comparison?.predicate ?? {}, 'inputs') ?? {}, 'rebuilt');
  if (found === undefined) return signedStep('provenance', found);
  return found.subject !== undefined && found.subject === ownString(built ?? {}, 'sha256')
    ? passed('provenance', 'SLSA provenance v1 of what was built and compared.')
    : failed('provenance', 'It is about another file than the one that was compared.');
}

function provenanceIn(
  { provenance }: BuildProof,
  predicate: JsonObject,
  key: VerifierKey,
): ReturnType<typeof opened> {
  return opened(provenance ?? '', own(predicate, 'provenance'), key, buildProvenanceType);
}

function verdictStep(
  entry: JsonObject,
  { predicate, subject }: NonNullable<ReturnType<typeof opened>>,
): Step {
  const verdict = ownString(predicate, 'verdict') ?? '';
  const isolation = ownString(entry, 'isolation') ?? '';
  if (
    subject === undefined ||
    subject !== ownString(entry, 'artifact') ||
    verdict !== ownString(entry, 'verdict')
  )
    return failed('verdict', 'The comparison says something else than the entry.');
  const text = `${verdict}, in ${isolation} isolation.`;
  // What is not sealed could have fetched what it matches.
  if (['identical', 'identical-container', 'equivalent'].includes(verdict))
    return isolation === 'full' ? passed('verdict', text) : { name: 'verdict', result: 'doubtful', text };
  if (verdict === 'suspicious') return failed('verdict', text);
  const result = verdict === 'not-built' ? 'not-available' : 'doubtful';
  return { name: 'verdict', result, text };
}

function predicateOf(statement: unknown, type: string): JsonObject | undefined {
  if (!isJsonObject(statement) || ownString(statement, 'predicateType') !== type) return undefined;
  return ownObject(statement, 'predicate');
}

function subjectOf(statement: unknown): string | undefined {
  const subjects = isJsonObject(statement) ? own(statement, 'subject') : undefined;
  const [only, ...more] = Array.isArray(subjects) ? (subjects as readonly unknown[]) : [];
  if (!isJsonObject(only) || more.length > 0) return undefined;
  return ownString(ownObject(only, 'digest') ?? {}, 'sha256');
}

function passed(name: string, text: string): Step {
  return { name, result: 'passed', text };
}

function failed(name: string, text: string): Step {
  return { name, result: 'failed', text };
}
