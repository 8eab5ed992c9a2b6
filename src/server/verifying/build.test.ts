import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { smallLog } from '../../../test/support/small-log.ts';
import { noteBy, testKey } from '../../../test/support/signed-log.ts';
import type { OutboxEvent } from '../../admission/deps.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { formatPurl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import type { ComparisonVerdict } from '../../core/rebuild.ts';
import { makeBuilderKeyEvent } from '../../ledger/builder-key-event.ts';
import { openingsOf } from '../../ledger/disclose.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { builderKeyStatement } from '../../ledger/signing/builder-key.ts';
import { fromHex } from '../../ledger/verify/bytes.ts';
import { formatCheckpoint } from '../../ledger/verify/checkpoint.ts';
import { formatDisclosure } from '../../ledger/verify/disclosure.ts';
import { parseLeaf } from '../../ledger/verify/leaf.ts';
import { logOnlyPolicy } from '../../ledger/verify/policy.ts';
import { formatProofBundle } from '../../ledger/verify/proof-bundle.ts';
import { parseVkey } from '../../ledger/verify/vkey.ts';
import type { Rebuilt } from '../rebuilding/deps.ts';
import { rebuildOne } from '../rebuilding/rebuild-one.ts';
import {
  bytesOf,
  comparedAs,
  fullIsolation,
  notBuilt,
  origin,
  rebuildBench,
} from '../rebuilding/testing/bench.ts';
import { envelopeOf, payloadOf } from '../signer/envelope.ts';
import { readBuildProof, verifyBuild, type BuildProof } from './build.ts';

const purl = formatPurl('npm', 'a', '1.0.0');
const artifact = sha256(bytesOf(purl));
const logKey = testKey(origin, 'ed25519');
const trust = logOnlyPolicy([logKey.verifier]);
const hashBytes = 32;
const watch = { phase: () => {}, line: () => {}, signal: new AbortController().signal };

type Changed = Partial<Pick<Rebuilt, 'isolation'>>;

/** The proof of a build, in a log of two entries: the key of the builder, then the build. `keyAfter`: the other way round. */
async function proofOf(
  t: TestContext,
  verdict: ComparisonVerdict,
  changed: Changed = {},
  keyAfter = false,
): Promise<BuildProof> {
  const bench = await rebuildBench(t, (of) =>
    verdict === 'not-built' ? notBuilt('no-source') : { ...comparedAs(of, verdict), ...changed },
  );
  const { build } = await rebuildOne(
    bench.deps,
    { purl, recipe: undefined, principal: localOperator },
    watch,
  );
  const event = (await bench.storage.events.byId(build.eventId)) ?? assert.fail();
  const brings = makeBuilderKeyEvent({
    eventId: 'f'.repeat(40),
    statement: builderKeyStatement({
      origin,
      key: parseVkey(bench.vkey, sha256Bytes) ?? assert.fail(),
      replaces: undefined,
      principal: localOperator,
      time: '2026-11-20T09:00:00.000Z',
    }),
    previousEventId: undefined,
    randomBytes,
  });
  const log = smallLog();
  const leaves = keyAfter ? [event.leaf, brings.leaf] : [brings.leaf, event.leaf];
  for (const leaf of leaves) log.add(leaf);
  const root = fromHex(log.root(), hashBytes) ?? assert.fail();
  const checkpoint = noteBy([logKey], formatCheckpoint({ origin, size: 2, root }));
  const disclosed = ({
    leaf,
    statement,
    salts,
    previousEventId,
  }: Pick<OutboxEvent, 'leaf' | 'statement' | 'salts' | 'previousEventId'>): string => {
    const index = leaves.indexOf(leaf);
    const hashes = log.inclusion(index).map((hex) => fromHex(hex, hashBytes) ?? assert.fail());
    const proof = formatProofBundle({ extra: undefined, index, proof: hashes, checkpoint });
    const parsed = parseLeaf(leaf);
    assert.ok(parsed.ok);
    const openings = openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, [
      'subject',
      'statement',
    ]);
    const envelope = JSON.stringify(envelopeOf(payloadOf(statement), [logKey]));
    return formatDisclosure({
      claim: 'entries',
      entries: [{ index, entry: leaf, proof, openings, envelope }],
    });
  };
  const textOf = async (digest: Sha256): Promise<string> =>
    Buffer.from(await bench.storage.blobs.read(digest, 1 << 20)).toString('utf8');
  return {
    purl,
    comparison: await textOf(build.comparison),
    ...(build.provenance === undefined ? {} : { provenance: await textOf(build.provenance) }),
    disclosure: disclosed(event),
    builderKey: disclosed(brings),
  };
}

