/** CISA's catalogue of known exploited vulnerabilities, in its JSON form. */
import type { AdvisoryMatch } from '../core/advisory.ts';
import { AssayError } from '../core/errors.ts';
import { isJsonObject, own, ownString, type Json } from '../core/json.ts';

export type Exploited = NonNullable<AdvisoryMatch['kev']>;

export interface KnownExploited {
  readonly version: string;
  readonly size: number;
  readonly ids: ReadonlySet<string>;
  /** The one added first, of these ids. */
  readonly firstOf: (ids: readonly string[]) => Exploited | undefined;
}

const mostEntries = 100_000;

/** Throws FEED_UNREADABLE: an entry that is passed over would look like one that is not exploited. */
export function parseKev(text: string): KnownExploited {
  const catalogue = jsonOf(text);
  if (!isJsonObject(catalogue)) throw unreadable('it is no object');
  const version = ownString(catalogue, 'catalogVersion') ?? '';
  const list = own(catalogue, 'vulnerabilities');
  if (!Array.isArray(list) || list.length > mostEntries || !/^[0-9A-Za-z._-]{1,40}$/.test(version))
    throw unreadable('it has no version or no list');
  const entries = new Map(list.map(entryOf));
  return {
    version,
    size: entries.size,
    ids: new Set(entries.keys()),
    firstOf: (ids) => {
      const found = ids.flatMap((id) => entries.get(id) ?? []);
      return found.toSorted((a, b) => (a.added < b.added ? -1 : 1))[0];
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable('it is no JSON');
  }
}

function entryOf(entry: Json): readonly [string, Exploited] {
  const cve = isJsonObject(entry) ? ownString(entry, 'cveID') : undefined;
  const added = isJsonObject(entry) ? dayOf(own(entry, 'dateAdded')) : undefined;
  if (!isJsonObject(entry) || cve === undefined || added === undefined || !/^CVE-\d{4}-\d{4,19}$/.test(cve))
    throw unreadable('an entry has no CVE or no date');
  return [cve, { added, due: dayOf(own(entry, 'dueDate')) }];
}

function dayOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
}

function unreadable(why: string): AssayError {
  return new AssayError('FEED_UNREADABLE', `the list of exploited vulnerabilities cannot be used: ${why}`);
}
