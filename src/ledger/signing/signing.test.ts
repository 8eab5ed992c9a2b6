/** What the signer decides and how it keeps it: judged on logs of many sizes, and read strictly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { smallLog } from '../../../test/support/small-log.ts';
import { parseVkey } from '../verify/vkey.ts';
import { sha256Bytes } from '../leaf.ts';
import { verifyEd25519 } from './ed25519.ts';
import { encodeKeyFile, parseKeyFile, signingKey } from './key-file.ts';
import { judgeCheckpoint } from './may-sign.ts';
import { isOrigin, originFolder } from './origin.ts';
import {
  encodeSlot,
  firstStateFile,
  readStateFile,
  slotBytes,
  slotPosition,
  type SignerState,
} from './state.ts';

const origin = 'assay.example.com/log';
const log = smallLog();
log.grow(40);
const fork = smallLog('fork');
fork.grow(40);

function stateAt(size: number): SignerState {
  return { origin, size, root: log.root(size), timeMs: 1000, keys: [{ vkey: 'x', since: 0 }] };
}

test('whatever is asked: a yes is the tree that continues the one signed last, with its proof, and nothing else', () => {
  const size = fc.integer({ min: 0, max: 40 });
  const source = fc.constantFrom(log, fork);
  fc.assert(
    fc.property(size, size, size, source, source, (signed, oldSize, newSize, roots, proofs) => {
      const proof = oldSize <= newSize ? proofs.proof(oldSize, newSize) : [];
      const asked = { oldSize, size: newSize, root: roots.root(newSize), proof };
      const { ok } = judgeCheckpoint(stateAt(signed), asked, 1000);
      const isSame = newSize === signed && (roots === log || newSize === 0);
      const grew = newSize > signed && (signed === 0 || (roots === log && proofs === log));
      assert.equal(ok, oldSize === signed && (isSame || grew));
    }),
    { numRuns: 2000 },
  );
});

test('a changed bit anywhere in root or proof makes a no', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 39 }), fc.integer({ min: 1, max: 40 }), fc.nat(), (a, b, bit) => {
      fc.pre(a < b);
      const hashes = [log.root(b), ...log.proof(a, b)].map((hex) => Buffer.from(hex, 'hex'));
      const at = bit % (hashes.length * 256);
      const changed = hashes[Math.floor(at / 256)];
      assert.ok(changed);
      changed[Math.floor((at % 256) / 8)] = (changed[Math.floor((at % 256) / 8)] ?? 0) ^ (1 << (at % 8));
      const [root = '', ...proof] = hashes.map((each) => each.toString('hex'));
      assert.equal(judgeCheckpoint(stateAt(a), { oldSize: a, size: b, root, proof }, 1000).ok, false);
    }),
  );
});

test('sizes that are no counts are refused', () => {
  for (const size of [Number.NaN, 1.5, 2 ** 53, Number.POSITIVE_INFINITY])
    assert.equal(
      judgeCheckpoint(stateAt(1), { oldSize: 1, size, root: log.root(2), proof: [] }, 1000).ok,
      false,
    );
});

const plain = { noNullPrototype: true };
const stateArbitrary: fc.Arbitrary<SignerState> = fc.record(
  {
    origin: fc.stringMatching(/^[!-*,-~]{1,80}$/),
    size: fc.maxSafeNat(),
    root: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    timeMs: fc.maxSafeNat(),
    keys: fc.array(fc.record({ vkey: fc.stringMatching(/^[ -~]{1,200}$/), since: fc.maxSafeNat() }, plain), {
      minLength: 1,
      maxLength: 2,
    }),
  },
  plain,
);

/** A state file after so many writes. */
function fileAfter(states: readonly SignerState[]): Buffer {
  const [first, ...rest] = states;
  assert.ok(first);
  const file = Buffer.from(firstStateFile(first));
  for (const [n, state] of rest.entries())
    file.set(encodeSlot({ state, counter: n + 1 }), slotPosition(n + 1));
  return file;
}

test('the newest state is read back, however many were written', () => {
  fc.assert(
    fc.property(fc.array(stateArbitrary, { minLength: 1, maxLength: 6 }), (states) => {
      assert.deepEqual(readStateFile(fileAfter(states)), {
        state: states.at(-1),
        counter: states.length - 1,
      });
    }),
  );
});

