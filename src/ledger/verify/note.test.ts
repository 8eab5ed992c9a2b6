import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { hash, signedNote, testSigner, verifySignature } from '../../../test/support/signed-notes.ts';
import { fromBase64, parseDecimal, toBase64, utf8 } from './bytes.ts';
import {
  formatNote,
  formatSignatureLine,
  maxNoteBytes,
  maxSignatures,
  openNote,
  parseNote,
  parseSignatureLines,
  type NoteSignature,
} from './note.ts';
import { formatVkey, isKeyName, keyId, makeVerifierKey, parseVkey } from './vkey.ts';

const alice = testSigner('alice.example/log');
const bob = testSigner('bob.example/log');
const text = 'One line.\n\nAnother — with a dash.\n';
const note = signedNote(text, alice, bob);

const names = fc
  .string({ unit: fc.constantFrom('a', 'é', '.', '/', '—', '😀', '0'), minLength: 1, maxLength: 12 })
  .filter(isKeyName);
const signatures: fc.Arbitrary<NoteSignature> = fc.record(
  {
    name: names,
    id: fc.stringMatching(/^[0-9a-f]{8}$/),
    signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
  },
  { noNullPrototype: true },
);
const texts = fc
  .array(fc.string({ unit: fc.constantFrom('a', ' ', '—', 'é', '\u007f', '\ufeff', '+') }), { minLength: 1 })
  .map((lines) => `${lines.join('\n')}\n`);

test("the specification's own example verifies, and not with anything changed", () => {
  const key = parseVkey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k', hash);
  assert.ok(key !== undefined);
  const example =
    'This is an example message.\n\n' +
    '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
  const opening = openNote(example, [key], verifySignature);
  assert.ok(opening.ok);
  assert.equal(opening.note.text, 'This is an example message.\n');
  assert.deepEqual(opening.verified, [{ key, time: undefined }]);
  for (const [from, to, problem] of [
    ['example message', 'Example message', 'wrong-signature'],
    ['Uw2QOkn8', 'Uw2QOkn9', 'wrong-signature'],
    ['Uw2QOkn8', 'Vw2QOkn8', 'unsigned'],
    ['— example.com/foo', '— example.com/fop', 'unsigned'],
    ['yaQM=\n', 'yaQM=', 'malformed'],
  ] as const)
    assert.deepEqual(openNote(example.replace(from, to), [key], verifySignature), { ok: false, problem });
});

test('the poem of the specification is read: blank lines belong to the text', () => {
  const poem =
    'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n' +
    '— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';
  const parsed = parseNote(utf8(poem));
  assert.equal(parsed?.text.endsWith('ed è subito sera.\n'), true);
  assert.deepEqual(
    parsed?.signatures.map(({ name, id }) => [name, id]),
    [['quasimodo.example/salvatore', '367ba04b']],
  );
});

test('a note is read back, byte for byte', () => {
  fc.assert(
    fc.property(texts, fc.array(signatures, { minLength: 1, maxLength: 100 }), (text, signatures) => {
      const whole = formatNote({ text, signatures });
      const parsed = parseNote(utf8(whole));
      assert.equal(parsed?.text, text);
      assert.deepEqual(
        parsed?.signatures.map((each) => ({ ...each, signature: [...each.signature] })),
        signatures.map((each) => ({ ...each, signature: [...each.signature] })),
      );
    }),
  );
});

test('a note with any edit is refused, or is exactly the note it reads as', () => {
  const bytes = utf8(note);
  const edit = fc.tuple(fc.nat({ max: bytes.length }), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 3 }));
  const line = fc.tuple(
    fc.nat({ max: bytes.length }),
    fc.nat({ max: 3 }),
    fc.constantFrom('\n', '\n\n', ' ', '=', '— ', '+', '\r').map(utf8),
  );
  fc.assert(
    fc.property(fc.oneof(edit, line), ([at, remove, insert]) => {
      const edited = Uint8Array.of(...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove));
      const parsed = parseNote(edited);
      assert.ok(parsed === undefined || Buffer.from(formatNote(parsed)).equals(edited));
      const opening = openNote(edited, [alice.key, bob.key], verifySignature);
      // Whatever still opens has the text that was signed.
      assert.ok(!opening.ok || opening.note.text === text);
    }),
    { numRuns: 3000 },
  );
});

