/**
 * No change of a single bit of anything that is verified leaves a real bundle accepted: what was signed, who signed it, when, what
 * the log says, the file itself, and the keys and certificates of the trusted root that were used.
 *
 * Not among them, because nobody signed them and nothing is made of them: the version in the media
 * type where the bundle fits both, the `keyid` of an envelope, the index of an entry without
 * a promise, and lines of a checkpoint by other signers than the log.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import type { BundleRequest } from '../../src/sigstore/types.ts';
import { verifyBundle } from '../../src/sigstore/verify.ts';
import {
  npmBundles,
  npmKeys,
  publicGoodRoot,
  requestFor,
  sigstoreCase,
  skipSigstoreVectors as skip,
  trustOf,
  vectorsNow,
} from '../support/sigstore-vectors.ts';

type Path = readonly (string | number)[];

interface Field {
  readonly path: Path;
  readonly bytes: Buffer;
  readonly write: (bytes: Buffer) => Json;
}

const encoded: ReadonlySet<string> = new Set([
  'rawBytes',
  'keyId',
  'signedEntryTimestamp',
  'rootHash',
  'canonicalizedBody',
  'payload',
  'sig',
  'digest',
  'signature',
  'signedTimestamp',
]);
const texts: ReadonlySet<string> = new Set([
  'payloadType',
  'hint',
  'kind',
  'version',
  'algorithm',
  'treeSize',
  'envelope',
  'integratedTime',
]);

/** Every field of the bundle that is verified, as the bytes it stands for. */
function fieldsOf(json: Json, path: Path, isPromised: boolean): readonly Field[] {
  if (Array.isArray(json)) return json.flatMap((item: Json, n) => fieldsOf(item, [...path, n], isPromised));
  if (isJsonObject(json))
    return Object.entries(json).flatMap(([key, value]) => fieldsOf(value, [...path, key], isPromised));
  if (typeof json !== 'string' || json === '') return [];
  const key = path.findLast((part) => typeof part === 'string') ?? '';
  if (encoded.has(key) || key === 'hashes')
    return [{ path, bytes: Buffer.from(json, 'base64'), write: (bytes) => bytes.toString('base64') }];
  const isText = texts.has(key) || (key === 'logIndex' && (isPromised || path.includes('inclusionProof')));
  if (!isText) return [];
  // Of a checkpoint: its text and the line of the log, which is the first in these bundles.
  const end = key === 'envelope' ? json.indexOf('\n', json.indexOf('\n\n') + 2) + 1 : json.length;
  const write = (bytes: Buffer): Json => bytes.toString('latin1') + json.slice(end);
  // Latin-1 would lose the dash of a signature line; its three bytes are flipped as UTF-8.
  const bytes = Buffer.from(json.slice(0, end), 'utf8');
  return [
    {
      path,
      bytes,
      write: key === 'envelope' ? (flipped) => flipped.toString('utf8') + json.slice(end) : write,
    },
  ];
}

function replaced(json: Json, path: Path, value: Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(json))
    return json.map((item: Json, n) => (n === first ? replaced(item, rest, value) : item));
  const object = json as JsonObject;
  return { ...object, [first]: replaced(object[String(first)] ?? null, rest, value) };
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

function withRoot(request: BundleRequest, root: Json): BundleRequest {
  return { ...request, roots: [trustOf(root as JsonObject)] };
}

/** Keys and certificates of the root without which the bundle is refused. */
function usedRootFields(request: BundleRequest): readonly Field[] {
  const root = request.roots[0]?.trustedRoot ?? {};
  return ['tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities'].flatMap((list) => {
    const items = root[list];
    if (!Array.isArray(items)) return [];
    return items.flatMap((item: Json, n) => {
      const without = { ...root, [list]: items.filter((_, at) => at !== n) };
      const isUsed = !verifyBundle(withRoot(request, without)).ok;
      return isUsed ? fieldsOf(item, [list, n], false).filter(({ path }) => path.at(-1) !== 'envelope') : [];
    });
  });
}

