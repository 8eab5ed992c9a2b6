/**
 * Starts the signer process and watches it. One that dies is started again after a growing pause; what it was asked
 * meanwhile fails with LEDGER_SIGNER_UNAVAILABLE and can be asked again.
 */
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { errorCodes, type ErrorCode } from '../../core/error-codes.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import type { Principal } from '../../core/subject.ts';
import type { CheckpointSigner } from '../../ledger/log/deps.ts';
import { originFolder } from '../../ledger/signing/origin.ts';
import type { RegistryPublicKey } from '../../ledger/signing/registry-keys.ts';
import type {
  BuilderKeys,
  BuilderKeyUse,
  KeyRotation,
  NewBuilderKey,
  RegistrySignature,
  RegistrySignatureRequest,
  RotationStep,
  SignerAnswers,
  SignerRequest,
} from '../../ledger/signing/requests.ts';
import type { Envelope } from '../../ledger/verify/dsse.ts';
import { errnoOf, nodeFileSystem, syncDirectory } from '../../storage/durable.ts';
import { startSignerProcess, type SignerProcess } from './launch-process.ts';

export interface LaunchOptions {
  /** The signer's folder; made, closed to others, when it is not there. */
  readonly directory: string;
  /** Must not hold the signer's folder, nor lie in it. */
  readonly dataDirectory: string;
  readonly nodePath: string;
  /** A sentence for the log: the signer died, and why. */
  readonly onDeath?: (why: string) => void;
  readonly onStart?: (pid: number | undefined) => void;
  /** Longest wait for an answer (default 10 s): a signer that is silent for longer is ended. */
  readonly answerMs?: number;
  /** First and longest pause before a start after a death (default 100 ms and 30 s). */
  readonly pauseMs?: { readonly first: number; readonly longest: number };
}

/** All throw LEDGER_SIGNER_REFUSED, _LOCKED, _UNUSABLE, _UNAVAILABLE and LEDGER_CLOCK_BACK. */
export interface LaunchedSigner extends CheckpointSigner {
  /** Signs an in-toto statement with one of our predicates. */
  readonly attest: (origin: string, statement: JsonObject) => Promise<Envelope>;
  /** Signs what is said of builds, with the builder's own key. */
  readonly attestBuild: (origin: string, statement: JsonObject) => Promise<Envelope>;
  readonly builderKeys: (origin: string) => Promise<BuilderKeys>;
  /** Makes the builder's next key, which signs nothing yet; asked again, the same. */
  readonly beginBuilderKey: (origin: string, principal: Principal) => Promise<NewBuilderKey>;
  /** It signs from now on, when its entry is proven to be in the log. */
  readonly applyBuilderKey: (origin: string, use: BuilderKeyUse) => Promise<string>;
  readonly rotateKey: (origin: string, step: RotationStep, principal: Principal) => Promise<KeyRotation>;
  /** Keys that sign releases, the present one first; empty before the first signature. */
  readonly registryKeys: (origin: string) => Promise<readonly RegistryPublicKey[]>;
  readonly signRelease: (request: RegistrySignatureRequest) => Promise<RegistrySignature>;
  readonly rotateRegistryKey: (origin: string) => Promise<readonly RegistryPublicKey[]>;
  /** Why it does not answer; undefined when its last answer came. */
  readonly problem: () => string | undefined;
  /** Lets it finish what it was asked. */
  readonly close: () => Promise<void>;
}

interface Waiting {
  readonly settle: (line: JsonObject) => void;
  readonly fail: (error: AssayError) => void;
}

/** One life of the process. */
interface Life {
  readonly process: SignerProcess;
  readonly waiting: Map<number, Waiting>;
  readonly gone: Promise<void>;
  /** Origins whose files have durable names since this process began. */
  readonly named: Set<string>;
}

/** What makes a key when it is asked for first. */
const makingKeys: readonly SignerRequest['kind'][] = ['registry-signature'];
const changingKeys: readonly SignerRequest['kind'][] = [
  'rotate-key',
  'rotate-registry-key',
  'begin-builder-key',
  'use-builder-key',
];

