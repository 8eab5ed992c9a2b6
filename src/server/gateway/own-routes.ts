/** The gateway's own routes: status page, health, metrics, cases, the log's files, and the lockfile check. Read-only. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseCaseId } from '../../core/case.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { parsePurl } from '../../core/purl.ts';
import { anonymous } from '../../core/subject.ts';
import { rfc3339 } from '../../core/time.ts';
import { keysDocument, ownServedKey } from '../../registries/npm/keys.ts';
import { checkOne } from '../answers/check.ts';
import { checkLimits, type HealthAnswer, type StatusAnswer } from '../control/protocol.ts';
import type { Gate } from '../gate.ts';
import { errorAnswerOf } from '../problem.ts';
import { caseAnswerOf, decisionShown } from '../answers/shown.ts';
import { isCallerAllowed } from './access.ts';
import { jsonAnswer, type Answer } from './answer.ts';
import { readBody } from './body.ts';
import { answerLedgerFile, ledgerPrefix } from './ledger-files.ts';
import { casePage, missingPage, statusPage } from './pages.ts';

const heldShown = 50;
const alarmsShown = 20;

/** `not-ours` when the request is for a registry. Undefined when the answer was streamed. */
export async function answerOwn(
  gate: Gate,
  request: IncomingMessage,
  response: ServerResponse,
  base: string,
  route: { name: string },
): Promise<Answer | undefined | 'not-ours'> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/-/assay/v1/check' && request.method === 'POST') {
    route.name = 'check';
    try {
      return await answerCheck(gate, request, response, base);
    } catch (error) {
      if (response.headersSent) throw error;
      if (!isAssayError(error)) gate.log.error({ err: error }, 'a check failed');
      // What is left of the body is not read: the connection ends with the answer.
      return { ...errorAnswerOf(error), close: true };
    }
  }
  if (path.startsWith(ledgerPrefix))
    return named(route, 'ledger', () => answerLedgerFile(gate.storage.ledger.tiles, request, path));
  if (!reading) return 'not-ours';
  if (path === '/-/health') return named(route, 'health', () => health(gate));
  if (path === '/-/assay/v1/keys') return named(route, 'keys', () => ownKeys(gate));
  if (path === '/-/metrics') return named(route, 'metrics', () => metrics(gate));
  const caseId = /^\/-\/(assay\/v1\/)?case\/([^/]{1,64})$/.exec(path);
  if (caseId !== null) {
    return named(route, 'case', () => showCase(gate, caseId[2] ?? '', caseId[1] === undefined, base));
  }
  if (path === '/' && wantsHtml(request)) return named(route, 'status', () => showStatus(gate, request));
  return 'not-ours';
}

function named(route: { name: string }, name: string, work: () => Promise<Answer>): Promise<Answer> {
  route.name = name;
  return work();
}

/** npm clients ask for JSON or anything; only a browser names HTML. */
function wantsHtml(request: IncomingMessage): boolean {
  return /\btext\/html\b/i.test(request.headers.accept ?? '');
}

async function health(gate: Gate): Promise<Answer> {
  const { ready, problems, version } = await gate.status();
  const body: HealthAnswer = { service: 'assay', version, ready, problems };
  return jsonAnswer(ready ? 200 : 503, body);
}

/** The gate's own keys alone: among a registry's, nobody could tell which of them stand for this gate's approval. */
async function ownKeys(gate: Gate): Promise<Answer> {
  const keys = (await gate.releaseKeys.list()).map(ownServedKey);
  return jsonAnswer(200, keysDocument([keys]));
}

async function metrics(gate: Gate): Promise<Answer> {
  const text = await gate.metrics.text();
  return {
    status: 200,
    headers: { 'content-type': gate.metrics.contentType },
    body: Buffer.from(text, 'utf8'),
  };
}

