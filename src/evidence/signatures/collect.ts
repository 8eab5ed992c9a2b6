/**
 * Did the registry sign these bytes under this name and version? Steps, in order: is there a signature, do we know
 * keys of the registry (by its identity, never by the address), do the bytes have the integrity that was signed, and
 * does every signature by a key we know verify, by a key that was in force. One that is wrong outweighs any that is
 * right. See docs/verification.md.
 */
import { judgeAlgorithm } from '../../core/algorithms.ts';
import type { Collector, CollectorInput } from '../../core/collector.ts';
import { digestsEqual } from '../../core/digest.ts';
import type { EvidenceItem, FactValue, Result } from '../../core/evidence.ts';
import { recordOf, type Finding } from '../record.ts';
import { judgeEntry, type EntryVerdict } from './judge-entry.ts';
import {
  ownDigest,
  readSignatures,
  signedIntegrity,
  type SignatureEntry,
  type SignedIntegrity,
} from './read.ts';
import { signatureAlgorithm, signedText } from './verify.ts';

export const signaturesCollector: Collector = {
  kind: 'signatures',
  version: '1',
  scope: 'release',
  after: ['provenance'],
  usesTrust: true,
  collect: (input) => ({
    ...recordOf(signaturesCollector, input, examine(input)),
    material: input.trust.digest,
  }),
};

/** What is said when nothing was verified. */
const nothing: Readonly<Record<string, FactValue>> = {
  signed: false,
  keyid: null,
  keySource: null,
  keyRetired: null,
  time: null,
  timeFrom: null,
  algorithm: null,
};

function examine(input: CollectorInput): Finding {
  const list = readSignatures(input.indexManifest);
  if (list.state === 'none') return withoutSignature(input, list.empty);
  const malformed = list.malformed.map((message) => ({ id: 'signatures/malformed', message }));
  const host = input.origin.identityHost.toLowerCase();
  const keys = input.trust.registryKeys.get(host) ?? [];
  if (keys.length === 0) {
    const message = `There are signatures, but no key of ${host} is known to check them with.`;
    return finding('not-checked', message, [{ id: 'signatures/no-key-for-host', message }, ...malformed]);
  }
  const signed = signedIntegrity(input.indexManifest);
  if (signed === undefined) {
    const message = 'There are signatures, but no integrity that they could have been made over.';
    return finding('fail', message, [{ id: 'signatures/no-integrity', message }, ...malformed]);
  }
  const digestFinding = judgeDigests(input, signed);
  const verdicts = judgeAll(input, keys, list.entries, signed);
  return conclude(verdicts, [...malformed, ...digestFinding.fails], digestFinding.weak);
}

function finding(
  result: Result,
  summary: string,
  items: readonly EvidenceItem[],
  facts: Readonly<Record<string, FactValue>> = {},
): Finding {
  return { result, summary, items, facts: { ...nothing, ...facts } };
}

/** Signatures are not signed themselves: a mirror can leave them out, and only memory tells (peers have none). */
function withoutSignature({ history }: CollectorInput, isEmptyList: boolean): Finding {
  const seenAt = history?.advertised.signedAt;
  if (seenAt !== undefined) {
    const message = `The registry's signature is gone: we saw one for this version at ${seenAt}.`;
    return finding('fail', message, [{ id: 'signatures/stripped', message }]);
  }
  if (!isEmptyList) return finding('not-available', 'The registry offers no signature for this version.', []);
  const message = "The registry's list of signatures for this version is empty: nothing was checked.";
  return finding('not-available', message, [{ id: 'signatures/empty-list', message }]);
}

interface DigestFinding {
  readonly fails: readonly EvidenceItem[];
  /** The signature is right, but over a digest that can be forged. */
  readonly weak: EvidenceItem | undefined;
}

