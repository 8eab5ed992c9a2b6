import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { hash, signedNote, testSigner, verifySignature } from '../../../test/support/signed-notes.ts';
import { testTree } from '../../../test/support/trees.ts';
import { toHex, utf8 } from './bytes.ts';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, type TreeHead } from './checkpoint.ts';
import { cosignedMessage, encodeTimestamped, parseTimestamped } from './cosignature.ts';
import { judgeGrowth } from './monitor.ts';
import { formatNote, parseNote } from './note.ts';
import { consistencyPlan, makeProof } from './proof-plan.ts';
import { treeRoot } from './rfc6962.ts';

const largest = Number.MAX_SAFE_INTEGER;
const log = testSigner('log.example.com/a');
const witness = testSigner('witness.example.com', 'cosignature');
const origin = 'log.example.com/a';
const root = hash(utf8('root'));
const text = formatCheckpoint({ origin, size: 12, root });
const trust = { origin, logKeys: [log.key], witnessKeys: [witness.key] };

/** The example of C2SP tlog-cosignature. */
const example =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n' +
  '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n' +
  '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n';

const checkpoints = fc.record(
  {
    origin: fc.stringMatching(/^[a-z./ +—é]{1,20}$/),
    size: fc.nat({ max: largest }),
    root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    extensions: fc.array(fc.stringMatching(/^[a-z =]{1,9}$/), { maxLength: 3 }),
  },
  { noNullPrototype: true },
);

test("the specification's example is read, and its cosigned message is the one it shows", () => {
  const note = parseNote(example);
  const checkpoint = parseCheckpoint(note?.text ?? '');
  assert.equal(checkpoint?.origin, 'example.com/behind-the-sofa');
  assert.equal(checkpoint.size, 20_852_163);
  assert.equal(
    Buffer.from(checkpoint.root).toString('base64'),
    'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
  );
  const stamped = parseTimestamped(note?.signatures[1]?.signature ?? new Uint8Array(0));
  assert.equal(stamped?.time, 1_679_315_147);
  assert.equal(
    Buffer.from(cosignedMessage(utf8(note?.text ?? ''), stamped.time)).toString(),
    'cosignature/v1\ntime 1679315147\n' +
      'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n',
  );
});

test('a checkpoint is read back, and a text with any edit is refused or is that other checkpoint', () => {
  fc.assert(
    fc.property(
      checkpoints,
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.stringMatching(/^[0-9A=\n]{0,2}$/),
      (one, at, cut, put) => {
        const whole = formatCheckpoint(one);
        const parsed = parseCheckpoint(whole);
        assert.deepEqual({ ...parsed, root: toHex(parsed?.root ?? root) }, { ...one, root: toHex(one.root) });
        const from = at % whole.length;
        const edited = whole.slice(0, from) + put + whole.slice(from + cut);
        const other = parseCheckpoint(edited);
        assert.ok(other === undefined || formatCheckpoint(other) === edited);
      },
    ),
    { numRuns: 1000 },
  );
});

test('what is not exactly a checkpoint is none', () => {
  const [, size = '', hash = ''] = text.split('\n');
  const refused = [
    '',
    '\n',
    `${origin}\n${size}\n`,
    `${origin}\n${size}\n${hash}`,
    `\n${size}\n${hash}\n`,
    `${origin}\n012\n${hash}\n`,
    `${origin}\n-1\n${hash}\n`,
    `${origin}\n\n${hash}\n`,
    `${origin}\n9007199254740992\n${hash}\n`,
    `${origin}\n99999999999999999999\n${hash}\n`,
    `${origin}\n${size} \n${hash}\n`,
    `${origin}\n${size}\n${hash.slice(0, -4)}\n`,
    `${origin}\n${size}\n${hash.slice(0, -1)}\n`,
    `${origin}\n${size}\n${hash}AAAA\n`,
    `${origin}\n${size}\n${hash}\n\n`,
    `${origin}\n${size}\n${hash}\n\nextension\n`,
    `${origin}\r\n${size}\n${hash}\n`,
  ];
  for (const each of refused) assert.equal(parseCheckpoint(each), undefined, JSON.stringify(each));
  assert.deepEqual(parseCheckpoint(`${text}extension\n`)?.extensions, ['extension']);
  const good = { origin, size: 12, root };
  for (const wrong of [
    { origin: '' },
    { origin: 'a\nb' },
    { size: -1 },
    { size: 2 ** 53 },
    { root: root.subarray(1) },
  ])
    assert.throws(() => formatCheckpoint({ ...good, ...wrong }), RangeError);
  assert.throws(() => formatCheckpoint({ ...good, extensions: [''] }), RangeError);
});

