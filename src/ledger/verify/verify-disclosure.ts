/** Checks everything a disclosure claims, without a network: each proof, each opened field, each signed statement, each history. */
import { equalBytes, fromUtf8, toHex, utf8 } from './bytes.ts';
import type { Disclosure, DisclosedEntry } from './disclosure.ts';
import { openEnvelope, type Envelope } from './dsse.ts';
import { historyProblems, type HistoryProblem } from './history.ts';
import { parseLeaf, type Leaf } from './leaf.ts';
import type { VerifySignature } from './note.ts';
import { verifyOpening, type OpeningVerdict } from './opening.ts';
import type { TrustPolicy } from './policy.ts';
import { verifyProofBundle, type BundleVerdict } from './proof-bundle.ts';
import { hashLeaf, type Hash } from './rfc6962.ts';

/** What names a release, from the opened subject; with the SHA-256 of its bytes where there were any. */
export interface DisclosedSubject {
  readonly upstream: string;
  readonly channel: string;
  readonly purl: string;
  readonly file: string;
  readonly artifact: string | undefined;
}

export interface EntryFinding {
  readonly index: number;
  /** Of the log that the proof is for. */
  readonly proof: BundleVerdict | { readonly ok: false; readonly problem: 'another-index' | 'no-leaf' };
  readonly leaf: Leaf | undefined;
  readonly fields: OpeningVerdict | undefined;
  /** `signed`: by a key of a log that is believed, and it is the statement that was opened. `unknown`: by another key. */
  readonly envelope: 'none' | 'signed' | 'unknown' | 'refuted';
  /** The same of the verification summary: `signed` over the payload whose digest the opened statement names. */
  readonly summary: EntryFinding['envelope'];
  /** Undefined unless `subject` was opened. */
  readonly subject: DisclosedSubject | undefined;
  /** Parsed JSON of the opened statement. */
  readonly statement: unknown;
}

export interface HistoryFinding {
  readonly subject: DisclosedSubject;
  readonly indexes: readonly number[];
  /** Empty: this is its whole history up to the newest entry shown. */
  readonly problems: readonly HistoryProblem[];
}

export interface DisclosureVerdict {
  readonly entries: readonly EntryFinding[];
  readonly histories: readonly HistoryFinding[];
  /** Sizes at which the proofs are of two different trees: the log forked. */
  readonly forks: readonly { readonly origin: string; readonly size: number }[];
}

export interface Means {
  readonly hash: Hash;
  readonly verify: VerifySignature;
}

export function verifyDisclosure(
  disclosure: Disclosure,
  policy: TrustPolicy,
  means: Means,
): DisclosureVerdict {
  const entries = disclosure.entries.map((entry) => judgeEntry(entry, policy, means));
  return {
    entries,
    histories: historiesOf(disclosure.entries, entries),
    forks: forksOf(entries),
  };
}

/** Nothing of it is refuted: in the log as signed, and every field that is shown is what the entry commits to. */
export function isProven({ proof, fields, envelope, summary }: EntryFinding): boolean {
  const isOpen = fields !== undefined && Object.values(fields).every((verdict) => verdict !== 'refuted');
  return proof.ok && isOpen && envelope !== 'refuted' && summary !== 'refuted';
}

function judgeEntry(entry: DisclosedEntry, policy: TrustPolicy, means: Means): EntryFinding {
  const bytes = utf8(entry.entry);
  const verdict = verifyProofBundle(entry.proof, { leafHash: hashLeaf(bytes, means.hash), policy }, means);
  const proof =
    verdict.ok && verdict.index !== entry.index
      ? ({ ok: false, problem: 'another-index' } as const)
      : verdict;
  const parsed = parseLeaf(entry.entry);
  const { index } = entry;
  if (!parsed.ok) {
    const nothing = { leaf: undefined, fields: undefined, subject: undefined, statement: undefined };
    const none = proof.ok ? ({ ok: false, problem: 'no-leaf' } as const) : proof;
    return { index, proof: none, envelope: 'none', summary: 'none', ...nothing };
  }
  const fields = verifyOpening(parsed.leaf, entry.openings, means.hash);
  const opened = (field: 'subject' | 'statement'): unknown =>
    fields[field] === 'opened' ? jsonOf(entry.openings[field]?.payload) : undefined;
  const statement = opened('statement');
  const named = ownOf(ownOf(ownOf(statement, 'predicate'), 'summary'), 'sha256');
  return {
    index,
    proof,
    leaf: parsed.leaf,
    fields,
    envelope: judgeEnvelope(entry.envelope, policy, means, (payload) => {
      const shown = entry.openings.statement?.payload;
      return shown !== undefined && equalBytes(payload, shown);
    }),
    summary: judgeEnvelope(entry.summary, policy, means, (payload) => toHex(means.hash(payload)) === named),
    subject: subjectFrom(opened('subject')),
    statement,
  };
}

