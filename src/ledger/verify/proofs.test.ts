import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { hash } from '../../../test/support/signed-notes.ts';
import { testTree } from '../../../test/support/trees.ts';
import { utf8 } from './bytes.ts';
import { emptyRange, extendRange, rangeRoot } from './compact-range.ts';
import { consistencyPlan, inclusionPlan, rootNodes, type ProofPlan } from './proof-plan.ts';
import { inclusionRoot, verifyConsistency, verifyInclusion, type InclusionClaim } from './proofs.ts';
import { hashLeaf, hashNode, nodeHasher, perfectRoot, treeRoot } from './rfc6962.ts';

const tree = testTree(600);
const entries = Array.from({ length: 600 }, (_, n) => tree.entry(n));
const largest = Number.MAX_SAFE_INTEGER;

/** 0 <= index < size, and the same for old sizes one higher. */
const places = (max: number): fc.Arbitrary<readonly [number, number]> =>
  fc
    .integer({ min: 1, max })
    .chain((size) => fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.constant(size)));

function inclusion(index: number, size: number): InclusionClaim {
  return {
    index,
    size,
    leafHash: tree.leafHash(index),
    root: tree.root(size),
    proof: tree.prove(inclusionPlan(index, size)),
  };
}

function consistency(oldSize: number, newSize: number): Parameters<typeof verifyConsistency>[0] {
  return {
    oldSize,
    newSize,
    oldRoot: tree.root(oldSize),
    newRoot: tree.root(newSize),
    proof: tree.prove(consistencyPlan(oldSize, newSize)),
  };
}

/** The same proof with one bit changed, a hash dropped, added, doubled, cut short or made longer. */
function damaged(proof: readonly Uint8Array[], at: number, bit: number): readonly (readonly Uint8Array[])[] {
  const one = proof[at % proof.length];
  if (one === undefined) return [[new Uint8Array(32)]];
  const n = at % proof.length;
  return [
    proof.with(n, flipped(one, bit)),
    proof.with(n, one.subarray(1)),
    proof.with(n, Uint8Array.of(...one, 0)),
    proof.toSpliced(n, 1),
    proof.toSpliced(n, 0, one),
    proof.toSpliced(n, 0, new Uint8Array(0)),
    [...proof, new Uint8Array(32)],
    [new Uint8Array(32), ...proof],
  ];
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, n) => (n === (bit >> 3) % bytes.length ? byte ^ (1 << (bit & 7)) : byte));
}

test('every inclusion and consistency proof of the trees up to 70 entries verifies', () => {
  for (let size = 1; size <= 70; size += 1) {
    assert.deepEqual(Buffer.from(tree.root(size)), Buffer.from(treeRoot(entries.slice(0, size), hash)));
    for (let index = 0; index < size; index += 1) {
      assert.ok(verifyInclusion(inclusion(index, size), hash), `${index} in ${size}`);
      assert.ok(verifyConsistency(consistency(index + 1, size), hash), `${index + 1} to ${size}`);
    }
  }
});

test('an inclusion proof with any change to it does not verify', () => {
  fc.assert(
    fc.property(places(600), fc.nat(), fc.nat({ max: 255 }), ([index, size], at, bit) => {
      const claim = inclusion(index, size);
      assert.ok(verifyInclusion(claim, hash));
      const others = [
        ...damaged(claim.proof, at, bit).map((proof) => ({ ...claim, proof })),
        { ...claim, root: flipped(claim.root, bit) },
        { ...claim, root: claim.root.subarray(0, 31) },
        { ...claim, leafHash: flipped(claim.leafHash, bit) },
        { ...claim, leafHash: claim.leafHash.subarray(0, 31) },
      ];
      for (const other of others) assert.ok(!verifyInclusion(other, hash));
      const elsewhere = at % (size + 1);
      assert.equal(verifyInclusion({ ...claim, index: elsewhere }, hash), elsewhere === index);
    }),
  );
});

test('a consistency proof with any change to it does not verify', () => {
  fc.assert(
    fc.property(places(600), fc.nat(), fc.nat({ max: 255 }), ([old, newSize], at, bit) => {
      const claim = consistency(old + 1, newSize);
      assert.ok(verifyConsistency(claim, hash));
      const others = [
        ...damaged(claim.proof, at, bit).map((proof) => ({ ...claim, proof })),
        { ...claim, oldRoot: flipped(claim.oldRoot, bit) },
        { ...claim, newRoot: flipped(claim.newRoot, bit) },
        { ...claim, oldSize: 0 },
      ];
      for (const other of others) assert.ok(!verifyConsistency(other, hash));
      if (old + 1 < newSize) {
        const swapped = { ...claim, oldRoot: claim.newRoot, newRoot: claim.oldRoot };
        assert.ok(!verifyConsistency(swapped, hash));
        assert.ok(!verifyConsistency({ ...claim, oldSize: newSize, newSize: old + 1 }, hash));
      }
    }),
  );
});

test('a proof cut short leads to no root, not even to the one it stops at', () => {
  const claim = inclusion(5, 64);
  const cut = { ...claim, proof: claim.proof.slice(0, -1) };
  const root = tree.node({ level: 5, index: 0 });
  assert.ok(verifyInclusion({ ...cut, size: 32, root }, hash));
  assert.ok(!verifyInclusion({ ...cut, root }, hash));
  assert.equal(inclusionRoot(cut, hash), undefined);
  const grown = consistency(5, 64);
  const cutProof = grown.proof.slice(0, -1);
  assert.ok(verifyConsistency({ ...grown, newSize: 32, newRoot: root, proof: cutProof }, hash));
  assert.ok(!verifyConsistency({ ...grown, newRoot: root, proof: cutProof }, hash));
});