test('a checkpoint opens with its log key, and lists cosignatures with their times', () => {
  const opening = openCheckpoint(signedNote(text, log, witness), trust, verifySignature);
  assert.ok(opening.ok);
  assert.equal(opening.checkpoint.size, 12);
  assert.deepEqual(
    opening.signatures.map(({ key }) => key),
    [log.key],
  );
  assert.deepEqual(opening.cosignatures, [{ key: witness.key, time: 1_700_000_000 }]);
});

test('neither a witness alone, nor another log, nor another text makes a checkpoint', () => {
  const problem = (raw: string, more = {}): unknown => {
    const opening = openCheckpoint(raw, { ...trust, ...more }, verifySignature);
    return opening.ok ? 'ok' : opening.problem;
  };
  assert.equal(problem(signedNote(text, witness)), 'unsigned');
  assert.equal(problem(signedNote(text, log), { origin: 'log.example.com/b' }), 'wrong-origin');
  assert.equal(problem(signedNote('not a checkpoint\n', log)), 'malformed');
  assert.equal(problem(signedNote(text, log).replace('12', '13')), 'wrong-signature');
  // A key of a log does not count as a witness, whatever list it is in.
  const listed = openCheckpoint(
    signedNote(text, log, testSigner('w')),
    { ...trust, witnessKeys: [testSigner('w').key] },
    verifySignature,
  );
  assert.ok(listed.ok);
  assert.deepEqual(listed.cosignatures, []);
});

test('a cosignature is bound to its time, its text and its kind', () => {
  const open = (raw: string): unknown => {
    const opening = openCheckpoint(raw, trust, verifySignature);
    return opening.ok ? opening.cosignatures.length : opening.problem;
  };
  const line = witness.sign(text, 5);
  const stamped = parseTimestamped(line.signature);
  assert.ok(stamped !== undefined);
  const withCosignature = (signature: Uint8Array): string =>
    formatNote({ text, signatures: [log.sign(text), { ...line, signature }] });
  assert.equal(open(withCosignature(line.signature)), 1);
  assert.equal(open(withCosignature(encodeTimestamped({ ...stamped, time: 6 }))), 'wrong-signature');
  assert.equal(open(withCosignature(line.signature.subarray(1))), 'wrong-signature');
  assert.equal(open(withCosignature(witness.sign(`${text}x\n`, 5).signature)), 'wrong-signature');
  // The signature of a plain note is no cosignature.
  const plain = testSigner(witness.key.name);
  assert.equal(open(withCosignature(plain.sign(text).signature)), 'wrong-signature');
});

test('a timestamped signature is read back; times over 2^53 - 1 are none', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: largest }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      (time, signature) => {
        const parsed = parseTimestamped(encodeTimestamped({ time, signature }));
        assert.equal(parsed?.time, time);
        assert.deepEqual([...parsed.signature], [...signature]);
      },
    ),
  );
  assert.equal(parseTimestamped(new Uint8Array(72).fill(255)), undefined);
  assert.equal(parseTimestamped(new Uint8Array(71)), undefined);
  assert.throws(() => encodeTimestamped({ time: 2 ** 53, signature: new Uint8Array(64) }), RangeError);
  assert.throws(() => encodeTimestamped({ time: 1, signature: new Uint8Array(63) }), RangeError);
  assert.throws(() => cosignedMessage(utf8(text), -1), RangeError);
});

