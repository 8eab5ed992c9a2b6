/** What the builder's key signs, and that it is nobody else's. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { SmallLog } from '../../../test/support/small-log.ts';
import {
  builderIdOf,
  builderKeyName,
  buildProvenanceType,
  buildTypeOf,
  comparisonPredicateType,
} from '../../core/build-attestation.ts';
import { sha256 } from '../../core/digest.ts';
import { ownObject, type JsonObject } from '../../core/json.ts';
import { localOperator } from '../../core/subject.ts';
import { makeBuilderKeyEvent } from '../../ledger/builder-key-event.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { signingKey } from '../../ledger/signing/key-file.ts';
import { originFolder } from '../../ledger/signing/origin.ts';
import type { BuilderKeyUse } from '../../ledger/signing/requests.ts';
import { fromBase64 } from '../../ledger/verify/bytes.ts';
import { openEnvelope, preAuthEncoding, type Envelope } from '../../ledger/verify/dsse.ts';
import { formatVkey, parseVkey } from '../../ledger/verify/vkey.ts';
import { begun, keysOf, next, origin, refusedBy, type SignerBench } from './testing/bench.ts';

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
const keys = (bench: SignerBench) => bench.ask({ kind: 'builder-keys', origin });
const begin = (bench: SignerBench) =>
  bench.ask({ kind: 'begin-builder-key', origin, principal: localOperator });

function statementOf({ envelope }: { readonly envelope: Envelope }): JsonObject {
  return JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as JsonObject;
}

/** Puts the entry about this statement into the log, and gives the proof of it once a checkpoint was signed. */
function logged(bench: SignerBench, log: SmallLog, about: JsonObject): BuilderKeyUse {
  const event = makeBuilderKeyEvent({
    eventId: randomBytes(20).toString('hex'),
    statement: about,
    previousEventId: undefined,
    randomBytes: (count) => randomBytes(count),
  });
  const { size } = bench.ask({ kind: 'last', origin });
  const index = log.size();
  log.add(event.leaf);
  log.grow(2);
  bench.sign(next(log, size));
  return {
    index,
    entry: event.leaf,
    proof: log.inclusion(index),
    salt: event.salts['statement'] ?? '',
    statement: about,
  };
}

const apply = (bench: SignerBench, use: BuilderKeyUse): string =>
  bench.ask({ kind: 'use-builder-key', origin, ...use });

/** A signer whose builder's key is in force. */
function building(t: TestContext): {
  readonly bench: SignerBench;
  readonly log: SmallLog;
  readonly vkey: string;
} {
  const { bench, log } = begun(t);
  const vkey = apply(bench, logged(bench, log, statementOf(begin(bench))));
  return { bench, log, vkey };
}

test('provenance and comparisons of this builder are signed with a key of their own that outlives the process', (t) => {
  const { bench, vkey } = building(t);
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
  assert.deepEqual(keys(bench), { inForce: vkey });
});

test('a key signs nothing before its entry is proven to be in the log', (t) => {
  const { bench, log } = begun(t);
  assert.deepEqual(keys(bench), {});
  refusedBy(() => builds(bench, comparison), /no key for builds is in force/);
  const made = begin(bench);
  refusedBy(() => builds(bench, comparison), /no key for builds is in force/);
  bench.reopen();
  assert.deepEqual(keys(bench), { next: made.vkey });
  assert.equal(begin(bench).vkey, made.vkey, 'a crash makes no second one');
  const use = logged(bench, log, statementOf(made));
  const other = statementOf(made);
  const wrong: Readonly<Record<string, BuilderKeyUse>> = {
    'another place': { ...use, index: use.index + 1 },
    'a proof cut short': { ...use, proof: use.proof.slice(1) },
    'another salt': { ...use, salt: '00'.repeat(32) },
    'an entry that is not in the log': { ...use, entry: use.entry.replace(/"id":"./, '"id":"z') },
    'a statement that the entry does not commit to': {
      ...use,
      statement: {
        ...other,
        predicate: { ...ownObject(other, 'predicate'), time: '2020-01-01T00:00:00.000Z' },
      },
    },
  };
  for (const [what, bent] of Object.entries(wrong)) {
    refusedBy(() => apply(bench, bent), /refused/);
    refusedBy(() => builds(bench, comparison), /no key for builds/);
    assert.deepEqual(keys(bench), { next: made.vkey }, what);
  }
  assert.equal(apply(bench, use), made.vkey);
  assert.equal(builds(bench, comparison).signatures.length, 1);
});

test('another key that the log knows does not bring the one that was made', (t) => {
  const { bench, log, vkey } = building(t);
  const before = statementOf(begin(bench));
  const foreign = formatVkey(signingKey(builderKeyName(origin), 'ed25519', randomBytes(32)).verifier);
  for (const key of [vkey, foreign]) {
    const about = { ...before, predicate: { ...ownObject(before, 'predicate'), key } };
    refusedBy(() => apply(bench, logged(bench, log, about)), /does not bring the key/);
  }
  assert.equal(keys(bench).inForce, vkey);
});

test('a new key takes the place of the old one, which says so with it, and whose private half is gone', (t) => {
  const { bench, log, vkey } = building(t);
  const old = readFileSync(keyFile(bench), 'utf8');
  const made = begin(bench);
  assert.notEqual(made.vkey, vkey);
  assert.equal(builds(bench, comparison).signatures[0]?.keyid, parseVkey(vkey, sha256Bytes)?.id);
  const signers = [vkey, made.vkey].flatMap((one) => parseVkey(one, sha256Bytes) ?? []);
  const opened = openEnvelope(made.envelope, [...keysOf(bench), ...signers], verifyEd25519);
  assert.equal(opened?.signers.length, 3, 'the key of the log, the new one, the old one');
  const use = logged(bench, log, statementOf(made));
  apply(bench, use);
  bench.reopen();
  assert.deepEqual(keys(bench), { inForce: made.vkey });
  assert.equal(apply(bench, use), made.vkey, 'asked again it changes nothing');
  assert.equal(builds(bench, comparison).signatures[0]?.keyid, parseVkey(made.vkey, sha256Bytes)?.id);
  const folder = join(bench.directory, originFolder(origin));
  for (const name of readdirSync(folder))
    assert.ok(!readFileSync(join(folder, name), 'latin1').includes(old.trim()), name);
});

test('builds of another builder, of a foreign type, and all other statements are not signed', (t) => {
  const { bench } = building(t);
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
  const { bench } = building(t);
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
