/**
 * Does it look like one JSON object? Only the first and the last byte that are not white space are looked at:
 * enough to name the common lies (a login page with status 200, a body cut where no length was given) at the
 * door; the index reader parses the rest.
 */
import { AssayError } from '../core/errors.ts';

export interface JsonLook {
  /** Throws UPSTREAM_NOT_JSON. */
  readonly inspect: (chunk: Uint8Array) => void;
  /** Throws UPSTREAM_NOT_JSON for an empty body, UPSTREAM_TRUNCATED for one that does not end an object. */
  readonly finish: () => void;
}

const openBrace = 0x7b;
const closeBrace = 0x7d;
const whiteSpace: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

export function createJsonLook(place: string): JsonLook {
  let first: number | undefined;
  let last: number | undefined;

  function inspect(chunk: Uint8Array): void {
    if (first === undefined) {
      first = chunk.find((byte) => !whiteSpace.has(byte));
      if (first !== undefined && first !== openBrace) throw notJson(`starts with ${byteText(first)}`);
    }
    last = chunk.findLast((byte) => !whiteSpace.has(byte)) ?? last;
  }

  function finish(): void {
    if (last === undefined) throw notJson('is empty');
    if (last !== closeBrace) throw new AssayError('UPSTREAM_TRUNCATED', `${place}: the JSON ends early`);
  }

  function notJson(why: string): AssayError {
    return new AssayError('UPSTREAM_NOT_JSON', `${place}: a JSON object is due, but the body ${why}`);
  }

  return { inspect, finish };
}

function byteText(byte: number): string {
  return byte > 0x20 && byte < 0x7f
    ? JSON.stringify(String.fromCharCode(byte))
    : `byte 0x${byte.toString(16)}`;
}
