/** Our proofs and notes against Go's own implementation (golang.org/x/mod/sumdb), in both directions. */
import assert from 'node:assert/strict';
import { createPublicKey, verify as verifyBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sha256Bytes as hash } from '../../src/ledger/leaf.ts';
import { toHex, utf8 } from '../../src/ledger/verify/bytes.ts';
import { openNote } from '../../src/ledger/verify/note.ts';
import { consistencyPlan, inclusionPlan, makeProof } from '../../src/ledger/verify/proof-plan.ts';
import { verifyConsistency, verifyInclusion } from '../../src/ledger/verify/proofs.ts';
import { hashLeaf, perfectRoot, treeRoot } from '../../src/ledger/verify/rfc6962.ts';
import { parseVkey } from '../../src/ledger/verify/vkey.ts';
import { goChecker, runProgram } from '../support/go-tools.ts';

const checker = await goChecker();
const skip = 'missing' in checker ? checker.missing : false;

async function go(t: TestContext, mode: string, ...args: readonly string[]): Promise<unknown> {
  assert.ok('program' in checker);
  const run = await runProgram(checker.program, [mode, ...args]);
  assert.equal(run.code, 0, run.stderr);
  t.diagnostic(run.stdout.trim());
  return JSON.parse(run.stdout) as unknown;
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'assay-go-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** The stored hashes of a tree: `rows[level][index]` are its perfect subtrees. */
interface Tree {
  readonly size: number;
  readonly rows: readonly (readonly Uint8Array[])[];
  readonly root: Uint8Array;
}

function treeOfSize(size: number): Tree {
  const entries = Array.from({ length: size }, (_, n) => utf8(`entry ${n}`));
  const rows: Uint8Array[][] = [entries.map((entry) => hashLeaf(entry, hash))];
  for (let below = rows[0]; below !== undefined && below.length > 1;) {
    const row = below;
    const pairs = Array.from({ length: Math.floor(row.length / 2) }, (_, n) =>
      perfectRoot(row.slice(2 * n, 2 * n + 2), hash),
    );
    if (pairs.length > 0) rows.push(pairs);
    below = pairs;
  }
  return { size, rows, root: treeRoot(entries, hash) };
}

interface ProofCase {
  readonly Kind: 'inclusion' | 'consistency';
  readonly Index: number;
  readonly Old: number;
  readonly Size: number;
  readonly Leaf: string;
  readonly Older: string;
  readonly Root: string;
  readonly Proof: readonly string[];
}

/** What our verifier says. */
function isValid(one: ProofCase): boolean {
  const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
  const proof = one.Proof.map(bytes);
  return one.Kind === 'inclusion'
    ? verifyInclusion(
        { index: one.Index, size: one.Size, leafHash: bytes(one.Leaf), root: bytes(one.Root), proof },
        hash,
      )
    : verifyConsistency(
        { oldSize: one.Old, newSize: one.Size, oldRoot: bytes(one.Older), newRoot: bytes(one.Root), proof },
        hash,
      );
}

function read({ rows }: Tree): (node: { readonly level: number; readonly index: number }) => Uint8Array {
  return ({ level, index }) => {
    const found = rows[level]?.[index];
    assert.ok(found !== undefined, `node ${level}/${index}`);
    return found;
  };
}

function inclusion(tree: Tree, index: number): ProofCase {
  const proof = makeProof(inclusionPlan(index, tree.size), read(tree), hash);
  const Leaf = toHex(hashLeaf(utf8(`entry ${index}`), hash));
  const made = { Kind: 'inclusion', Index: index, Old: 0, Size: tree.size, Leaf, Older: '' } as const;
  return { ...made, Root: toHex(tree.root), Proof: proof.map(toHex) };
}

function consistency(old: Tree, tree: Tree): ProofCase {
  const proof = makeProof(consistencyPlan(old.size, tree.size), read(tree), hash);
  const made = { Kind: 'consistency', Index: 0, Old: old.size, Size: tree.size, Leaf: '' } as const;
  return { ...made, Older: toHex(old.root), Root: toHex(tree.root), Proof: proof.map(toHex) };
}

/** One step away from a right proof, in every direction; some of them stay right. */
function neighbours(one: ProofCase): readonly ProofCase[] {
  const flipped = (hex: string): string => `${hex.startsWith('0') ? '1' : '0'}${hex.slice(1)}`;
  const { Proof } = one;
  return [
    { ...one, Root: flipped(one.Root) },
    { ...one, Size: one.Size + 1 },
    { ...one, Size: Math.max(1, one.Size - 1) },
    { ...one, Proof: [...Proof, one.Root] },
    { ...one, Proof: Proof.slice(1) },
    { ...one, Proof: Proof.slice(0, -1) },
    { ...one, Proof: Proof.toReversed() },
    { ...one, Proof: Proof.map((text, n) => (n === 0 ? flipped(text) : text)) },
    ...(one.Kind === 'inclusion'
      ? [
          { ...one, Index: one.Index + 1 },
          { ...one, Index: Math.max(0, one.Index - 1) },
          { ...one, Leaf: flipped(one.Leaf) },
        ]
      : [
          { ...one, Old: one.Old + 1 },
          { ...one, Old: one.Old - 1 },
          { ...one, Older: flipped(one.Older) },
          { ...one, Older: one.Root, Root: one.Older },
        ]),
  ];
}

test('Go and we say the same of every proof, right and nearly right', { skip }, async (t) => {
  const trees = new Map(
    [...Array.from({ length: 20 }, (_, n) => n + 1), 31, 32, 33, 255, 256, 257, 700].map((size) => [
      size,
      treeOfSize(size),
    ]),
  );
  const right = [...trees.values()].flatMap((tree) => [
    ...Array.from({ length: Math.min(tree.size, 40) }, (_, n) => inclusion(tree, n)),
    inclusion(tree, tree.size - 1),
    ...[...trees.values()].filter((old) => old.size <= tree.size).map((old) => consistency(old, tree)),
  ]);
  assert.ok(right.every(isValid));
  const cases = [...right, ...right.flatMap(neighbours)].map((one) => ({ ...one, Valid: isValid(one) }));
  const file = join(await folder(t), 'cases.json');
  await writeFile(file, JSON.stringify(cases));
  const told = (await go(t, 'proofs', file)) as { readonly cases: number; readonly valid: number };
  assert.equal(told.cases, cases.length);
  assert.ok(told.valid >= right.length && told.valid < cases.length);
});

const verifySignature = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  verifyBytes(
    null,
    message,
    createPublicKey({
      format: 'jwk',
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') },
    }),
    signature,
  );

test('a note that Go signed opens here, and not after a byte of it changed', { skip }, async (t) => {
  const file = join(await folder(t), 'text');
  const text = `log.example.com/go\n12\n${Buffer.alloc(32).toString('base64')}\nan extension — with a dash\n`;
  await writeFile(file, text);
  const made = (await go(t, 'sign', 'log.example.com/go', file)) as { vkey: string; note: string };
  const key = parseVkey(made.vkey, hash);
  assert.ok(key !== undefined);
  const opened = openNote(made.note, [key], verifySignature);
  assert.ok(opened.ok);
  assert.equal(opened.note.text, text);
  assert.deepEqual(openNote(made.note.replace('12', '13'), [key], verifySignature), {
    ok: false,
    problem: 'wrong-signature',
  });
});