async function showCase(gate: Gate, text: string, html: boolean, base: string): Promise<Answer> {
  const id = parseCaseId(text);
  const found = id === undefined ? undefined : await gate.storage.admission.case(id);
  if (found === undefined) {
    return html ? missingPage() : errorAnswerOf(new AssayError('CASE_UNKNOWN', 'no case has this id'));
  }
  const { decision } = found;
  const useInstead = await gate.recommend(decision, decision.subject.upstream, anonymous);
  const answer = caseAnswerOf(found, { base, useInstead });
  return html ? casePage(answer) : jsonAnswer(200, answer);
}

/** Names may be private packages: those of public ones are shown to this machine, counts to everyone else. */
async function showStatus(gate: Gate, request: IncomingMessage): Promise<Answer> {
  const status = await gate.status();
  const nobody = { principal: { kind: 'anonymous', name: 'anonymous' }, grants: new Set<string>() } as const;
  const local = isCallerAllowed({ ...gate.settings, anonymous: 'loopback' }, request, nobody);
  const page = local ? await gate.storage.read.held({ limit: heldShown }) : { items: [] };
  const secret = new Set<string>(gate.settings.upstreams.flatMap((one) => (one.needsToken ? [one.id] : [])));
  const releases = await Promise.all(page.items.map((line) => gate.storage.admission.release(line.id)));
  const held = releases.flatMap((one) =>
    one === undefined || secret.has(one.subject.upstream) ? [] : [decisionShown(one, { base: gate.url })],
  );
  const raised = local ? await gate.storage.read.alarms({ limit: alarmsShown }) : [];
  const alarms = raised.filter((alarm) => !isSecret(gate, alarm.about));
  const upstreams = status.upstreams.map((one) => upstreamTold(one, local, secret.has(one.id)));
  const heldMore = local ? Math.max(0, status.counts.hold - held.length) : status.counts.hold;
  const told = { ...status, upstreams };
  return statusPage({ status: told, held, heldMore, alarms, now: rfc3339(gate.clock()) });
}

/** Whether an alarm is about a package that is served only to callers with a token. */
function isSecret(gate: Gate, about: string): boolean {
  if (!about.startsWith('pkg:npm/')) return false;
  const { name } = parsePurl(about);
  return gate.routes(name)?.needsToken === true;
}

/** The texts of failures name the package that was asked for, and a scope's name may be a secret as well. */
function upstreamTold(
  one: StatusAnswer['upstreams'][number],
  local: boolean,
  secret: boolean,
): StatusAnswer['upstreams'][number] {
  const { scopes, lastError, ...rest } = one;
  const code = lastError?.split(':', 1)[0];
  return {
    ...rest,
    scopes: local || scopes.length === 0 ? scopes : ['its own'],
    ...(lastError === undefined ? {} : { lastError: local && !secret ? lastError : code }),
  };
}

/** NDJSON in, NDJSON out, in the order asked; up to `parallel` lines are assayed at once. */
async function answerCheck(
  gate: Gate,
  request: IncomingMessage,
  response: ServerResponse,
  base: string,
): Promise<Answer | undefined> {
  const checked = await gate.callers.check(request.headers.authorization);
  if (checked.state === 'rejected' || !isCallerAllowed(gate.settings, request, checked.caller)) {
    return errorAnswerOf(new AssayError('TOKEN_REQUIRED', 'a check from here needs a token'));
  }
  const { caller } = checked;
  const bytes = await readBody(request, checkLimits.lines * checkLimits.lineBytes);
  const lines = Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (
    lines.length > checkLimits.lines ||
    lines.some((line) => Buffer.byteLength(line) > checkLimits.lineBytes)
  ) {
    throw new AssayError(
      'CHECK_TOO_LARGE',
      `at most ${checkLimits.lines} lines of ${checkLimits.lineBytes} bytes`,
    );
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  const parallel = 16;
  const results: Promise<string>[] = [];
  let gone = false;
  response.on('close', () => {
    gone = true;
  });
  for (const [at] of lines.entries()) {
    for (let next = results.length; next < Math.min(lines.length, at + parallel); next += 1) {
      results.push(
        checkOne(gate, caller, lines[next] ?? '', base).then((result) => `${JSON.stringify(result)}\n`),
      );
    }
    const text = await results[at];
    if (gone) return undefined;
    response.write(text);
  }
  response.end();
  return undefined;
}
