/**
 * The ledger's leaf, version 1: published vectors byte for byte, an independent implementation in Python,
 * and the RFC 6962 trees of transparency-dev/merkle's test data.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import * as fc from 'fast-check';

import { disclosureVector, leafVector, vectorsText } from '../../scripts/generate-leaf-vectors.ts';
import { sha256 } from '../../src/core/digest.ts';
import { isJsonObject, own, ownString, type Json, type JsonObject } from '../../src/core/json.ts';
import { formatPurl } from '../../src/core/purl.ts';
import type { UpstreamId } from '../../src/core/subject.ts';
import {
  decisionOpenings,
  makeDecisionEvent,
  sha256Bytes,
  type DecisionEventInput,
} from '../../src/ledger/leaf.ts';
import { parseLeaf } from '../../src/ledger/verify/leaf.ts';
import { hashLeaf, treeRoot } from '../../src/ledger/verify/rfc6962.ts';

const root = join(import.meta.dirname, '../..');
const vectorsFile = join(root, 'docs/vectors/leaf-v1.json');
const merkle = join(process.env['ASSAY_SHARED'] ?? join(root, '../shared'), 'vectors/merkle');

/** The eight entries of the reference tree behind these vectors (RFC 6962's reference implementation). */
const referenceEntries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));

function python(context: TestContext, file: string): string | undefined {
  const run = spawnSync('python3', [join(import.meta.dirname, 'leaf_v1.py'), file], { encoding: 'utf8' });
  if (run.error !== undefined) {
    context.skip(`python3 cannot be run: ${run.error.message}`);
    return undefined;
  }
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim();
}

function withFile(value: JsonObject, use: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'assay-leaf-'));
  try {
    const file = join(folder, 'cases.json');
    writeFileSync(file, JSON.stringify(value));
    use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the published vectors are what the code makes, byte for byte', () => {
  assert.equal(readFileSync(vectorsFile, 'utf8'), vectorsText());
});

test('the published vectors never change: their digest is pinned', () => {
  assert.equal(
    sha256(readFileSync(vectorsFile)),
    '2b6cb48a8a681e27528c92508274ee3cb942bae260d57e4704494b4f9dd4dda7',
  );
});

test('a Python implementation written from the description agrees with the published vectors', (context) => {
  const checks = python(context, vectorsFile);
  if (checks !== undefined) assert.equal(checks, '69');
});

test('the Python implementation agrees on random entries, altered disclosures and altered texts', (context) => {
  const inputs: fc.Arbitrary<DecisionEventInput> = fc
    .record({
      eventId: fc.stringMatching(/^[0-9A-Za-z_-]{26,64}$/),
      name: fc.string({ unit: 'binary', maxLength: 20 }),
      evidence: fc.array(fc.string(), { maxLength: 9 }),
      statement: fc.dictionary(
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      ),
      previousEventId: fc.option(fc.stringMatching(/^[0-9A-Za-z_-]{26,64}$/), { nil: undefined }),
      time: fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }),
    })
    .map(({ name, evidence, time, ...rest }) => ({
      ...rest,
      time: time.toISOString(),
      subject: {
        upstream: 'npm' as UpstreamId,
        channel: 'main',
        ecosystem: 'npm',
        purl: formatPurl('npm', 'left', '1.0.0'),
        file: name,
        claimedIntegrity: '',
      },
      actor: { kind: 'person', name },
      evidence: evidence.map((text) => sha256(text)),
      randomBytes,
    }));
  const samples = fc.sample(inputs, 60);
  const leaves = samples.map((input, n) => leafVector(`random ${n}`, input));
  const disclosures = samples.flatMap((input, n) => alteredDisclosures(input, n));
  const rejected = leaves.flatMap((vector, n) => alteredTexts(ownString(vector, 'leaf') ?? '', n));
  assert.ok(rejected.length > 500);
  withFile({ leaves, disclosures, rejected }, (file) => python(context, file));
});

function alteredDisclosures(input: DecisionEventInput, n: number): readonly JsonObject[] {
  const { leaf, salts } = makeDecisionEvent(input);
  return Object.keys(salts).flatMap((key) => {
    const { [key]: salt = '', ...erased } = salts;
    const altered = { ...salts, [key]: `${salt.slice(1)}${salt.slice(0, 1)}` };
    return [erased, altered].map((some, m) =>
      disclosureVector(`random ${n} ${key} ${m}`, leaf, decisionOpenings(input, some)),
    );
  });
}

