/**
 * The recording proxy of the fetch phase: an HTTP server on a UNIX socket that answers from one registry and from
 * nothing else. Whoever asks is hostile (a package manager that may run a project's code): the requests are a closed
 * set, bounded in number and bytes, and what was answered is on record before it is sent.
 */
import { createReadStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Sha256 } from '../../../core/digest.ts';
import { isAssayError, messageOf } from '../../../core/errors.ts';
import { parsePurl, type Purl } from '../../../core/purl.ts';
import { rfc3339, type Clock } from '../../../core/time.ts';
import type { Admitted, BuildBlobs, PackageRegistry } from '../deps.ts';
import { storeBytes } from '../store-bytes.ts';
import { showIndex, type ListedFile } from './index-document.ts';
import { refuseItself } from '../not-itself.ts';
import { readRequest, requestKey, type RegistryRequest } from './paths.ts';

export interface Recorded {
  readonly request: RegistryRequest;
  /** Where the registry's answer came from. */
  readonly uri: string;
  /** Of the registry's bytes. */
  readonly digest: Sha256;
  /** Of a file. */
  readonly admitted?: Admitted;
  readonly sizeBytes: number;
  /** Blob of what was sent: for an index another one than `digest`. */
  readonly sent: Sha256;
  /** RFC 3339 UTC. */
  readonly at: string;
}

export interface ProxyOptions {
  /** Must not exist; the uid of the runs must be able to reach it. */
  readonly socketPath: string;
  readonly registry: PackageRegistry;
  readonly blobs: BuildBlobs;
  readonly clock: Clock;
  /** Versions published later are not shown, RFC 3339. */
  readonly before: string | undefined;
  /** What is built, with its version: that is in no index yet while it is being built, and is not given. */
  readonly built: Purl;
  readonly limits?: ProxyLimits;
}

export interface ProxyLimits {
  readonly answers: number;
  readonly bytes: number;
  readonly indexBytes: number;
}

export const defaultProxyLimits: ProxyLimits = {
  answers: 20_000,
  bytes: 4 * 1024 ** 3,
  indexBytes: 128 * 1024 ** 2,
};

export interface RecordingProxy {
  /** In the order of their keys, so that two runs give one list. */
  readonly recorded: () => readonly Recorded[];
  /** Sentences: what was asked for and not given. At most 100. */
  readonly refused: () => readonly string[];
  /** Sentences: what the registry does not let into a build, and why. At most 100. */
  readonly barred: () => readonly string[];
  /** How often the registry failed to answer. */
  readonly failures: () => number;
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly recorded: Recorded;
  readonly files: ReadonlyMap<string, ListedFile> | undefined;
}

interface State {
  readonly options: ProxyOptions;
  readonly limits: ProxyLimits;
  readonly answers: Map<string, Promise<Answer | undefined>>;
  readonly done: Map<string, Answer>;
  readonly refused: string[];
  readonly barred: Set<string>;
  bytes: number;
  failures: number;
}

export async function openRecordingProxy(options: ProxyOptions): Promise<RecordingProxy> {
  const limits = options.limits ?? defaultProxyLimits;
  const state: State = {
    options,
    limits,
    answers: new Map(),
    done: new Map(),
    refused: [],
    barred: new Set(),
    bytes: 0,
    failures: 0,
  };
  const server = createServer((request, response) => void serve(state, request, response));
  server.maxHeadersCount = 200;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: options.socketPath }, resolve);
  });
  // The relay inside runs as another uid; nobody else can enter the folder.
  await chmod(options.socketPath, 0o666);
  return {
    recorded: () => [...state.done].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { recorded }]) => recorded),
    refused: () => [...state.refused],
    barred: () => [...state.barred],
    failures: () => state.failures,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(state, response, 405, request);
    const asked = readRequest(request.url ?? '');
    if (asked === undefined) return refuse(state, response, 403, request);
    const answer = await answerOf(state, asked);
    if (answer === undefined) return refuse(state, response, 404, request);
    // An index that only led to a tarball was never shown to the build: it is no input of it.
    state.done.set(requestKey(asked), answer);
    await send(state, answer, request.method, response);
  } catch (error) {
    // The package manager must not ask again and again for what it will not get.
    if (isAssayError(error, 'BUILD_INPUT_REFUSED')) return bar(state, response, error.message);
    state.failures += 1;
    note(state, `${request.url ?? ''}: ${messageOf(error)}`);
    if (response.headersSent) response.destroy();
    else end(response, 502);
  }
}

