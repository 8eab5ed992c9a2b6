/** Real signatures of the public npm registry, by its pinned keys, each one also with a part of another row. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  parseIntegrity,
  sha256,
  type ArtifactDigests,
  type Sha1,
  type Sha512,
} from '../../src/core/digest.ts';
import type { Evidence } from '../../src/core/evidence.ts';
import { isJsonObject, ownString } from '../../src/core/json.ts';
import { signaturesCollector } from '../../src/evidence/signatures/collect.ts';
import { pinnedTrust } from '../../src/trust/pinned.ts';
import { sampleInput, sampleVersion } from '../support/collector-input.ts';

const file = join(
  process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'),
  'vectors/npm-signatures/signatures.json',
);
const skip = existsSync(file) ? false : 'ASSAY_SHARED/vectors/npm-signatures is not there';

const fields = ['name', 'version', 'integrity', 'keyid', 'sig'] as const;
type Row = Readonly<Record<(typeof fields)[number], string>>;

function rows(): readonly Row[] {
  const list: unknown = JSON.parse(readFileSync(file, 'utf8'));
  assert.ok(Array.isArray(list) && list.length >= 24);
  return list.map((entry: unknown) => {
    assert.ok(isJsonObject(entry));
    const row = fields.map((field) => [field, ownString(entry, field) ?? ''] as const);
    return Object.fromEntries(row) as Row;
  });
}

const trust = pinnedTrust();
const identityHost = [...trust.registryKeys.keys()][0] ?? '';

/** Bytes that have the integrity named: no more of them is needed here. */
function artifactWith(integrity: string): ArtifactDigests {
  const [claim] = parseIntegrity(integrity);
  return { sha256: sha256(''), sha512: (claim?.hex ?? '') as Sha512, sha1: '' as Sha1, sizeBytes: 1 };
}

/** `seenAt`: our own first sight of the version, before the older of the keys ended. */
async function judge({ name, version, integrity, keyid, sig }: Row, seenAt: string): Promise<Evidence> {
  const input = sampleInput();
  return signaturesCollector.collect({
    ...input,
    trust,
    index: { ...input.index, name },
    version: sampleVersion({ version }),
    artifact: artifactWith(integrity),
    indexManifest: { name, version, dist: { integrity, signatures: [{ keyid, sig }] } },
    origin: { ...input.origin, identityHost },
    observation: { firstLookAt: seenAt, absentAt: undefined, presentAt: seenAt },
  });
}

const beforeTheEnd = '2025-01-20T00:00:00.000Z';
const today = '2026-11-01T00:00:00.000Z';

test('every row verifies with the pinned keys, by both keys', { skip }, async () => {
  const keyids = new Set<string>();
  for (const row of rows()) {
    const evidence = await judge(row, beforeTheEnd);
    assert.equal(evidence.result, 'pass', `${row.name}@${row.version}: ${evidence.summary}`);
    keyids.add(row.keyid);
  }
  assert.equal(keyids.size, 2);
});

test('rows of the ended key, seen today for the first time, are warnings that say so', { skip }, async () => {
  for (const row of rows()) {
    const evidence = await judge(row, today);
    const retired = evidence.facts['keyRetired'] === true;
    assert.equal(evidence.result, retired ? 'warn' : 'pass', `${row.name}@${row.version}`);
    assert.equal(evidence.facts['signed'], true);
  }
});

test('no row verifies with any one part of another row', { skip }, async () => {
  const all = rows();
  let swaps = 0;
  for (const row of all) {
    for (const field of fields) {
      const others = new Set(all.map((other) => other[field]).filter((value) => value !== row[field]));
      for (const value of others) {
        const evidence = await judge({ ...row, [field]: value }, beforeTheEnd);
        assert.equal(evidence.result, 'fail', `${row.name}@${row.version} with ${field} ${value}`);
        assert.equal(evidence.items[0]?.id, 'signatures/bad-signature');
        swaps += 1;
      }
    }
  }
  assert.ok(swaps > 1000);
});

test('a signed integrity of other bytes fails', { skip }, async () => {
  const [first, second] = rows();
  assert.ok(first !== undefined && second !== undefined);
  const evidence = await judge(first, beforeTheEnd);
  assert.equal(evidence.result, 'pass');
  const input = sampleInput({ artifact: artifactWith(second.integrity) });
  const { name, version, integrity, keyid, sig } = first;
  const wrong = await signaturesCollector.collect({
    ...input,
    trust,
    index: { ...input.index, name },
    version: sampleVersion({ version }),
    indexManifest: { dist: { integrity, signatures: [{ keyid, sig }] } },
    origin: { ...input.origin, identityHost },
  });
  assert.deepEqual([wrong.result, wrong.items[0]?.id], ['fail', 'signatures/bytes-differ']);
});
