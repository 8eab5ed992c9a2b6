import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArchiveReading } from '../core/archive-reading.ts';
import { sha256 } from '../core/digest.ts';
import type { Json } from '../core/json.ts';
import { receiveReading, sendReading } from './wire.ts';

const agreed: ArchiveReading = {
  verdict: 'agreed',
  findings: [],
  members: Array.from({ length: 3000 }, (_, at) => ({
    path: `package/${at}`,
    type: 'file',
    mode: 0o644,
    sizeBytes: at,
    sha256: sha256(String(at)),
  })),
  totalBytes: (3000 * 2999) / 2,
  manifestText: '{"name":"é"}'.repeat(20_000),
  readers: ['a/1', 'b/2'],
};
const refused: ArchiveReading = {
  verdict: 'refused',
  findings: [{ id: 'archive/symlink', message: 'A link.', data: { at: 1 } }],
  members: [],
  totalBytes: 7,
  manifestText: undefined,
  readers: ['a/1'],
};
const limits = { entries: 3000, manifestBytes: 240_000 };

function carried(reading: ArchiveReading, bounds = limits): ArchiveReading {
  const receiver = receiveReading(bounds);
  const end = sendReading(reading, (part) => {
    const line = JSON.stringify(part);
    assert.ok(line.length < 256 * 1024);
    receiver.part(JSON.parse(line) as Json);
  });
  return receiver.end(JSON.parse(JSON.stringify(end)) as Json);
}

test('a reading crosses unchanged, in lines that the event loop may parse', () => {
  assert.deepEqual(carried(agreed), agreed);
  assert.deepEqual(carried(refused), refused);
  assert.equal(carried({ ...agreed, manifestText: '' }).manifestText, '');
  assert.equal(carried({ ...agreed, manifestText: undefined }).manifestText, undefined);
});

test('more members or text than the limits allow are not taken', () => {
  assert.throws(() => carried(agreed, { ...limits, entries: 2999 }), /not a reading/);
  assert.throws(() => carried(agreed, { ...limits, manifestBytes: 239_999 }), /not a reading/);
});

const digest = sha256('');
const parts: readonly Json[] = [
  null,
  'text',
  { members: {} },
  { members: [['p', 'file', 0, 0]] },
  { members: [['p', 'link', 0, 0, digest]] },
  { members: [[1, 'file', 0, 0, digest]] },
  { members: [['p', 'file', -1, 0, digest]] },
  { members: [['p', 'file', 0, 0.5, digest]] },
  { members: [['p', 'file', 0, 0, digest.toUpperCase()]] },
];
for (const part of parts) {
  test(`a part like ${JSON.stringify(part).slice(0, 60)} is refused`, () => {
    assert.throws(() => receiveReading(limits).part(part), /not a reading/);
  });
}

const good = {
  verdict: 'refused',
  findings: [{ id: 'archive/symlink', message: 'x' }],
  totalBytes: 0,
  readers: [],
  hasManifest: false,
};
const ends: readonly (readonly [what: string, end: Json])[] = [
  ['no object', []],
  ['an unknown verdict', { ...good, verdict: 'fine' }],
  ['a refusal without findings', { ...good, findings: [] }],
  ['agreement on nothing', { ...good, verdict: 'agreed', findings: [] }],
  ['agreement with findings', { ...good, verdict: 'agreed' }],
  ['a finding of another kind', { ...good, findings: [{ id: 'integrity/x', message: 'x' }] }],
  ['a finding without message', { ...good, findings: [{ id: 'archive/x' }] }],
  [
    'too many findings',
    { ...good, findings: Array.from({ length: 33 }, () => ({ id: 'archive/x', message: 'x' })) },
  ],
  ['a total that is no number', { ...good, totalBytes: '0' }],
];
for (const [what, end] of ends) {
  test(`an end with ${what} is refused`, () => {
    assert.equal(receiveReading(limits).end(good).verdict, 'refused');
    assert.throws(() => receiveReading(limits).end(end), /not a reading/);
  });
}

test('nested manifests cross in pieces, and more of them than the limit is refused', () => {
  const text = 'y'.repeat(100_000);
  const manifests = [1, 2].map((at) => ({ path: `package/node_modules/${at}/package.json`, text }));
  const nested = { manifests, whole: false };
  assert.deepEqual(carried({ ...agreed, nested }), { ...agreed, nested });
  assert.throws(
    () => carried({ ...agreed, nested: { ...nested, manifests: [...manifests, ...manifests] } }),
    /not a reading/,
  );
});

test('a total other than the sum of the members is refused, and so are members beside a refusal', () => {
  assert.throws(() => carried({ ...agreed, totalBytes: agreed.totalBytes + 1 }), /not a reading/);
  assert.throws(() => carried({ ...refused, members: agreed.members }), /not a reading/);
});
