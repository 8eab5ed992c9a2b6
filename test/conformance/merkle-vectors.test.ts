/** Every inclusion and consistency case of transparency-dev/merkle's test data, the good and the bad. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isJsonObject, own, ownString, type JsonObject } from '../../src/core/json.ts';
import { verifyConsistency, verifyInclusion } from '../../src/ledger/verify/proofs.ts';
import { rootFromProof } from '../../src/sigstore/merkle.ts';
import { hash } from '../support/signed-notes.ts';

const merkle = join(
  process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'),
  'vectors/merkle',
);
const skip = existsSync(merkle) ? false : 'ASSAY_SHARED/vectors/merkle is not there';

interface Case {
  readonly name: string;
  readonly given: JsonObject;
  readonly isValid: boolean;
}

function casesOf(kind: string): readonly Case[] {
  const folder = join(merkle, kind);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const given: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      assert.ok(isJsonObject(given), name);
      const wantErr = own(given, 'wantErr');
      assert.ok(typeof wantErr === 'boolean', name);
      return { name, given, isValid: !wantErr };
    });
}

function bytesOf(given: JsonObject, key: string): Uint8Array {
  return Buffer.from(ownString(given, key) ?? '', 'base64');
}

function proofOf(given: JsonObject): readonly Uint8Array[] {
  const proof = own(given, 'proof') ?? [];
  assert.ok(Array.isArray(proof));
  return proof.map((text) => Buffer.from(String(text), 'base64'));
}

const numberOf = (given: JsonObject, key: string): number => Number(own(given, key));

test("transparency-dev/merkle's inclusion cases", { skip }, () => {
  const cases = casesOf('inclusion');
  assert.ok(cases.length >= 90 && cases.some(({ isValid }) => isValid));
  for (const { name, given, isValid } of cases) {
    const claim = {
      index: numberOf(given, 'leafIdx'),
      size: numberOf(given, 'treeSize'),
      leafHash: bytesOf(given, 'leafHash'),
      root: bytesOf(given, 'root'),
      proof: proofOf(given),
    };
    assert.equal(verifyInclusion(claim, hash), isValid, name);
    // The room that verifies other people's logs has a reader of its own.
    const { leafHash, index, size, proof } = claim;
    const computed = rootFromProof(
      Buffer.from(leafHash),
      BigInt(index),
      BigInt(size),
      proof.map((one) => Buffer.from(one)),
    );
    assert.equal(computed?.equals(claim.root) === true, isValid, name);
  }
});

test("transparency-dev/merkle's consistency cases", { skip }, () => {
  const cases = casesOf('consistency');
  assert.ok(cases.length >= 90 && cases.some(({ isValid }) => isValid));
  for (const { name, given, isValid } of cases) {
    const claim = {
      oldSize: numberOf(given, 'size1'),
      newSize: numberOf(given, 'size2'),
      oldRoot: bytesOf(given, 'root1'),
      newRoot: bytesOf(given, 'root2'),
      proof: proofOf(given),
    };
    assert.equal(verifyConsistency(claim, hash), isValid, name);
  }
});
