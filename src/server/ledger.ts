/**
 * The ledger of a running gate. Starting it never fails the gate: whatever keeps the log from going on is an alarm and
 * a sentence in the status, decisions are recorded all the same, and wait. Start reading at `startLedger`.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { NewAlarm } from '../admission/deps.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { AssayError, isAssayError, messageOf } from '../core/errors.ts';
import { rfc3339, type Clock } from '../core/time.ts';
import { localOperator } from '../core/subject.ts';
import type { CheckpointSigner } from '../ledger/log/deps.ts';
import { runLog, type RunningLog } from '../ledger/log/run.ts';
import { createLog, type Log } from '../ledger/log/sequencer.ts';
import type { RotationStep } from '../ledger/signing/requests.ts';
import type { LeafField } from '../ledger/verify/leaf.ts';
import type { Cosigner } from '../ledger/witness/client.ts';
import type { Storage } from '../storage/open.ts';
import type { LedgerSettings } from './config/settings.ts';
import type { LedgerStatus } from './control/ledger-protocol.ts';
import {
  builderKeyInForce,
  completeBuilderKey,
  recordedBuilderKeys,
  rotateBuilderKey,
  type BuilderKeyDeps,
  type RecordedBuilderKey,
} from './ledger/builder-key.ts';
import { disclose, type Disclosed, type Wanted } from './ledger/disclose.ts';
import { eraseField, type EraseRequest } from './ledger/erase.ts';
import { inaugurated } from './ledger/origin.ts';
import { recordMissedStep, rotateKey, type Rotated, type RotationDeps } from './ledger/rotate.ts';
import { signStatements, type StatementDeps } from './ledger/statements.ts';
import type { Logger } from './logger.ts';

export interface LedgerParts {
  readonly storage: Storage;
  readonly settings: LedgerSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signer: CheckpointSigner &
    Pick<StatementDeps, 'attest'> &
    RotationDeps['signer'] &
    BuilderKeyDeps['signer'];
  /** Without it checkpoints are published without cosignatures. */
  readonly cosigner?: Cosigner | undefined;
  readonly raiseAlarm: (alarm: NewAlarm) => Promise<void>;
  /** Signs releases once their decisions are in the log; how many, 0 when none are left. */
  readonly signReleases?: ((origin: string) => Promise<number>) | undefined;
}

export interface Ledger {
  readonly status: () => Promise<LedgerStatus>;
  /** Throws LEDGER_INDEX_UNKNOWN, LEDGER_CORRUPT, STORAGE_*. */
  readonly disclose: (wanted: Wanted, fields: readonly LeafField[]) => Promise<Disclosed>;
  /** The id of the entry that records it. Throws LEDGER_ERASE_NOTHING, STORAGE_*. */
  readonly erase: (request: EraseRequest) => Promise<string>;
  /**
   * A step in changing the log's key, recorded as an entry. Asked again it changes nothing. Throws
   * LEDGER_ROTATION_REFUSED, LEDGER_SIGNER_*, LEDGER_INDEX_UNKNOWN before the log began, STORAGE_*.
   */
  readonly rotateKey: (step: RotationStep) => Promise<Rotated>;
  /** Verifier key that signs builds, after its entry is in the log. Throws LEDGER_SIGNER_*, STORAGE_*. */
  readonly builderKey: () => Promise<string>;
  /** All keys of the builder, newest first; `inForce`: the one that signs, when the signer answers. */
  readonly builderKeys: () => Promise<{
    readonly keys: readonly RecordedBuilderKey[];
    readonly inForce: string | undefined;
  }>;
  /** A new key signs builds from then on. Throws as `rotateKey`. */
  readonly rotateBuilderKey: () => Promise<string>;
  /** What waits for a signature is signed now; nothing waits for it. */
  readonly signSoon: () => void;
  /** Sentences for the status; empty when all is well. */
  readonly problems: () => readonly string[];
  /** Ends after the round under way. */
  readonly close: () => Promise<void>;
}

