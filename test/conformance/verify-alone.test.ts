/** An auditor copies `src/ledger/verify` and nothing else: every file of it works there, without anything of Node's. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatCheckpoint } from '../../src/ledger/verify/checkpoint.ts';
import { formatProofBundle } from '../../src/ledger/verify/proof-bundle.ts';
import { inclusionPlan } from '../../src/ledger/verify/proof-plan.ts';
import { signedNote, testSigner } from '../support/signed-notes.ts';
import { testTree } from '../support/trees.ts';

const folder = join(import.meta.dirname, '../../src/ledger/verify');
const modules = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));

/** Only hashing and Ed25519 come from outside, taken before Node's globals go. */
const program = `
  import { createHash, createPublicKey, verify as ed25519 } from 'node:crypto';
  const { given, modules } = JSON.parse(process.argv[1]);
  const print = console.log;
  const sha256 = (bytes) => Uint8Array.from(createHash('sha256').update(bytes).digest());
  const prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
  const keyOf = (key) => createPublicKey({ key: NodeBuffer.from([...prefix, ...key]), format: 'der', type: 'spki' });
  const NodeBuffer = globalThis.Buffer;
  const verify = (key, message, signature) => ed25519(null, message, keyOf(key), signature);
  delete globalThis.Buffer;
  delete globalThis.process;
  const exported = {};
  for (const name of modules) Object.assign(exported, await import('./' + name));
  const { hashLeaf, parsePolicy, verifyProofBundle } = exported;
  const judge = (entry) => verifyProofBundle(
    given.bundle,
    { leafHash: hashLeaf(new TextEncoder().encode(entry), sha256), policy: parsePolicy(given.policy, sha256).policy },
    { hash: sha256, verify },
  );
  const [right, wrong] = [judge('entry 5'), judge('entry 6')];
  print(JSON.stringify([right.ok, right.index, right.cosignatures?.length, wrong.problem]));`;

test('a proof bundle verifies in a copy of the verifier, without Buffer or process', () => {
  const [log, witness] = [testSigner('log.example.com'), testSigner('w.example.com', 'cosignature')];
  const tree = testTree(9);
  const text = formatCheckpoint({ origin: 'log.example.com', size: 9, root: tree.root(9) });
  const bundle = formatProofBundle({
    extra: undefined,
    index: 5,
    proof: tree.prove(inclusionPlan(5, 9)),
    checkpoint: signedNote(text, log, witness),
  });
  const policy = `log ${log.vkey}\nwitness w ${witness.vkey}\nquorum w\n`;
  const copy = mkdtempSync(join(tmpdir(), 'assay-verify-'));
  try {
    for (const name of modules) cpSync(join(folder, name), join(copy, name));
    writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
    const run = spawnSync(
      process.execPath,
      [
        '--input-type=module-typescript',
        '--eval',
        program,
        JSON.stringify({ given: { bundle, policy }, modules }),
      ],
      { cwd: copy, encoding: 'utf8' },
    );
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(JSON.parse(run.stdout), [true, 5, 1, 'not-included']);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
