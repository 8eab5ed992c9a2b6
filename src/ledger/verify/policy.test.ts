import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import {
  hash,
  signedNote,
  testSigner,
  verifySignature,
  type TestSigner,
} from '../../../test/support/signed-notes.ts';
import { testTree } from '../../../test/support/trees.ts';
import { toBase64, utf8 } from './bytes.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { isQuorum, logOnlyPolicy, openUnderPolicy, type TrustPolicy } from './policy.ts';
import { maxPolicyMembers, parsePolicy } from './policy-file.ts';
import { formatProofBundle, parseProofBundle, verifyProofBundle, type ProofBundle } from './proof-bundle.ts';
import { inclusionPlan } from './proof-plan.ts';
import { formatVkey, makeVerifierKey } from './vkey.ts';

const log = testSigner('log.example.com');
const witnesses = Object.fromEntries(
  ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'].map((name) => [
    name,
    testSigner(`${name}.example.com`, 'cosignature'),
  ]),
);
const x1 = witnesses['X1']?.vkey ?? '';
const x2 = witnesses['X2']?.vkey ?? '';

/** The example of C2SP tlog-policy, with keys filled in. */
const example = `log ${log.vkey}

${['X1', 'X2', 'X3'].map((name) => `witness ${name} ${witnesses[name]?.vkey}\n`).join('')}group X-witnesses 2 X1 X2 X3

${['Y1', 'Y2', 'Y3'].map((name) => `witness ${name} ${witnesses[name]?.vkey}\n`).join('')}group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const tree = testTree(300);
const size = 300;
const index = 123;
const text = formatCheckpoint({ origin: 'log.example.com', size, root: tree.root(size) });
const proof = tree.prove(inclusionPlan(index, size));

function policyOf(raw: string | Uint8Array): TrustPolicy {
  const parsed = parsePolicy(raw, hash);
  assert.ok(parsed.ok, parsed.ok ? '' : `${parsed.line}: ${parsed.problem}`);
  return parsed.policy;
}

function cosignedBy(...names: readonly string[]): string {
  return signedNote(
    text,
    log,
    ...names.map((name): TestSigner => witnesses[name] ?? testSigner(name, 'cosignature')),
  );
}

function outcome(raw: string, policy: TrustPolicy): string {
  const opening = openUnderPolicy(raw, policy, verifySignature);
  return opening.ok ? 'ok' : opening.problem;
}

test("the specification's example: two of X and one of Y, in any combination", () => {
  const policy = policyOf(example);
  fc.assert(
    fc.property(fc.subarray(Object.keys(witnesses)), (names) => {
      const enough =
        names.filter((name) => name.startsWith('X')).length >= 2 &&
        names.some((name) => name.startsWith('Y'));
      const opening = openUnderPolicy(cosignedBy(...names), policy, verifySignature);
      assert.equal(opening.ok ? 'ok' : opening.problem, enough ? 'ok' : 'no-quorum');
      assert.ok(!opening.ok || opening.cosignatures.length === names.length);
    }),
    { numRuns: 80 },
  );
});

test('witnesses that the policy does not name count for nothing', () => {
  assert.equal(outcome(cosignedBy('X1', 'X2', 'stranger.example.com'), policyOf(example)), 'no-quorum');
  assert.equal(outcome(cosignedBy('X1', 'X1', 'Y1'), policyOf(example)), 'no-quorum');
});

test('the checkpoint must be of a log of the policy, and signed by it', () => {
  const policy = policyOf(`log ${log.vkey}\nquorum none\n`);
  assert.equal(outcome(signedNote(text, log), policy), 'ok');
  assert.equal(outcome(signedNote(text, testSigner('other.example.com')), policy), 'unsigned');
  const other = text.replace('log.example.com', 'other.example.com');
  assert.equal(outcome(signedNote(other, testSigner('other.example.com')), policy), 'unknown-log');
  assert.equal(outcome(signedNote(other, log), policy), 'unknown-log');
  assert.equal(outcome(signedNote('x\n', log), policy), 'malformed');
  assert.equal(outcome('x', policy), 'malformed');
  assert.equal(outcome(signedNote(text, log).replace('300', '301'), policy), 'wrong-signature');
  assert.equal(outcome(signedNote(text, log), policyOf('quorum none\n')), 'unknown-log');
  assert.equal(outcome(signedNote(text, log), logOnlyPolicy([log.key])), 'ok');
});

test('a wrong cosignature of a witness of the policy refutes the note, even where the others are enough', () => {
  const bad = { ...(witnesses['X3'] ?? log).sign(`${text}x\n`) };
  const good = cosignedBy('X1', 'X2', 'Y1');
  const line = `— ${bad.name} ${toBase64(Buffer.concat([Buffer.from(bad.id, 'hex'), bad.signature]))}\n`;
  assert.equal(outcome(good, policyOf(example)), 'ok');
  assert.equal(outcome(good + line, policyOf(example)), 'wrong-signature');
});

test('white space, comments, addresses and octets beyond ASCII are as the specification allows', () => {
  const policy = policyOf(
    `# comment \t é\n\n \t \n\tlog\t${log.vkey}  https://log.example.com/é \n  # another\n` +
      `witness wé ${x1}\nwitness w\u212a ${x2} https://w.example.com\ngroup g 1 wé w\u212a\nquorum g \n`,
  );
  assert.equal(policy.logs[0]?.url, 'https://log.example.com/é');
  assert.deepEqual(
    policy.witnesses.map(({ name, url }) => [name, url]),
    [
      ['wé', undefined],
      ['w\u212a', 'https://w.example.com'],
    ],
  );
  const invalidUtf8 = Buffer.concat([
    utf8('# '),
    Uint8Array.of(0xff, 0x80),
    utf8(`\nwitness `),
    Uint8Array.of(0xfe),
  ]);
  const raw = Buffer.concat([invalidUtf8, utf8(` ${x1}\nquorum `), Uint8Array.of(0xfe), utf8('\n')]);
  assert.equal(policyOf(raw).witnesses.length, 1);
  // One octet apart is another name, though both show as the same replacement character.
  const other = Buffer.concat([invalidUtf8, utf8(` ${x1}\nquorum `), Uint8Array.of(0xfd), utf8('\n')]);
  assert.deepEqual(parsePolicy(other, hash), {
    ok: false,
    line: 3,
    problem: '"�" is not defined on a line above',
  });
});