/** Signed by a key of the log it is proven in, and over the very bytes that are meant. */
function judgeEnvelope(
  envelope: string | undefined,
  policy: TrustPolicy,
  { verify }: Means,
  isMeant: (payload: Uint8Array) => boolean,
): EntryFinding['envelope'] {
  if (envelope === undefined) return 'none';
  const value = jsonOf(utf8(envelope));
  if (!isEnvelope(value)) return 'refuted';
  const keys = policy.logs.map(({ key }) => key);
  if (!value.signatures.some(({ keyid }) => keys.some(({ id }) => id === keyid))) return 'unknown';
  const opening = openEnvelope(value, keys, verify);
  return opening !== undefined && isMeant(opening.payload) ? 'signed' : 'refuted';
}

function isEnvelope(value: unknown): value is Envelope {
  const payloadType = ownOf(value, 'payloadType');
  const payload = ownOf(value, 'payload');
  const signatures = ownOf(value, 'signatures');
  return (
    typeof payloadType === 'string' &&
    typeof payload === 'string' &&
    Array.isArray(signatures) &&
    signatures.every(
      (one) => typeof ownOf(one, 'keyid') === 'string' && typeof ownOf(one, 'sig') === 'string',
    )
  );
}

function historiesOf(
  disclosed: readonly DisclosedEntry[],
  findings: readonly EntryFinding[],
): readonly HistoryFinding[] {
  const bySubject = new Map<string, { subject: DisclosedSubject; places: number[] }>();
  for (const [place, { subject, leaf, proof }] of findings.entries()) {
    if (subject === undefined || leaf === undefined || !proof.ok) continue;
    const { upstream, channel, purl, file } = subject;
    const key = JSON.stringify([proof.checkpoint.origin, upstream, channel, purl, file]);
    const known = bySubject.get(key);
    if (known === undefined) bySubject.set(key, { subject, places: [place] });
    else known.places.push(place);
  }
  return [...bySubject.values()].map(({ subject, places }) => {
    const entries = places.map((place) => ({
      index: findings[place]?.index ?? 0,
      id: findings[place]?.leaf?.id ?? '',
      prev: previousOf(disclosed[place], findings[place]),
    }));
    return { subject, indexes: entries.map(({ index }) => index), problems: historyProblems(entries) };
  });
}

function previousOf(
  entry: DisclosedEntry | undefined,
  finding: EntryFinding | undefined,
): string | undefined {
  const payload = entry?.openings.prev?.payload;
  return payload !== undefined && finding?.fields?.prev === 'opened' ? fromUtf8(payload) : undefined;
}

function forksOf(findings: readonly EntryFinding[]): DisclosureVerdict['forks'] {
  const roots = new Map<string, { origin: string; size: number; roots: Set<string> }>();
  for (const { proof } of findings) {
    if (!proof.ok) continue;
    const { origin, size, root } = proof.checkpoint;
    const key = `${size} ${origin}`;
    const known = roots.get(key) ?? { origin, size, roots: new Set() };
    known.roots.add(toHex(root));
    roots.set(key, known);
  }
  return [...roots.values()]
    .filter((tree) => tree.roots.size > 1)
    .map(({ origin, size }) => ({ origin, size }));
}

function subjectFrom(value: unknown): DisclosedSubject | undefined {
  const [upstream, channel, purl, file] = ['upstream', 'channel', 'purl', 'file'].map((key) =>
    ownOf(value, key),
  );
  const artifact = ownOf(value, 'artifact');
  if (typeof upstream !== 'string' || typeof channel !== 'string') return undefined;
  if (typeof purl !== 'string' || typeof file !== 'string') return undefined;
  return { upstream, channel, purl, file, artifact: typeof artifact === 'string' ? artifact : undefined };
}

function jsonOf(bytes: Uint8Array | undefined): unknown {
  const text = bytes === undefined ? undefined : fromUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function ownOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
