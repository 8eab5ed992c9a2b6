/**
 * A leaf of the ledger, version 1: canonical JSON (RFC 8785) of a closed shape, ASCII only. Everything that
 * could be guessed is behind a salted commitment; what stands open is the type, the time and a random id.
 * The bytes are specified in `docs/leaf-v1.md`.
 */

/** What an entry records. Closed, and grows by review; a verifier that does not know a type says so. */
export const leafTypes = [
  'decision/v1',
  'erasure/v1',
  'key-rotation/v1',
  'expectation/v1',
  'trust-material/v1',
  'feed/v1',
  'rebuild/v1',
  'source/v1',
  'builder-key/v1',
] as const;
export type LeafType = (typeof leafTypes)[number];

/** The five committed fields, in the order of their salts. */
export const leafFields = ['subject', 'actor', 'statement', 'evidence', 'prev'] as const;
export type LeafField = (typeof leafFields)[number];

/** Commitments are 64 lower-case hex digits. */
export interface Leaf extends Readonly<Record<LeafField, string>> {
  /** The entry's own random id: what the next entry of the same subject points at, and what no two entries share. */
  readonly id: string;
  readonly type: LeafType;
  /** RFC 3339, UTC, milliseconds, years 1000 to 9999, no leap second: `2026-01-31T09:00:00.000Z`. */
  readonly time: string;
}

/** `unknown-version` and `unknown-type` may come from a newer writer; the others never come from a right one. */
export type LeafProblem = 'malformed' | 'unknown-version' | 'unknown-type' | 'no-such-time';

export type LeafParse =
  | { readonly ok: true; readonly leaf: Leaf }
  | { readonly ok: false; readonly problem: LeafProblem };

/** The entry limit of C2SP tlog-tiles (a 16-bit length). A version 1 leaf has 560 bytes at most. */
export const maxEntryBytes = 65_535;
export const maxLeafBytes = 560;

const commitment = (name: LeafField): string => `"${name}":"(?<${name}>[0-9a-f]{64})"`;
const eventId = '[0-9A-Za-z_-]{26,64}';
const instant = '[1-9][0-9]{3}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}\\.[0-9]{3}Z';

/** No escapes, no spaces, one order, one spelling: a text that matches is the only text of its leaf. */
const shape = new RegExp(
  `^\\{${[
    commitment('actor'),
    commitment('evidence'),
    `"id":"(?<id>${eventId})"`,
    commitment('prev'),
    commitment('statement'),
    commitment('subject'),
    `"time":"(?<time>${instant})"`,
    '"type":"(?<type>[a-z0-9-]{1,48}/v[1-9][0-9]{0,3})"',
    '"v":1',
  ].join(',')}\\}$`,
);

/** Unguessable and random: at least 26 characters of base32, or as many of hex or base64url (128 bits). */
export function isEventId(text: string): boolean {
  return new RegExp(`^${eventId}$`).test(text);
}

/** Strict: `encodeLeaf` of the result is the text, byte for byte. */
export function parseLeaf(text: string): LeafParse {
  const match = shape.exec(text);
  if (match === null) return { ok: false, problem: hasOtherVersion(text) ? 'unknown-version' : 'malformed' };
  const { subject = '', actor = '', statement = '', evidence = '', prev = '' } = match.groups ?? {};
  const { id = '', time = '', type: typeText = '' } = match.groups ?? {};
  const type = leafTypes.find((known) => known === typeText);
  if (type === undefined) return { ok: false, problem: 'unknown-type' };
  if (!isInstant(time)) return { ok: false, problem: 'no-such-time' };
  return { ok: true, leaf: { id, type, time, subject, actor, statement, evidence, prev } };
}

/** Throws RangeError when a field is not what a leaf may hold: a wrong entry must never reach the log. */
export function encodeLeaf(leaf: Leaf): string {
  const text =
    `{"actor":"${leaf.actor}","evidence":"${leaf.evidence}","id":"${leaf.id}","prev":"${leaf.prev}",` +
    `"statement":"${leaf.statement}","subject":"${leaf.subject}",` +
    `"time":"${leaf.time}","type":"${leaf.type}","v":1}`;
  const parsed = parseLeaf(text);
  if (!parsed.ok) throw new RangeError(`not a leaf: ${parsed.problem}`);
  return text;
}

function hasOtherVersion(text: string): boolean {
  return text.length <= maxEntryBytes && /^\{"[^]*,"v":(?!1\})[1-9][0-9]{0,8}\}$/.test(text);
}

function isInstant(time: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (time.match(/\d+/g) ?? []).map(
    Number,
  );
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  );
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
