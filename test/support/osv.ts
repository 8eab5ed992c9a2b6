/** Advisories in the OSV form and archives of them, as a feed publishes them. */
import { crc32, deflateRawSync } from 'node:zlib';
import type { JsonObject } from '../../src/core/json.ts';
import { readOsv } from '../../src/advisories/osv/parse.ts';
import type { OsvRecord } from '../../src/advisories/osv/record.ts';
import { buildSnapshot } from '../../src/advisories/snapshot/build.ts';
import { createLookup, type AdvisoryJoins } from '../../src/advisories/lookup.ts';
import type { AdvisoryLookup } from '../../src/core/advisory.ts';

export const sampleModified = '2026-11-20T06:00:00.000Z';

/** About one package; `change` replaces fields. Without ranges: everything before 2.0.0. */
export function osvJson(id: string, name: string, change: JsonObject = {}): JsonObject {
  const ranges = [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }];
  return {
    schema_version: '1.7.4',
    id,
    modified: sampleModified,
    summary: `About ${name}`,
    affected: [{ package: { ecosystem: 'npm', name }, ranges }],
    ...change,
  };
}

/** Throws when it is refused. */
export function osvRecord(value: unknown): OsvRecord {
  const reading = readOsv(value);
  if (reading.state === 'refused') throw new Error(reading.why);
  return reading.record;
}

export function lookupOf(records: readonly JsonObject[], joins: AdvisoryJoins = {}): AdvisoryLookup {
  const facts = { importedAt: sampleModified, source: 'test', canary: 'matched' } as const;
  return createLookup(buildSnapshot('npm', records.map(osvRecord)), facts, joins);
}

export interface ZipMember {
  readonly name: string;
  readonly text: string | Buffer;
  readonly stored?: boolean;
}

/** `zip64`: the end says its numbers in 64 bits, as an archive of more than 65,535 members must. */
export function zipOf(members: readonly ZipMember[], options: { readonly zip64?: boolean } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, text, stored = false } of members) {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    const packed = stored ? bytes : deflateRawSync(bytes, { level: 1 });
    const named = Buffer.from(name);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(stored ? 0 : 8, 4);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(bytes.length, 18);
    shared.writeUInt16LE(named.length, 22);
    const local = [Buffer.from('PK\x03\x04', 'latin1'), shared, named, packed];
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), shared, rest, named);
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([
    ...parts,
    central,
    endOf(members.length, central.length, offset, options.zip64 === true || members.length > 0xfffe),
  ]);
}

function endOf(count: number, size: number, offset: number, zip64: boolean): Buffer {
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(zip64 ? 0xffff : count, 8);
  end.writeUInt16LE(zip64 ? 0xffff : count, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : size, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  if (!zip64) return end;
  const end64 = Buffer.alloc(56);
  end64.write('PK\x06\x06', 'latin1');
  for (const [at, value] of [
    [4, 44],
    [24, count],
    [32, count],
    [40, size],
    [48, offset],
  ] as const)
    end64.writeBigUInt64LE(BigInt(value), at);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}
