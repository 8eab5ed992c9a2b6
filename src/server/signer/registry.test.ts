/** What the signer signs as a registry, with which key, and what becomes of the key. */
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeRegistrySignature } from '../../ledger/signing/may-sign.ts';
import { originFolder } from '../../ledger/signing/origin.ts';
import {
  encodeRegistryKeys,
  maxRetiredKeys,
  newRegistryKeys,
  parseRegistryKeys,
  type RegistryPublicKey,
} from '../../ledger/signing/registry-keys.ts';
import type { RegistrySignature } from '../../ledger/signing/requests.ts';
import { nodeSignerFiles } from './files.ts';
import { begun, keysOf, origin, refusedBy, signerBench, type SignerBench } from './testing/bench.ts';

const integrity = `sha512-${createHash('sha512').update('bytes').digest('base64')}`;
const release = { name: '@scope/lib', version: '1.2.3-rc.1', integrity };

function signRelease(bench: SignerBench, change: Partial<typeof release> = {}): RegistrySignature {
  return bench.ask({ kind: 'registry-signature', origin, ...release, ...change });
}

function keysIn(bench: SignerBench): readonly RegistryPublicKey[] {
  return bench.ask({ kind: 'registry-keys', origin });
}

/** As npm's clients verify it. */
function isSignedBy({ spki }: RegistryPublicKey, { sig }: RegistrySignature, text: string): boolean {
  const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
  return verify('sha256', Buffer.from(text), key, Buffer.from(sig, 'base64'));
}

function keyFile(bench: SignerBench): string {
  return join(bench.directory, originFolder(origin), 'registry-keys.json');
}

test('a release is signed as npm signs it, with a P-256 key of its own that outlives the process', (t) => {
  const { bench } = begun(t);
  assert.deepEqual(keysIn(bench), [], 'no key before the first signature');
  const signature = signRelease(bench);
  const [key, ...others] = keysIn(bench);
  assert.ok(key !== undefined && others.length === 0);
  assert.ok(isSignedBy(key, signature, `@scope/lib@1.2.3-rc.1:${integrity}`));
  assert.ok(!isSignedBy(key, signature, `@scope/lib@1.2.3:${integrity}`));
  assert.equal(signature.keyid, key.keyid);
  const digest = createHash('sha256').update(Buffer.from(key.spki, 'base64')).digest('base64');
  assert.deepEqual([key.keyid, key.expires], [`SHA256:${digest}`, null]);
  bench.reopen();
  assert.deepEqual(keysIn(bench), [key]);
  assert.equal(signRelease(bench).keyid, key.keyid);
});

test('the file of the key is closed to others, and one that was opened to others is not used', (t) => {
  const { bench } = begun(t);
  signRelease(bench);
  assert.equal(statSync(keyFile(bench)).mode & 0o777, 0o600);
  chmodSync(keyFile(bench), 0o640);
  refusedBy(() => signRelease(bench), /open to others/, 'LEDGER_SIGNER_UNUSABLE');
});

test('after a change of key the new one signs, and the old one is shown with its end and can sign no more', (t) => {
  const { bench } = begun(t);
  const before = signRelease(bench);
  const seed = (JSON.parse(readFileSync(keyFile(bench), 'utf8')) as { seed: string }).seed;
  bench.setTime('2026-12-24T18:00:00.000Z');
  const keys = bench.ask({ kind: 'rotate-registry-key', origin });
  assert.deepEqual(
    keys.map(({ expires }) => expires),
    [null, '2026-12-24T18:00:00.000Z'],
  );
  assert.equal(keys[1]?.keyid, before.keyid);
  assert.ok(isSignedBy(keys[1] ?? assert.fail(), before, `@scope/lib@1.2.3-rc.1:${integrity}`));
  assert.equal(signRelease(bench).keyid, keys[0]?.keyid);
  assert.notEqual(keys[0]?.keyid, before.keyid);
  assert.ok(!readFileSync(keyFile(bench), 'utf8').includes(seed), 'the private half is gone');
  bench.reopen();
  assert.deepEqual(keysIn(bench), keys);
});

test("a change of the log's key leaves the key of releases alone", (t) => {
  const { bench } = begun(t);
  signRelease(bench);
  const keys = keysIn(bench);
  bench.rotate('begin');
  bench.reopen();
  assert.deepEqual(keysIn(bench), keys);
  assert.equal(keysOf(bench).length, 2);
});

test('without a log there is no key, and nothing is signed', (t) => {
  const bench = signerBench(t);
  refusedBy(() => signRelease(bench), /no key/);
  assert.deepEqual(keysIn(bench), []);
  assert.deepEqual(readdirSync(bench.directory), []);
});

