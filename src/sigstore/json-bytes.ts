/** JSON documents inside signed bytes. */
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { refuse, step } from './refused.ts';
import type { BundleFailure } from './types.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** An object in UTF-8 without a byte order mark. Throws BundleRefused with `failure`. */
export function strictUtf8Json(bytes: Uint8Array, failure: BundleFailure, what: string): JsonObject {
  const json = step(failure, `${what} is not JSON`, () => JSON.parse(decoder.decode(bytes)) as unknown);
  return isJsonObject(json) ? json : refuse(failure, `${what} is no JSON object`);
}
