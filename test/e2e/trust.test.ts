/** An operator's work with trust, at the command line of a running gate: show, refresh, import, history, and what is recorded. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pinnedTrust } from '../../src/trust/pinned.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate } from '../support/gate.ts';
import { newTufSigner, serveTuf, tufFiles, tufRoot } from '../support/tuf-repository.ts';

const host = 'registry.example.com';
const trustedRoot = JSON.stringify(pinnedTrust().sigstore[0]?.trustedRoot);

function keysFile(keyid: string): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  return JSON.stringify({
    keys: [{ keyid, keytype: 'ecdsa-sha2-nistp256', scheme: 'ecdsa-sha2-nistp256', key, expires: null }],
  });
}

interface Shown {
  readonly digest: string;
  readonly sigstore: readonly { readonly name: string }[];
  readonly registries: readonly {
    readonly host: string;
    readonly keys: readonly { readonly keyid: string; readonly source: string }[];
  }[];
}

test('trust is shown, imported, refreshed from a TUF repository, and every change is an entry of the ledger', async (context) => {
  const registry = await startFakeRegistry();
  const server = await serveTuf(context);
  const [holder, online] = [newTufSigner(), newTufSigner()];
  const publish = (version: number): void => {
    const targets = { 'trusted_root.json': Buffer.from(trustedRoot) };
    for (const [path, bytes] of tufFiles({ online, version, targets })) server.files.set(path, bytes);
  };
  const tuf = [{ name: 'ours', url: server.url }];
  const gate = await startGate({ upstream: registry.url, config: { trust: { refreshEvery: 'off', tuf } } });
  context.after(async () => {
    await gate.remove();
    await registry.close();
  });
  const shown = async (): Promise<Shown> => {
    const { code, stdout, stderr } = await gate.command('trust', 'show', '--format', 'json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Shown;
  };
  const first = await shown();
  assert.deepEqual(
    first.sigstore.map(({ name }) => name),
    ['public-good'],
  );
  const table = await gate.command('trust', 'show');
  assert.match(
    table.stdout,
    /Sigstore public-good {2}pinned\n {2}TUF root \d+, until .*; never confirmed here/,
  );
  assert.match((await gate.command('status')).stdout, /trust {5}public-good: TUF root \d+ until/);
  assert.match((await gate.command('doctor')).stdout, /ok +trust +public-good: TUF root \d+, until/);

  // Nothing to start from yet: said so, and nothing changes.
  const early = await gate.command('trust', 'refresh');
  assert.equal(early.code, 3);
  assert.match(early.stdout, /FAILED[^]*TRUST_TUF_ROOT_MISSING/);
  assert.equal((await shown()).digest, first.digest);

  const keys = join(gate.folder, 'keys.json');
  await writeFile(keys, keysFile('SHA256:mine'));
  const without = await gate.command('trust', 'import', keys, '--yes');
  assert.deepEqual([without.code, /--host/.test(without.stderr)], [2, true]);
  const declined = await gate.command('trust', 'import', keys, '--host', host);
  assert.equal(declined.code, 2);
  assert.match(declined.stdout, /the key SHA256:mine of registry\.example\.com was added/);
  assert.equal((await shown()).digest, first.digest);
  assert.equal((await gate.command('trust', 'import', keys, '--host', host, '--yes')).code, 0);
  assert.deepEqual(
    (await shown()).registries.find((one) => one.host === host)?.keys.map(({ keyid }) => keyid),
    ['SHA256:mine'],
  );
  assert.match((await gate.command('trust', 'import', keys, '--host', host)).stdout, /Nothing changes/);
  const same = join(gate.folder, 'trusted_root.json');
  await writeFile(same, trustedRoot);
  assert.match((await gate.command('trust', 'import', same)).stdout, /Nothing changes/);
  assert.match(
    (await gate.command('trust', 'show')).stdout,
    /Sigstore public-good {2}pinned\n {2}TUF root \d+, until .*; confirmed \d{4}-/,
  );

  const root = join(gate.folder, 'root.json');
  await writeFile(root, tufRoot({ version: 1, holders: [holder], online }));
  assert.equal((await gate.command('trust', 'import', root, '--tuf', 'ours', '--yes')).code, 0);
  publish(2);
  const refreshed = await gate.command('trust', 'refresh');
  assert.equal(refreshed.code, 0, refreshed.stdout);
  assert.match(refreshed.stdout, /the Sigstore root ours was added \(TUF root 1\)/);
  assert.match((await gate.command('trust', 'refresh')).stdout, /ours {2}is current/);
  const { digest } = await shown();
  publish(1);
  const back = await gate.command('trust', 'refresh');
  assert.match(back.stdout, /TRUST_TUF_ROLLBACK/);
  assert.equal((await shown()).digest, digest);
  assert.match(
    (await gate.command('status')).stdout,
    /Trust: ours could not be refreshed \(TRUST_TUF_ROLLBACK\)/,
  );

  const history = await gate.command('trust', 'history', '--format', 'json');
  const { changes } = JSON.parse(history.stdout) as {
    readonly changes: readonly {
      readonly source: string;
      readonly via: string;
      readonly after: string;
      readonly entry: string;
    }[];
  };
  assert.deepEqual(
    changes.map(({ source, via }) => [source, via]),
    [
      ['tuf', `${server.url}/`],
      ['imported', 'root.json'],
      ['imported', 'keys.json'],
    ],
  );
  assert.equal(changes[0]?.after, digest);
  const alarms = await gate.command('alarms');
  assert.match(alarms.stdout, /trust-root-changed/);

  // The log takes an entry in within about a second.
  const entry = changes[0]?.entry ?? '';
  const folder = join(gate.folder, 'proof');
  let proven = await gate.command('ledger', 'prove', entry, '--out', folder);
  for (let tries = 0; proven.code !== 0 && tries < 40; tries += 1)
    proven = await gate.command('ledger', 'prove', entry, '--out', folder);
  assert.equal(proven.code, 0, proven.stderr);
  const vkey = /vkey\s+(\S+)/.exec((await gate.command('ledger', 'status')).stdout)?.[1] ?? '';
  const verified = await gate.command('ledger', 'verify', folder, '--vkey', vkey);
  assert.equal(verified.code, 0, `${verified.stdout}${verified.stderr}`);

  // All of it is there after a restart.
  await gate.stop();
  const again = await startGate({
    upstream: registry.url,
    after: gate,
    config: { trust: { refreshEvery: 'off', tuf } },
  });
  context.after(() => again.stop());
  const { stdout } = await again.command('trust', 'show', '--format', 'json');
  assert.equal((JSON.parse(stdout) as Shown).digest, digest);
});

test('the keys of a registry that nobody vouches for are learned with its first signed release, and verify it', async (context) => {
  const registry = await startFakeRegistry();
  const gate = await startGate({ upstream: registry.url });
  context.after(async () => {
    await gate.remove();
    await registry.close();
  });
  registry.publish({ name: 'good', version: '1.0.0' });
  assert.equal((await fetch(`${gate.url}good/-/good-1.0.0.tgz`)).status, 200);
  const { stdout } = await gate.command('explain', 'good@1.0.0', '--format', 'json');
  const { matches } = JSON.parse(stdout) as {
    readonly matches: readonly {
      readonly evidence: readonly { readonly kind: string; readonly result: string }[];
    }[];
  };
  assert.equal(matches[0]?.evidence.find(({ kind }) => kind === 'signatures')?.result, 'pass');
  const shown = JSON.parse((await gate.command('trust', 'show', '--format', 'json')).stdout) as Shown;
  const learned = shown.registries.find((one) => one.host === new URL(registry.url).host);
  assert.deepEqual(
    learned?.keys.map(({ source }) => source),
    ['endpoint'],
  );
  assert.match(
    (await gate.command('trust', 'history')).stdout,
    /endpoint, by assay, from the registry .* itself/,
  );
  assert.doesNotMatch((await gate.command('alarms')).stdout, /trust-/);
});

test('without a gate the commands say so', async (context) => {
  const registry = await startFakeRegistry();
  const gate = await startGate({ upstream: registry.url });
  context.after(async () => {
    await gate.remove();
    await registry.close();
  });
  await gate.stop();
  for (const command of [['show'], ['refresh'], ['history']]) {
    const { code, stderr } = await gate.command('trust', ...command);
    assert.equal(code, 4);
    assert.match(stderr, /GATE_NOT_RUNNING/);
  }
  assert.match((await gate.command('doctor')).stdout, /trust +public-good: TUF root/);
});
