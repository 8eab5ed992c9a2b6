/** Starts a witness of our own (C2SP tlog-witness) over HTTP: `POST /add-checkpoint`, `GET /<origin hash>/checkpoint`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { Clock } from '../../core/time.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { parseVkey, signatureTypes, type VerifierKey } from '../../ledger/verify/vkey.ts';
import { maxRequestBytes } from '../../ledger/witness/add-checkpoint.ts';
import { createWitness, type Witness } from '../../ledger/witness/witness.ts';
import { readBody } from '../gateway/body.ts';
import { readWitnessKey } from './key.ts';
import { openWitnessFolder, witnessUnusable } from './store.ts';

export interface WitnessOptions {
  /** Address to listen on; behind a proxy that speaks https, loopback. */
  readonly listen: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What it remembers. Losing it makes the witness forget, so back it up, and never restore an old copy. */
  readonly directory: string;
  readonly keyFile: string;
  /** vkeys of the logs to witness; a key's name is its log's origin. */
  readonly logs: readonly string[];
  readonly clock: Clock;
  /** A sentence for the operator: a log contradicted itself, or a disk failed. */
  readonly onProblem?: (message: string) => void;
}

export interface RunningWitness {
  readonly url: string;
  /** Under which its cosignatures verify. */
  readonly vkey: string;
  readonly close: () => Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Throws LEDGER_WITNESS_UNUSABLE, PORT_IN_USE; then nothing stays open. */
export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const logs = options.logs.map(logKey);
  const key = await readWitnessKey(options.keyFile);
  const folder = await openWitnessFolder(options.directory);
  let keeping: Promise<unknown> = Promise.resolve();
  try {
    const witness = await createWitness({
      key,
      logs,
      store: folder.store,
      nowSeconds: () => Math.floor(options.clock().getTime() / 1000),
      onContradiction: (finding) => {
        options.onProblem?.(`the log ${finding.origin} contradicts itself: ${finding.why}`);
        keeping = keeping
          .then(() => folder.keepContradiction(finding))
          .catch((error: unknown) => {
            options.onProblem?.(`a contradiction could not be kept: ${messageOf(error)}`);
          });
      },
    });
    const server = await listen(witness, options);
    const { port } = server.address() as { readonly port: number };
    const host = options.listen.includes(':') ? `[${options.listen}]` : options.listen;
    const close = async (): Promise<void> => {
      await closeServer(server);
      await keeping;
      folder.close();
    };
    let closing: Promise<void> | undefined;
    return { url: `http://${host}:${port}`, vkey: witness.vkey, close: () => (closing ??= close()) };
  } catch (error) {
    folder.close();
    if (error instanceof RangeError) throw witnessUnusable(error.message);
    throw error;
  }
}

function logKey(vkey: string): VerifierKey {
  const key = parseVkey(vkey, sha256Bytes);
  if (key?.type !== signatureTypes.ed25519)
    throw witnessUnusable(`${JSON.stringify(vkey.slice(0, 200))} is no vkey of a log`);
  return key;
}

async function listen(witness: Witness, options: WitnessOptions): Promise<Server> {
  const server = createServer(
    { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 60_000 },
    (request, response) => void serve(witness, options, request, response),
  );
  server.maxConnections = 256;
  try {
    server.listen(options.port, options.listen);
    await once(server, 'listening');
    return server;
  } catch (error) {
    const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (inUse)
      throw new AssayError('PORT_IN_USE', `port ${options.port} is held by another process`, {
        cause: error,
      });
    throw witnessUnusable(`cannot listen on ${options.listen}:${options.port}: ${messageOf(error)}`);
  }
}

async function serve(
  witness: Witness,
  options: WitnessOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { status, contentType, body } = await answerTo(witness, request);
    if (status >= 500) options.onProblem?.(body.trim());
    // What is left of a body that was not read ends the connection with the answer.
    const ending = request.complete ? {} : { connection: 'close' };
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...ending,
    });
    response.end(body);
  } catch (error) {
    options.onProblem?.(messageOf(error));
    response.destroy();
  }
}

async function answerTo(witness: Witness, request: IncomingMessage): Promise<Reply> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path === '/add-checkpoint') {
    if (request.method !== 'POST') return text(405, 'use POST\n');
    const body = await bodyOf(request);
    return body === undefined ? text(413, 'the request is too large\n') : witness.addCheckpoint(body);
  }
  const hash = /^\/(?<hash>[0-9a-f]{64})\/checkpoint$/.exec(path)?.groups?.['hash'];
  if (hash === undefined)
    return text(404, 'a witness: POST /add-checkpoint, GET /<origin hash>/checkpoint\n');
  return request.method === 'GET' ? witness.checkpoint(hash) : text(405, 'use GET\n');
}

/** What is not UTF-8 becomes a text that no request is. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxRequestBytes) return undefined;
  try {
    return Buffer.from(await readBody(request, maxRequestBytes)).toString('utf8');
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}

function text(status: number, body: string): Reply {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), 2000);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