/** Throws LEDGER_SIGNER_UNUSABLE. */
export async function launchSigner(options: LaunchOptions): Promise<LaunchedSigner> {
  const directory = await signerFolder(options.directory, options.dataDirectory);
  const { answerMs = 10_000, pauseMs = { first: 100, longest: 30_000 } } = options;
  let life: Life | undefined;
  let problem: string | undefined;
  let deaths = 0;
  let notBefore = 0;
  let lastId = 0;
  let closed = false;

  function start(): Life {
    const gone = Promise.withResolvers<void>();
    const process = startSignerProcess(options.nodePath, directory, {
      line: (text) => takeLine(started, text),
      exit: (why) => {
        bury(started, why);
        gone.resolve();
      },
    });
    const started: Life = { process, waiting: new Map(), gone: gone.promise, named: new Set() };
    options.onStart?.(process.pid);
    return started;
  }

  function bury(ended: Life, why: string): void {
    if (life === ended) life = undefined;
    const waiting = [...ended.waiting.values()];
    ended.waiting.clear();
    if (closed && waiting.length === 0) return;
    problem = `the signer died: ${why}`;
    notBefore = performance.now() + Math.min(pauseMs.longest, pauseMs.first * 2 ** Math.min(deaths, 20));
    deaths += 1;
    options.onDeath?.(problem);
    for (const { fail } of waiting) fail(unavailable(problem));
  }

  /** It is our own program; yet whatever is not an answer to a question ends it. */
  function takeLine(from: Life, text: string): void {
    const line = parsed(text);
    const id = line === undefined ? undefined : own(line, 'id');
    const waiting = typeof id === 'number' ? from.waiting.get(id) : undefined;
    if (line === undefined || typeof id !== 'number' || waiting === undefined) return from.process.kill();
    from.waiting.delete(id);
    const error = ownObject(line, 'error');
    if (error === undefined || ownString(error, 'code') !== 'LEDGER_SIGNER_UNAVAILABLE') {
      deaths = 0;
      problem = undefined;
    }
    waiting.settle(line);
  }

  function living(): Life {
    if (closed) throw unavailable('the signer was closed');
    const pause = notBefore - performance.now();
    if (life === undefined && pause > 0) throw unavailable(problem ?? 'the signer died', pause);
    return (life ??= start());
  }

  async function ask<K extends SignerRequest['kind']>(
    request: Extract<SignerRequest, { readonly kind: K }>,
  ): Promise<SignerAnswers[K]> {
    const asked = living();
    const answer = await exchange(asked, request);
    await makeNamesDurable(asked, request);
    return answer as SignerAnswers[K];
  }

  function exchange(asked: Life, request: SignerRequest): Promise<unknown> {
    const id = (lastId += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => asked.process.kill(), answerMs);
      const waiting: Waiting = {
        settle: (line) => {
          clearTimeout(timer);
          const error = ownObject(line, 'error');
          if (error === undefined) resolve(own(line, 'answer'));
          else reject(errorFrom(error));
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      asked.waiting.set(id, waiting);
      asked.process.send(JSON.stringify({ id, request }));
    });
  }

  /** The signer cannot sync folders (the permission model forbids it): new files get durable names before the answer is used. */
  async function makeNamesDurable(asked: Life, { kind, origin }: SignerRequest): Promise<void> {
    // The first signature of a release makes its key.
    const name = makingKeys.includes(kind) ? `${origin} ${kind}` : origin;
    if (asked.named.has(name) && !changingKeys.includes(kind)) return;
    try {
      await syncDirectory(nodeFileSystem, join(directory, originFolder(origin)));
      await syncDirectory(nodeFileSystem, directory);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw unavailable(`the signer's folder cannot be made durable: ${messageOf(error)}`);
    }
    asked.named.add(name);
  }

  async function close(): Promise<void> {
    closed = true;
    const last = life;
    if (last === undefined) return;
    last.process.finish();
    const timer = setTimeout(last.process.kill, answerMs);
    await last.gone;
    clearTimeout(timer);
  }

  life = start();
  return {
    last: (origin) => ask({ kind: 'last', origin }),
    vkeys: (origin) => ask({ kind: 'vkeys', origin }),
    sign: ({ origin, oldSize, size, root, proof }) =>
      ask({ kind: 'checkpoint', origin, oldSize, size, root, proof }),
    attest: (origin, statement) => ask({ kind: 'attestation', origin, statement }),
    attestBuild: (origin, statement) => ask({ kind: 'build-attestation', origin, statement }),
    builderKeys: (origin) => ask({ kind: 'builder-keys', origin }),
    beginBuilderKey: (origin, principal) => ask({ kind: 'begin-builder-key', origin, principal }),
    applyBuilderKey: (origin, { index, entry, proof, salt, statement }) =>
      ask({ kind: 'use-builder-key', origin, index, entry, proof, salt, statement }),
    rotateKey: (origin, step, principal) => ask({ kind: 'rotate-key', origin, step, principal }),
    registryKeys: (origin) => ask({ kind: 'registry-keys', origin }),
    signRelease: async ({ origin, name, version, integrity }) =>
      ask({ kind: 'registry-signature', origin, name, version, integrity }),
    rotateRegistryKey: (origin) => ask({ kind: 'rotate-registry-key', origin }),
    problem: () => problem,
    close,
  };
}

/** Its real path. Made when missing; refused when others may enter it, or a copy of the data directory would copy it. */
async function signerFolder(wanted: string, dataDirectory: string): Promise<string> {
  try {
    const path = resolve(wanted);
    const made = await mkdir(path, { recursive: true, mode: 0o700 });
    const known = made === undefined ? path : dirname(made);
    for (let each = path; each !== known; each = dirname(each))
      await syncDirectory(nodeFileSystem, dirname(each));
    const directory = await realpath(path);
    const { mode, uid } = await stat(directory);
    if ((mode & 0o077) !== 0 || uid !== (process.getuid?.() ?? uid))
      throw unusable(
        `${directory} is open to others (mode ${(mode & 0o777).toString(8)}), or not yours`,
        `Run chmod 700 ${directory} after making sure that nobody copied a key.`,
      );
    const data = await realpath(dataDirectory).catch(() => dataDirectory);
    if (isInside(directory, data) || isInside(data, directory))
      throw unusable(
        `${directory} and the data directory ${data} lie in one another: a copy of one would be a copy of both`,
      );
    return directory;
  } catch (error) {
    if (error instanceof AssayError) throw error;
    throw unusable(`${wanted}: ${messageOf(error)}`);
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function errorFrom(error: JsonObject): AssayError {
  const code = ownString(error, 'code') ?? '';
  const hint = ownString(error, 'hint');
  return new AssayError(
    isErrorCode(code) ? code : 'LEDGER_SIGNER_UNAVAILABLE',
    ownString(error, 'message') ?? 'the signer gave no reason',
    hint === undefined ? {} : { hint },
  );
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function unavailable(why: string, pauseMs = 1000): AssayError {
  return new AssayError('LEDGER_SIGNER_UNAVAILABLE', why, {
    retryAfterSeconds: Math.max(1, Math.ceil(pauseMs / 1000)),
  });
}

function unusable(message: string, hint?: string): AssayError {
  return new AssayError('LEDGER_SIGNER_UNUSABLE', message, hint === undefined ? {} : { hint });
}
