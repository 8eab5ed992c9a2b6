/** What `assay ledger prove` writes for auditors, and reading it back: a folder that needs no network and no server of ours. */
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { maxDisclosureBytes, parseDisclosure, type Disclosure } from '../../ledger/verify/disclosure.ts';
import type { TrustPolicy } from '../../ledger/verify/policy.ts';
import type { HistoryProblem } from '../../ledger/verify/history.ts';
import {
  isProven as isProvenFinding,
  verifyDisclosure,
  type DisclosureVerdict,
  type EntryFinding,
} from '../../ledger/verify/verify-disclosure.ts';
import { writeFileDurably } from '../durable-file.ts';

export type { Disclosure } from '../../ledger/verify/disclosure.ts';
export type BundleVerdict = DisclosureVerdict;
export type DisclosedFinding = EntryFinding;
export const isProven = isProvenFinding;

const disclosureName = 'disclosure.json';

/** Throws LEDGER_UNVERIFIED when the text is no disclosure. */
export function disclosureOf(text: string, name: string): Disclosure {
  const disclosure = parseDisclosure(text);
  if (disclosure !== undefined) return disclosure;
  throw new AssayError('LEDGER_UNVERIFIED', `${name} is no disclosure, or of a newer version`);
}

/**
 * `disclosure.json` with everything; beside it, for other programs, each entry's bytes, its C2SP `.tlog-proof`, and its
 * verification summary where it is disclosed.
 * Throws USAGE_INVALID when the folder is not new or empty.
 */
export async function writeBundle(folder: string, text: string): Promise<Disclosure> {
  const disclosure = disclosureOf(text, 'the answer');
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new AssayError('USAGE_INVALID', `${folder} is not empty`);
  for (const { index, entry, proof, summary } of disclosure.entries) {
    await writeFileDurably(join(folder, `${index}.entry`), entry, 0o644);
    await writeFileDurably(join(folder, `${index}.tlog-proof`), proof, 0o644);
    if (summary !== undefined)
      await writeFileDurably(join(folder, `${index}.vsa.intoto.jsonl`), `${summary.trim()}\n`, 0o600);
  }
  await writeFileDurably(join(folder, disclosureName), text, 0o600);
  return disclosure;
}

/** A folder that `writeBundle` made, or its `disclosure.json`. Throws LEDGER_UNVERIFIED. */
export async function readBundle(path: string): Promise<Disclosure> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const name = isFolder ? join(path, disclosureName) : path;
    const file = await open(name, 'r');
    try {
      if ((await file.stat()).size > maxDisclosureBytes)
        throw new AssayError('LEDGER_UNVERIFIED', `${name} is larger than ${maxDisclosureBytes} bytes`);
      return disclosureOf(await file.readFile('utf8'), name);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw new AssayError('LEDGER_UNVERIFIED', `${path}: ${messageOf(cause)}`, { cause });
  }
}

export function verifyBundle(disclosure: Disclosure, policy: TrustPolicy): DisclosureVerdict {
  return verifyDisclosure(disclosure, policy, { hash: sha256Bytes, verify: verifyEd25519 });
}

/** What the verdict amounts to, the worst first. */
export type BundleOutcome = 'refuted' | 'unverified' | 'proven';

/** Problems that say nothing about the log: the keys given are not those that signed. */
const unknowing: readonly string[] = ['unknown-log', 'unsigned', 'no-quorum'];

export function outcomeOf(disclosure: Disclosure, verdict: DisclosureVerdict): BundleOutcome {
  const { entries, histories, forks } = verdict;
  const isHistory = disclosure.claim === 'history';
  const gaps = isHistory ? histories.flatMap(({ problems }) => problems) : [];
  const refuted = entries.filter(
    ({ proof, fields, envelope, summary }) =>
      (!proof.ok && !unknowing.includes(proof.problem)) ||
      envelope === 'refuted' ||
      summary === 'refuted' ||
      Object.values(fields ?? {}).includes('refuted'),
  );
  if (forks.length > 0 || refuted.length > 0 || gaps.some(({ kind }) => kind !== 'closed')) return 'refuted';
  const closed = gaps.length > 0 || (isHistory && entries.some(({ subject }) => subject === undefined));
  const isUnknown = entries.length === 0 || entries.some(({ proof }) => !proof.ok);
  return closed || isUnknown ? 'unverified' : 'proven';
}

/** A problem of a history, as a clause. */
export function historyWords(problem: HistoryProblem): string {
  switch (problem.kind) {
    case 'withheld':
      return `an entry before ${problem.index} was withheld (${problem.id})`;
    case 'no-first':
      return 'no entry shown is the first';
    case 'two-firsts':
      return `entries ${problem.indexes.join(' and ')} both claim to be the first`;
    case 'branch':
      return `entries ${problem.indexes.join(' and ')} follow the same one`;
    case 'backwards':
      return `entry ${problem.index} follows a later one`;
    case 'twice':
      return `the entry ${problem.id} is shown twice`;
    case 'closed':
      return `entry ${problem.index} does not show which one it follows`;
  }
}
