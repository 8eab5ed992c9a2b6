/** Packuments for tests: one well-made by hand, and generators of ordinary and of hostile ones. */
import fc from 'fast-check';
import { sha256, type Sha256 } from '../../src/core/digest.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { UpstreamId } from '../../src/core/subject.ts';
import { encodeParts, openParts, type PartsFile } from '../../src/registries/npm/packument-parts.ts';
import { readPackument, type PackumentReading } from '../../src/registries/npm/packument-read.ts';

export const upstream = 'npm' as UpstreamId;

export function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8');
}

export function digestOf(bytes: Uint8Array): Sha256 {
  return sha256(bytes);
}

export function read(document: unknown, name = 'colour-pick'): PackumentReading {
  const raw = jsonBytes(document);
  return readPackument(raw, { name, upstream, digest: digestOf(raw) });
}

export function opened(document: unknown, name = 'colour-pick'): PartsFile {
  return openParts(encodeParts(read(document, name).parts));
}

export function parsed(bytes: Uint8Array | undefined): JsonObject {
  return JSON.parse(Buffer.from(bytes ?? new Uint8Array()).toString('utf8')) as JsonObject;
}

/** The text for people in the body of an answer. */
export function errorOf(body: Uint8Array): string {
  const { error } = parsed(body);
  if (typeof error !== 'string') throw new TypeError('the body holds no error text');
  return error;
}

export function entryOf(
  name: string,
  version: string,
  more: JsonObject = {},
  dist: JsonObject = {},
): JsonObject {
  const base = name.slice(name.indexOf('/') + 1);
  return {
    name,
    version,
    dependencies: { dep: '^1.0.0' },
    ...more,
    dist: {
      shasum: '0123456789abcdef0123456789abcdef01234567',
      tarball: `https://registry.example.com/${name}/-/${base}-${version}.tgz`,
      signatures: [{ keyid: 'SHA256:x', sig: 'MEUC' }],
      ...dist,
    },
    _id: `${name}@${version}`,
  };
}

export interface PackumentOptions {
  readonly name?: string;
  readonly latest?: string;
  readonly more?: JsonObject;
}

/** Versions a day apart, from 2026-01-01 on. */
export function packumentOf(versions: readonly string[], options: PackumentOptions = {}): JsonObject {
  const { name = 'colour-pick', latest = versions.at(-1) ?? '', more = {} } = options;
  const day = (at: number): string => new Date(Date.UTC(2026, 0, 1 + at)).toISOString();
  return {
    _id: name,
    name,
    'dist-tags': { latest },
    versions: Object.fromEntries(versions.map((version) => [version, entryOf(name, version)])),
    time: {
      created: day(0),
      modified: day(versions.length),
      ...Object.fromEntries(versions.map((version, at) => [version, day(at)])),
    },
    readme: '# colour-pick',
    ...more,
  };
}

const hostileKeys = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'versions',
  '',
  '\u0000',
  '\ud800',
  '"',
  '\\',
  '\u2028',
  'tarball":"',
];

/** JSON values with hostile keys and texts, own `__proto__` among them. */
export const anyJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json; object: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(...hostileKeys),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...hostileKeys), fc.string({ maxLength: 6 })), tie('json')), {
      maxLength: 3,
    })
    .map((entries) => Object.fromEntries(entries) as Json),
})).json;

export const anyVersion: fc.Arbitrary<string> = fc
  .tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.constantFrom('', '', '', '-beta.1', '-rc', 'beta', '+build'))
  .map(([major, minor, patch, tail]) => `${major}.${minor}.${patch}${tail}`);

const anyTime = fc.oneof(
  fc
    .date({ min: new Date('2015-01-01'), max: new Date('2026-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom('2026-01-01T00:00:00.206999+00:00', 'yesterday', ''),
);

/** Fields an entry may have, known and unknown, with any values. */
const anyFields = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'scripts',
        'gypfile',
        'hasInstallScript',
        'deprecated',
        'bin',
        'engines',
        '_npmUser',
        'readme',
        'x',
        '__proto__',
        'constructor',
        'os',
      ),
      fc.oneof(anyJson, fc.constantFrom<Json>(true, 'gone', { install: 'node x.js' }, { postinstall: '' })),
    ),
    { maxLength: 5 },
  )
  .map((entries) => Object.fromEntries(entries));

/** Packuments of `colour-pick` whose entries are all right: what must come through whole. */
export const anyPackument: fc.Arbitrary<JsonObject> = fc
  .record({
    versions: fc.uniqueArray(fc.tuple(anyVersion, anyFields, anyFields, anyTime), {
      maxLength: 8,
      selector: ([version]) => version,
    }),
    tags: fc.array(fc.tuple(fc.constantFrom('latest', 'next', 'beta', '__proto__', 'toString'), anyVersion), {
      maxLength: 4,
    }),
    extra: fc.array(
      fc.tuple(
        fc.constantFrom('readme', 'users', 'maintainers', '__proto__', 'modified', 'policyRestrictions'),
        anyJson,
      ),
      { maxLength: 4 },
    ),
    times: fc.option(
      fc.constantFrom<JsonObject>(
        {},
        { modified: '2020-01-01T00:00:00.000Z' },
        { created: 'x', unpublished: { by: 1 }, '9.9.9': '2030-01-01T00:00:00.001Z' },
      ),
    ),
  })
  .map(({ versions, tags, extra, times }) => ({
    name: 'colour-pick',
    ...Object.fromEntries(extra),
    ...(times === null
      ? {}
      : {
          time: { ...Object.fromEntries(versions.map(([version, , , time]) => [version, time])), ...times },
        }),
    'dist-tags': Object.fromEntries(tags),
    versions: Object.fromEntries(
      versions.map(([version, fields, dist]) => [version, rightEntry(version, fields, dist)]),
    ),
  }));

/** `Object.fromEntries` rather than spread at the end: an own `__proto__` must stay own. */
function rightEntry(version: string, fields: JsonObject, dist: JsonObject): JsonObject {
  const right = entryOf('colour-pick', version);
  const whole = [...Object.entries(fields), ...Object.entries(right)];
  const rightDist = [...Object.entries(dist), ...Object.entries(right['dist'] as JsonObject)];
  return Object.fromEntries(
    whole.map(([key, value]) => [key, key === 'dist' ? Object.fromEntries(rightDist) : value]),
  );
}
