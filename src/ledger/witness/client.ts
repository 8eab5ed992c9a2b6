/**
 * Our log's side of C2SP tlog-witness: offers each new checkpoint to every witness of the policy, side by side, and
 * returns as soon as those that cosigned are a quorum. A witness that can show, with our own signature, that it saw
 * another history of ours stops the log, whatever the mode.
 */
import { AssayError, messageOf } from '../../core/errors.ts';
import { sha256Bytes } from '../leaf.ts';
import type { Cosign } from '../log/deps.ts';
import { verifyEd25519 } from '../signing/ed25519.ts';
import { fromHex, parseDecimal } from '../verify/bytes.ts';
import { openCheckpoint, parseCheckpoint, type Checkpoint } from '../verify/checkpoint.ts';
import { judgeGrowth } from '../verify/monitor.ts';
import { formatSignatureLine, openNote, parseNote, parseSignatureLines } from '../verify/note.ts';
import { isQuorum, type PolicyWitness, type TrustPolicy } from '../verify/policy.ts';
import { hashBytes } from '../verify/rfc6962.ts';
import type { VerifierKey } from '../verify/vkey.ts';
import { formatAddCheckpoint } from './add-checkpoint.ts';
import { originHash } from './witness.ts';

export interface HttpLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface HttpText {
  readonly status: number;
  readonly text: string;
}

export interface CosignerDeps {
  readonly policy: TrustPolicy;
  /** Without a quorum: `fail-open` goes on with what there is, `fail-closed` throws. */
  readonly mode: 'fail-open' | 'fail-closed';
  /** The log's keys in force. */
  readonly logKeys: (origin: string) => Promise<readonly VerifierKey[]>;
  readonly post: (url: string, body: string, limits: HttpLimits) => Promise<HttpText>;
  readonly get: (url: string, limits: HttpLimits) => Promise<HttpText>;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
  /** One request to a witness (default 2 s). */
  readonly timeoutMs?: number;
  /** In `fail-open` mode a witness that did not answer is left out for so long (default 10 s), so that it slows nothing. */
  readonly restMs?: number;
}

export interface WitnessReport {
  readonly name: string;
  readonly url: string | undefined;
  /** Largest size it cosigned since the start; undefined before the first. */
  readonly cosigned: number | undefined;
  /** Why it did not cosign the newest checkpoint it was offered. */
  readonly problem: string | undefined;
}

export interface Cosigner {
  /** Throws LEDGER_NO_QUORUM (fail-closed), LEDGER_ROLLED_BACK, LEDGER_FORKED. */
  readonly cosign: Cosign;
  readonly witnesses: () => readonly WitnessReport[];
}

/** One witness, as far as we know it. */
interface Lane {
  readonly witness: PolicyWitness;
  readonly url: string;
  /** What it cosigned last, as far as known: the old size to begin with. */
  size: number;
  cosigned: number | undefined;
  problem: string | undefined;
  restUntilMs: number;
}

interface Offer {
  readonly note: string;
  readonly text: string;
  readonly checkpoint: Checkpoint;
  readonly proofFrom: (oldSize: number) => Promise<readonly string[]>;
}

const defaultTimeoutMs = 2000;
const defaultRestMs = 10_000;
const maxAnswerBytes = 64 * 1024;
/** First guess, the size it names, and once more should another request of ours have come between. */
const maxAttempts = 3;