test('every wrong policy is refused at its line', () => {
  const a = `witness a ${x1}\n`;
  const refused: readonly (readonly [string, number, RegExp])[] = [
    ['', 1, /no quorum/],
    ['\n', 1, /no quorum/],
    [a, 1, /no quorum/],
    [`${a}quorum a`, 2, /line feed/],
    [`${a}quorum a\nquorum a\n`, 3, /quorum line above/],
    [`quorum a\n${a}`, 1, /"a" is not defined/],
    ['quorum\n', 1, /a quorum line is/],
    ['quorum none none\n', 1, /a quorum line is/],
    ['quorum none # no\n', 1, /a quorum line is/],
    ['Quorum none\n', 1, /no "Quorum" line/],
    ['quorum\u00a0none\n', 1, /no "quorum\u00a0none" line/],
    ['quorum none\r\n', 1, /control/],
    ['# \u007f\nquorum none\n', 1, /control/],
    ['# \0\nquorum none\n', 1, /control/],
    [`log\nquorum none\n`, 1, /a log line is/],
    [`log ${log.vkey} u v\nquorum none\n`, 1, /a log line is/],
    [`log ${log.vkey.slice(0, -4)}\nquorum none\n`, 1, /not a vkey/],
    [`log ${x1}\nquorum none\n`, 1, /key of a witness/],
    [`log ${log.vkey}\nlog ${log.vkey}\nquorum none\n`, 2, /same public key/],
    [`witness a\nquorum none\n`, 1, /a witness line is/],
    [`witness a ${log.vkey}\nquorum none\n`, 1, /key of a log/],
    [`${a}witness b ${x1}\nquorum none\n`, 2, /same public key/],
    [`${a}witness a ${x2}\nquorum none\n`, 2, /"a" is defined/],
    [`witness none ${x1}\nquorum none\n`, 1, /meaning already/],
    [`${a}group none 1 a\nquorum none\n`, 2, /meaning already/],
    [`${a}group a 1 a\nquorum none\n`, 2, /"a" is defined/],
    [`${a}group g 1\nquorum g\n`, 2, /a group line is/],
    [`${a}group g some a\nquorum g\n`, 2, /"some" is not all, any/],
    [`${a}group g 0 a\nquorum g\n`, 2, /from 1 to 1/],
    [`${a}group g 2 a\nquorum g\n`, 2, /from 1 to 1/],
    [`${a}group g 01 a\nquorum g\n`, 2, /from 1 to 1/],
    [`${a}group g 1 g\nquorum g\n`, 2, /"g" is not defined/],
    [`${a}group g 1 none\nquorum g\n`, 2, /"none" is not defined/],
    [`${a}group g 1 a a\nquorum g\n`, 2, /in a group already/],
    [`${a}group g 1 a\ngroup h 1 a\nquorum g\n`, 3, /in a group already/],
  ];
  for (const [raw, line, problem] of refused) {
    const parsed = parsePolicy(raw, hash);
    assert.ok(!parsed.ok, raw);
    assert.deepEqual([parsed.line, problem.test(parsed.problem) || parsed.problem], [line, true], raw);
  }
});

