/**
 * A witness (C2SP tlog-witness): for each log it knows it remembers the newest checkpoint it cosigned, and cosigns the
 * next one only if a proof shows that it continues that one. Checking and remembering are one step, and what is to be
 * cosigned is remembered first.
 */
import { toHex, utf8 } from '../verify/bytes.ts';
import { openCheckpoint, parseCheckpoint, type Checkpoint } from '../verify/checkpoint.ts';
import { cosignedMessage, encodeTimestamped } from '../verify/cosignature.ts';
import { judgeGrowth } from '../verify/monitor.ts';
import { formatNote, formatSignatureLine, parseNote, type Note, type NoteSignature } from '../verify/note.ts';
import { formatVkey, type VerifierKey } from '../verify/vkey.ts';
import { sha256Bytes } from '../leaf.ts';
import { verifyEd25519 } from '../signing/ed25519.ts';
import type { SigningKey } from '../signing/key-file.ts';
import { parseAddCheckpoint, type AddCheckpoint } from './add-checkpoint.ts';

export interface WitnessStore {
  /** The newest note cosigned for the log, as `keep` got it; undefined when there was none. */
  readonly read: (originHash: string) => Promise<string | undefined>;
  /** Durable when it resolves. */
  readonly keep: (originHash: string, note: string) => Promise<void>;
}

export interface WitnessDeps {
  /** For cosignatures. */
  readonly key: SigningKey;
  /** Keys of the logs that are witnessed. A key's name is its log's origin; a log may have several keys. */
  readonly logs: readonly VerifierKey[];
  readonly store: WitnessStore;
  /** POSIX seconds. */
  readonly nowSeconds: () => number;
  /** A checkpoint that a log signed and that contradicts what was seen: proof of misbehaviour, to be kept. */
  readonly onContradiction?: (finding: Contradiction) => void;
}

export interface Contradiction {
  readonly origin: string;
  readonly why: string;
  /** Signed by the log: what was seen, and what was asked to be cosigned. */
  readonly seen: string;
  readonly offered: string;
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422 | 500;
  readonly contentType: string;
  readonly body: string;
}

export interface Witness {
  readonly vkey: string;
  /** Never throws. */
  readonly addCheckpoint: (body: string) => Promise<WitnessAnswer>;
  /** `GET <prefix>/<origin hash>/checkpoint`: the newest note cosigned. */
  readonly checkpoint: (originHash: string) => WitnessAnswer;
}

/** What is remembered of one log. */
interface Seen {
  readonly checkpoint: Checkpoint;
  readonly note: string;
  /** Of the cosignature, POSIX seconds. */
  readonly time: number;
}

interface Lane {
  readonly origin: string;
  readonly hash: string;
  readonly keys: readonly VerifierKey[];
  seen: Seen | undefined;
  /** The store failed: what it holds is not known until the witness starts again. */
  broken: boolean;
  last: Promise<unknown>;
}

/** SHA-256 of the origin, hex: how the protocol names a log in a URL. */
export function originHash(origin: string): string {
  return toHex(sha256Bytes(utf8(origin)));
}

/** Throws RangeError when what is stored is not what this witness cosigned: forgetting it would be worse. */
export async function createWitness(deps: WitnessDeps): Promise<Witness> {
  const lanes = new Map<string, Lane>();
  for (const key of deps.logs) {
    if (lanes.has(key.name)) continue;
    const keys = deps.logs.filter(({ name }) => name === key.name);
    const hash = originHash(key.name);
    const seen = await readSeen(deps, key.name, hash);
    lanes.set(key.name, { origin: key.name, hash, keys, seen, broken: false, last: Promise.resolve() });
  }

  function addCheckpoint(body: string): Promise<WitnessAnswer> {
    const asked = parseAddCheckpoint(body);
    const note = asked && parseNote(asked.checkpoint);
    const checkpoint = note && parseCheckpoint(note.text);
    if (asked === undefined || note === undefined || checkpoint === undefined)
      return Promise.resolve(plain(400, 'this is no add-checkpoint request'));
    const lane = lanes.get(checkpoint.origin);
    if (lane === undefined) return Promise.resolve(plain(404, 'this log is not witnessed here'));
    // One after the other for each log: between check and memory nothing else may be remembered.
    const answer = lane.last.then(() => judge(deps, lane, asked));
    lane.last = answer;
    return answer;
  }

  return {
    vkey: formatVkey(deps.key.verifier),
    addCheckpoint,
    checkpoint: (hash) => {
      const lane = [...lanes.values()].find((lane) => lane.hash === hash);
      return lane?.seen === undefined
        ? plain(404, 'nothing was cosigned for this log')
        : text(200, lane.seen.note);
    },
  };
}