test('nothing is proved from the empty tree, not even that it is itself', () => {
  const [newRoot, oldRoot] = [tree.root(3), tree.root(0)];
  assert.ok(!verifyConsistency({ oldSize: 0, newSize: 3, oldRoot, newRoot, proof: [] }, hash));
  assert.ok(!verifyConsistency({ oldSize: 0, newSize: 0, oldRoot, newRoot: oldRoot, proof: [] }, hash));
});

test('a node is not taken for a leaf, nor a leaf for a node', () => {
  const proof = [tree.node({ level: 1, index: 1 })];
  const inner = { index: 0, size: 2, leafHash: tree.node({ level: 1, index: 0 }), root: tree.root(4), proof };
  // The hashes add up: what keeps them apart is that the leaf's hash is made with another prefix.
  assert.ok(verifyInclusion(inner, hash));
  const children = Buffer.concat([tree.leafHash(0), tree.leafHash(1)]);
  assert.ok(!verifyInclusion({ ...inner, leafHash: hashLeaf(children, hash) }, hash));
});

test('numbers that are no sizes or indexes verify nothing', () => {
  const odd = [-1, 0.5, Number.NaN, Infinity, 2 ** 53, 2 ** 64];
  for (const value of odd) {
    assert.equal(inclusionRoot({ ...inclusion(0, 2), index: value }, hash), undefined);
    assert.equal(inclusionRoot({ ...inclusion(0, 2), size: value }, hash), undefined);
    assert.ok(!verifyConsistency({ ...consistency(1, 2), oldSize: value }, hash));
    assert.ok(!verifyConsistency({ ...consistency(1, 2), newSize: value }, hash));
    assert.ok(!verifyConsistency({ ...consistency(2, 2), oldSize: value, newSize: value }, hash));
    assert.throws(() => inclusionPlan(value, 2), RangeError);
    assert.throws(() => consistencyPlan(1, value), RangeError);
    assert.throws(() => rootNodes(value), RangeError);
  }
});

test('a proof of any length is looked at for no more steps than the tree is high', () => {
  let hashes = 0;
  const counting = (bytes: Uint8Array): Uint8Array => {
    hashes += 1;
    return hash(bytes);
  };
  const endless = Array.from({ length: 64 }, () => new Uint8Array(32));
  const leafHash = new Uint8Array(32);
  assert.equal(inclusionRoot({ index: 0, size: largest, leafHash, proof: endless }, counting), undefined);
  assert.ok(hashes <= 53);
  const huge = Array.from({ length: 100_000 }, () => new Uint8Array(32));
  assert.equal(inclusionRoot({ index: 0, size: largest, leafHash, proof: huge }, counting), undefined);
  assert.ok(hashes <= 53);
});

/** Sorted [first, last] entries under each subtree of a plan; throws where they overlap. */
function covered(plan: ProofPlan): readonly (readonly [number, number])[] {
  const spans = plan
    .flat()
    .map(({ level, index }) => [index * 2 ** level, (index + 1) * 2 ** level - 1] as const)
    .sort(([a], [b]) => a - b);
  for (const [n, [first]] of spans.entries()) assert.ok(n === 0 || first > (spans[n - 1]?.[1] ?? -1));
  return spans;
}

function gaps(spans: readonly (readonly [number, number])[], size: number): readonly number[] {
  let next = 0;
  const missing: number[] = [];
  for (const [first, last] of [...spans, [size, size] as const]) {
    if (first !== next) missing.push(next, first - 1);
    next = last + 1;
  }
  return missing;
}

test('plans for trees of any size cover every entry once, but the one that is proved', () => {
  fc.assert(
    fc.property(fc.oneof(places(300), places(largest)), ([index, size]) => {
      assert.deepEqual(gaps(covered(inclusionPlan(index, size)), size), [index, index]);
      assert.deepEqual(gaps(covered([rootNodes(size)]), size), []);
      const old = index + 1;
      const isPerfect = rootNodes(old).length === 1;
      const missing = gaps(covered(consistencyPlan(old, size)), size);
      assert.deepEqual(missing, isPerfect || old === size ? [0, old - 1] : []);
    }),
  );
  for (const size of [largest, largest - 1, 2 ** 52, 2 ** 52 + 1])
    assert.deepEqual(gaps(covered(inclusionPlan(size - 1, size)), size), [size - 1, size - 1]);
});

test('a tree grown entry by entry, in steps of any length, has the same root', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 12 }), (steps) => {
      let range = emptyRange;
      for (const step of steps) {
        const leaves = entries.slice(range.size, range.size + step).map((entry) => hashLeaf(entry, hash));
        range = extendRange(range, leaves, hash);
        assert.deepEqual(range.hashes, rootNodes(range.size).map(tree.node));
      }
      const root = treeRoot(entries.slice(0, range.size), hash);
      assert.deepEqual(Buffer.from(rangeRoot(range, hash)), Buffer.from(root));
    }),
  );
  assert.throws(() => extendRange({ size: 3, hashes: [] }, [tree.leafHash(0)], hash), RangeError);
});

test('hashing through one buffer gives the same as hashing each by itself', () => {
  const node = nodeHasher(hash);
  const [a, b] = [hash(utf8('a')), hash(utf8('b'))];
  assert.deepEqual(node(a, b), hashNode(a, b, hash));
  assert.deepEqual(node(b, a), hashNode(b, a, hash));
  assert.deepEqual(perfectRoot([a, b, b, a], hash), hashNode(node(a, b), node(b, a), hash));
  assert.throws(() => node(a, b.subarray(1)), RangeError);
  assert.throws(() => perfectRoot([], hash), RangeError);
  assert.throws(() => perfectRoot([a, b, a], hash), RangeError);
});