/** Texts that our parser refuses, with its reason. */
function alteredTexts(leaf: string, n: number): readonly JsonObject[] {
  const edits = fc.sample(
    fc.tuple(fc.nat({ max: leaf.length }), fc.nat({ max: 2 }), fc.string({ maxLength: 2 })),
    20,
  );
  return edits.flatMap(([at, remove, insert]) => {
    const text = leaf.slice(0, at) + insert + leaf.slice(at + remove);
    const parsed = parseLeaf(text);
    return parsed.ok ? [] : [{ name: `text ${n}: ${text}`, text, problem: parsed.problem }];
  });
}

function merkleCases(kind: 'inclusion' | 'consistency'): readonly JsonObject[] {
  return readdirSync(join(merkle, kind), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name): unknown => JSON.parse(readFileSync(join(merkle, kind, name), 'utf8')))
    .filter(isJsonObject)
    .filter((one) => own(one, 'desc') === 'happy path' && own(one, 'wantErr') === false);
}

function rootOf(size: unknown): string {
  assert.ok(typeof size === 'number' && size >= 1 && size <= referenceEntries.length);
  return Buffer.from(treeRoot(referenceEntries.slice(0, size), sha256Bytes)).toString('base64');
}

test("roots and leaf hashes agree with transparency-dev/merkle's vectors", (context) => {
  if (!existsSync(merkle)) return context.skip('ASSAY_SHARED/vectors/merkle is not there');
  const consistency = merkleCases('consistency');
  const inclusion = merkleCases('inclusion');
  assert.ok(consistency.length >= 5 && inclusion.length >= 5);
  for (const one of consistency) {
    assert.equal(rootOf(own(one, 'size1')), own(one, 'root1'));
    assert.equal(rootOf(own(one, 'size2')), own(one, 'root2'));
  }
  for (const one of inclusion) {
    const entry = referenceEntries[Number(own(one, 'leafIdx'))];
    assert.ok(entry !== undefined);
    assert.equal(rootOf(own(one, 'treeSize')), own(one, 'root'));
    assert.equal(Buffer.from(hashLeaf(entry, sha256Bytes)).toString('base64'), own(one, 'leafHash'));
  }
});

test('salts of the published vectors can be made anew from their names', () => {
  const vectors: unknown = JSON.parse(readFileSync(vectorsFile, 'utf8'));
  assert.ok(isJsonObject(vectors));
  const salt = createHash('sha256').update('assay test salt first entry of a subject 0').digest('hex');
  assert.ok(JSON.stringify(own(vectors, 'leaves') ?? null).includes(`"subject":{"salt":"${salt}"`));
});

test('the verifier works copied alone, without Buffer, process or any Node module of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-verify-'));
  try {
    cpSync(join(root, 'src/ledger/verify'), folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const vectors: unknown = JSON.parse(readFileSync(vectorsFile, 'utf8'));
    const leaves = isJsonObject(vectors) ? own(vectors, 'leaves') : undefined;
    const [first]: readonly Json[] = Array.isArray(leaves) ? leaves : [];
    assert.ok(isJsonObject(first));
    const program = `
      import { createHash } from 'node:crypto';
      import { parseLeaf } from './leaf.ts';
      import { verifyOpening } from './opening.ts';
      const given = JSON.parse(process.argv[1]);
      const print = console.log;
      const sha256 = (bytes) => Uint8Array.from(createHash('sha256').update(bytes).digest());
      delete globalThis.Buffer;
      delete globalThis.process;
      const openings = Object.fromEntries(Object.entries(given.openings).map(([field, opening]) =>
        [field, field === 'evidence' ? opening : { ...opening, payload: new TextEncoder().encode(opening.payload) }]));
      print(JSON.stringify(verifyOpening(parseLeaf(given.leaf).leaf, openings, sha256)));`;
    const run = spawnSync(
      process.execPath,
      ['--input-type=module-typescript', '--eval', program, JSON.stringify(first)],
      { cwd: folder, encoding: 'utf8' },
    );
    assert.equal(run.status, 0, run.stderr);
    const all = {
      subject: 'opened',
      actor: 'opened',
      statement: 'opened',
      evidence: 'opened',
      prev: 'opened',
    };
    assert.deepEqual(JSON.parse(run.stdout), all);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
