/** What the signer signs, what it never signs, and what it remembers. */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { smallLog } from '../../../test/support/small-log.ts';
import type { JsonObject } from '../../core/json.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { emptyRoot } from '../../ledger/signing/may-sign.ts';
import { originFolder } from '../../ledger/signing/origin.ts';
import { toHex } from '../../ledger/verify/bytes.ts';
import { openCheckpoint } from '../../ledger/verify/checkpoint.ts';
import { openEnvelope } from '../../ledger/verify/dsse.ts';
import { parseNote } from '../../ledger/verify/note.ts';
import {
  begun,
  grow,
  inception,
  keysOf,
  next,
  origin,
  refusedBy,
  signerBench,
  statement,
} from './testing/bench.ts';

test('a log begins with a key of its own and an empty checkpoint that verifies with it', (t) => {
  const bench = signerBench(t);
  assert.deepEqual(bench.ask({ kind: 'last', origin }), { size: 0, root: emptyRoot });
  assert.deepEqual(keysOf(bench), []);
  const note = bench.sign(inception);
  const keys = keysOf(bench);
  assert.equal(keys.length, 1);
  const opened = openCheckpoint(note, { origin, logKeys: keys }, verifyEd25519);
  assert.ok(opened.ok);
  assert.equal(opened.checkpoint.size, 0);
  assert.equal(opened.signatures[0]?.key.name, origin);
});

test('every checkpoint that continues the last one is signed, over restarts, and the same one again gives the same bytes', (t) => {
  const { bench, log } = begun(t, 1);
  for (const entries of [1, 1, 5, 248, 1, 3]) {
    const note = grow(bench, log, entries);
    const opened = openCheckpoint(note, { origin, logKeys: keysOf(bench) }, verifyEd25519);
    assert.ok(opened.ok);
    assert.equal(opened.checkpoint.size, log.size());
    assert.equal(toHex(opened.checkpoint.root), log.root());
    bench.reopen();
    assert.deepEqual(bench.ask({ kind: 'last', origin }), { size: log.size(), root: log.root() });
    assert.equal(bench.sign({ ...next(log, log.size()), proof: [] }), note);
  }
});

test('a log that went back is refused, whatever proof comes with it', (t) => {
  const { bench, log } = begun(t);
  refusedBy(() => bench.sign({ origin, oldSize: 5, size: 4, root: log.root(4), proof: [] }), /went back/);
  refusedBy(
    () => bench.sign({ origin, oldSize: 3, size: 4, root: log.root(4), proof: log.proof(3, 4) }),
    /went back/,
  );
  refusedBy(() => bench.sign(inception), /went back/);
});

test('a fork at the same size is refused', (t) => {
  const { bench, log } = begun(t);
  const other = smallLog('other');
  other.grow(5);
  refusedBy(() => bench.sign({ ...next(log, 5), root: other.root(), proof: [] }), /forked/);
});

test('a fork further on is refused: its proof does not start from what was signed', (t) => {
  const { bench } = begun(t);
  const other = smallLog('other');
  other.grow(9);
  refusedBy(() => bench.sign(next(other, 5)), /no proof/);
});

test('wrong proofs are refused: none, one hash short, one too many, one bit off, from another size', (t) => {
  const { bench, log } = begun(t);
  log.grow(6);
  const good = next(log, 5);
  const [first = '', ...rest] = good.proof;
  const flipped = `${first.startsWith('0') ? '1' : '0'}${first.slice(1)}`;
  for (const proof of [[], rest, [...good.proof, first], [flipped, ...rest], log.proof(4), log.proof(6)])
    refusedBy(() => bench.sign({ ...good, proof }), /no proof/);
  refusedBy(() => bench.sign(next(log, 4)), /proof from size 4/);
  refusedBy(() => bench.sign(next(log, 6)), /proof from size 6/);
  refusedBy(() => bench.sign({ ...good, proof: Array.from({ length: 64 }, () => first) }), /64 hashes/);
  assert.ok(parseNote(bench.sign(good)));
});

