/** The port of the Secure channel. Who may ask, and how much, is as on the main listener. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AssayError } from '../../core/errors.ts';
import { parseNpmRequest } from '../../registries/npm/requests.ts';
import type { Settings } from '../config/settings.ts';
import type { Gate } from '../gate.ts';
import type { Answer } from '../gateway/answer.ts';
import { acceptedCaller, acceptedHost, createListener } from '../gateway/gateway.ts';
import { refuseHost } from '../gateway/npm.ts';
import { answerOwn } from '../gateway/own-routes.ts';
import { answerChannel } from './answers.ts';

/**
 * Opens it, unless it is switched off. A port that nobody named and that is taken keeps the main listener from nothing: the
 * status says so, and nobody is served. Throws PORT_IN_USE, GATE_START_FAILED where somebody named it.
 */
export async function openSecureChannel(gate: Gate, closers: (() => Promise<void>)[]): Promise<void> {
  const { settings, secureChannel, log } = gate;
  const { enabled, isDemanded, port } = settings.secureChannel;
  if (!enabled) return;
  const rules = { ...settings, port, publicUrl: settings.secureChannel.publicUrl };
  const { server, close } = createListener(gate, (request, response, route) =>
    answerTo(gate, rules, request, response, route),
  );
  try {
    const opened = await listening(server, settings.listen, port);
    closers.push(close);
    const host = settings.listen.includes(':') ? `[${settings.listen}]` : settings.listen;
    const url = settings.secureChannel.publicUrl ?? `http://${host}:${opened}/`;
    secureChannel.state.opened(url);
    log.info({ url }, 'the Secure channel is open');
  } catch (error) {
    if (!(error instanceof AssayError) || isDemanded) throw error;
    log.warn({ port }, error.message);
    secureChannel.state.notOpened(`The Secure channel is not open: ${error.message} (secureChannel.port).`);
  }
}

type Rules = Pick<Settings, 'listen' | 'port' | 'publicUrl' | 'allowedHosts'>;

async function answerTo(
  gate: Gate,
  rules: Rules,
  request: IncomingMessage,
  response: ServerResponse,
  route: { name: string },
): Promise<Answer | undefined> {
  const host = acceptedHost(rules, request);
  if (host.state === 'refused') return refuseHost(request.headers.host);
  if (isOwn(request)) {
    const own = await answerOwn(gate, request, response, host.base, route);
    route.name = `secure-${route.name}`;
    if (own !== 'not-ours') return own;
  }
  const caller = await acceptedCaller(gate, request);
  if ('status' in caller) return caller;
  const asked = parseNpmRequest(request.method ?? 'GET', request.url ?? '/');
  route.name = `secure-npm-${asked.kind}`;
  return answerChannel(gate, { request, response, caller, base: host.base }, asked);
}

/** What a client asks before it relies on it, and what its refusals name. All else of the gate's own is on the main listener. */
function isOwn({ method, url = '/' }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return /^\/-\/(?:health|assay\/v1\/keys|(?:assay\/v1\/)?case\/[^/?]+)(?:\?|$)/.test(url);
}

function listening(
  server: ReturnType<typeof createListener>['server'],
  host: string,
  port: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'GATE_START_FAILED';
      reject(new AssayError(code, `cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
