/** Changing the log's key: both sign while verifiers learn the new one, and each kind of verifier is told the truth. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { localOperator } from '../../core/subject.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { originFolder } from '../../ledger/signing/origin.ts';
import { openCheckpoint } from '../../ledger/verify/checkpoint.ts';
import { openEnvelope } from '../../ledger/verify/dsse.ts';
import { parseNote } from '../../ledger/verify/note.ts';
import { formatVkey, type VerifierKey } from '../../ledger/verify/vkey.ts';
import { begun, grow, keysOf, origin, refusedBy, statement } from './testing/bench.ts';

function signersOf(note: string, logKeys: readonly VerifierKey[]): readonly string[] | string {
  const opened = openCheckpoint(note, { origin, logKeys }, verifyEd25519);
  return opened.ok ? opened.signatures.map(({ key }) => key.id) : opened.problem;
}

test('in the overlap both keys sign; verifiers with the old, both or the new key accept exactly what they should', (t) => {
  const { bench, log } = begun(t);
  const before = grow(bench, log, 1);
  const [old] = keysOf(bench);
  assert.ok(old);
  bench.rotate('begin');
  const during = grow(bench, log, 1);
  const [fresh, stillOld] = keysOf(bench);
  assert.ok(fresh);
  assert.deepEqual(stillOld, old);
  bench.rotate('retire');
  const after = grow(bench, log, 1);
  assert.deepEqual(keysOf(bench), [fresh]);

  const verifiers = { old: [old], both: [old, fresh], fresh: [fresh] };
  const table = Object.entries(verifiers).map(([who, keys]) => [
    who,
    signersOf(before, keys),
    signersOf(during, keys),
    signersOf(after, keys),
  ]);
  assert.deepEqual(table, [
    ['old', [old.id], [old.id], 'unsigned'],
    ['both', [old.id], [fresh.id, old.id], [fresh.id]],
    ['fresh', 'unsigned', [fresh.id], [fresh.id]],
  ]);
});

test('both steps are recorded in a statement that old and new signed', (t) => {
  const { bench, log } = begun(t);
  const [old] = keysOf(bench);
  const begin = bench.rotate('begin');
  const both = keysOf(bench);
  grow(bench, log, 1);
  const retire = bench.rotate('retire');
  assert.deepEqual(begin.vkeys, both.map(formatVkey));
  assert.deepEqual(retire.vkeys, both.slice(0, 1).map(formatVkey));
  for (const [step, { envelope }, subject] of [
    ['begin', begin, both[0]],
    ['retire', retire, old],
  ] as const) {
    const opened = openEnvelope(envelope, both, verifyEd25519);
    assert.deepEqual(opened?.signers, both);
    const said = JSON.parse(Buffer.from(opened?.payload ?? []).toString('utf8')) as {
      readonly subject: readonly { readonly name: string }[];
      readonly predicateType: string;
      readonly predicate: Readonly<Record<string, unknown>>;
    };
    assert.equal(said.predicateType, 'urn:assay:predicate:key-rotation:v1');
    assert.equal(said.subject[0]?.name, subject && formatVkey(subject));
    assert.equal(said.predicate['step'], step);
    assert.equal(said.predicate['origin'], origin);
    assert.deepEqual(said.predicate['principal'], { ...localOperator });
    assert.equal(said.predicate['older'], old && formatVkey(old));
  }
});

test('statements are signed by both keys in the overlap too', (t) => {
  const { bench } = begun(t);
  bench.rotate('begin');
  assert.equal(openEnvelope(bench.attest(statement), keysOf(bench), verifyEd25519)?.signers.length, 2);
});

test('the old key is not retired before a checkpoint with new entries was signed by both', (t) => {
  const { bench, log } = begun(t);
  refusedBy(() => bench.rotate('retire'), /only key/);
  bench.rotate('begin');
  refusedBy(() => bench.rotate('retire'), /signed by both/);
  bench.sign({ origin, oldSize: 5, size: 5, root: log.root(), proof: [] });
  refusedBy(() => bench.rotate('retire'), /signed by both/);
  grow(bench, log, 1);
  assert.equal(bench.rotate('retire').vkeys.length, 1);
});

test('each step can be asked for again after a crash, and changes nothing more', (t) => {
  const { bench, log } = begun(t);
  const begin = bench.rotate('begin');
  bench.reopen();
  assert.deepEqual(bench.rotate('begin'), begin);
  grow(bench, log, 1);
  const retire = bench.rotate('retire');
  bench.reopen();
  assert.deepEqual(bench.rotate('retire'), retire);
  assert.equal(keysOf(bench).length, 1);
  // The next change is a change of its own.
  const second = bench.rotate('begin');
  assert.equal(second.vkeys.length, 2);
  assert.equal(second.vkeys[1], retire.vkeys[0]);
  refusedBy(() => bench.rotate('retire'), /signed by both/);
});

test('a retired key is destroyed, and so is one that was made and never came into force', (t) => {
  const { bench, log } = begun(t);
  const folder = join(bench.directory, originFolder(origin));
  const keyFiles = (): readonly string[] => readdirSync(folder).filter((name) => name.endsWith('.key'));
  bench.rotate('begin');
  assert.equal(keyFiles().length, 2);
  grow(bench, log, 1);
  bench.rotate('retire');
  assert.deepEqual(
    keyFiles(),
    keysOf(bench).map(({ id }) => `${id}.key`),
  );
  writeFileSync(join(folder, 'ffffffff.key'), 'left by a crash', { mode: 0o600 });
  bench.reopen();
  const inForce = keysOf(bench).map(({ id }) => `${id}.key`);
  assert.deepEqual(keyFiles(), inForce);
});

test('a checkpoint is signed by every key in force, newest first', (t) => {
  const { bench, log } = begun(t);
  bench.rotate('begin');
  const note = parseNote(grow(bench, log, 1));
  assert.deepEqual(
    note?.signatures.map(({ id }) => id),
    keysOf(bench).map(({ id }) => id),
  );
});
