/** The command line's side of the gateway's own routes: is it there, and what does it say to locked artifacts. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { ArtifactDigests, Sha1, Sha256, Sha512 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { bodyText, errorFrom, exchange, parseAnswer, type Exchange } from './exchange.ts';
import {
  checkLimits,
  checkResult,
  healthAnswer,
  type CheckLine,
  type CheckResult,
  type HealthAnswer,
} from './protocol.ts';

export interface GatewayTarget {
  /** Base URL, ends with `/`. */
  readonly url: string;
  /** Bearer token, where the gate asks for one. */
  readonly token: string | undefined;
}

/** Throws GATE_UNREACHABLE, also when something else than a gate answers. */
export async function gateHealth(target: GatewayTarget, idleMs = 5000): Promise<HealthAnswer> {
  const input = exchangeWith(target, 'GET', '-/health', undefined, idleMs);
  const response = await exchange(input);
  const text = await bodyText(input, response, 1024 * 1024);
  try {
    return parseAnswer(input.name, healthAnswer, text);
  } catch (cause) {
    throw new AssayError('GATE_UNREACHABLE', `${target.url} answers, but it is no Assay gate`, { cause });
  }
}

/**
 * Asks about all lines, in requests of at most `checkLimits.lines`; `onResult` gets each answer as it arrives,
 * with the line's index. Throws GATE_UNREACHABLE, CONTROL_ANSWER_INVALID when an answer is missing or of another
 * artifact, and the code the gate refuses with.
 */
export async function checkLines(
  target: GatewayTarget,
  lines: readonly CheckLine[],
  onResult: (index: number, result: CheckResult) => void,
): Promise<void> {
  for (let start = 0; start < lines.length; start += checkLimits.lines) {
    await checkBatch(target, lines.slice(start, start + checkLimits.lines), (index, result) =>
      onResult(start + index, result),
    );
  }
}

async function checkBatch(
  target: GatewayTarget,
  lines: readonly CheckLine[],
  onResult: (index: number, result: CheckResult) => void,
): Promise<void> {
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  // A cold gate fetches and reads each artifact before it answers its line.
  const input = exchangeWith(target, 'POST', '-/assay/v1/check', body, 180_000);
  const response = await exchange(input);
  const status = response.statusCode ?? 0;
  if (status !== 200) throw errorFrom(input.name, status, await bodyText(input, response, 1024 * 1024));
  let index = 0;
  const broken = new Promise<never>((_resolve, reject) => {
    response.on('error', (cause) =>
      reject(new AssayError('GATE_UNREACHABLE', `${input.name}: the answer broke off`, { cause })),
    );
  });
  const read = async (): Promise<void> => {
    for await (const text of createInterface({ input: response, crlfDelay: Infinity })) {
      if (text === '') continue;
      onResult(index, matched(input.name, lines[index], text));
      index += 1;
    }
  };
  await Promise.race([read(), broken]);
  if (index !== lines.length)
    throw new AssayError('GATE_UNREACHABLE', `${input.name} answered ${index} of ${lines.length} artifacts`);
}

/** A document of the gate's, such as a version's manifest; undefined when it answers 404 or withholds it (403). */
export async function gateDocument(
  target: GatewayTarget,
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const response = await gateAnswer(target, path);
  if (response === undefined) return undefined;
  const { input, message } = response;
  return Buffer.from(await bodyText(input, message, maxBytes), 'utf8');
}

/** Digests of a file that the gate serves; undefined as above. */
export async function gateFileDigests(
  target: GatewayTarget,
  path: string,
  maxBytes: number,
): Promise<ArtifactDigests | undefined> {
  const response = await gateAnswer(target, path);
  if (response === undefined) return undefined;
  const { input, message } = response;
  const hashes = { sha256: createHash('sha256'), sha512: createHash('sha512'), sha1: createHash('sha1') };
  let sizeBytes = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes)
        throw new AssayError('CONTROL_ANSWER_INVALID', `${input.name} answered more than ${maxBytes} bytes`);
      for (const hash of Object.values(hashes)) hash.update(chunk);
    }
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw new AssayError('GATE_UNREACHABLE', `${input.name}: the file broke off`, { cause });
  }
  return {
    sha256: hashes.sha256.digest('hex') as Sha256,
    sha512: hashes.sha512.digest('hex') as Sha512,
    sha1: hashes.sha1.digest('hex') as Sha1,
    sizeBytes,
  };
}

async function gateAnswer(
  target: GatewayTarget,
  path: string,
): Promise<{ readonly input: Exchange; readonly message: IncomingMessage } | undefined> {
  const input = exchangeWith(target, 'GET', path, undefined, 180_000);
  const message = await exchange(input);
  const status = message.statusCode ?? 0;
  if (status === 200) return { input, message };
  message.resume();
  if (status === 403 || status === 404) return undefined;
  throw new AssayError('GATE_UNREACHABLE', `${input.name} answered status ${status} for ${path}`);
}

function matched(name: string, line: CheckLine | undefined, text: string): CheckResult {
  if (line === undefined || text.length > checkLimits.answerLineBytes)
    throw new AssayError('CONTROL_ANSWER_INVALID', `${name} answered more than was asked`);
  const result = parseAnswer(name, checkResult, text);
  if (result.purl !== line.purl)
    throw new AssayError(
      'CONTROL_ANSWER_INVALID',
      `${name} answered about ${result.purl} when asked about ${line.purl}`,
    );
  return result;
}

function exchangeWith(
  target: GatewayTarget,
  method: Exchange['method'],
  path: string,
  body: string | undefined,
  idleMs: number,
): Exchange {
  const url = new URL(path, target.url);
  return {
    target: {
      protocol: url.protocol,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    },
    method,
    path: url.pathname,
    headers: {
      host: url.host,
      accept: 'application/json, application/x-ndjson',
      ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/x-ndjson', 'content-length': String(Buffer.byteLength(body)) }),
    },
    body,
    idleMs,
    unreachable: 'GATE_UNREACHABLE',
    name: `the gate at ${target.url}`,
  };
}
