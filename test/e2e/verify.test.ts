/** `assay verify` and `assay inspect` as people call them: exit codes, words, and nothing hostile on the terminal. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { cleanEnvironment } from '../support/clients.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { runAssay, startGate, type CommandResult, type Gate } from '../support/gate.ts';
import { createFakeSigstore } from '../support/sigstore/fake-sigstore.ts';
import { releasedOf } from '../support/sigstore/statements.ts';
import { identityOf, provenanceV1, workflowRun } from '../support/sigstore/workflow-run.ts';

const sigstore = createFakeSigstore();
const run = workflowRun();
const identity = identityOf(run);
const at = new Date('2026-05-06T07:08:09Z');
const bytes = Buffer.from('the bytes of a file');

let registry: FakeRegistry;
let gate: Gate;
let home: string;

before(async () => {
  registry = await startFakeRegistry();
  registry.publish({ name: 'good', version: '1.0.0' });
  registry.publish({ name: 'young', version: '1.0.0', publishedAt: new Date().toISOString() });
  gate = await startGate({ upstream: registry.url });
  home = await mkdtemp(join(tmpdir(), 'assay-verify-'));
  await writeFile(join(home, 'file'), bytes);
  await writeFile(join(home, 'other'), 'other bytes');
  await save('root.json', sigstore.trust.trustedRoot);
  const released = releasedOf('sample', '1.2.3', bytes);
  await save('bundle.json', sigstore.attest({ statement: provenanceV1(released, run), identity, at }));
});

after(async () => {
  await gate.remove();
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

async function save(name: string, value: JsonObject): Promise<void> {
  await writeFile(join(home, name), JSON.stringify(value));
}

async function assay(...args: readonly string[]): Promise<CommandResult> {
  return runAssay(args, {
    cwd: home,
    env: {
      ...cleanEnvironment(home),
      ASSAY_CONFIG: join(gate.folder, 'assay.yaml'),
      ASSAY_DATA: gate.dataDirectory,
      ASSAY_PORT: String(gate.port),
    },
  });
}

function ended(result: CommandResult, code: number): CommandResult {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

const signer = [
  '--certificate-identity',
  identity.subject.value,
  '--certificate-oidc-issuer',
  identity.issuer ?? '',
  '--trusted-root',
  'root.json',
];

test('verify: a file with its bundle, without any gate, and every step is told', async () => {
  const { stdout } = ended(await assay('verify', 'file', '--bundle', 'bundle.json', ...signer), 0);
  assert.match(stdout, /^VERIFIED {2}file\n/);
  for (const step of ['bundle', 'log', 'time', 'certificate', 'signature', 'subject', 'signer'])
    assert.match(stdout, new RegExp(`passed +${step} `));
});

test('verify: other bytes, and the root that came with the program, do not verify', async () => {
  const other = ended(await assay('verify', 'other', '--bundle', 'bundle.json', ...signer), 1);
  assert.match(other.stdout, /^NOT VERIFIED.*\n +FAILED +subject-mismatch/);
  ended(await assay('verify', 'file', '--bundle', 'bundle.json', ...signer.slice(0, 4)), 1);
  const json = ended(
    await assay('verify', 'other', '--bundle', 'bundle.json', ...signer, '--format', 'json'),
    1,
  );
  assert.equal((JSON.parse(json.stdout) as JsonObject)['verified'], false);
});

test('verify: whom to expect must be said, and what to verify', async () => {
  const nobody = ended(await assay('verify', 'file', '--bundle', 'bundle.json'), 2);
  assert.match(nobody.stderr, /--certificate-identity and --certificate-oidc-issuer, or --key/);
  for (const args of [
    ['file'],
    ['file', '--bundle', 'bundle.json', ...signer.slice(0, 2)],
    ['file', '--bundle', 'missing.json', ...signer],
    ['good@1.0.0', ...signer.slice(0, 4)],
    ['good@1.0.0', '--key', 'file'],
  ])
    ended(await assay('verify', ...args), 2);
});

test('verify: a release and a lockfile against the gate, once it has signed', async () => {
  const index = (await (await fetch(`${gate.url}good`)).json()) as {
    readonly versions: Readonly<Record<string, { readonly dist: { readonly integrity: string } }>>;
  };
  const integrity = index.versions['1.0.0']?.dist.integrity ?? '';
  const locked = (name: string): JsonObject => ({
    [`node_modules/${name}`]: { version: '1.0.0', integrity },
  });
  await save('package-lock.json', { name: 'x', lockfileVersion: 3, packages: locked('good') });
  let found = await assay('verify', 'good@1.0.0');
  for (let tried = 0; found.code !== 0 && tried < 40; tried += 1) {
    await wait(100);
    found = await assay('verify', 'pkg:npm/good@1.0.0');
  }
  assert.match(ended(found, 0).stdout, /passed +gate signature/);
  assert.match(found.stdout, /not available +provenance/);
  assert.match(ended(await assay('verify', 'package-lock.json'), 0).stdout, /1 of 1 artifacts approved/);
  const young = { ...locked('good'), ...locked('young') };
  await save('package-lock.json', { name: 'x', lockfileVersion: 3, packages: young });
  assert.match(
    ended(await assay('verify', 'package-lock.json'), 1).stdout,
    /1 of 2 .*\n +FAILED +young@1\.0\.0/,
  );
  ended(await assay('verify', 'young@1.0.0'), 1);
  ended(await assay('verify', 'good@1.0.0', '--gate', 'http://127.0.0.1:9/'), 4);
});

test('inspect: a bundle in plain words, and nothing of it reaches the terminal raw', async () => {
  const { stdout } = ended(await assay('inspect', 'bundle.json', '--trusted-root', 'root.json'), 0);
  assert.match(stdout, /NOT verified: that it is about your file/);
  assert.match(stdout, /signed by +https:/);
  const hostile = {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'x\u001b[2Jy\n  signed by  nobody',
  };
  const subject = [{ name: 'a\u202eb\u001b]0;x\u0007', digest: { sha256: 'a'.repeat(64) } }];
  const statement = { ...hostile, subject, predicate: {} };
  await save('hostile.json', sigstore.attest({ statement, identity, at }));
  const shown = ended(await assay('inspect', 'hostile.json', '--trusted-root', 'root.json'), 0).stdout;
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.equal(shown.split('\n').filter((line) => /^ +signed by/.test(line)).length, 1);
});

test('inspect: without the right root it does not hold, and what is no bundle is not read', async () => {
  assert.match(ended(await assay('inspect', 'bundle.json'), 0).stdout, /DOES NOT HOLD/);
  await save('empty.json', {});
  assert.match(ended(await assay('inspect', 'empty.json'), 1).stdout, /cannot be read as a bundle/);
  ended(await assay('inspect', 'file'), 2);
  ended(await assay('inspect', 'good@1.0.0'), 3);
});