const tree = testTree(300);
const head = (size: number): TreeHead => ({ size, root: tree.root(size) });
const growthProof = (from: number, to: number): readonly Uint8Array[] =>
  from === 0 ? [] : tree.prove(consistencyPlan(from, to));

/** The first `size` entries of the tree with another entry at `at`. */
function forked(
  size: number,
  at: number,
): { readonly head: TreeHead; readonly entries: readonly Uint8Array[] } {
  const entries = Array.from({ length: size }, (_, n) => (n === at ? utf8('other') : tree.entry(n)));
  return { head: { size, root: treeRoot(entries, hash) }, entries };
}

test('a log that only grows is ok, from anything seen before', () => {
  fc.assert(
    fc.property(fc.nat({ max: 300 }), fc.nat({ max: 300 }), (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      assert.equal(judgeGrowth(head(from), head(to), growthProof(from, to), hash), 'ok');
      assert.equal(judgeGrowth(undefined, head(to), [], hash), 'ok');
      assert.equal(judgeGrowth(head(to), head(from), [], hash), from < to ? 'rollback' : 'ok');
    }),
  );
});

test('another tree of the same size is a fork, and a smaller one a rollback', () => {
  assert.equal(judgeGrowth(head(7), forked(7, 3).head, [], hash), 'fork');
  assert.equal(judgeGrowth(head(7), forked(6, 3).head, [], hash), 'rollback');
});

test('a larger tree that replaced an entry seen before is never ok, whatever the proof', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(),
      (from, more, at) => {
        const other = forked(from + more, at % from);
        const read = ({ level, index }: { level: number; index: number }): Uint8Array =>
          treeRoot(other.entries.slice(index * 2 ** level, (index + 1) * 2 ** level), hash);
        const plan = consistencyPlan(from, from + more);
        const honest = growthProof(from, from + more);
        const theirs = makeProof(plan, read, hash);
        assert.notEqual(judgeGrowth(head(from), other.head, honest, hash), 'ok');
        const isPowerOfTwo = Number.isInteger(Math.log2(from));
        // Their own proof gives them away, where it contains the old root.
        assert.equal(judgeGrowth(head(from), other.head, theirs, hash), isPowerOfTwo ? 'invalid' : 'fork');
      },
    ),
  );
});

test('a damaged proof shows nothing, and a proof where there is nothing to prove is refused', () => {
  const proof = growthProof(7, 20);
  const bad = proof.with(0, root);
  assert.equal(judgeGrowth(head(7), head(20), bad, hash), 'invalid');
  assert.equal(judgeGrowth(head(7), head(20), proof.slice(1), hash), 'invalid');
  assert.equal(judgeGrowth(head(7), head(20), [], hash), 'invalid');
  assert.equal(judgeGrowth(head(7), head(7), [root], hash), 'invalid');
  assert.equal(judgeGrowth(head(0), head(7), [root], hash), 'invalid');
  assert.equal(judgeGrowth(undefined, head(7), [root], hash), 'invalid');
});

test('the empty tree has one root, and heads must be heads', () => {
  assert.equal(judgeGrowth(undefined, { size: 0, root }, [], hash), 'invalid');
  assert.equal(judgeGrowth({ size: 0, root }, head(3), [], hash), 'invalid');
  assert.equal(judgeGrowth(head(0), head(0), [], hash), 'ok');
  assert.equal(judgeGrowth(undefined, { size: -1, root }, [], hash), 'invalid');
  assert.equal(judgeGrowth(undefined, { size: 1.5, root }, [], hash), 'invalid');
  assert.equal(judgeGrowth(undefined, { size: 1, root: root.subarray(1) }, [], hash), 'invalid');
});