test('keys of one name and one key of two names are told apart as the specification says', () => {
  const renamed = testSigner('log.example.com', 'ed25519', 'second');
  assert.equal(policyOf(`log ${log.vkey}\nlog ${renamed.vkey}\nquorum none\n`).logs.length, 2);
  const policy = policyOf(`log ${log.vkey}\nlog ${renamed.vkey}\nquorum none\n`);
  const { publicKey } = log.key;
  const alias = makeVerifierKey({ name: 'alias.example.com', type: 'ed25519', publicKey }, hash);
  const twice = parsePolicy(`log ${log.vkey}\nlog ${formatVkey(alias)}\nquorum none\n`, hash);
  assert.ok(!twice.ok && twice.line === 2);
  for (const signer of [log, renamed]) assert.equal(outcome(signedNote(text, signer), policy), 'ok');
});

test('a policy has a size: 256 of a kind are read, one more is refused', () => {
  const lines = (count: number): string =>
    Array.from(
      { length: count },
      (_, n) => `witness w${n} ${testSigner(`w${n}`, 'cosignature').vkey}\n`,
    ).join('');
  assert.equal(policyOf(`${lines(maxPolicyMembers)}quorum none\n`).witnesses.length, maxPolicyMembers);
  const over = parsePolicy(`${lines(maxPolicyMembers + 1)}quorum none\n`, hash);
  assert.deepEqual(over, { ok: false, line: maxPolicyMembers + 1, problem: 'more than 256 witnesses' });
  assert.ok(!parsePolicy(`#${'x'.repeat(1 << 20)}\nquorum none\n`, hash).ok);
  const chain = Array.from({ length: 255 }, (_, n) => `group g${n + 1} all g${n}\n`).join('');
  const deep = policyOf(`witness w ${x1}\ngroup g0 all w\n${chain}quorum g255\n`);
  assert.ok(isQuorum(deep.quorum, () => true) && !isQuorum(deep.quorum, () => false));
});

test('more witnesses never make a quorum worse', () => {
  const { quorum } = policyOf(example);
  const names = Object.keys(witnesses);
  fc.assert(
    fc.property(fc.subarray(names), fc.subarray(names), (some, more) => {
      const all = new Set([...some, ...more]);
      const before = isQuorum(quorum, ({ name }) => some.includes(name));
      assert.ok(!before || isQuorum(quorum, ({ name }) => all.has(name)));
    }),
  );
});

const bundle: ProofBundle = { extra: undefined, index, proof, checkpoint: cosignedBy('X1', 'X2', 'Y1') };
const means = { hash, verify: verifySignature };
const trust = { leafHash: tree.leafHash(index), policy: policyOf(example) };

function verdict(raw: string | Uint8Array, more: Partial<typeof trust> = {}): string {
  const judged = verifyProofBundle(raw, { ...trust, ...more }, means);
  return judged.ok ? 'ok' : judged.problem;
}

test('a bundle has the form of the specification and verifies without anything else', () => {
  const raw = formatProofBundle({ ...bundle, extra: utf8('extra') });
  const lines = raw.split('\n');
  assert.deepEqual(lines.slice(0, 3), ['c2sp.org/tlog-proof@v1', 'extra ZXh0cmE=', 'index 123']);
  assert.deepEqual(lines.slice(3, 3 + proof.length), proof.map(toBase64));
  assert.deepEqual(lines.slice(3 + proof.length, 5 + proof.length), ['', 'log.example.com']);
  assert.equal(verdict(raw), 'ok');
  const judged = verifyProofBundle(utf8(raw), trust, means);
  assert.ok(judged.ok);
  assert.deepEqual([judged.index, judged.checkpoint.size, judged.cosignatures.length], [123, 300, 3]);
  assert.equal(Buffer.from(judged.extra ?? []).toString(), 'extra');
});

