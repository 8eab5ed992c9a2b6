import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openVexText, vexSigner, vexStatement } from '../../../test/support/vex.ts';
import { isAssayError } from '../../core/errors.ts';
import { verifiedText } from './signed.ts';

const text = openVexText([vexStatement('pkg:npm/holed@1.0.0')]);
const bytes = Buffer.from(text);
const plain = { text, form: 'document' };

for (const kind of ['ed25519', 'ec-p256'] as const) {
  const signer = vexSigner('a', kind);
  const { key } = signer.settings;
  const other = vexSigner('b', kind);

  test(`${kind}: a signature beside the document counts, as it is or in base64`, () => {
    const signature = signer.sign(text);
    const lines = signature.toString('base64').replace(/.{20}/g, '$&\n');
    for (const file of [signature, Buffer.from(`${signature.toString('base64')}\n`), Buffer.from(lines)])
      assert.deepEqual(verifiedText({ bytes, signature: file }, key), plain);
  });

  test(`${kind}: other bytes, another key, another signature are refused`, () => {
    const refused = { code: 'VEX_SIGNATURE_INVALID' };
    const changed = Buffer.from(text.replace('holed', 'other'));
    assert.throws(() => verifiedText({ bytes: changed, signature: signer.sign(text) }, key), refused);
    assert.throws(() => verifiedText({ bytes, signature: other.sign(text) }, key), refused);
    assert.throws(() => verifiedText({ bytes, signature: signer.sign(`${text} `) }, key), refused);
    for (const file of ['', 'no signature', '{}'])
      assert.throws(() => verifiedText({ bytes, signature: Buffer.from(file) }, key), refused, file);
  });

  test(`${kind}: an envelope counts with its type, and by that key alone`, () => {
    const inside = (envelope: string): unknown =>
      verifiedText({ bytes: Buffer.from(envelope), signature: undefined }, key);
    assert.deepEqual(inside(signer.envelope(text)), plain);
    assert.deepEqual(inside(signer.envelope(text, 'application/vnd.in-toto+json')), {
      text,
      form: 'in-toto',
    });
    assert.throws(() => inside(other.envelope(text)), { code: 'VEX_SIGNATURE_INVALID' });
    const envelope = JSON.parse(signer.envelope(text)) as Record<string, unknown>;
    const altered = (change: Record<string, unknown>): string => JSON.stringify({ ...envelope, ...change });
    const foreign = JSON.parse(other.envelope(text)) as { readonly signatures: readonly unknown[] };
    assert.deepEqual(
      inside(altered({ signatures: [null, ...foreign.signatures, ...(envelope['signatures'] as [])] })),
      plain,
    );
    const refused: readonly (readonly [string, string, string])[] = [
      [
        'another type than was signed',
        altered({ payloadType: 'application/vnd.in-toto+json' }),
        'VEX_SIGNATURE_INVALID',
      ],
      [
        'another payload',
        altered({ payload: Buffer.from('{}').toString('base64') }),
        'VEX_SIGNATURE_INVALID',
      ],
      ['no signature', altered({ signatures: [] }), 'VEX_SIGNATURE_INVALID'],
      ['a type of its own', signer.envelope(text, 'application/json'), 'VEX_INVALID'],
      ['an inherited type', signer.envelope(text, 'constructor'), 'VEX_INVALID'],
      ['no base64', altered({ payload: '*' }), 'VEX_INVALID'],
      ['many signatures', altered({ signatures: Array.from({ length: 17 }, () => ({})) }), 'VEX_INVALID'],
      ['the plain document', text, 'VEX_UNSIGNED'],
      ['no JSON', 'no JSON', 'VEX_UNSIGNED'],
    ];
    for (const [what, file, code] of refused) assert.throws(() => inside(file), { code }, what);
  });
}

test('what is signed and no UTF-8 is refused', () => {
  const signer = vexSigner('a');
  const broken = Buffer.from([0x22, 0xff, 0x22]);
  assert.throws(() => verifiedText({ bytes: broken, signature: signer.sign(broken) }, signer.settings.key), {
    code: 'VEX_INVALID',
  });
});

test('any file is refused by a code, or signed', () => {
  const { key } = vexSigner('a').settings;
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((json) => Buffer.from(json)),
      ),
      fc.boolean(),
      (file, isBeside) => {
        const signature = isBeside ? file : undefined;
        assert.throws(
          () => verifiedText({ bytes: file, signature }, key),
          (error) => isAssayError(error) && error.code.startsWith('VEX_'),
        );
      },
    ),
  );
});
