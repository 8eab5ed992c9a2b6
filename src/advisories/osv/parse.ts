/**
 * Reads one OSV record (schema 1.7). Strict in what decides: a record whose ids, times, names, ranges or versions cannot be
 * read is refused as a whole, with the reason, so that the import can count it. Fields that decide nothing are passed over.
 */
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { normaliseTime } from '../../core/time.ts';
import { compareText } from '../versions/order.ts';
import { readAffected } from './affected.ts';
import { listOf, OsvProblem, shown, textOf } from './fields.ts';
import { databaseOf, type OsvAffected, type OsvRecord, type OsvSeverity } from './record.ts';

export type OsvReading =
  | { readonly state: 'read'; readonly record: OsvRecord }
  | { readonly state: 'refused'; readonly id: string; readonly why: string };

/** UTF-16 units of JSON; the largest real records have some 2 MB. */
const longestRecord = 8 * 1024 * 1024;
const most = { ids: 500, affected: 5000, severities: 20, sources: 32 } as const;
const summaryLength = 200;

/** From the text of one file. Never throws. */
export function readOsvText(text: string): OsvReading {
  if (text.length > longestRecord) return { state: 'refused', id: '', why: 'it is too long' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { state: 'refused', id: '', why: 'it is no JSON' };
  }
  return readOsv(value);
}

/** From parsed JSON. Never throws. */
export function readOsv(value: unknown): OsvReading {
  if (!isJsonObject(value)) return { state: 'refused', id: '', why: 'it is no object' };
  try {
    return { state: 'read', record: recordFrom(value) };
  } catch (error) {
    if (!(error instanceof OsvProblem)) throw error;
    return {
      state: 'refused',
      id: (ownString(value, 'id') ?? '').slice(0, 100).toWellFormed(),
      why: error.message,
    };
  }
}

function recordFrom(value: JsonObject): OsvRecord {
  const schema = own(value, 'schema_version');
  if (schema !== undefined && !(typeof schema === 'string' && /^1\.\d/.test(schema)))
    throw new OsvProblem(`its schema version ${shown(schema)} is not known`);
  const id = idFrom(own(value, 'id'));
  const modified = timeFrom(value, 'modified');
  if (modified === undefined) throw new OsvProblem('it has no time of modification');
  const affected = listOf(value, 'affected', most.affected).flatMap((one): readonly OsvAffected[] => {
    const read = readAffected(one, severitiesFrom);
    return read === undefined ? [] : [read];
  });
  return {
    id,
    modified,
    published: timeFrom(value, 'published'),
    withdrawn: timeFrom(value, 'withdrawn'),
    aliases: idsFrom(value, 'aliases').filter((alias) => alias !== id),
    upstream: idsFrom(value, 'upstream'),
    related: idsFrom(value, 'related'),
    summary: summaryFrom(value),
    severity: severitiesFrom(value),
    affected,
    sources: sourcesFrom(value, id),
  };
}

/** Ids are printed, compared and joined: letters, digits and a few marks. */
function idFrom(value: Json | undefined): string {
  const id = textOf(value, 'an id', 100);
  if (!/^[A-Za-z0-9][A-Za-z0-9._:+-]*$/.test(id)) throw new OsvProblem(`${shown(id)} is no id`);
  return id;
}

function idsFrom(value: JsonObject, key: string): readonly string[] {
  return [...new Set(listOf(value, key, most.ids).map(idFrom))].sort(compareText);
}

/** Absent and null are the same; a time that cannot be read is not: a record could be withdrawn by it. */
function timeFrom(value: JsonObject, key: string): string | undefined {
  const given = own(value, key);
  if (given === undefined || given === null) return undefined;
  const time = typeof given === 'string' ? normaliseTime(given) : undefined;
  if (time === undefined) throw new OsvProblem(`its time "${key}" cannot be read: ${shown(given)}`);
  return time;
}

function summaryFrom(value: JsonObject): string {
  const text = (ownString(value, 'summary') ?? ownString(value, 'details') ?? '').slice(0, 2 * summaryLength);
  const line = text.replace(/\s+/g, ' ').trim();
  return (line.length <= summaryLength ? line : `${line.slice(0, summaryLength - 3)}...`).toWellFormed();
}

/** A severity that cannot be read leaves the record without one: unknown, which is a class of its own. */
function severitiesFrom(value: JsonObject): readonly OsvSeverity[] {
  return listOf(value, 'severity', most.severities).flatMap((one) => {
    if (!isJsonObject(one)) return [];
    const [type, score] = [ownString(one, 'type'), ownString(one, 'score')];
    const isShort = (text: string): boolean => text.length <= 400 && text.isWellFormed();
    return type === undefined || score === undefined || !isShort(type) || !isShort(score)
      ? []
      : [{ type, score }];
  });
}

/** Two names for one database count once. */
const sameSource: Readonly<Record<string, string>> = { 'ghsa-malware': 'GHSA' };

/**
 * Who reported it: the origins that a malicious-packages record lists, else the database of its id. Nothing else of
 * `database_specific` is read.
 */
function sourcesFrom(value: JsonObject, id: string): readonly string[] {
  const origins = own(ownObject(value, 'database_specific') ?? {}, 'malicious-packages-origins');
  const named = (Array.isArray(origins) ? origins.slice(0, most.sources) : []).flatMap((one: Json) => {
    const source = isJsonObject(one) ? ownString(one, 'source') : undefined;
    if (source === undefined || !/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/.test(source)) return [];
    return [(Object.hasOwn(sameSource, source) ? sameSource[source] : undefined) ?? source];
  });
  return named.length === 0 ? [databaseOf(id)] : [...new Set(named)].sort(compareText);
}