test('a proof from the empty log must be empty', (t) => {
  const bench = signerBench(t);
  const log = smallLog();
  bench.sign(inception);
  log.grow(3);
  refusedBy(() => bench.sign({ ...next(log, 0), proof: [log.root(1)] }), /no proof/);
  refusedBy(() => bench.sign({ ...inception, root: log.root(1) }), /forked/);
});

test('a refusal changes nothing', (t) => {
  const { bench, log } = begun(t);
  const before = readFileSync(join(bench.directory, originFolder(origin), 'state'));
  refusedBy(() => bench.sign({ ...next(log, 5), size: 4 }), /went back/);
  assert.deepEqual(readFileSync(join(bench.directory, originFolder(origin), 'state')), before);
});

test('a clock that went back is refused until it is right again', (t) => {
  const { bench, log } = begun(t);
  bench.setTime('2026-11-20T09:59:59.999Z');
  log.grow(1);
  refusedBy(() => bench.sign(next(log, 5)), /signed at 2026-11-20T10:00:00\.000Z/, 'LEDGER_CLOCK_BACK');
  bench.setTime('2026-11-20T10:00:00.000Z');
  assert.ok(parseNote(bench.sign(next(log, 5))));
});

test('a data directory that was copied away from its signer is refused, with a hint', (t) => {
  const bench = signerBench(t);
  const log = smallLog();
  log.grow(7);
  refusedBy(() => bench.sign(next(log, 0)), /copied here without its signer/);
  refusedBy(() => bench.sign(next(log, 6)), /copied here without its signer/);
  assert.deepEqual(readdirSync(bench.directory), [], 'no key was made');
  refusedBy(() => bench.attest(statement), /no key/);
  refusedBy(() => bench.rotate('begin'), /no key/);
});

test('a restored data directory is refused: the memory was not restored with it', (t) => {
  const { bench, log } = begun(t, 10);
  // The old copy has 8 entries and goes on from there in its own way.
  const old = smallLog();
  old.grow(8);
  const copy = smallLog();
  copy.grow(8);
  refusedBy(
    () => bench.sign({ origin, oldSize: 8, size: 9, root: log.root(9), proof: old.proof(8, 8) }),
    /went back/,
  );
  refusedBy(() => bench.sign(next(copy, 8)), /went back/);
});

test('a lost or damaged memory is an error, never a new beginning', (t) => {
  for (const damage of ['gone', 'short', 'both slots', 'of another log'] as const) {
    const { bench, log } = begun(t);
    const state = join(bench.directory, originFolder(origin), 'state');
    bench.reopen();
    if (damage === 'gone') rmSync(state);
    if (damage === 'short') writeFileSync(state, readFileSync(state).subarray(0, 4096));
    if (damage === 'both slots') writeFileSync(state, Buffer.alloc(8192, 'x'));
    if (damage === 'of another log') {
      const other = { ...inception, origin: 'other.example.com/log' };
      bench.sign(other);
      bench.reopen();
      cpSync(join(bench.directory, originFolder(other.origin), 'state'), state);
    }
    refusedBy(() => bench.sign(inception), /state/, 'LEDGER_SIGNER_UNUSABLE');
    refusedBy(() => bench.sign(next(log, 5)), /state/, 'LEDGER_SIGNER_UNUSABLE');
    refusedBy(() => bench.ask({ kind: 'last', origin }), /state/, 'LEDGER_SIGNER_UNUSABLE');
  }
});

