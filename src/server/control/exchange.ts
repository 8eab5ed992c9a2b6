/** One HTTP exchange with a gate, over its control socket or its port: bounded in time and size, answers checked. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { AssayError, messageOf, type ErrorOptions } from '../../core/errors.ts';
import { errorCodes, type ErrorCode } from '../../core/error-codes.ts';
import type { z } from '../zod.ts';
import { errorAnswer } from './protocol.ts';

export interface Exchange {
  /** `socketPath`, or `host` and `port`. */
  readonly target: Pick<RequestOptions, 'socketPath' | 'host' | 'port' | 'protocol'>;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Longest silence. */
  readonly idleMs: number;
  /** Code for "nobody answered". */
  readonly unreachable: ErrorCode;
  /** Names the other side in messages. */
  readonly name: string;
}

/** Resolves when the head of the answer is there. */
export async function exchange(input: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(new AssayError(input.unreachable, `${input.name}: ${plainCause(cause)}`, { cause }));
    const send = input.target.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send({
      ...input.target,
      method: input.method,
      path: input.path,
      headers: { ...input.headers },
      timeout: input.idleMs,
      agent: false,
    });
    request.on('timeout', () =>
      request.destroy(new Error(`no answer within ${Math.round(input.idleMs / 1000)} s`)),
    );
    request.on('error', fail);
    request.on('response', resolve);
    request.end(input.body);
  });
}

function plainCause(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no host of this name';
  return messageOf(cause) || String(code);
}

/** Whole body as text; throws CONTROL_ANSWER_INVALID above the limit and the `unreachable` code when it breaks off. */
export async function bodyText(
  input: Exchange,
  response: IncomingMessage,
  maxBytes: number,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new AssayError('CONTROL_ANSWER_INVALID', `${input.name} answered more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw new AssayError(input.unreachable, `${input.name}: the answer broke off (${messageOf(cause)})`, {
      cause,
    });
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Throws CONTROL_ANSWER_INVALID when the text is not JSON of this shape. */
export function parseAnswer<S extends z.ZodType>(name: string, schema: S, text: string): z.infer<S> {
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AssayError(
    'CONTROL_ANSWER_INVALID',
    `${name} answered something else than was asked (${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''})`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The gate's own error, with its code where this version knows it. */
export function errorFrom(name: string, status: number, text: string): AssayError {
  const parsed = errorAnswer.safeParse(jsonOf(text));
  if (!parsed.success)
    return new AssayError('CONTROL_ANSWER_INVALID', `${name} answered status ${status} without a reason`);
  const { code, message, hint, retryAfterSeconds } = parsed.data.error;
  const options: ErrorOptions = { hint, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  return isErrorCode(code)
    ? new AssayError(code, message, options)
    : new AssayError('CONTROL_ANSWER_INVALID', `${code}: ${message}`, options);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
