import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { publicationOf } from './publication.ts';

test('publisher, trusted publisher, approver, attestation and signatures are read as npm writes them', () => {
  const entry = {
    gitHead: 'a'.repeat(40),
    _npmUser: {
      name: 'jane',
      email: 'jane@example.com',
      trustedPublisher: { id: 'github', oidcConfigId: 'x' },
      approver: { name: 'joe' },
    },
    dist: {
      signatures: [{ keyid: 'k', sig: 's' }],
      attestations: { url: 'https://registry.example.com/a', provenance: { predicateType: 'p' } },
    },
  };
  assert.deepEqual(publicationOf(entry), {
    publisher: 'jane',
    publisherEmail: 'jane@example.com',
    trustedPublisher: 'github',
    approver: 'joe',
    attested: true,
    signatures: 1,
    gitHead: 'a'.repeat(40),
  });
});

test('other forms read as absent, and inherited names are none', () => {
  const silent = publicationOf({});
  assert.equal(silent.attested, false);
  for (const entry of [
    { _npmUser: 'jane' },
    { dist: { signatures: 'all', attestations: true } },
    { dist: { attestations: { url: 'x' } } },
    { gitHead: 'main; rm -rf' },
    JSON.parse('{"_npmUser":{"__proto__":{"name":"eve"}}}') as JsonObject,
  ])
    assert.deepEqual(publicationOf(entry), silent);
});

test('whatever an index holds, it is read in bounded, well-formed texts', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (user, dist) => {
      const read = publicationOf({ _npmUser: user, dist } as JsonObject);
      for (const text of [read.publisher, read.publisherEmail, read.trustedPublisher, read.approver]) {
        assert.ok(text === undefined || (text.length <= 254 && text.isWellFormed()));
      }
      assert.equal(typeof read.attested, 'boolean');
      assert.ok(isJsonObject(read));
    }),
  );
});
