import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { algorithmRules, describeKey, judgeAlgorithm } from './algorithms.ts';
import { instantOf } from './time.ts';

const now = '2026-11-20T12:00:00.000Z';

test('weak digests, keys and signatures are refused by name, with the date since when', () => {
  for (const name of [
    'md5',
    'sha1',
    'dsa',
    'rsa-512',
    'rsa-1024',
    'rsa-2047',
    'rsa-sha1',
    'ecdsa-sha1',
    'rsa-md5',
    'dsa-sha256',
  ]) {
    const { verdict, since, name: named } = judgeAlgorithm(name, now);
    assert.equal(verdict, 'refused', name);
    assert.equal(named, name);
    assert.notEqual(since, undefined, name);
  }
});

test('what is used today is fine', () => {
  for (const name of [
    'sha256',
    'sha384',
    'sha512',
    'rsa-2048',
    'rsa-4096',
    'ec-p256',
    'ec-p384',
    'ec-p521',
    'ed25519',
    'ecdsa-sha256',
    'rsa-pss-sha256',
  ])
    assert.equal(judgeAlgorithm(name, now).verdict, 'fine', name);
});

test('a verdict changes on the dates of the table, not before', () => {
  assert.equal(judgeAlgorithm('sha1', '2017-02-22T23:59:59.999Z').verdict, 'fine');
  assert.equal(judgeAlgorithm('sha1', '2017-02-23T00:00:00.000Z').verdict, 'warn');
  assert.equal(judgeAlgorithm('sha1', '2020-01-07T00:00:00.000Z').verdict, 'refused');
  assert.equal(judgeAlgorithm('rsa-2048', '2030-12-31T23:59:59.999Z').verdict, 'fine');
  assert.equal(judgeAlgorithm('rsa-2048', '2031-01-01T00:00:00.000Z').verdict, 'warn');
  assert.equal(judgeAlgorithm('rsa-3072', '2031-01-01T00:00:00.000Z').verdict, 'fine');
});

test('a time that cannot be read is later than every date', () => {
  assert.equal(judgeAlgorithm('md5', 'yesterday').verdict, 'refused');
  assert.equal(judgeAlgorithm('rsa-2048', '').verdict, 'warn');
});

test('an algorithm that is not listed is refused', () => {
  for (const name of [
    '',
    'none',
    'md4',
    'rsa',
    'rsa-',
    'rsa-9999999',
    'SHA1',
    'ec-secp256k1',
    'constructor',
    '__proto__',
    'unreadable-key',
  ])
    assert.equal(judgeAlgorithm(name, now).verdict, 'refused', name);
});

test('once refused, a name stays refused', () => {
  const anyTime = fc.date({ noInvalidDate: true, min: new Date('2000-01-01'), max: new Date('2100-01-01') });
  fc.assert(
    fc.property(fc.constantFrom(...algorithmRules), anyTime, anyTime, (rule, a, b) => {
      const [early, late] = a < b ? [a, b] : [b, a];
      const name = rule.fromBits === undefined ? rule.name : `rsa-${rule.fromBits}`;
      const rank = (at: Date): number =>
        ['fine', 'warn', 'refused'].indexOf(judgeAlgorithm(name, at.toISOString()).verdict);
      assert.ok(rank(early) <= rank(late));
    }),
  );
});

test('every date of the table is a time, and a warning never starts after the refusal', () => {
  for (const { name, warnFrom, refuseFrom, source } of algorithmRules) {
    assert.notEqual(source, '', name);
    for (const date of [warnFrom, refuseFrom])
      assert.ok(date === undefined || !Number.isNaN(instantOf(date)), name);
    if (warnFrom !== undefined && refuseFrom !== undefined) assert.ok(warnFrom <= refuseFrom, name);
  }
});

test('keys are named by kind and size, from their bytes or from base64', () => {
  const der = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });
  const p256 = der(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
  assert.equal(describeKey(p256), 'ec-p256');
  assert.equal(describeKey(p256.toString('base64')), 'ec-p256');
  assert.equal(describeKey(der(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)), 'ec-p384');
  assert.equal(describeKey(der(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey)), 'ec-p521');
  assert.equal(
    describeKey(der(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)),
    'ec-secp256k1',
  );
  assert.equal(describeKey(der(generateKeyPairSync('ed25519').publicKey)), 'ed25519');
  assert.equal(describeKey(der(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)), 'rsa-1024');
  assert.equal(
    describeKey(der(generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).publicKey)),
    'rsa-1024',
  );
  assert.equal(
    describeKey(der(generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).publicKey)),
    'dsa',
  );
});

test('what is no key has a name, and that name is refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string()), (hostile) => {
      assert.equal(judgeAlgorithm(describeKey(hostile), now).verdict, 'refused');
    }),
  );
  assert.equal(describeKey(Buffer.alloc(100_000)), 'unreadable-key');
});
