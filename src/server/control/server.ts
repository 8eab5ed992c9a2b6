/** The server side of the control socket: whoever can open the data directory (mode 0700) is the operator. */
import { randomUUID } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { isAssayError, AssayError } from '../../core/errors.ts';
import { outcomes, type Outcome } from '../../core/decision.ts';
import { rfc3339 } from '../../core/time.ts';
import type { DecisionLine } from '../../storage/read-store.ts';
import { newTokenSecret, tokenHash } from '../callers.ts';
import { explain } from '../answers/explain.ts';
import type { Gate } from '../gate.ts';
import { jsonAnswer, sendAnswer, type Answer } from '../gateway/answer.ts';
import { readBody } from '../gateway/body.ts';
import { errorAnswerOf } from '../problem.ts';
import { pullsOf } from '../pulls/list.ts';
import { replay } from '../replay/answer.ts';
import { decisionShown } from '../answers/shown.ts';
import { answerExpectations } from './expect-routes.ts';
import { answerFeeds } from './feed-routes.ts';
import { answerLedger } from './ledger-routes.ts';
import { parseWith } from './parse.ts';
import { answerBehaviour } from './behaviour-routes.ts';
import { answerRebuilds } from './rebuild-routes.ts';
import { pullsRequest } from './pull-protocol.ts';
import { replayRequest } from './replay-protocol.ts';
import { answerRecipes } from './recipe-routes.ts';
import { answerSources } from './source-routes.ts';
import { answerTrust } from './trust-routes.ts';
import { answerVex } from './vex-routes.ts';
import {
  controlSocketName,
  explainRequest,
  tokenRequest,
  type AlarmList,
  type DecisionList,
  type TokenShown,
} from './protocol.ts';

export interface ControlServer {
  readonly close: () => Promise<void>;
}

/** An imported file of trust is the largest; whoever can connect is the operator. */
const bodyBytes = 4 * 1024 * 1024;

/** A socket file left by a gate that died is replaced: the data directory's lock is held by now. */
export async function startControlServer(gate: Gate): Promise<ControlServer> {
  const path = join(gate.settings.dataDirectory, controlSocketName);
  await rm(path, { force: true });
  const server = createServer((request, response) => {
    void respond(gate, request, response);
  });
  await listen(server, path);
  await chmod(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}

async function respond(gate: Gate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    sendAnswer(request, response, await route(gate, request));
  } catch (error) {
    if (!isAssayError(error)) gate.log.error({ err: error }, 'a control request failed');
    sendAnswer(request, response, errorAnswerOf(error));
  }
}

async function route(gate: Gate, request: IncomingMessage): Promise<Answer> {
  const url = URL.parse(request.url ?? '/', 'http://control');
  if (url === null) throw new AssayError('REQUEST_INVALID', 'the address is not one');
  const body = async (): Promise<unknown> => parseJson(await readBody(request, bodyBytes));
  switch (`${request.method ?? ''} ${url.pathname}`) {
    case 'GET /status':
      return jsonAnswer(200, await gate.status());
    case 'POST /explain':
      return jsonAnswer(200, await explain(gate, parseWith(explainRequest, await body()).query));
    case 'POST /replay':
      return jsonAnswer(200, await replay(gate, parseWith(replayRequest, await body()).query));
    case 'POST /pulls':
      return jsonAnswer(200, await pullsOf(gate, parseWith(pullsRequest, await body())));
    case 'GET /config':
      return jsonAnswer(200, { settings: gate.shownSettings });
    case 'GET /tokens':
      return jsonAnswer(200, { tokens: (await gate.storage.tokens.list()).map(tokenShown) });
    case 'POST /tokens':
      return jsonAnswer(201, await createToken(gate, await body()));
    case 'GET /alarms':
      return jsonAnswer(200, await alarms(gate, limitOf(url)));
    case 'GET /decisions':
      return jsonAnswer(200, await decisions(gate, url));
    default:
      break;
  }
  const asked = `${request.method ?? ''} ${url.pathname}`;
  const answer =
    (await answerLedger(gate, asked, body)) ??
    (await answerExpectations(gate, asked, body)) ??
    (await answerTrust(gate, asked, body)) ??
    (await answerFeeds(gate, asked, body)) ??
    (await answerVex(gate, asked, body)) ??
    (await answerRebuilds(gate, asked, body)) ??
    (await answerBehaviour(gate, asked, body)) ??
    (await answerSources(gate, asked, body)) ??
    (await answerRecipes(gate, asked, body));
  if (answer !== undefined) return answer;
  const named = /^\/tokens\/([^/]+)$/.exec(url.pathname)?.[1];
  if (request.method === 'DELETE' && named !== undefined)
    return jsonAnswer(200, await revokeToken(gate, decoded(named)));
  throw new AssayError(
    'REQUEST_INVALID',
    `the control socket has no ${request.method ?? ''} ${url.pathname}`,
  );
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new AssayError('REQUEST_INVALID', 'the address is not percent-encoded as it must be', { cause });
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new AssayError('REQUEST_INVALID', 'the body is not JSON', { cause });
  }
}

