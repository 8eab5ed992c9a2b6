/** npm's protocol, answered from admission: an index is a shelf, a tarball is an admission. */
import { isAssayError } from '../../core/errors.ts';
import { documentAnswer, npmError, pingAnswer, whoamiAnswer } from '../../registries/npm/answers.ts';
import { npmRefusal } from '../../registries/npm/refusal.ts';
import type { NpmRequest } from '../../registries/npm/requests.ts';
import { attestationsPath } from '../beside-index/attestations.ts';
import type { Gate } from '../gate.ts';
import type { Route } from '../routes.ts';
import { refusalOf } from '../answers/shown.ts';
import { jsonAnswer, type Answer } from './answer.ts';
import { answerAudit } from './audit.ts';
import type { Exchange } from './exchange.ts';
import { answerFile } from './files.ts';
import { answerIndex } from './npm-index.ts';

/** Undefined when the answer was streamed. Throws AssayErrors; `npmProblem` words them. */
export async function answerNpm(
  gate: Gate,
  exchange: Exchange,
  asked: NpmRequest,
): Promise<Answer | undefined> {
  switch (asked.kind) {
    case 'packument':
    case 'version':
    case 'dist-tags':
      return routed(gate, exchange, asked.name, (route) => answerIndex(gate, exchange, route, asked));
    case 'tarball':
      return routed(gate, exchange, asked.name, (route) => answerTarball(gate, exchange, route, asked));
    case 'ping':
    case 'root':
      return pingAnswer();
    case 'whoami':
      return whoamiAnswer(exchange.caller.principal);
    case 'keys':
      return answerKeys(gate, exchange);
    case 'attestations':
      return routed(gate, exchange, asked.name, (route) => answerAttestations(gate, route, asked));
    case 'audit-bulk':
    case 'audit-quick':
      return answerAudit(gate.feeds.current('npm'), exchange.request, asked.kind);
    case 'search':
      return npmError({ kind: 'search' });
    case 'write':
      return npmError({ kind: 'write', what: asked.what });
    case 'unknown':
      return npmError({ kind: 'unknown' });
    case 'malformed':
      return npmError({ kind: 'malformed', why: asked.why });
    default:
      return asked satisfies never;
  }
}

/** The upstream of the name, and the right to ask it: what needs credentials upstream needs them here too. */
export async function routed(
  gate: Gate,
  { caller }: Exchange,
  name: string,
  work: (route: Route) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const route = gate.routes(name);
  if (route === undefined) return npmError({ kind: 'not-found', what: name });
  if (route.needsToken && !caller.grants.has(route.upstream)) {
    return tokenFor(route.upstream);
  }
  return work(route);
}

async function answerTarball(
  gate: Gate,
  exchange: Exchange,
  { upstream }: Route,
  { name, file }: { readonly name: string; readonly file: string },
): Promise<Answer | undefined> {
  const { principal } = exchange.caller;
  const outcome = await gate.admission.admit({ upstream, name, file, principal });
  switch (outcome.state) {
    case 'absent':
      return npmError({ kind: 'not-found', what: `${name}/-/${file}` });
    case 'allowed':
      gate.metrics.decision('allow');
      return answerFile(gate, exchange, outcome, () =>
        gate.admission.admit({ upstream, name, file, principal, bytesLost: true }),
      );
    case 'refused': {
      const { decision, version } = outcome.release;
      gate.metrics.decision(decision.outcome);
      const useInstead = await gate.recommend(decision, upstream, principal);
      return npmRefusal(refusalOf(decision, version, { base: exchange.base, useInstead }));
    }
    default:
      return outcome satisfies never;
  }
}

async function answerKeys(gate: Gate, { caller }: Exchange): Promise<Answer> {
  const upstream = gate.settings.upstreams.find((one) => one.scopes.length === 0);
  if (upstream?.needsToken === true && !caller.grants.has(upstream.id)) return tokenFor(upstream.id);
  const keys = await gate.registryKeys(caller.grants);
  return keys === undefined ? npmError({ kind: 'no-keys' }) : jsonAnswer(200, keys);
}

async function answerAttestations(
  gate: Gate,
  route: Route,
  { name, version }: { readonly name: string; readonly version: string },
): Promise<Answer> {
  const found = await gate.registryDocument(attestationsPath(name, version), route.upstream);
  if (found === undefined) return npmError({ kind: 'no-attestations', what: `${name}@${version}` });
  return documentAnswer(found);
}

function tokenFor(upstream: string): Answer {
  return refuseToken(`packages of the upstream ${upstream} need a token`);
}

export function refuseToken(why: string): Answer {
  return npmError({ kind: 'unauthorized', why });
}

export function refuseHost(host: string | undefined): Answer {
  return npmError({ kind: 'host-not-allowed', host: host ?? '(none)' });
}

/** What went wrong, in npm's words: an outage is 503 with Retry-After, never 404, and never a refusal. */
export function npmProblem(error: unknown): Answer {
  if (!isAssayError(error))
    return npmError({
      kind: 'not-now',
      why: 'the gate failed to answer; its log says why',
      retryAfterSeconds: 30,
    });
  const { code, message, retryAfterSeconds = 30 } = error;
  if (code === 'REQUEST_INVALID' || code === 'REQUEST_TOO_LARGE')
    return npmError({ kind: 'malformed', why: message });
  if (code === 'UPSTREAM_FILE_ABSENT') return npmError({ kind: 'not-found', what: message });
  if (code.startsWith('UPSTREAM_') || code === 'INDEX_INVALID') {
    return npmError({ kind: 'upstream-down', what: code, why: message, retryAfterSeconds });
  }
  return npmError({ kind: 'not-now', why: `${code}: ${message}`, retryAfterSeconds });
}