test('what is not exactly a note is none', () => {
  const line = formatSignatureLine(alice.sign(text));
  const base64 = line.trimEnd().split(' ')[2] ?? '';
  const short = toBase64(Uint8Array.of(1, 2, 3, 4));
  const refused = {
    empty: '',
    'no signature': `${text}\n`,
    'no empty line': `${text}${line}`,
    'no line feed at the end': `${text}\n${line.trimEnd()}`,
    'an empty line after the signatures': `${text}\n${line}\n`,
    'a hyphen for the dash': `${text}\n${line.replace('—', '-')}`,
    'two spaces': `${text}\n— alice  ${base64}\n`,
    'a third part': `${text}\n— alice ${base64} x\n`,
    'no name': `${text}\n—  ${base64}\n`,
    'a plus in the name': `${text}\n— al+ice ${base64}\n`,
    'a no-break space in the name': `${text}\n— al\u00a0ice ${base64}\n`,
    'a next-line character in the name': `${text}\n— al\u0085ice ${base64}\n`,
    'an ideographic space in the name': `${text}\n— al\u3000ice ${base64}\n`,
    'no base64': `${text}\n— alice ****\n`,
    base64url: `${text}\n— alice ${base64.replace(/[+/]/g, '-')}-___\n`,
    'base64 without padding': `${text}\n— alice AAAAAAA\n`,
    'stray bits under the padding': `${text}\n— alice AAAAAAB=\n`,
    'a key id and nothing else': `${text}\n— alice ${short}\n`,
    'a tab in the text': `a\tb\n\n${line}`,
    'a carriage return': `a\r\n\n${line}`,
    'a NUL': `a\0\n\n${line}`,
    'half a surrogate pair': `a\ud800\n\n${line}`,
  };
  for (const [what, raw] of Object.entries(refused)) assert.equal(parseNote(raw), undefined, what);
  assert.equal(parseNote(Buffer.concat([utf8('a'), Uint8Array.of(0xff), utf8(`\n\n${line}`)])), undefined);
  assert.equal(parseNote(`${'a'.repeat(maxNoteBytes)}\n\n${line}`), undefined);
  // The look-alikes that are notes.
  assert.equal(parseNote(`\n\n${line}`)?.text, '\n');
  assert.equal(parseNote(`\ufeffa\u007f\n\n${line}`)?.text, '\ufeffa\u007f\n');
  assert.equal(parseNote(`a\n\n— b c\n\n${line}`)?.text, 'a\n\n— b c\n');
});

test('a hundred signatures are read, the hundred and first is refused', () => {
  const others = Array.from({ length: maxSignatures - 1 }, (_, n) => testSigner(`other.example/${n}`));
  const many = signedNote(text, ...others, alice);
  const opening = openNote(many, [alice.key], verifySignature);
  assert.ok(opening.ok);
  assert.deepEqual(
    opening.verified.map(({ key }) => key.name),
    ['alice.example/log'],
  );
  assert.equal(parseNote(`${many}${formatSignatureLine(bob.sign(text))}`), undefined);
  assert.throws(() => formatNote({ text, signatures: [] }), RangeError);
});

test('signatures by unknown keys are ignored, whatever they hold', () => {
  const grease = `— grease.example ${toBase64(Uint8Array.of(9, 9, 9, 9, 1))}\n`;
  const namesake = `— ${alice.key.name} ${toBase64(Uint8Array.of(9, 9, 9, 9, 1))}\n`;
  const stranger = formatSignatureLine({ ...alice.sign(text), name: 'mallory.example' });
  const opening = openNote(`${note}${grease}${namesake}${stranger}`, [bob.key], verifySignature);
  assert.ok(opening.ok);
  assert.deepEqual(opening.verified, [{ key: bob.key, time: undefined }]);
  assert.deepEqual(openNote(note, [], verifySignature), { ok: false, problem: 'unsigned' });
});

test('every signature of a known key must verify, also its second one', () => {
  const good = formatSignatureLine(alice.sign(text));
  const bad = formatSignatureLine(alice.sign('something else\n'));
  const open = (...lines: readonly string[]): unknown => {
    const opening = openNote(`${text}\n${lines.join('')}`, [alice.key, bob.key], verifySignature);
    return opening.ok ? opening.verified.length : opening.problem;
  };
  assert.equal(open(good, good), 1);
  assert.equal(open(good, bad), 'wrong-signature');
  assert.equal(open(bad, good), 'wrong-signature');
  assert.equal(open(formatSignatureLine(bob.sign(text)), bad), 'wrong-signature');
  const asked: number[] = [];
  const lax = (_key: Uint8Array, _message: Uint8Array, signature: Uint8Array): boolean => {
    asked.push(signature.length);
    return true;
  };
  // The means of verification are only ever given what has the form of a signature.
  const long = formatSignatureLine({ ...alice.sign(text), signature: new Uint8Array(65) });
  assert.ok(!openNote(`${text}\n${long}`, [alice.key], lax).ok);
  assert.deepEqual(asked, []);
  const cut = formatSignatureLine({ ...alice.sign(text), signature: alice.sign(text).signature.subarray(1) });
  assert.equal(open(cut), 'wrong-signature');
});

