/**
 * Two organisations watch each other: each has a log with its own signer process, and a witness that listens over HTTP
 * and knows the other's log. Whoever loses, restores or forks a log is refused by the other one.
 */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sha256Bytes } from '../../src/ledger/leaf.ts';
import { verifyEd25519 } from '../../src/ledger/signing/ed25519.ts';
import { parseKeyFile } from '../../src/ledger/signing/key-file.ts';
import { emptyRoot } from '../../src/ledger/signing/may-sign.ts';
import { formatCheckpoint } from '../../src/ledger/verify/checkpoint.ts';
import { parsePolicy } from '../../src/ledger/verify/policy-file.ts';
import { openUnderPolicy } from '../../src/ledger/verify/policy.ts';
import { parseVkey } from '../../src/ledger/verify/vkey.ts';
import { createCosigner, type Cosigner } from '../../src/ledger/witness/client.ts';
import { originHash } from '../../src/ledger/witness/witness.ts';
import { launchSigner, type LaunchedSigner } from '../../src/server/signer/launch.ts';
import { makeWitnessKey } from '../../src/server/witness/key.ts';
import { startWitness, type RunningWitness } from '../../src/server/witness/start.ts';
import { createWitnessPost } from '../../src/upstream/witness-post.ts';
import { smallLog, type SmallLog } from '../support/small-log.ts';
import { noteBy, signedLog } from '../support/signed-log.ts';

interface Organisation {
  readonly origin: string;
  readonly folder: string;
  readonly signer: LaunchedSigner;
  readonly log: SmallLog;
}

async function organisation(t: TestContext, name: string): Promise<Organisation> {
  const folder = mkdtempSync(join(tmpdir(), `assay-${name}-`));
  const signer = await signerOf(t, folder);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const origin = `${name}.example.com/log`;
  await signer.sign({ origin, oldSize: 0, size: 0, root: emptyRoot, proof: [] });
  return { origin, folder, signer, log: smallLog() };
}

async function signerOf(t: TestContext, folder: string): Promise<LaunchedSigner> {
  const signer = await launchSigner({
    directory: join(folder, 'signer'),
    dataDirectory: join(folder, 'data'),
    nodePath: process.execPath,
  });
  t.after(() => signer.close());
  return signer;
}

async function witnessOf(
  t: TestContext,
  { folder, origin }: Organisation,
  watched: Organisation,
  problems: string[] = [],
): Promise<RunningWitness> {
  const keyFile = join(folder, 'witness.key');
  if (!readdirSync(folder).includes('witness.key'))
    await makeWitnessKey(keyFile, origin.replace('/log', '/witness'));
  const witness = await startWitness({
    listen: '127.0.0.1',
    port: 0,
    directory: join(folder, 'witness'),
    keyFile,
    logs: await watched.signer.vkeys(watched.origin),
    clock: () => new Date(),
    onProblem: (message) => problems.push(message),
  });
  t.after(() => witness.close());
  return witness;
}

/** What a log's operator, or anybody who wants to check it, writes in a file. */
async function policyText(org: Organisation, witnesses: readonly RunningWitness[]): Promise<string> {
  const [vkey] = await org.signer.vkeys(org.origin);
  const lines = witnesses.map(({ vkey, url }, n) => `witness w${n} ${vkey} ${url}/\n`);
  const names = witnesses.map((_, n) => `w${n}`).join(' ');
  return `log ${vkey}\n${lines.join('')}group all-of-them all ${names}\nquorum all-of-them\n`;
}

function cosignerFor(t: TestContext, org: Organisation, policyFile: string): Cosigner {
  const parsed = parsePolicy(policyFile, sha256Bytes);
  assert.ok(parsed.ok);
  const http = createWitnessPost();
  t.after(http.close);
  return createCosigner({
    policy: parsed.policy,
    mode: 'fail-closed',
    logKeys: async (origin) =>
      (await org.signer.vkeys(origin)).flatMap((vkey) => parseVkey(vkey, sha256Bytes) ?? []),
    post: http.postText,
    get: http.getText,
    monotonicMs: () => performance.now(),
  });
}

async function publish(org: Organisation, cosigner: Cosigner, entries: number): Promise<string> {
  const { origin, signer, log } = org;
  log.grow(entries);
  const { size: oldSize } = await signer.last(origin);
  const note = await signer.sign({
    origin,
    oldSize,
    size: log.size(),
    root: log.root(),
    proof: log.proof(oldSize),
  });
  return cosigner.cosign(note, async (from) => log.proof(from));
}