export function createCosigner(deps: CosignerDeps): Cosigner {
  const { policy, mode } = deps;
  const lanes = policy.witnesses.flatMap((witness): readonly Lane[] =>
    witness.url === undefined
      ? []
      : [
          {
            witness,
            url: witness.url.replace(/\/+$/, ''),
            size: 0,
            cosigned: undefined,
            problem: undefined,
            restUntilMs: 0,
          },
        ],
  );
  /** A late answer to an old offer must not look as if the witness were ahead of us. */
  let largest = 0;
  /** Found by a witness that answered after the others were enough: told at the next checkpoint. */
  let found: unknown;

  async function cosign(note: string, proofFrom: Offer['proofFrom']): Promise<string> {
    if (found !== undefined) throw found;
    const text = parseNote(note)?.text ?? '';
    const checkpoint = parseCheckpoint(text);
    if (checkpoint === undefined) throw new RangeError('this is no checkpoint');
    largest = Math.max(largest, checkpoint.size);
    const lines = await collect({ note, text, checkpoint, proofFrom });
    const met = isQuorum(policy.quorum, (witness) => lines.has(witness));
    if (!met && mode === 'fail-closed') throw noQuorum(checkpoint, lanes);
    return note + policy.witnesses.flatMap((witness) => lines.get(witness) ?? []).join('');
  }

  /** Signature lines by witness: all that came until the quorum was met, or all there will be. */
  function collect(offer: Offer): Promise<ReadonlyMap<PolicyWitness, string>> {
    const lines = new Map<PolicyWitness, string>();
    const isEnough = (): boolean =>
      policy.quorum !== 'none' && isQuorum(policy.quorum, (witness) => lines.has(witness));
    const rested = lanes.filter((lane) => mode === 'fail-closed' || deps.monotonicMs() >= lane.restUntilMs);
    return new Promise((resolve, reject) => {
      const one = async (lane: Lane): Promise<void> => {
        const line = await offerTo(lane, offer);
        if (line !== undefined) lines.set(lane.witness, line);
        if (isEnough()) resolve(new Map(lines));
      };
      Promise.all(rested.map(one)).then(() => resolve(lines), reject);
    });
  }

  /** Undefined when it did not cosign; why is in the lane. Throws only what must stop the log. */
  async function offerTo(lane: Lane, offer: Offer): Promise<string | undefined> {
    try {
      const line = await ask(lane, offer);
      lane.cosigned = Math.max(lane.cosigned ?? 0, offer.checkpoint.size);
      lane.problem = undefined;
      return line;
    } catch (error) {
      lane.problem = messageOf(error);
      if (isStop(error)) {
        found = error;
        throw error;
      }
      if (!(error instanceof WitnessRefusal))
        lane.restUntilMs = deps.monotonicMs() + (deps.restMs ?? defaultRestMs);
      return undefined;
    }
  }

  async function ask(lane: Lane, offer: Offer): Promise<string> {
    const { size } = offer.checkpoint;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const oldSize = Math.min(lane.size, size);
      const body = formatAddCheckpoint(
        oldSize,
        oldSize === 0 ? [] : await offer.proofFrom(oldSize),
        offer.note,
      );
      const { status, text } = await deps.post(`${lane.url}/add-checkpoint`, body, limits(deps));
      if (status === 200) {
        const line = cosignatureIn(text, lane.witness, offer.text);
        lane.size = Math.max(lane.size, size);
        return line;
      }
      const seen = status === 409 ? parseDecimal(text.replace(/\n$/, '')) : undefined;
      if (seen !== undefined && seen <= size && seen !== oldSize) {
        lane.size = seen;
        continue;
      }
      if ((seen !== undefined && seen > largest) || status === 422) await demandInnocence(lane, offer);
      throw new WitnessRefusal(refusalText(status, seen, text));
    }
    throw new WitnessRefusal('it names another size each time');
  }

  /**
   * The witness says it saw more of our log than there is, or another history. It may be wrong; what it saw is signed
   * by us if it is right, and then the log must stop.
   */
  async function demandInnocence(lane: Lane, { checkpoint, proofFrom }: Offer): Promise<void> {
    const { origin, size } = checkpoint;
    const answer = await deps.get(`${lane.url}/${originHash(origin)}/checkpoint`, limits(deps));
    if (answer.status !== 200) return;
    const opened = openCheckpoint(
      answer.text,
      { origin, logKeys: await deps.logKeys(origin) },
      verifyEd25519,
    );
    if (!opened.ok) return;
    const seen = opened.checkpoint;
    const about = `the witness ${lane.witness.name} has a checkpoint of size ${seen.size} with our signature`;
    if (seen.size > largest)
      throw new AssayError('LEDGER_ROLLED_BACK', `${about}, but the log here has size ${size}`);
    if (seen.size > size) return;
    const proof = seen.size === 0 ? [] : await proofFrom(seen.size);
    const growth = judgeGrowth(seen, checkpoint, proof.map(bytesOf), sha256Bytes);
    if (growth !== 'ok')
      throw new AssayError('LEDGER_FORKED', `${about}, which the log here does not continue`);
  }

  return {
    cosign,
    witnesses: () =>
      policy.witnesses.map((witness) => {
        const lane = lanes.find((lane) => lane.witness === witness);
        const { name, url } = witness;
        const problem = lane === undefined ? 'the policy names no URL for it' : lane.problem;
        return { name, url, cosigned: lane?.cosigned, problem };
      }),
  };
}

/** It answered, and not with a cosignature: asking again at the next checkpoint costs nothing. */
class WitnessRefusal extends Error {}

function isStop(error: unknown): boolean {
  return (
    error instanceof AssayError && (error.code === 'LEDGER_ROLLED_BACK' || error.code === 'LEDGER_FORKED')
  );
}

/** The witness' own line, verified; lines by unknown keys are ignored. */
function cosignatureIn(answer: string, { key }: PolicyWitness, text: string): string {
  const own = (parseSignatureLines(answer) ?? []).find(({ name, id }) => name === key.name && id === key.id);
  if (own === undefined) throw new WitnessRefusal('its answer holds no signature by its key');
  const line = formatSignatureLine(own);
  const opened = openNote(`${text}\n${line}`, [key], verifyEd25519);
  const time = opened.ok ? opened.verified[0]?.time : undefined;
  if (time === undefined || time === 0) throw new WitnessRefusal('its cosignature does not verify');
  return line;
}

const meanings: Readonly<Record<number, string>> = {
  400: 'it cannot read our request',
  403: "it does not know our log's key",
  404: 'it does not know our log',
  409: 'it has cosigned another size',
  422: 'our checkpoint does not continue the one it cosigned',
};

function refusalText(status: number, seen: number | undefined, text: string): string {
  const meaning = meanings[status] ?? 'it did not cosign';
  const detail = seen === undefined ? text.trim().slice(0, 200) : `it says size ${seen}`;
  return `${meaning} (status ${status})${detail === '' ? '' : `: ${detail}`}`;
}

function noQuorum({ size }: Checkpoint, lanes: readonly Lane[]): AssayError {
  const problems = lanes
    .filter(({ problem }) => problem !== undefined)
    .map(({ witness, problem }) => `${witness.name}: ${problem}`);
  return new AssayError(
    'LEDGER_NO_QUORUM',
    `no quorum for size ${size}; ${problems.join('; ').slice(0, 2000)}`,
  );
}

function limits({ timeoutMs = defaultTimeoutMs }: CosignerDeps): HttpLimits {
  return { timeoutMs, maxBytes: maxAnswerBytes };
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex, hashBytes) ?? new Uint8Array(0);
}