async function judge(deps: WitnessDeps, lane: Lane, asked: AddCheckpoint): Promise<WitnessAnswer> {
  if (lane.broken) return plain(500, 'this witness could not write, and must be started again');
  const opened = openCheckpoint(asked.checkpoint, { origin: lane.origin, logKeys: lane.keys }, verifyEd25519);
  if (!opened.ok) return plain(403, `no key of this log signed it: ${opened.problem}`);
  const { checkpoint } = opened;
  if (asked.oldSize > checkpoint.size) return plain(400, 'the old size is larger than the new one');
  const seenSize = lane.seen?.checkpoint.size ?? 0;
  // An old checkpoint is no misbehaviour: anybody may have kept it and send it again.
  if (asked.oldSize !== seenSize)
    return { status: 409, contentType: 'text/x.tlog.size', body: `${seenSize}\n` };
  const growth = judgeGrowth(lane.seen?.checkpoint, checkpoint, asked.proof, sha256Bytes);
  if (growth !== 'ok') {
    if (growth === 'fork') report(deps, lane, asked, `another history from size ${seenSize}`);
    return plain(422, `this does not continue size ${seenSize}: ${growth}`);
  }
  const knownKeys = opened.signatures.map(({ key }) => key.id);
  return cosign(deps, lane, checkpoint, opened.note, knownKeys);
}

/** Remembered first, handed out second. */
async function cosign(
  deps: WitnessDeps,
  lane: Lane,
  checkpoint: Checkpoint,
  note: Note,
  knownKeys: readonly string[],
): Promise<WitnessAnswer> {
  const time = deps.nowSeconds();
  if (time < (lane.seen?.time ?? 1)) return plain(500, "this witness' clock went back");
  const { key } = deps;
  const { name, id } = key.verifier;
  const signature = encodeTimestamped({ time, signature: key.sign(cosignedMessage(utf8(note.text), time)) });
  const cosignature: NoteSignature = { name, id, signature };
  const byLog = note.signatures.filter(({ name, id }) => name === lane.origin && knownKeys.includes(id));
  const kept = formatNote({ text: note.text, signatures: [...byLog, cosignature] });
  try {
    await deps.store.keep(lane.hash, kept);
  } catch {
    lane.broken = true;
    return plain(500, 'this witness could not write');
  }
  lane.seen = { checkpoint, note: kept, time };
  return text(200, formatSignatureLine(cosignature));
}

async function readSeen(
  { key, store }: WitnessDeps,
  origin: string,
  hash: string,
): Promise<Seen | undefined> {
  const note = await store.read(hash);
  if (note === undefined) return undefined;
  // Its own signature is what it goes by: the log's key may have been changed since.
  const opened = openCheckpoint(note, { origin, logKeys: [key.verifier] }, verifyEd25519);
  const time = opened.ok ? opened.signatures[0]?.time : undefined;
  if (!opened.ok || time === undefined)
    throw new RangeError(`what was cosigned last for ${origin} is damaged, or was cosigned with another key`);
  return { checkpoint: opened.checkpoint, note, time };
}

function report(
  { onContradiction }: WitnessDeps,
  { origin, seen }: Lane,
  asked: AddCheckpoint,
  why: string,
): void {
  onContradiction?.({ origin, why, seen: seen?.note ?? '', offered: asked.checkpoint });
}

function plain(status: Exclude<WitnessAnswer['status'], 200 | 409>, why: string): WitnessAnswer {
  return text(status, `${why}\n`);
}

function text(status: WitnessAnswer['status'], body: string): WitnessAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}
