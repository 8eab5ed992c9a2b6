/** One HTTP answer as data. The gateway writes it; nothing here knows sockets. */
import { forHeader } from '../../core/encode.ts';
import type { Json } from '../../core/json.ts';

export interface HttpAnswer {
  readonly status: number;
  /** HTTP/1.1 reason phrase: printable ASCII, at most 120 characters. pnpm ≤ 11, Yarn and npm print it. */
  readonly reason: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export const longestReason = 120;

/** Never cached by a client: a refusal or an outage may be over a minute later. */
export function jsonAnswer(
  status: number,
  reason: string,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return rawJsonAnswer(status, reason, Buffer.from(`${JSON.stringify(body)}\n`, 'utf8'), headers);
}

export function rawJsonAnswer(
  status: number,
  reason: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    status,
    reason: forHeader(reason, longestReason),
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body,
  };
}