function refuse(state: State, response: ServerResponse, status: number, request: IncomingMessage): void {
  note(state, `${request.method ?? ''} ${request.url ?? ''}: ${status}`);
  end(response, status);
}

function bar(state: State, response: ServerResponse, sentence: string): void {
  if (state.barred.size < 100) state.barred.add(sentence.slice(0, 500).toWellFormed());
  end(response, 403);
}

function note(state: State, sentence: string): void {
  if (state.refused.length < 100) state.refused.push(sentence.slice(0, 500).toWellFormed());
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end('{"error":"not given to this build"}');
}

async function send(state: State, answer: Answer, method: string, response: ServerResponse): Promise<void> {
  const path = await state.options.blobs.path(answer.recorded.sent);
  if (path === undefined) throw new Error('the recorded bytes are gone');
  response.writeHead(200, {
    'content-type':
      answer.recorded.request.kind === 'index' ? 'application/json' : 'application/octet-stream',
    'cache-control': 'public, max-age=86400',
  });
  if (method === 'HEAD') return void response.end();
  await pipeline(createReadStream(path), response);
}

/** Single-flight by key; a failure is forgotten, so that the package manager's own retry asks again. */
function answerOf(state: State, request: RegistryRequest): Promise<Answer | undefined> {
  const key = requestKey(request);
  const known = state.answers.get(key);
  if (known !== undefined) return known;
  if (state.answers.size >= state.limits.answers) throw new Error('more requests than a build may make');
  const fresh = find(state, request);
  state.answers.set(key, fresh);
  fresh.catch(() => state.answers.delete(key));
  return fresh;
}

function find(state: State, request: RegistryRequest): Promise<Answer | undefined> {
  if (state.bytes > state.limits.bytes) throw new Error('more bytes than a build may fetch');
  return request.kind === 'index' ? indexAnswer(state, request) : fileAnswer(state, request);
}

async function indexAnswer(
  state: State,
  request: RegistryRequest & { readonly kind: 'index' },
): Promise<Answer | undefined> {
  const { registry, blobs, before, built, clock } = state.options;
  const own = parsePurl(built);
  const found = await registry.index(request.name);
  if (found === undefined) return undefined;
  const bytes = await blobs.read(found.body, state.limits.indexBytes);
  const { body, files } = showIndex(
    bytes,
    request.name,
    before,
    request.name === own.name ? own.version : undefined,
  );
  const sent = await storeBytes(blobs, body);
  state.bytes += found.sizeBytes;
  const { uri, body: digest, sizeBytes } = found;
  return { recorded: { request, uri, digest, sizeBytes, sent, at: rfc3339(clock()) }, files };
}

async function fileAnswer(
  state: State,
  request: RegistryRequest & { readonly kind: 'file' },
): Promise<Answer | undefined> {
  refuseItself(state.options.built, request);
  const index = await answerOf(state, { kind: 'index', name: request.name });
  const listed = index?.files?.get(request.version);
  if (listed === undefined) return undefined;
  const taken = await state.options.registry.file(listed.uri, listed.claims, request);
  const { uri, artifact, ...admitted } = taken;
  state.bytes += artifact.sizeBytes;
  const { sha256: digest, sizeBytes } = artifact;
  const at = rfc3339(state.options.clock());
  return { recorded: { request, uri, digest, sizeBytes, sent: digest, at, admitted }, files: undefined };
}
