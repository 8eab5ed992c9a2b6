/**
 * `bun.lock`, the text form: JSON with trailing commas. Each package is a list whose first item is `name@version`, the
 * second the tarball's URL (empty: at the configured registry), the last its digest.
 */
import { isJsonObject, ownObject, type Json } from '../../../core/json.ts';
import { isVersion } from '../registry/paths.ts';
import { atMost20, placed, refusal, type PlacedLockfile } from './lockfile.ts';

const local = /^(?:workspace|file|link|root):/;
const digest = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** Throws SyntaxError for what is no such JSON, Error for what is no lockfile. */
export function placeBunLock(text: string): PlacedLockfile {
  const lock: unknown = JSON.parse(withoutTrailingCommas(text));
  const packages = isJsonObject(lock) ? ownObject(lock, 'packages') : undefined;
  if (!isJsonObject(lock)) throw new Error('it is no object');
  const refused: string[] = [];
  const entries = Object.entries(packages ?? {}).map(([key, value]): [string, Json] => [
    key,
    placeEntry(key, value, refused),
  ]);
  const changed = packages === undefined ? lock : { ...lock, packages: Object.fromEntries(entries) };
  return { text: `${JSON.stringify(changed, null, 2)}\n`, refused: atMost20(refused) };
}

function placeEntry(key: string, value: Json, refused: string[]): Json {
  const [first, second, ...rest] = Array.isArray(value) ? (value as readonly Json[]) : [];
  const stated = typeof first === 'string' ? first : '';
  const at = stated.indexOf('@', 1);
  const [name, version] = [stated.slice(0, at), stated.slice(at + 1)];
  if (at > 0 && local.test(version)) return value;
  const url = typeof second === 'string' ? second : undefined;
  const claimed = rest.some((item) => typeof item === 'string' && digest.test(item));
  // The registry that is configured: what it gives must have the digest.
  if (url === '' && at > 0 && isVersion(version) && claimed) return value;
  const place = url === undefined ? undefined : placed({ name, version, url, claimed });
  if (place === undefined) refused.push(refusal(key, url === undefined || url === '' ? stated : url));
  return place === undefined ? value : [stated, place, ...rest];
}

/** Commas before a closing bracket, strings left alone. */
function withoutTrailingCommas(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string: string | undefined) => string ?? '');
}