/** A signer of a gate that was killed a moment ago may still hold the log. */
const lockPatienceMs = 15_000;
/** What passes by itself is an alarm when it takes longer. */
const waitPatienceMs = 60_000;
const statementPauseMs = 5_000;

/** Two histories, or one that was taken back: somebody must find out which one is right. */
const forks: readonly ErrorCode[] = [
  'LEDGER_FORKED',
  'LEDGER_ROLLED_BACK',
  'LEDGER_SIGNER_AHEAD',
  'LEDGER_SIGNER_REFUSED',
];

export function startLedger(parts: LedgerParts): Ledger {
  const { storage, settings, clock, signer } = parts;
  const intervalMs = settings.checkpointSeconds * 1000;
  const closing = new AbortController();
  let log: Log | undefined;
  let running: RunningLog | undefined;
  let origin = settings.origin ?? '';
  let failure: AssayError | undefined;
  let waitingSinceMs: number | undefined;
  let signing: Promise<void> | undefined;
  let missedStep: Promise<void> | undefined;
  let rotating: Promise<unknown> = Promise.resolve();

  function stopped(error: AssayError): void {
    failure = error;
    const kind = forks.includes(error.code) ? 'ledger-forked' : 'ledger-stopped';
    alarm(kind, 'critical', `The ledger stopped: ${error.message}`, error.code);
  }

  function alarm(
    kind: NewAlarm['kind'],
    severity: NewAlarm['severity'],
    message: string,
    code: string,
  ): void {
    const raised = {
      kind,
      severity,
      about: origin || 'ledger',
      message,
      data: { code },
      at: rfc3339(clock()),
    };
    parts.raiseAlarm(raised).catch((error: unknown) => {
      parts.log.error({ err: error }, message);
    });
  }

  /** A round that could not end is tried again by the loop; when that lasts, people are told. */
  async function sequence(of: Log): Promise<number> {
    try {
      const count = await of.sequence();
      waitingSinceMs = undefined;
      if (count > 0) signSoon();
      return count;
    } catch (error) {
      const now = performance.now();
      waitingSinceMs ??= now;
      if (of.state().stopped === undefined && now - waitingSinceMs > waitPatienceMs) {
        waitingSinceMs = now;
        const code = error instanceof AssayError ? error.code : '';
        alarm('ledger-stopped', 'warning', `The ledger waits: ${messageOf(error)}`, code);
      }
      throw error;
    }
  }

  function signSoon(): void {
    signing ??= signAll().finally(() => {
      signing = undefined;
    });
  }

  async function signAll(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await (missedStep ??= recordMissed());
        const statements = await signStatements({ storage, attest: signer.attest }, origin);
        const releases = (await parts.signReleases?.(origin)) ?? 0;
        if (statements + releases === 0) return;
      } catch (error) {
        if (closing.signal.aborted) return;
        parts.log.warn({ err: error }, 'the statements of new entries could not be signed yet');
        await pause(statementPauseMs);
      }
    }
  }

  /** A gate that died between the signer's step and its entry records it at the next start. */
  async function recordMissed(): Promise<void> {
    try {
      await inTurn(() => recordMissedStep({ storage, signer, randomBytes }, origin));
      await inTurn(() => completeBuilderKey(builderKeyDeps(), origin));
    } catch (error) {
      missedStep = undefined;
      throw error;
    }
  }

  /** One step after the other: each follows the entry of the one before. */
  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = rotating.then(step);
    rotating = turn.catch(() => undefined);
    return turn;
  }

  async function pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: closing.signal }).catch(() => undefined);
  }

  async function begin(): Promise<void> {
    const patientUntil = performance.now() + lockPatienceMs;
    while (!closing.signal.aborted) {
      const made = createLog({
        tiles: storage.ledger.tiles,
        heads: storage.ledger.heads,
        signer,
        cosign: parts.cosigner?.cosign,
        clock,
        onStop: stopped,
      });
      try {
        origin = await inaugurated(storage.ledger.heads, settings.origin);
        await made.start();
        log = made;
        const looped = { ...made, sequence: () => sequence(made) };
        running = runLog(looped, { intervalMs, wake: storage.ledger.onEvent });
        failure = undefined;
        signSoon();
        return;
      } catch (error) {
        failure = asProblem(error);
        const isLocked = failure.code === 'LEDGER_SIGNER_LOCKED' && performance.now() < patientUntil;
        if (!isLocked && made.state().waiting === undefined) return stopped(failure);
        await pause(Math.min(intervalMs, 1000));
      }
    }
  }

  function started(): Log {
    if (log !== undefined) return log;
    throw failure ?? new AssayError('LEDGER_INDEX_UNKNOWN', 'the log has not begun yet');
  }

  function builderKeyDeps(): BuilderKeyDeps {
    return { storage, signer, log: started(), randomBytes, signal: closing.signal };
  }

  function problems(): readonly string[] {
    const state = log?.state();
    const error = failure ?? state?.stopped ?? state?.waiting;
    const other = settings.origin !== undefined && origin !== settings.origin;
    return [
      ...(error === undefined ? [] : [`The ledger ${stateOf(error)}: ${error.message}. ${error.hint}`]),
      ...(other
        ? [`The ledger is called ${origin}: ledger.origin (${settings.origin}) came too late for it.`]
        : []),
    ];
  }

  function stateOf(error: AssayError | undefined): LedgerStatus['state'] {
    if (log === undefined && error === undefined) return 'starting';
    if (error === undefined) return 'running';
    return error === log?.state().waiting || beginning !== undefined ? 'waits' : 'stopped';
  }

  async function status(): Promise<LedgerStatus> {
    const state = log?.state();
    const error = failure ?? state?.stopped ?? state?.waiting;
    // Before the log began, what it was when it was stored last.
    const head = state ?? (await storage.ledger.heads.head());
    const vkeys = origin === '' ? [] : await signer.vkeys(origin).catch(() => []);
    return {
      state: stateOf(error),
      origin,
      size: head?.size ?? 0,
      root: head?.root ?? '',
      ...(head === undefined || head.timeMs === 0
        ? {}
        : { checkpointAt: new Date(head.timeMs).toISOString() }),
      waiting: await storage.events.waiting(),
      ...(error === undefined ? {} : { problem: { code: error.code, message: error.message } }),
      vkeys: [...vkeys],
      witnesses: (parts.cosigner?.witnesses() ?? []).map(({ name, url, cosigned, problem }) => ({
        name,
        ...(url === undefined ? {} : { url }),
        ...(cosigned === undefined ? {} : { cosigned }),
        ...(problem === undefined ? {} : { problem }),
      })),
    };
  }

  let beginning: Promise<void> | undefined = begin().finally(() => {
    beginning = undefined;
  });
  return {
    status,
    disclose: (wanted, fields) => disclose({ storage, log: started() }, wanted, fields),
    erase: (request) => eraseField({ storage, clock, randomBytes }, request),
    rotateKey: (step) =>
      inTurn(() => {
        const { size, stopped: error } = started().state();
        if (error !== undefined) throw error;
        return rotateKey({ storage, signer, randomBytes }, { origin, step, size, principal: localOperator });
      }),
    builderKey: () => inTurn(async () => builderKeyInForce(builderKeyDeps(), origin)),
    builderKeys: async () => ({
      keys: await recordedBuilderKeys(storage),
      inForce: (await signer.builderKeys(origin).catch(() => undefined))?.inForce,
    }),
    rotateBuilderKey: () =>
      inTurn(async () => {
        const { stopped: error } = started().state();
        if (error !== undefined) throw error;
        return rotateBuilderKey(builderKeyDeps(), origin, localOperator);
      }),
    signSoon,
    problems,
    close: async () => {
      closing.abort();
      await beginning;
      await running?.stop();
      await signing;
      await rotating;
    },
  };
}

function asProblem(error: unknown): AssayError {
  if (isAssayError(error)) return error;
  return new AssayError('LEDGER_STOPPED', messageOf(error), { cause: error });
}