test('a bundle proves one entry at one place to those who believe its signers', () => {
  const raw = formatProofBundle(bundle);
  assert.equal(verdict(raw, { leafHash: tree.leafHash(index + 1) }), 'not-included');
  assert.equal(verdict(raw.replace('index 123', 'index 122')), 'not-included');
  assert.equal(verdict(raw.replace('index 123', 'index 300')), 'not-included');
  assert.equal(verdict(formatProofBundle({ ...bundle, proof: proof.slice(1) })), 'not-included');
  assert.equal(verdict(formatProofBundle({ ...bundle, checkpoint: cosignedBy('X1', 'Y1') })), 'no-quorum');
  assert.equal(verdict(raw, { policy: logOnlyPolicy([testSigner('other').key]) }), 'unknown-log');
  assert.equal(verdict(raw.replace('\n300\n', '\n299\n')), 'wrong-signature');
  assert.equal(verdict(raw, { policy: logOnlyPolicy([log.key]) }), 'ok');
});

test('a bundle is read back, and with any edit it is refused or has that text alone', () => {
  const raw = utf8(formatProofBundle({ ...bundle, extra: utf8('any') }));
  const edit = fc.tuple(
    fc.oneof(fc.nat({ max: 400 }), fc.nat({ max: raw.length })),
    fc.nat({ max: 2 }),
    fc.oneof(fc.uint8Array({ maxLength: 2 }), fc.constantFrom('\n', '=', ' ', '0').map(utf8)),
  );
  fc.assert(
    fc.property(edit, ([at, cut, put]) => {
      const edited = Uint8Array.of(...raw.subarray(0, at), ...put, ...raw.subarray(at + cut));
      const parsed = parseProofBundle(edited);
      assert.ok(parsed === undefined || Buffer.from(formatProofBundle(parsed)).equals(edited));
      const judged = verifyProofBundle(edited, trust, means);
      // What still verifies proves the same; the extra data is vouched for by nobody.
      assert.ok(!judged.ok || (judged.index === index && judged.checkpoint.size === size));
    }),
    { numRuns: 1500 },
  );
});

test('what is not exactly a bundle is none', () => {
  const raw = formatProofBundle(bundle);
  const hashLine = `${toBase64(proof[0] ?? new Uint8Array(0))}\n`;
  const refused: Readonly<Record<string, string>> = {
    empty: '',
    'another version': raw.replace('@v1', '@v2'),
    'no index': raw.replace('index 123\n', ''),
    'a leading zero': raw.replace('index 123', 'index 0123'),
    'an index over 2^53': raw.replace('index 123', 'index 9007199254740992'),
    'empty extra data': raw.replace('index', 'extra \nindex'),
    'extra data twice': raw.replace('index', 'extra AAAA\nextra AAAA\nindex'),
    'extra data after the index': raw.replace('index 123\n', 'index 123\nextra AAAA\n'),
    'a short hash': raw.replace(hashLine, 'AAAA\n'),
    'no empty line': raw.replace('\n\n', '\n'),
    'two empty lines': raw.replace('\n\n', '\n\n\n'),
    'more hashes than any tree needs': raw.replace(hashLine, hashLine.repeat(64)),
    'no checkpoint': raw.slice(0, raw.indexOf('\n\n') + 2),
    'an unsigned checkpoint': `${raw.slice(0, raw.indexOf('\n\n') + 2)}${text}`,
    'something after it': `${raw}x`,
    'carriage returns': raw.replaceAll('\n', '\r\n'),
  };
  for (const [what, each] of Object.entries(refused)) assert.equal(parseProofBundle(each), undefined, what);
  for (const wrong of [
    { index: -1 },
    { extra: new Uint8Array(0) },
    { checkpoint: text },
    { proof: [utf8('short')] },
  ])
    assert.throws(() => formatProofBundle({ ...bundle, ...wrong }), RangeError);
});