const npm = (version: '0.4.0' | '2.3.1', n: number): BundleRequest => ({
  bundle: npmBundles(version)[n] ?? {},
  thing: undefined,
  roots: [trustOf(publicGoodRoot())],
  keys: npmKeys(),
  now: vectorsNow,
});
const conformance = (name: string): BundleRequest => requestFor(sigstoreCase(name), 'file');
const subjects: readonly (readonly [string, () => BundleRequest])[] = [
  ['a message with a promise and a proof', () => conformance('happy-path-v0.3')],
  ['an envelope, entry of kind dsse', () => conformance('happy-path-intoto-in-dsse-v3')],
  [
    'a message with a timestamp and its certificate',
    () => conformance('rekor2-timestamp-with-embedded-cert'),
  ],
  ['an envelope with a timestamp', () => conformance('rekor2-dsse-happy-path')],
  ['provenance of early 2023 with its whole chain', () => npm('0.4.0', 0)],
  ['a publish attestation by key', () => npm('2.3.1', 0)],
  ['provenance v1, entry of kind intoto', () => npm('2.3.1', 1)],
];

const runs = 220;

for (const [title, read] of subjects) {
  test(`no single bit of ${title} can change`, { skip }, () => {
    const request = read();
    assert.ok(verifyBundle(request).ok);
    const isPromised = JSON.stringify(request.bundle).includes('signedEntryTimestamp');
    const fields = fieldsOf(request.bundle, [], isPromised);
    assert.ok(fields.length >= 8);
    fc.assert(
      fc.property(
        fc.nat(fields.length - 1),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (n, where) => {
          const { path, bytes, write } = fields[n] ?? { path: [], bytes: Buffer.alloc(1), write: () => null };
          const bit = Math.floor(where * bytes.length * 8);
          const bundle = replaced(request.bundle, path, write(flipped(bytes, bit))) as JsonObject;
          assert.equal(verifyBundle({ ...request, bundle }).ok, false, `${path.join('.')} bit ${bit}`);
        },
      ),
      { numRuns: runs, seed: 22703 },
    );
  });
}

test('no single bit of the file can change', { skip }, () => {
  for (const name of ['happy-path-v0.3', 'happy-path-intoto-in-dsse-v3']) {
    const request = conformance(name);
    const bytes = request.thing?.kind === 'bytes' ? Buffer.from(request.thing.bytes) : Buffer.alloc(0);
    assert.ok(bytes.length > 0);
    for (let bit = 0; bit < bytes.length * 8; bit += 5) {
      const thing = { kind: 'bytes', bytes: flipped(bytes, bit) } as const;
      assert.equal(verifyBundle({ ...request, thing }).ok, false, `bit ${bit}`);
    }
  }
});

test('no single bit of a key or certificate of the trusted root that was used can change', { skip }, () => {
  for (const name of ['happy-path-v0.3', 'rekor2-timestamp-with-embedded-cert']) {
    const request = conformance(name);
    const fields = usedRootFields(request);
    assert.ok(fields.length >= 6);
    fc.assert(
      fc.property(
        fc.nat(fields.length - 1),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (n, where) => {
          const { path, bytes, write } = fields[n] ?? { path: [], bytes: Buffer.alloc(1), write: () => null };
          const bit = Math.floor(where * bytes.length * 8);
          const root = replaced(request.roots[0]?.trustedRoot ?? {}, path, write(flipped(bytes, bit)));
          assert.equal(verifyBundle(withRoot(request, root)).ok, false, `${path.join('.')} bit ${bit}`);
        },
      ),
      { numRuns: 100, seed: 24122 },
    );
  }
});

test('no single bit of a key of the registry can change', { skip }, () => {
  const request = npm('2.3.1', 0);
  const [key] = request.keys;
  assert.ok(key !== undefined);
  const spki = Buffer.from(key.spki, 'base64');
  for (let bit = 0; bit < spki.length * 8; bit += 7) {
    const keys: BundleRequest['keys'] = [{ ...key, spki: flipped(spki, bit).toString('base64') }];
    assert.equal(verifyBundle({ ...request, keys }).ok, false, `bit ${bit}`);
  }
});
