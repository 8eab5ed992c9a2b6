/** What the builder's key signs, and that it is nobody else's. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  builderIdOf,
  builderKeyName,
  buildProvenanceType,
  buildTypeOf,
  comparisonPredicateType,
} from '../../core/build-attestation.ts';
import { sha256 } from '../../core/digest.ts';
import type { JsonObject } from '../../core/json.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { originFolder } from '../../ledger/signing/origin.ts';
import { fromBase64 } from '../../ledger/verify/bytes.ts';
import { preAuthEncoding } from '../../ledger/verify/dsse.ts';
import { parseVkey } from '../../ledger/verify/vkey.ts';
import { begun, origin, refusedBy, type SignerBench } from './testing/bench.ts';

const comparison = statement(comparisonPredicateType, { builder: { id: builderIdOf(origin) } });
const provenance = statement(buildProvenanceType, {
  buildDefinition: { buildType: buildTypeOf('npm') },
  runDetails: { builder: { id: builderIdOf(origin) } },
});

function statement(predicateType: string, predicate: JsonObject): JsonObject {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'pkg:npm/a@1.0.0', digest: { sha256: sha256('a') } }],
    predicateType,
    predicate,
  };
}

function keyFile(bench: SignerBench): string {
  return join(bench.directory, originFolder(origin), 'builder-key');
}

const builds = (bench: SignerBench, one: JsonObject) =>
  bench.ask({ kind: 'build-attestation', origin, statement: one });

test('provenance and comparisons of this builder are signed with a key of their own that outlives the process', (t) => {
  const { bench } = begun(t);
  const vkey = bench.ask({ kind: 'builder-key', origin });
  const key = parseVkey(vkey, sha256Bytes) ?? assert.fail();
  assert.equal(key.name, builderKeyName(origin));
  assert.ok(!bench.ask({ kind: 'vkeys', origin }).includes(vkey));
  for (const one of [comparison, provenance]) {
    const { payload, payloadType, signatures } = builds(bench, one);
    const [signature, ...others] = signatures;
    assert.ok(signature !== undefined && others.length === 0);
    assert.equal(signature.keyid, key.id);
    const message = preAuthEncoding(payloadType, fromBase64(payload) ?? assert.fail());
    assert.ok(verifyEd25519(key.publicKey, message, fromBase64(signature.sig) ?? assert.fail()));
  }
  bench.reopen();
  assert.equal(bench.ask({ kind: 'builder-key', origin }), vkey);
});

test('builds of another builder, of a foreign type, and all other statements are not signed', (t) => {
  const { bench } = begun(t);
  const other = builderIdOf('log.example.org');
  for (const [one, why] of [
    [statement(comparisonPredicateType, { builder: { id: other } }), /another builder/],
    [statement(comparisonPredicateType, {}), /another builder/],
    [
      statement(buildProvenanceType, {
        buildDefinition: { buildType: buildTypeOf('npm') },
        runDetails: { builder: { id: other } },
      }),
      /another builder/,
    ],
    [
      statement(buildProvenanceType, {
        buildDefinition: { buildType: 'https://example.com/workflow' },
        runDetails: { builder: { id: builderIdOf(origin) } },
      }),
      /not ours/,
    ],
    [
      statement('urn:assay:predicate:decision:v1', { builder: { id: builderIdOf(origin) } }),
      /predicate of type/,
    ],
    [{ ...comparison, more: true }, /keys/],
  ] as const)
    refusedBy(() => builds(bench, one), why, 'LEDGER_SIGNER_REFUSED');
});

test('the key of the log signs no build', (t) => {
  const { bench } = begun(t);
  for (const one of [comparison, provenance])
    refusedBy(
      () => bench.ask({ kind: 'attestation', origin, statement: one }),
      /predicate of type/,
      'LEDGER_SIGNER_REFUSED',
    );
});

test('a key file that was opened to others, or damaged, is not used, and not replaced', (t) => {
  const { bench } = begun(t);
  builds(bench, comparison);
  assert.equal(statSync(keyFile(bench)).mode & 0o777, 0o600);
  chmodSync(keyFile(bench), 0o644);
  refusedBy(() => builds(bench, comparison), /open to others/, 'LEDGER_SIGNER_UNUSABLE');
  chmodSync(keyFile(bench), 0o600);
  const damaged = readFileSync(keyFile(bench), 'utf8').slice(0, -4);
  writeFileSync(keyFile(bench), damaged);
  refusedBy(() => builds(bench, comparison), /damaged/, 'LEDGER_SIGNER_UNUSABLE');
  assert.equal(readFileSync(keyFile(bench), 'utf8'), damaged);
});