function said(proof: BuildProof, of = artifact, by = trust): readonly string[] {
  const { verified, steps } = verifyBuild({ about: purl, artifact: of, proof, trust: by });
  return [verified ? 'verified' : 'not verified', ...steps.map(({ name, result }) => `${name} ${result}`)];
}

test('a build is proven by the key of the log alone, step by step', async (t) => {
  assert.deepEqual(said(await proofOf(t, 'equivalent')), [
    'verified',
    'ledger passed',
    'bytes passed',
    'builder passed',
    'comparison passed',
    'provenance passed',
    'verdict passed',
  ]);
});

test('the built file is proven by the same proof, by the subject of its signed provenance', async (t) => {
  const proof = await proofOf(t, 'equivalent');
  const { payload } = JSON.parse(proof.provenance ?? '') as { payload: string };
  const statement = JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as {
    subject: { digest: { sha256: Sha256 } }[];
  };
  const built = statement.subject[0]?.digest.sha256 ?? assert.fail();
  assert.notEqual(built, artifact);
  assert.deepEqual(said(proof, built), said(proof));
  const { provenance: _, ...without } = proof;
  assert.ok(said(without, built).includes('bytes failed'));
  assert.ok(said({ ...proof, provenance: proof.comparison }, built).includes('bytes failed'));
});

test('a key that the log does not bring before what it signed proves nothing', async (t) => {
  const proof = await proofOf(t, 'identical');
  const { builderKey: _, ...without } = proof;
  const other = await proofOf(t, 'identical');
  for (const one of [
    without,
    { ...proof, builderKey: other.builderKey },
    { ...proof, builderKey: proof.disclosure },
    await proofOf(t, 'identical', {}, true),
  ])
    assert.deepEqual(
      said(one).filter((line) => /^builder|verified/.test(line)),
      ['not verified', 'builder failed'],
    );
});

test('a match in less than full isolation is told as doubtful', async (t) => {
  const isolation = { ...fullIsolation, level: 'partial', missing: ['no seccomp'] } as const;
  assert.equal(said(await proofOf(t, 'identical', { isolation })).at(-1), 'verdict doubtful');
});

test('what is suspicious, unexplained or was not built is told as that, and is no match', async (t) => {
  assert.deepEqual(said(await proofOf(t, 'suspicious')).at(-1), 'verdict failed');
  assert.deepEqual(said(await proofOf(t, 'unexplained')).at(-1), 'verdict doubtful');
  assert.deepEqual(said(await proofOf(t, 'not-built')).slice(-2), [
    'provenance not-available',
    'verdict not-available',
  ]);
});

test('other bytes, another log, swapped, missing and bent attestations are refuted', async (t) => {
  const proof = await proofOf(t, 'identical');
  const other = await proofOf(t, 'identical');
  assert.ok(said(proof, sha256('other')).includes('bytes failed'));
  assert.ok(
    said(proof, artifact, logOnlyPolicy([testKey('other', 'ed25519').verifier])).includes('ledger failed'),
  );
  const { provenance: _, ...without } = proof;
  assert.ok(said(without).includes('provenance failed'));
  assert.ok(said({ ...proof, comparison: other.comparison }).includes('comparison failed'));
  assert.ok(said({ ...proof, provenance: proof.comparison }).includes('provenance failed'));
  const bent = proof.comparison.replace(/"sig":"[^"]{4}/, '"sig":"AAAA');
  assert.ok(said({ ...proof, comparison: bent }).includes('comparison failed'));
  for (const one of [
    { ...proof, comparison: 'no JSON' },
    { ...proof, comparison: '{}' },
  ])
    assert.equal(said(one)[0], 'not verified');
});

test('a file that is no proof is refused by name', () => {
  for (const text of ['', '{}', '[]', '{"purl":1}'])
    assert.throws(() => readBuildProof(text, 'x.json'), { code: 'LEDGER_UNVERIFIED' });
});