/** The bytes we hold must have every digest that was signed; peers check the index's word about itself. */
function judgeDigests({ artifact, now }: CollectorInput, { digests }: SignedIntegrity): DigestFinding {
  const held = digests.filter((claim) => ownDigest(artifact, claim) !== undefined);
  const differing = held.filter((claim) => !digestsEqual(ownDigest(artifact, claim) ?? '', claim.hex));
  const fails = differing.map(({ algorithm }) => ({
    id: 'signatures/bytes-differ',
    message: `The bytes are not those that were signed: their ${algorithm} is another.`,
  }));
  const judged = held.map(({ algorithm }) => judgeAlgorithm(algorithm, now));
  if (judged.some(({ verdict }) => verdict === 'fine')) return { fails, weak: undefined };
  const names = digests.map(({ algorithm }) => algorithm.toUpperCase()).join(', ');
  const weak = { id: 'signatures/weak-algorithm', message: `Only ${names} was signed, which can be forged.` };
  if (held.length > 0) return { fails, weak };
  const isWeak = digests.every(({ algorithm }) => judgeAlgorithm(algorithm, now).verdict === 'refused');
  const foreign = {
    id: 'signatures/digest-not-computed',
    message: `Only ${names} was signed, and that is not computed here.`,
  };
  return { fails: [isWeak ? weak : foreign], weak: undefined };
}

function judgeAll(
  input: CollectorInput,
  keys: Parameters<typeof judgeEntry>[1]['keys'],
  entries: readonly SignatureEntry[],
  { text }: SignedIntegrity,
): readonly EntryVerdict[] {
  const { index, version, observation, now } = input;
  const times = { logTime: logTimeOf(input), observation, now };
  const context = { keys, times, text: signedText(index.name, version.version, text) };
  return entries.map((entry) => judgeEntry(entry, context));
}

/** `provenance` says these only of attestations that it verified for this very release. */
function logTimeOf({ earlier }: CollectorInput): string | undefined {
  const facts = earlier.find(({ kind }) => kind === 'provenance')?.facts ?? {};
  const times = [facts['publishTime'], facts['signedTime']];
  return times.find((time) => typeof time === 'string');
}

type Signed = Extract<EntryVerdict, { state: 'signed' }>;

function conclude(
  verdicts: readonly EntryVerdict[],
  failures: readonly EvidenceItem[],
  weak: EvidenceItem | undefined,
): Finding {
  const wrong = verdicts.filter((verdict) => verdict.state === 'wrong');
  const signed = verdicts.filter((verdict) => verdict.state === 'signed');
  const unknown = verdicts.flatMap((verdict) =>
    verdict.state === 'unknown-key' ? [unknownKey(verdict)] : [],
  );
  const fails = [...failures, ...wrong.map(wrongItem)];
  if (fails.length > 0) {
    const keyid = wrong[0]?.keyid ?? null;
    return finding('fail', fails[0]?.message ?? '', [...fails, ...unknown], { keyid });
  }
  const best = signed.find(({ window }) => window.state === 'held') ?? signed[0];
  if (best === undefined) {
    const message = 'There are signatures, but by no key that we know.';
    return finding('not-checked', message, unknown);
  }
  const doubts = [...doubtsOf(best), ...(weak === undefined ? [] : [weak])];
  const summary = `The registry signed this name, version and integrity (key ${best.key.keyid}).`;
  if (doubts.length === 0) return finding('pass', summary, unknown, factsOf(best));
  const doubted = `The registry's signature is right, but proves little: ${doubts[0]?.message ?? ''}`;
  return finding('warn', doubted, [...doubts, ...unknown], factsOf(best));
}

function doubtsOf({ window }: Signed): readonly EvidenceItem[] {
  return window.state === 'unproven' ? [{ id: window.id, message: window.why }] : [];
}

function wrongItem({ id, why, keyid }: Extract<EntryVerdict, { state: 'wrong' }>): EvidenceItem {
  return { id, message: why, data: { keyid } };
}

function unknownKey({ keyid }: Extract<EntryVerdict, { state: 'unknown-key' }>): EvidenceItem {
  return {
    id: 'signatures/unknown-key',
    message: 'A signature names a key that we do not know; it was not checked.',
    data: { keyid },
  };
}

function factsOf({ key, retired, window }: Signed): Readonly<Record<string, FactValue>> {
  const held = window.state === 'held' ? window : undefined;
  return {
    signed: true,
    keyid: key.keyid,
    keySource: key.source,
    keyRetired: retired,
    time: held?.time ?? null,
    timeFrom: held?.from ?? null,
    algorithm: signatureAlgorithm,
  };
}
