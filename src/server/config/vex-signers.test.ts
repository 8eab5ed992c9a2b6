import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { vexSigner } from '../../../test/support/vex.ts';
import { load, machine, refused, upstream } from './testing/machine.ts';
import type { VexSignerSettings } from './settings.ts';

function yaml(signers: unknown): string {
  return `${upstream}vex: { signers: ${JSON.stringify(signers)} }\n`;
}

test('without configuration no third party counts', async (t) => {
  const m = await machine(t);
  await m.write('etc/assay.yaml', upstream);
  assert.deepEqual((await load(m.around())).settings.vexSigners, []);
});

test('a signer has a name, a public key, and a time that its statements count for', async (t) => {
  const m = await machine(t);
  const [one, two] = [vexSigner('security@example.com', 'ed25519', 90), vexSigner('b', 'ec-p256', 365)];
  const signers = [
    { name: 'security@example.com', publicKey: one.publicKey, validFor: '90d' },
    { name: 'b', publicKey: two.publicKey },
  ];
  await m.write('etc/assay.yaml', yaml(signers));
  const { settings, shown } = await load(m.around());
  const expected: readonly VexSignerSettings[] = [one.settings, two.settings];
  assert.deepEqual(settings.vexSigners, expected);
  assert.ok(shown.some(({ key }) => key === 'vex.signers'));
});

test('a key that is none, weak, another kind, or private is refused, and no private key is repeated', async (t) => {
  const m = await machine(t);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const secret = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const good = { name: 'a', publicKey: vexSigner('a').publicKey };
  const named = (publicKey: unknown): unknown => [{ name: 'a', publicKey }];
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [named(rsa.publicKey.export({ type: 'spki', format: 'pem' })), /Ed25519 or ECDSA P-256/],
    [named(curve.publicKey.export({ type: 'spki', format: 'pem' })), /Ed25519 or ECDSA P-256/],
    [named(secret), /public key/],
    [named('no key'), /public key/],
    [[{ ...good, name: 'operator' }], /reserved/],
    [[{ ...good, name: 'a b' }], /is no name of a signer/],
    [[{ ...good, validFor: '2h' }], /from a day to a year/],
    [[{ ...good, validFor: '800d' }], /from a day to a year/],
    [[good, good], /each signer once/],
    [[{ ...good, key: 'x' }], /no key of the configuration|did you mean/],
  ];
  for (const [signers, message] of cases) {
    await m.write('etc/assay.yaml', yaml(signers));
    const told = await refused(load(m.around()), 'CONFIG_INVALID');
    assert.match(told, message, JSON.stringify(signers));
    assert.ok(!told.includes(secret.split('\n')[1] ?? secret));
  }
});