test('two organisations watch each other, and a stranger with the policy believes both logs', async (t) => {
  const [ours, theirs] = [await organisation(t, 'ours'), await organisation(t, 'theirs')];
  for (const [log, watcher] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    const witness = await witnessOf(t, watcher, log);
    const policy = await policyText(log, [witness]);
    const cosigner = cosignerFor(t, log, policy);
    const parsed = parsePolicy(policy, sha256Bytes);
    assert.ok(parsed.ok);
    for (const entries of [1, 7, 300]) {
      const note = await publish(log, cosigner, entries);
      const opened = openUnderPolicy(note, parsed.policy, verifyEd25519);
      assert.ok(opened.ok, JSON.stringify(opened));
      assert.equal(opened.checkpoint.size, log.log.size());
      // A monitor finds the same checkpoint at the witness.
      const shown = await (await fetch(`${witness.url}/${originHash(log.origin)}/checkpoint`)).text();
      assert.ok(openUnderPolicy(shown, parsed.policy, verifyEd25519).ok);
      assert.equal(shown.split('\n')[1], String(log.log.size()));
    }
  }
});

test('two witnesses and one log: rolled back with all its signer knew, it is refused and stops', async (t) => {
  const [org, first, second] = [
    await organisation(t, 'org'),
    await organisation(t, 'first'),
    await organisation(t, 'second'),
  ];
  const witnesses = [await witnessOf(t, first, org), await witnessOf(t, second, org)];
  const policy = await policyText(org, witnesses);
  await publish(org, cosignerFor(t, org, policy), 5);

  // The worst case: a backup of everything, the signer's folder too, is put back after more was published.
  await org.signer.close();
  cpSync(join(org.folder, 'signer'), join(org.folder, 'backup'), { recursive: true });
  const before: Organisation = { ...org, signer: await signerOf(t, org.folder) };
  await publish(before, cosignerFor(t, before, policy), 4);
  await before.signer.close();
  rmSync(join(org.folder, 'signer'), { recursive: true });
  cpSync(join(org.folder, 'backup'), join(org.folder, 'signer'), { recursive: true });
  chmodSync(join(org.folder, 'signer'), 0o700);

  const restored: Organisation = { ...org, signer: await signerOf(t, org.folder), log: smallLog() };
  restored.log.grow(5);
  await assert.rejects(publish(restored, cosignerFor(t, restored, policy), 1), {
    code: 'LEDGER_ROLLED_BACK',
    message: /size 9/,
  });
  for (const { url } of witnesses) {
    const old = `old 6\n\n${signedLog(org.origin).checkpoint()}`;
    assert.equal((await fetch(`${url}/add-checkpoint`, { method: 'POST', body: old })).status, 403);
    const kept = await (await fetch(`${url}/${originHash(org.origin)}/checkpoint`)).text();
    assert.equal(kept.split('\n')[1], '9', 'the witness still knows the newest');
  }
});

test('a log that forked is refused with 422 and stops; the witness keeps the proof, over a restart too', async (t) => {
  const [org, watcher] = [await organisation(t, 'org'), await organisation(t, 'watcher')];
  const problems: string[] = [];
  const witness = await witnessOf(t, watcher, org, problems);
  await publish(org, cosignerFor(t, org, await policyText(org, [witness])), 3);
  await org.signer.close();
  // Its key is copied to where another history is told: what a thief of the whole signer's folder could do.
  const thief = mkdtempSync(join(tmpdir(), 'assay-thief-'));
  t.after(() => rmSync(thief, { recursive: true, force: true }));
  const stolen = join(org.folder, 'signer');
  const [log = ''] = readdirSync(stolen);
  mkdirSync(join(thief, 'signer'), { mode: 0o700 });
  cpSync(join(stolen, log), join(thief, 'signer', log), { recursive: true });
  const forked: Organisation = {
    ...org,
    folder: thief,
    signer: await signerOf(t, thief),
    log: smallLog('fork'),
  };
  forked.log.grow(3);
  // The signer refuses even so, since it remembers the root; the thief has the key itself and signs by hand.
  const policy = await policyText(forked, [witness]);
  await assert.rejects(publish(forked, cosignerFor(t, forked, policy), 2), { code: 'LEDGER_SIGNER_REFUSED' });

  const [keyName = ''] = readdirSync(join(thief, 'signer', log)).filter((name) => name.endsWith('.key'));
  const key = parseKeyFile(readFileSync(join(thief, 'signer', log, keyName), 'utf8'), 'ed25519');
  assert.ok(key);
  const noteAt = (size: number): string =>
    noteBy(
      [key],
      formatCheckpoint({ origin: org.origin, size, root: Buffer.from(forked.log.root(size), 'hex') }),
    );
  for (const size of [3, 5])
    await assert.rejects(
      cosignerFor(t, forked, policy).cosign(noteAt(size), async (from) => forked.log.proof(from, size)),
      { code: 'LEDGER_FORKED' },
    );
  assert.ok(problems.some((message) => message.includes('contradicts itself')));

  await witness.close();
  assert.equal(readdirSync(join(watcher.folder, 'witness', 'contradictions')).length, 2);
  const again = await witnessOf(t, watcher, forked);
  const body = `old 3\n${forked.log
    .proof(3, 5)
    .map((hex) => `${Buffer.from(hex, 'hex').toString('base64')}\n`)
    .join('')}\n${noteAt(5)}`;
  assert.equal((await fetch(`${again.url}/add-checkpoint`, { method: 'POST', body })).status, 422);
});