test('keys can be changed with overlap: old-only, both and new-only verifiers each open what their keys signed', () => {
  const oldKey = testSigner('log.example');
  const next = testSigner('log.example', 'ed25519', 'second');
  assert.notEqual(oldKey.key.id, next.key.id);
  const opens = (raw: string, ...keys: readonly (typeof next)[]): boolean =>
    openNote(
      raw,
      keys.map(({ key }) => key),
      verifySignature,
    ).ok;
  const [before, overlap, after] = [
    signedNote(text, oldKey),
    signedNote(text, oldKey, next),
    signedNote(text, next),
  ];
  assert.deepEqual(
    [opens(before, oldKey), opens(overlap, oldKey), opens(after, oldKey)],
    [true, true, false],
  );
  assert.deepEqual([opens(before, next), opens(overlap, next), opens(after, next)], [false, true, true]);
  for (const raw of [before, overlap, after]) assert.ok(opens(raw, oldKey, next));
});

test('a key of a type that is not known here verifies nothing, and is no obstacle', () => {
  const mlDsa = parseVkey(`w.example+${'0'.repeat(8)}+${toBase64(Uint8Array.of(0xfa, 1, 2))}`, hash);
  assert.ok(mlDsa !== undefined);
  const line = formatSignatureLine({ name: 'w.example', id: '00000000', signature: new Uint8Array(2420) });
  const opening = openNote(`${note}${line}`, [mlDsa, alice.key], verifySignature);
  assert.ok(opening.ok);
  assert.deepEqual(
    opening.verified.map(({ key }) => key),
    [alice.key],
  );
  assert.deepEqual(openNote(`${note}${line}`, [mlDsa], verifySignature), { ok: false, problem: 'unsigned' });
});

test('a vkey is read back, and any change to it is noticed', () => {
  assert.deepEqual(parseVkey(alice.vkey, hash), alice.key);
  fc.assert(
    fc.property(
      fc.nat({ max: alice.vkey.length - 1 }),
      fc.nat({ max: 1 }),
      fc.string({ maxLength: 2 }),
      (at, cut, put) => {
        const edited = alice.vkey.slice(0, at) + put + alice.vkey.slice(at + cut);
        const parsed = parseVkey(edited, hash);
        assert.ok(parsed === undefined || edited === formatVkey(parsed));
        // Only the type of a key that this folder does not know can hide a change.
        assert.ok(parsed === undefined || edited === alice.vkey || ![1, 4, 6].includes(parsed.type));
      },
    ),
    { numRuns: 1000 },
  );
});

test('what is no vkey is refused', () => {
  const [name = '', id = '', key = ''] = alice.vkey.split(/\+(?=[0-9a-f]{8}\+)|(?<=\+[0-9a-f]{8})\+/);
  const parts = fromBase64(key);
  assert.equal(`${name}+${id}+${key}`, alice.vkey);
  assert.ok(parts !== undefined);
  const short = { name, type: 1, publicKey: parts.subarray(1, 32) };
  const refused = [
    '',
    formatVkey({ ...short, id: keyId(name, 1, short.publicKey, hash) }),
    `${name}+${id}`,
    `+${id}+${key}`,
    ` ${alice.vkey}`,
    `${alice.vkey}\n`,
    `${name}+${id.toUpperCase()}A+${key}`,
    `${name}+00000000+${key}`,
    `${name}+${id}+${toBase64(parts.subarray(0, 32))}`,
    `${name}+${id}+`,
    `${name}+${id}+${toBase64(Uint8Array.of(0xfa))}`,
    `x+${id}+${'A'.repeat(20_000)}`,
  ];
  for (const text of refused) assert.equal(parseVkey(text, hash), undefined, text.slice(0, 60));
  assert.throws(
    () => makeVerifierKey({ name: 'a b', type: 'ed25519', publicKey: new Uint8Array(32) }, hash),
    RangeError,
  );
  assert.throws(
    () => makeVerifierKey({ name: 'a', type: 'ed25519', publicKey: new Uint8Array(31) }, hash),
    RangeError,
  );
});

test('signature lines of an answer are read like those of a note', () => {
  const lines = [alice, bob].map((signer) => formatSignatureLine(signer.sign(text))).join('');
  assert.deepEqual(
    parseSignatureLines(lines)?.map(({ id }) => id),
    [alice.key.id, bob.key.id],
  );
  for (const wrong of ['', '\n', lines.trimEnd(), `\n${lines}`, `${lines}\n`, `${lines}x\n`])
    assert.equal(parseSignatureLines(wrong), undefined);
});

test('numbers and base64 have one text each', () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (n) => assert.equal(parseDecimal(String(n)), n)),
  );
  const numbers = [
    '',
    '00',
    '01',
    '+1',
    '-0',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
    '1\n',
    '0x1',
    '9007199254740992',
    '١',
    '9'.repeat(400),
  ];
  for (const text of numbers) assert.equal(parseDecimal(text), undefined, text);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'));
      assert.deepEqual([...(fromBase64(toBase64(bytes)) ?? [])], [...bytes]);
    }),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[A-D+/=\n -]{0,9}$/), (text) => {
      const bytes = fromBase64(text);
      assert.ok(bytes === undefined || toBase64(bytes) === text);
    }),
  );
});
