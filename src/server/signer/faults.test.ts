/**
 * Every system call of a signature, an inception and a change of key fails: before it did anything, after it did
 * everything, and for writes in the middle. Whatever happened, the next signer never contradicts a signature that left.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { smallLog } from '../../../test/support/small-log.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { openEnvelope } from '../../ledger/verify/dsse.ts';
import { nodeSignerFiles, type SignerFiles } from './files.ts';
import {
  begun,
  grow,
  inception,
  keysOf,
  next,
  origin,
  refusedBy,
  signerBench,
  type SignerBench,
} from './testing/bench.ts';

type Kind = 'before' | 'after' | 'torn';

interface Failing {
  readonly files: SignerFiles;
  /** Calls that change something, so far. */
  readonly names: readonly string[];
}

/** The n-th changing call (from 1; 0 for none) fails with EIO. */
function failing(call: number, kind: Kind): Failing {
  const names: string[] = [];
  function step(name: string, work: () => void, torn: () => void = () => undefined): void {
    names.push(name);
    if (names.length !== call) return work();
    if (kind === 'after') work();
    if (kind === 'torn') torn();
    throw Object.assign(new Error('EIO: made by a test'), { code: 'EIO' });
  }
  const real = nodeSignerFiles;
  const files: SignerFiles = {
    ...real,
    create: (path, bytes) =>
      step(
        'create',
        () => real.create(path, bytes),
        () => real.create(path, bytes.subarray(0, Math.floor(bytes.length / 2))),
      ),
    overwrite: (path, position, bytes) =>
      step(
        'overwrite',
        () => real.overwrite(path, position, bytes),
        () => real.overwrite(path, position, bytes.subarray(0, 100)),
      ),
    rename: (from, to) => step('rename', () => real.rename(from, to)),
    remove: (path) => step('remove', () => real.remove(path)),
    makeFolder: (path) => step('makeFolder', () => real.makeFolder(path)),
  };
  return { files, names };
}

/** Runs `work` with each of its changing calls failing in each way; `check` sees the signer that was started after it. */
function withEveryFault(
  t: TestContext,
  prepare: () => SignerBench,
  work: (bench: SignerBench) => void,
  check: (bench: SignerBench, what: string) => void,
): void {
  const counted = failing(0, 'before');
  const first = prepare();
  first.reopen(counted.files);
  work(first);
  assert.ok(counted.names.length > 0, 'something is written');
  for (const [n, name] of counted.names.entries()) {
    for (const kind of ['before', 'after', 'torn'] as const) {
      const bench = prepare();
      bench.reopen(failing(n + 1, kind).files);
      assert.throws(() => work(bench), /EIO/, `${name} ${kind}`);
      bench.reopen();
      check(bench, `call ${n + 1}, ${name}, ${kind}`);
    }
  }
  t.diagnostic(`calls: ${counted.names.join(', ')}`);
}

test('what is signed is on the disk first: one write, then the signature', (t) => {
  const { bench, log } = begun(t);
  const counted = failing(0, 'before');
  bench.reopen(counted.files);
  grow(bench, log, 1);
  assert.deepEqual(counted.names, ['overwrite']);
});

test('a signature whose memory could not be written never leaves, and is remembered or not, never half', (t) => {
  const log = smallLog();
  log.grow(5);
  const fork = smallLog('fork');
  fork.grow(5);
  const signedTwo = (): SignerBench => {
    const bench = signerBench(t);
    const small = smallLog();
    bench.sign(inception);
    grow(bench, small, 2);
    return bench;
  };
  withEveryFault(
    t,
    signedTwo,
    (bench) => void bench.sign(next(log, 2)),
    (bench, what) => {
      const last = bench.ask({ kind: 'last', origin });
      if (last.size === 2) {
        assert.equal(last.root, log.root(2), what);
        assert.ok(bench.sign(next(log, 2)), what);
      } else {
        assert.deepEqual(last, { size: 5, root: log.root() }, what);
        // Remembered, so nothing else is ever signed at that size; the same again is.
        refusedBy(() => bench.sign({ ...next(fork, 5), proof: [] }), /forked/);
        assert.ok(bench.sign({ ...next(log, 5), proof: [] }), what);
      }
      refusedBy(() => bench.sign(inception), /went back/);
    },
  );
});

test('an inception that was cut short can be done again; one that was finished is kept', (t) => {
  withEveryFault(
    t,
    () => signerBench(t),
    (bench) => void bench.sign(inception),
    (bench, what) => {
      const before = bench.ask({ kind: 'vkeys', origin });
      assert.ok(bench.sign(inception), what);
      const after = bench.ask({ kind: 'vkeys', origin });
      if (before.length > 0) assert.deepEqual(after, before, what);
      assert.equal(after.length, 1, what);
      assert.deepEqual(
        readdirSync(bench.directory).filter((name) => name.includes('partial')),
        [],
        what,
      );
    },
  );
});

test('a change of key that was cut short is done or not done, and can be asked for again', (t) => {
  withEveryFault(
    t,
    () => begun(t).bench,
    (bench) => void bench.rotate('begin'),
    (bench, what) => {
      assert.equal(bench.rotate('begin').vkeys.length, 2, what);
      assert.equal(keysOf(bench).length, 2, what);
    },
  );
});

test('a retirement that was cut short is done or not done, and its statement is signed by both keys either way', (t) => {
  let both: readonly string[] = [];
  withEveryFault(
    t,
    () => {
      const { bench, log } = begun(t);
      both = bench.rotate('begin').vkeys;
      grow(bench, log, 1);
      return bench;
    },
    (bench) => void bench.rotate('retire'),
    (bench, what) => {
      const keys = keysOf(bench);
      const { envelope, vkeys } = bench.rotate('retire');
      assert.deepEqual(vkeys, both.slice(0, 1), what);
      assert.equal(envelope.signatures.length, 2, what);
      assert.equal(openEnvelope(envelope, keys, verifyEd25519)?.signers.length, keys.length, what);
      assert.equal(keysOf(bench).length, 1, what);
    },
  );
});