test('a damaged file of keys, or the one of another log, is an error and never a new key', (t) => {
  const { bench } = begun(t);
  signRelease(bench);
  const text = readFileSync(keyFile(bench), 'utf8');
  for (const damaged of [
    '',
    '{}',
    text.slice(0, -1),
    text.replace('assay.example', 'other.example'),
    ` ${text}`,
  ]) {
    writeFileSync(keyFile(bench), damaged);
    refusedBy(() => signRelease(bench), /damaged/, 'LEDGER_SIGNER_UNUSABLE');
    refusedBy(() => keysIn(bench), /damaged/, 'LEDGER_SIGNER_UNUSABLE');
  }
});

test('a change of key that the disk cut short is done or not done', (t) => {
  for (const call of ['create', 'rename'] as const) {
    const { bench } = begun(t);
    signRelease(bench);
    const before = keysIn(bench);
    bench.reopen({
      ...nodeSignerFiles,
      [call]: () => {
        throw new Error('EIO: made by a test');
      },
    });
    assert.throws(() => bench.ask({ kind: 'rotate-registry-key', origin }), /EIO/);
    bench.reopen();
    assert.deepEqual(keysIn(bench), before);
    assert.equal(signRelease(bench).keyid, before[0]?.keyid);
  }
});

test('old keys are bounded', (t) => {
  const { bench } = begun(t);
  for (let n = 0; n <= maxRetiredKeys; n += 1) bench.ask({ kind: 'rotate-registry-key', origin });
  refusedBy(() => bench.ask({ kind: 'rotate-registry-key', origin }), /after 64 others/);
  assert.equal(keysIn(bench).length, maxRetiredKeys + 1);
});

const refused: Readonly<Record<string, Partial<typeof release>>> = {
  'an empty name': { name: '' },
  'a name with a colon': { name: 'a:b' },
  'a name with a second @': { name: '@a/b@1.0.0' },
  'a name that climbs': { name: '../a' },
  'a name with a line feed': { name: 'a\nb' },
  'a name that is too long': { name: 'a'.repeat(215) },
  'a scope alone': { name: '@scope' },
  'two slashes': { name: '@a/b/c' },
  'a range': { version: '^1.0.0' },
  'a version with v': { version: 'v1.0.0' },
  'a version of two numbers': { version: '1.0' },
  'a version with a zero in front': { version: '1.02.0' },
  'build metadata': { version: '1.0.0+build' },
  'a version with a line feed': { version: '1.0.0\n' },
  'a SHA-1': { integrity: `sha1-${createHash('sha1').update('x').digest('base64')}` },
  'a SHA-256': { integrity: `sha256-${createHash('sha256').update('x').digest('base64')}` },
  'a SHA-256 that says SHA-512': { integrity: `sha512-${createHash('sha256').update('x').digest('base64')}` },
  'two digests': { integrity: `${integrity} ${integrity}` },
  'a digest with options': { integrity: `${integrity}?x` },
  'a digest without padding': { integrity: integrity.slice(0, -2) },
  base64url: { integrity: `sha512-${createHash('sha512').update('c').digest('base64url')}==` },
};

for (const [what, change] of Object.entries(refused))
  test(`it signs no release with ${what}`, (t) => {
    const { bench } = begun(t);
    refusedBy(() => signRelease(bench, change), /refused: to sign for/);
    assert.deepEqual(keysIn(bench), [], 'no key was made for it');
  });

test('two releases that may be signed never have one text', () => {
  const part = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(part, part, part, part, (name, version, otherName, otherVersion) => {
      const [a, b] = [
        { name, version, integrity },
        { name: otherName, version: otherVersion, integrity },
      ];
      if (!judgeRegistrySignature(a).ok || !judgeRegistrySignature(b).ok) return;
      const same = name === otherName && version === otherVersion;
      assert.equal(`${name}@${version}` === `${otherName}@${otherVersion}`, same);
    }),
  );
});

test('keys are read back as they were written, and no other text is read', () => {
  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(seed, seed, (a, b) => {
      const old = newRegistryKeys(origin, a);
      const keys =
        old && newRegistryKeys(origin, b, [{ ...old.current, expires: '2026-11-20T10:00:00.000Z' }]);
      fc.pre(keys !== undefined);
      const text = encodeRegistryKeys(keys);
      const read = parseRegistryKeys(Buffer.from(text), origin);
      assert.deepEqual(read && { ...read, seed: Buffer.from(read.seed) }, { ...keys, seed: Buffer.from(b) });
      assert.equal(parseRegistryKeys(Buffer.from(text), 'other.example.com/log'), undefined);
    }),
    { numRuns: 30 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        assert.equal(parseRegistryKeys(bytes, origin), undefined);
      },
    ),
  );
});