test('a missing or swapped key is an error', (t) => {
  const { bench } = begun(t);
  const folder = join(bench.directory, originFolder(origin));
  const [name = ''] = readdirSync(folder).filter((file) => file.endsWith('.key'));
  const other = { ...inception, origin: 'other.example.com/log' };
  bench.sign(other);
  const otherFolder = join(bench.directory, originFolder(other.origin));
  const [otherName = ''] = readdirSync(otherFolder).filter((file) => file.endsWith('.key'));
  bench.reopen();
  cpSync(join(otherFolder, otherName), join(folder, name));
  refusedBy(() => bench.ask({ kind: 'vkeys', origin }), /not the private key/, 'LEDGER_SIGNER_UNUSABLE');
  rmSync(join(folder, name));
  refusedBy(() => bench.ask({ kind: 'vkeys', origin }), /missing/, 'LEDGER_SIGNER_UNUSABLE');
});

test('keys are closed to others, and one that was opened to others is not used', (t) => {
  const { bench } = begun(t);
  const folder = join(bench.directory, originFolder(origin));
  const files = readdirSync(folder).filter((file) => !file.startsWith('lock.db'));
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(files.length, 2);
  for (const file of files) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
  for (const path of [folder, ...files.map((file) => join(folder, file))]) {
    const mode = statSync(path).mode & 0o777;
    bench.reopen();
    chmodSync(path, mode | 0o040);
    refusedBy(() => bench.ask({ kind: 'vkeys', origin }), /open to others/, 'LEDGER_SIGNER_UNUSABLE');
    chmodSync(path, mode);
    assert.equal(keysOf(bench).length, 1);
  }
});

test('logs are apart: each has its own key and memory', (t) => {
  const { bench } = begun(t);
  const other = 'Assay.example.com/log';
  bench.sign({ ...inception, origin: other });
  assert.equal(bench.ask({ kind: 'last', origin }).size, 5);
  assert.equal(bench.ask({ kind: 'last', origin: other }).size, 0);
  assert.notDeepEqual(bench.ask({ kind: 'vkeys', origin: other }), bench.ask({ kind: 'vkeys', origin }));
});

test('a statement of ours is signed as canonical JSON, and verifies', (t) => {
  const { bench } = begun(t);
  const envelope = bench.attest(statement);
  const opened = openEnvelope(envelope, keysOf(bench), verifyEd25519);
  assert.deepEqual(opened?.signers, keysOf(bench));
  const text = Buffer.from(opened?.payload ?? []).toString('utf8');
  assert.ok(text.startsWith('{"_type":"https://in-toto.io/Statement/v1","predicate":{"outcome":"allow"},'));
  assert.ok(bench.attest({ ...statement, predicateType: 'urn:assay:predicate:erasure:v1' }));
  const forged = { ...envelope, payload: Buffer.from(text.replace('allow', 'block')).toString('base64') };
  assert.equal(openEnvelope(forged, keysOf(bench), verifyEd25519), undefined);
});

const wrongStatements: Readonly<Record<string, JsonObject>> = {
  'a predicate of somebody else': { ...statement, predicateType: 'https://slsa.dev/provenance/v1' },
  'a rotation the signer did not make': {
    ...statement,
    predicateType: 'urn:assay:predicate:key-rotation:v1',
  },
  'another type of statement': { ...statement, _type: 'https://in-toto.io/Statement/v0.1' },
  'a further field': { ...statement, extra: 1 },
  'no predicate': { ...statement, predicate: null },
  'no subject': { ...statement, subject: [] },
  'a subject without digest': { ...statement, subject: [{ name: 'x', digest: {} }] },
  'a subject without name': { ...statement, subject: [{ digest: { sha256: 'ab'.repeat(32) } }] },
  'a digest that is none': { ...statement, subject: [{ name: 'x', digest: { sha256: 'AB' } }] },
  'a type from the prototype': {
    subject: statement['subject'] ?? [],
    predicateType: 'x',
    predicate: {},
    toString: 1,
  },
};

for (const [what, wrong] of Object.entries(wrongStatements)) {
  test(`it attests nothing else: ${what}`, (t) => {
    const { bench } = begun(t);
    refusedBy(() => bench.attest(wrong), /refused/);
  });
}
