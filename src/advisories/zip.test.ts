import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../core/errors.ts';
import { osvJson, zipOf } from '../../test/support/osv.ts';
import { readOsvZip } from './osv/zip.ts';
import { readZip, type ZipLimits } from './zip.ts';

const limits: ZipLimits = { members: 1000, memberBytes: 1000, totalBytes: 5000 };
const members = [
  { name: 'a.json', text: '{"a":1}' },
  { name: 'folder/', text: '' },
  { name: 'b.json', text: 'stored', stored: true },
  { name: 'ü.json', text: 'x'.repeat(900) },
];

function membersOf(zip: Buffer, within = limits): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  readZip(zip, within, (name, bytes) => found.push([name, bytes.toString()]));
  return found;
}

function isRefused(zip: Buffer, within = limits): boolean {
  try {
    membersOf(zip, within);
    return false;
  } catch (error) {
    assert.ok(isAssayError(error, 'FEED_UNREADABLE'), String(error));
    return true;
  }
}

test('every file is read, packed or stored, in the order of the directory', () => {
  for (const zip64 of [false, true])
    assert.deepEqual(membersOf(zipOf(members, { zip64 })), [
      ['a.json', '{"a":1}'],
      ['b.json', 'stored'],
      ['ü.json', 'x'.repeat(900)],
    ]);
});

test('an archive without members is empty, and no archive is refused', () => {
  assert.deepEqual(membersOf(zipOf([])), []);
  for (const bytes of [Buffer.alloc(0), Buffer.from('{}'), Buffer.alloc(1000)]) assert.ok(isRefused(bytes));
});

test('each limit refuses: members, bytes of one, bytes of all', () => {
  const zip = zipOf(members);
  assert.ok(!isRefused(zip));
  assert.ok(isRefused(zip, { ...limits, members: 3 }));
  assert.ok(isRefused(zip, { ...limits, memberBytes: 899 }));
  assert.ok(isRefused(zip, { ...limits, totalBytes: 912 }));
});

test('two members of one name, a cut archive, and bytes behind the end are refused', () => {
  const zip = zipOf(members);
  assert.ok(
    isRefused(
      zipOf([
        { name: 'a', text: '1' },
        { name: 'a', text: '2' },
      ]),
    ),
  );
  assert.ok(isRefused(zip.subarray(0, -1)));
  assert.ok(isRefused(zip.subarray(1)));
  assert.ok(isRefused(Buffer.concat([zip, Buffer.from('x')])));
});

test('a member that grows beyond what the directory says is refused', () => {
  const zip = zipOf([{ name: 'a.json', text: 'x'.repeat(900) }]);
  const at = zip.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24;
  zip.writeUInt32LE(10, at);
  assert.ok(isRefused(zip));
});

test('a directory that gives one member’s bytes to many is refused', () => {
  const zip = zipOf([
    { name: 'a', text: 'x'.repeat(900) },
    { name: 'b', text: 'y'.repeat(900), stored: true },
  ]);
  const second = zip.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
  zip.writeUInt32LE(0, second + 42);
  assert.ok(isRefused(zip), 'the name there is another one');
});

/** Each member holds the next one’s header and bytes, all stored: many members out of the bytes of one. */
function nested(depth: number): Buffer {
  const names = Array.from({ length: depth }, (_, at) => `${at}`);
  let bytes: Buffer = Buffer.alloc(900, 'x');
  const directory: Buffer[] = [];
  for (const [at, name] of names.entries()) {
    const zip = zipOf([{ name, text: bytes, stored: true }]);
    const central = zip.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
    const entry = Buffer.from(zip.subarray(central, -22));
    // The outermost begins the archive; each of the others lies 31 bytes further in.
    entry.writeUInt32LE((depth - 1 - at) * 31, 42);
    directory.push(entry);
    bytes = zip.subarray(0, central);
  }
  const end = Buffer.from(zipOf([]));
  const size = directory.reduce((sum, entry) => sum + entry.length, 0);
  end.writeUInt16LE(depth, 8);
  end.writeUInt16LE(depth, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(bytes.length, 16);
  return Buffer.concat([bytes, ...directory, end]);
}

test('members within members are refused before they add up', () => {
  assert.equal(membersOf(nested(1)).length, 1);
  const large = { members: 1000, memberBytes: 1e6, totalBytes: 1e6 };
  assert.throws(() => membersOf(nested(9), large), /overlap/);
});

test('a changed byte is noticed, or the content is the same', () => {
  const zip = zipOf(members);
  const wanted = membersOf(zip);
  fc.assert(
    fc.property(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(zip);
      damaged[at] = (damaged[at] ?? 0) ^ change;
      if (!isRefused(damaged)) {
        const found = membersOf(damaged);
        // Names are no part of a checksum, and a name that ends in "/" is a folder.
        for (const [, text] of found) assert.ok(wanted.some(([, one]) => one === text));
      }
    }),
    { numRuns: 1000 },
  );
});

test('any bytes are read or refused', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      (bytes) => isRefused(Buffer.from(bytes)) || bytes.length >= 22,
    ),
  );
});

test('records that cannot be read are counted, with the reason, and the others are taken', () => {
  const ids: string[] = [];
  const zip = zipOf([
    { name: 'A-1.json', text: JSON.stringify(osvJson('A-1', 'sample')) },
    { name: 'A-2.json', text: '{' },
    { name: 'A-3.json', text: JSON.stringify(osvJson('A-3', 'sample', { modified: 'never' })) },
    { name: 'README.md', text: 'no record' },
  ]);
  const found = readOsvZip(zip, ({ id }) => ids.push(id));
  assert.deepEqual(ids, ['A-1']);
  assert.deepEqual([found.read, found.refused], [1, 2]);
  assert.deepEqual(
    found.reasons.map(({ file, id }) => [file, id]),
    [
      ['A-2.json', ''],
      ['A-3.json', 'A-3'],
    ],
  );
});
