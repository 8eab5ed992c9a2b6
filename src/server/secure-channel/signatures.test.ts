import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssayError } from '../../core/errors.ts';
import { createBuiltSignatures } from './signatures.ts';

const about = { name: 'a', version: '1.0.0', integrity: 'sha512-x' };

function bench() {
  let keyid = 'one';
  let trouble: AssayError | undefined;
  let signed = 0;
  const signatures = createBuiltSignatures({
    origin: 'assay.example.com/log',
    keys: { list: async () => [{ keyid, spki: 'AAAA', expires: null }] },
    signRelease: async () => {
      if (trouble !== undefined) throw trouble;
      signed += 1;
      return { keyid, sig: 'c2ln' };
    },
    log: { warn: () => undefined },
  });
  return {
    signatures,
    signed: () => signed,
    rotate: () => (keyid = 'two'),
    fail: (error: AssayError | undefined) => (trouble = error),
  };
}

test('a built file is signed once, and again by a key that replaced the first', async () => {
  const { signatures, signed, rotate } = bench();
  assert.deepEqual(await signatures.of(about), [{ keyid: 'one', sig: 'c2ln' }]);
  await signatures.of(about);
  assert.equal(signed(), 1);
  rotate();
  assert.equal((await signatures.of(about))[0]?.keyid, 'two');
  assert.equal((await signatures.of({ ...about, integrity: 'sha512-y' })).length, 1);
  assert.equal(signed(), 3);
});

test('a signer that is away leaves a file unsigned, and signs it later', async () => {
  const { signatures, fail } = bench();
  fail(new AssayError('LEDGER_SIGNER_UNAVAILABLE', 'away'));
  assert.deepEqual(await signatures.of(about), []);
  fail(undefined);
  assert.equal((await signatures.of(about)).length, 1);
});
