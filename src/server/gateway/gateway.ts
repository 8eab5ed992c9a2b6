/** The gateway's listener: bounds on what a client may send, Host and token checked, then the route. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { parseNpmRequest } from '../../registries/npm/requests.ts';
import type { Caller } from '../callers.ts';
import type { Gate } from '../gate.ts';
import { sendAnswer, type Answer } from './answer.ts';
import { isCallerAllowed } from './access.ts';
import { checkHost, type HostCheck, type HostRules } from './host.ts';
import { answerNpm, npmProblem, refuseHost, refuseToken } from './npm.ts';
import { answerOwn } from './own-routes.ts';

export interface Gateway {
  readonly server: Server;
  readonly close: () => Promise<void>;
}

/** Package names and file names are short; anything longer is not a package manager. */
const urlBytes = 8192;

export function createGateway(gate: Gate): Gateway {
  return createListener(gate, (request, response, route) => answerTo(gate, request, response, route));
}

/** Undefined when the answer was streamed. `route.name` is for the metrics: of a closed set, never from a request. */
export type Answering = (
  request: IncomingMessage,
  response: ServerResponse,
  route: { name: string },
) => Promise<Answer | undefined>;

type Heard = Pick<Gate, 'metrics' | 'log'>;

export function createListener(heard: Heard, answering: Answering): Gateway {
  const server = createServer(
    {
      maxHeaderSize: 32_768,
      headersTimeout: 20_000,
      requestTimeout: 120_000,
      keepAliveTimeout: 30_000,
      // Refuses what Node's parser and another one in front of it could read differently (CVE-2022-32213 and after).
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    (request, response) => {
      void serve(heard, answering, request, response);
    },
  );
  return { server, close: () => closeGently(server) };
}

/** Answers under way may finish; connections that idle are ended at once. */
function closeGently(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), 5_000);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

async function serve(
  heard: Heard,
  answering: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = performance.now();
  const route = { name: 'other' };
  response.on('close', () => {
    heard.metrics.request(route.name, response.statusCode, (performance.now() - started) / 1000);
  });
  try {
    const answer = await answering(request, response, route);
    if (answer !== undefined) sendAnswer(request, response, answer);
  } catch (error) {
    failSafely(heard, request, response, error);
  } finally {
    request.resume();
  }
}

/** Nothing that goes wrong with one request may end the process. */
function failSafely(gate: Heard, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  try {
    fail(gate, request, response, error);
  } catch (second) {
    gate.log.error({ err: second }, 'a failure could not be answered');
    response.destroy();
  }
}

function fail(gate: Heard, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (!isAssayError(error))
    gate.log.error({ err: error, url: request.url?.slice(0, 300) }, 'a request failed');
  else gate.log.warn({ code: error.code, url: request.url?.slice(0, 300) }, error.message);
  if (response.headersSent) response.destroy();
  else sendAnswer(request, response, npmProblem(error));
}

/** Undefined when the answer was streamed. */
async function answerTo(
  gate: Gate,
  request: IncomingMessage,
  response: ServerResponse,
  route: { name: string },
): Promise<Answer | undefined> {
  const host = acceptedHost(gate.settings, request);
  if (host.state === 'refused') return refuseHost(request.headers.host);
  const own = await answerOwn(gate, request, response, host.base, route);
  if (own !== 'not-ours') return own;
  const caller = await acceptedCaller(gate, request);
  if ('status' in caller) return caller;
  const asked = parseNpmRequest(request.method ?? 'GET', request.url ?? '/');
  route.name = `npm-${asked.kind}`;
  return answerNpm(gate, { request, response, caller, base: host.base }, asked);
}

/** Throws REQUEST_INVALID for what nobody may ask. */
export function acceptedHost(rules: HostRules, request: IncomingMessage): HostCheck {
  if ((request.url ?? '/').length > urlBytes)
    throw new AssayError('REQUEST_INVALID', 'the address is too long');
  // RFC 9112 section 3.2: of two, something in front of us may have looked at the other one.
  if ((request.headersDistinct.host ?? []).length > 1)
    throw new AssayError('REQUEST_INVALID', 'more than one Host was sent');
  return checkHost(rules, request.headers.host);
}

/** Who asks for packages, or why nobody is answered. */
export async function acceptedCaller(
  { callers, settings }: Pick<Gate, 'callers' | 'settings'>,
  request: IncomingMessage,
): Promise<Caller | Answer> {
  const checked = await callers.check(request.headers.authorization);
  if (checked.state === 'rejected') return refuseToken('the token is unknown, expired or revoked');
  if (!isCallerAllowed(settings, request, checked.caller))
    return refuseToken('this gate answers callers from other machines only with a token');
  return checked.caller;
}