function limitOf(url: URL): number {
  const text = url.searchParams.get('limit') ?? '100';
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1000) throw new AssayError('REQUEST_INVALID', 'limit must be 1 to 1000');
  return limit;
}

async function alarms(gate: Gate, limit: number): Promise<AlarmList> {
  const shown = await gate.storage.read.alarms({ limit });
  const { alarms: total } = await gate.storage.read.counts();
  return {
    alarms: shown.map(({ data: _data, ...alarm }) => alarm),
    more: Math.max(0, total - shown.length),
  };
}

async function decisions(gate: Gate, url: URL): Promise<DecisionList> {
  const limit = limitOf(url);
  const name = url.searchParams.get('name') ?? undefined;
  const outcome = url.searchParams.get('outcome') ?? undefined;
  if (outcome !== undefined && !outcomes.includes(outcome as Outcome)) {
    throw new AssayError('REQUEST_INVALID', `outcome must be one of ${outcomes.join(', ')}`);
  }
  if (outcome !== undefined && name === undefined) return decisionsInForce(gate, outcome as Outcome, limit);
  const page = await gate.storage.read.decisions({ limit, ...(name === undefined ? {} : { name }) });
  const lines = page.items.filter((line) => outcome === undefined || line.decision.outcome === outcome);
  return { decisions: lines.map((line) => lineShown(gate, line)), more: page.next === undefined ? 0 : 1 };
}

async function decisionsInForce(gate: Gate, outcome: Outcome, limit: number): Promise<DecisionList> {
  const { read, admission } = gate.storage;
  const pages = { allow: read.admitted, hold: read.held, block: read.refused } as const;
  const page = await pages[outcome]({ limit });
  const releases = await Promise.all(page.items.map((line) => admission.release(line.id)));
  const shown = releases.flatMap((release) =>
    release === undefined ? [] : [decisionShown(release, { base: gate.url })],
  );
  const { releases: counts } = await read.counts();
  return { decisions: shown, more: Math.max(0, counts[outcome] - shown.length) };
}

function lineShown(gate: Gate, line: DecisionLine): DecisionList['decisions'][number] {
  return decisionShown({ decision: line.decision, admittedAt: undefined }, { base: gate.url });
}

function tokenShown(token: Awaited<ReturnType<Gate['storage']['tokens']['list']>>[number]): TokenShown {
  const { name, grants, createdAt, expiresAt, revokedAt, lastUsedAt } = token;
  return {
    name,
    upstreams: [...grants],
    createdAt,
    expiresAt: expiresAt ?? 'never',
    ...(revokedAt === undefined ? {} : { revokedAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}

async function createToken(gate: Gate, body: unknown): Promise<TokenShown & { readonly secret: string }> {
  const { name, upstreams, expiresAt } = parseWith(tokenRequest, body);
  const known = new Set<string>(gate.settings.upstreams.map((upstream) => upstream.id));
  const unknown = upstreams.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new AssayError('TOKEN_UPSTREAM_UNKNOWN', `no upstream is called ${JSON.stringify(unknown)}`);
  const now = rfc3339(gate.clock());
  if (Number.isNaN(Date.parse(expiresAt)) || new Date(expiresAt).toISOString() <= now) {
    throw new AssayError('REQUEST_INVALID', 'expiresAt must be a time in the future');
  }
  const secret = newTokenSecret();
  const token = await gate.storage.tokens.create({
    id: randomUUID(),
    name,
    grants: upstreams,
    createdAt: now,
    expiresAt: new Date(expiresAt).toISOString(),
    hash: tokenHash(secret),
  });
  return { ...tokenShown(token), secret };
}

async function revokeToken(
  gate: Gate,
  name: string,
): Promise<{ readonly name: string; readonly revokedAt: string }> {
  const live = (await gate.storage.tokens.list()).find(
    (token) => token.name === name && token.revokedAt === undefined,
  );
  if (live === undefined)
    throw new AssayError('TOKEN_UNKNOWN', `no live token is named ${JSON.stringify(name)}`);
  const revokedAt = rfc3339(gate.clock());
  await gate.storage.tokens.revoke(live.id, revokedAt);
  gate.callers.forget();
  return { name, revokedAt };
}