test('a write torn at any byte leaves the state before it, or the new one', () => {
  fc.assert(
    fc.property(
      fc.array(stateArbitrary, { minLength: 1, maxLength: 4 }),
      stateArbitrary,
      fc.integer({ min: 0, max: slotBytes }),
      (states, next, bytes) => {
        const file = fileAfter(states);
        const counter = states.length;
        file.set(encodeSlot({ state: next, counter }).subarray(0, bytes), slotPosition(counter));
        const read = readStateFile(file);
        assert.ok(read);
        if (read.counter === counter) assert.deepEqual(read.state, next);
        else assert.deepEqual(read, { state: states.at(-1), counter: counter - 1 });
      },
    ),
  );
});

test('a changed byte in both slots is noticed; any file of another length is none', () => {
  fc.assert(
    fc.property(
      stateArbitrary,
      stateArbitrary,
      fc.nat(slotBytes - 1),
      fc.nat(slotBytes - 1),
      (a, b, i, j) => {
        const file = fileAfter([a, b]);
        file[i] = (file[i] ?? 0) ^ 1;
        file[slotBytes + j] = (file[slotBytes + j] ?? 0) ^ 1;
        assert.equal(readStateFile(file), undefined);
      },
    ),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => assert.equal(readStateFile(bytes), undefined)),
  );
});

test('a slot cannot be passed off as the other one', () => {
  const file = fileAfter([stateAt(1), stateAt(2)]);
  file.set(file.subarray(slotBytes), 0);
  assert.equal(readStateFile(file)?.counter, 1);
  const swapped = Buffer.concat([
    fileAfter([stateAt(1), stateAt(2)]).subarray(slotBytes),
    Buffer.alloc(slotBytes),
  ]);
  assert.equal(readStateFile(swapped), undefined);
});

test('a key file is read back as the key it was, for its purpose only', () => {
  const seedArbitrary = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(fc.stringMatching(/^[!-*,-~]{1,80}$/), seedArbitrary, (name, seed) => {
      const text = encodeKeyFile(name, 'ed25519', seed);
      const key = parseKeyFile(text, 'ed25519');
      assert.ok(key);
      assert.deepEqual(key.verifier, signingKey(name, 'ed25519', seed).verifier);
      assert.ok(verifyEd25519(key.publicKey, Buffer.from('x'), key.sign(Buffer.from('x'))));
      assert.equal(parseKeyFile(text, 'cosignature'), undefined);
    }),
    { numRuns: 50 },
  );
});

test('the key file of another name, id or form is refused', () => {
  const text = encodeKeyFile(origin, 'ed25519', new Uint8Array(32).fill(7));
  const wrong = [
    text.replace('assay', 'other'),
    text.replace(/\+[0-9a-f]{8}\+/, '+00000000+'),
    text.trimEnd(),
    `${text}\n`,
    ` ${text}`,
    text.replace('PRIVATE', 'private'),
    text.slice(0, -8),
    '',
  ];
  for (const each of wrong) assert.equal(parseKeyFile(each, 'ed25519'), undefined, each);
  fc.assert(fc.property(fc.string(), (junk) => parseKeyFile(junk, 'ed25519') === undefined));
});

test("the key of Go's sumdb/note documentation is read as the same key", () => {
  // From the example of golang.org/x/mod/sumdb/note.
  const skey = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n';
  const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  assert.deepEqual(parseKeyFile(skey, 'ed25519')?.verifier, parseVkey(vkey, sha256Bytes));
});

test('each origin has a folder of its own, also where capitals are not told apart', () => {
  const names = fc.stringMatching(/^[!-*,-~]{1,80}$/);
  fc.assert(
    fc.property(names, names, (a, b) => {
      for (const name of [a, b]) {
        assert.match(originFolder(name), /^log-[a-z0-9._-]+$/);
        assert.ok(originFolder(name).length <= 255);
      }
      assert.equal(originFolder(a) === originFolder(b), a === b);
    }),
  );
  assert.notEqual(originFolder('A'), originFolder('a'));
  for (const name of ['', 'a b', 'a+b', 'é', 'a\n', 'x'.repeat(81)]) assert.ok(!isOrigin(name));
});
