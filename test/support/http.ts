/** Plain requests to a gate or registry, for what no package manager would ask. */
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Throws when the connection breaks before the answer's end. */
export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(60_000) });
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** Asks again until `accept` likes the answer. Throws with the last answer when it never does. */
export async function getUntil(
  url: string,
  accept: (answer: Answer) => boolean,
  timeoutMs = 60_000,
): Promise<Answer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await get(url);
    if (accept(answer)) return answer;
    if (Date.now() > deadline) {
      throw new Error(
        `${url}: still ${answer.status} after ${timeoutMs} ms: ${answer.body.toString('utf8').slice(0, 500)}`,
      );
    }
    await wait(100);
  }
}

export function sri(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

/** The parts of a packument that tests look at. */
export interface Packument {
  readonly 'dist-tags': Readonly<Record<string, string>>;
  readonly versions: Readonly<
    Record<string, { readonly dist: { readonly integrity: string; readonly tarball: string } }>
  >;
  readonly time?: Readonly<Record<string, string>>;
}

export function packumentOf(answer: Answer): Packument {
  return JSON.parse(answer.body.toString('utf8')) as Packument;
}
