/** The ledger through the front door: a real gate, its log over HTTP, the command line, an auditor with nothing but a key. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { LedgerStatus } from '../../src/server/control/ledger-protocol.ts';
import { cleanEnvironment } from '../support/clients.ts';
import { requestControl } from '../support/control.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { freePort, runAssay, startAssay, startGate, type CommandResult, type Gate } from '../support/gate.ts';
import { get } from '../support/http.ts';

let registry: FakeRegistry;
let gate: Gate;
let home: string;
let vkey: string;

const cooldown = {
  policy: { preset: 'recommended', cooldown: '72h', deny: [{ package: 'denied' }, { package: 'refused' }] },
};

before(async () => {
  // Without keys of its own: to learn a registry's keys would be an entry too.
  registry = await startFakeRegistry({ plain: true });
  home = await mkdtemp(join(tmpdir(), 'assay-ledger-'));
  gate = await startGate({ upstream: registry.url, config: cooldown });
  vkey = (await untilLogged(0)).vkeys[0] ?? '';
});

after(async () => {
  await gate.remove();
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

async function status(of = gate): Promise<LedgerStatus> {
  return requestControl<LedgerStatus>(of.dataDirectory, 'GET', '/ledger');
}

/** Waits until the published log has so many entries and none waits. */
async function untilLogged(size: number, of = gate): Promise<LedgerStatus> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const now = await status(of);
    if (now.state === 'running' && now.size >= size && now.waiting === 0) return now;
    if (Date.now() > deadline) throw new Error(`not logged: ${JSON.stringify(now)}\n${of.output()}`);
    await wait(10);
  }
}

/** As an auditor somewhere else: no gate of its own, no configuration. */
function auditor(...args: readonly string[]): Promise<CommandResult> {
  const env = { ...cleanEnvironment(home), ASSAY_DATA: join(home, 'no-data') };
  return runAssay(['ledger', ...args], { cwd: home, env });
}

function operator(...args: readonly string[]): Promise<CommandResult> {
  return gate.command('ledger', ...args);
}

function ended(result: CommandResult, code: number): CommandResult {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

function log(): string {
  return `${gate.url}-/ledger/`;
}

function publish(name: string, version: string, publishedAt?: string): void {
  registry.publish({ name, version, ...(publishedAt === undefined ? {} : { publishedAt }) });
}

async function ask(name: string, version: string): Promise<number> {
  return (await get(`${gate.url}${name}/-/${name}-${version}.tgz`)).status;
}

test('every decision transition of the gate is in the log within two seconds', async () => {
  const { size } = await status();
  publish('good', '1.0.0');
  publish('young', '1.0.0', new Date().toISOString());
  publish('denied', '1.0.0');
  assert.deepEqual(
    await Promise.all([ask('good', '1.0.0'), ask('young', '1.0.0'), ask('denied', '1.0.0')]),
    [200, 403, 403],
  );
  const answered = Date.now();
  await untilLogged(size + 3);
  const tookMs = Date.now() - answered;
  assert.ok(tookMs <= 2000, `${tookMs} ms`);
  // Asked again, nothing changes: no transition, no entry.
  await Promise.all([ask('good', '1.0.0'), ask('young', '1.0.0'), ask('denied', '1.0.0')]);
  assert.equal((await untilLogged(size + 3)).size, size + 3);
});

test('the log is public, static and unaltered: no token, no encoding, the checkpoint never kept', async () => {
  const checkpoint = await get(`${log()}checkpoint`, { 'accept-encoding': 'gzip' });
  assert.equal(checkpoint.status, 200);
  assert.equal(checkpoint.headers.get('cache-control'), 'no-cache');
  assert.equal(checkpoint.headers.get('content-encoding'), null);
  const { size } = await status();
  const bundle = await get(`${log()}tile/entries/000.p/${size}`, { 'accept-encoding': 'gzip' });
  assert.match(bundle.headers.get('cache-control') ?? '', /immutable/);
  assert.equal(bundle.headers.get('content-encoding'), null);
  const head = await fetch(`${log()}tile/0/000.p/${size}`, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(32 * size)]);
  assert.equal((await get(`${log()}tile/entries/001`)).status, 404);
  assert.equal((await get(`${log()}..%2fassay.db`)).status, 404);
  // Nothing in it names a package or a person.
  assert.ok(!/good|denied|npm|anonymous/.test(bundle.body.toString('latin1')));
});

test('a stranger with the vkey and the URL checks the whole log, and learns counts by type', async () => {
  const { stdout } = ended(await auditor('fsck', '--url', log(), '--vkey', vkey), 0);
  const { size } = await status();
  assert.match(stdout, new RegExp(`^size +${size} entries$`, 'm'));
  assert.match(stdout, new RegExp(`^ +decision/v1 +${size}$`, 'm'));
  ended(await operator('fsck'), 0);
  const wrong = 'other.example.com/log+a9f1a9c5+AQ56AxPXLMvNPkhNnRqYWLZkuzJVPYv0rF5xFhLTQqy3';
  ended(await auditor('fsck', '--url', log(), '--vkey', wrong), 2);
  ended(await auditor('fsck', '--url', log()), 2);
  ended(await auditor('fsck', '--url', 'http://127.0.0.1:9/', '--vkey', vkey), 4);
  ended(await auditor('fsck', '--url', `${gate.url}nowhere/`, '--vkey', vkey), 3);
});

test("an admitted artifact's proof is verified with no gate and no network", async () => {
  const proven = join(home, 'good.proof');
  ended(await operator('prove', 'good@1.0.0', '--out', proven), 0);
  const { stdout } = ended(await auditor('verify', proven, '--vkey', vkey, '--offline'), 0);
  assert.match(stdout, /pkg:npm\/good@1\.0\.0/);
  assert.match(stdout, /outcome +allow/);
  assert.match(stdout, /statement +signed/);
  assert.match(stdout, /whole up to entry/);
  ended(await auditor('verify', proven, '--vkey', vkey, '--url', log()), 0);
  const files = await readdir(proven);
  const index = files.find((name) => name.endsWith('.tlog-proof')) ?? '';
  assert.match(await readFile(join(proven, index), 'utf8'), /^c2sp\.org\/tlog-proof@v1\nindex \d+\n/);

  const found = JSON.parse(
    ended(await auditor('verify', proven, '--vkey', vkey, '--format', 'json'), 0).stdout,
  ) as { readonly entries: readonly { readonly subject: { readonly artifact: string } }[] };
  const digest = found.entries[0]?.subject.artifact ?? '';
  assert.match(digest, /^[0-9a-f]{64}$/);
  for (const what of [digest, `sha256:${digest}`, 'pkg:npm/good@1.0.0'])
    assert.match(ended(await operator('prove', what), 0).stdout, /good@1\.0\.0/);
  ended(await operator('prove', 'never@1.0.0'), 3);
  ended(await operator('prove', '999999'), 3);
});

test('a proof that was altered is refuted; with another key nothing is verified', async () => {
  const proven = join(home, 'altered.proof');
  publish('refused', '1.0.0');
  assert.equal(await ask('refused', '1.0.0'), 403);
  await untilLogged(1);
  ended(await operator('prove', 'refused@1.0.0', '--out', proven), 0);
  const file = join(proven, 'disclosure.json');
  const text = await readFile(file, 'utf8');
  const change = async (from: RegExp, to: string): Promise<CommandResult> => {
    const changed = text.replace(from, to);
    assert.notEqual(changed, text, String(from));
    await writeFile(file, changed);
    return auditor('verify', proven, '--vkey', vkey);
  };
  ended(await change(/\\"outcome\\":\\"block\\"/, '\\"outcome\\":\\"allow\\"'), 1);
  ended(await change(/pkg:npm\/refused/, 'pkg:npm/allowed'), 1);
  ended(await change(/(\\"time\\":\\"20)2/, '$13'), 1);
  ended(await change(/"index": (\d+)/, '"index": 1$1'), 1);
  ended(await change(/"format": "assay-disclosure\/v1"/, '"format": "x"'), 3);
  await writeFile(file, text);
  ended(await auditor('verify', proven), 2);
  const other = await startGate({ upstream: registry.url });
  try {
    const { vkeys } = await untilLogged(0, other);
    ended(await auditor('verify', proven, '--vkey', vkeys[0] ?? ''), 3);
  } finally {
    await other.remove();
  }
});

test("an auditor follows one package's history and notices an entry that was withheld", async () => {
  publish('changing', '1.0.0');
  assert.equal(await ask('changing', '1.0.0'), 200);
  const deny = { policy: { deny: [{ package: 'denied' }, { package: 'changing' }] } };
  for (const [config, expected] of [
    [deny, 403],
    [cooldown, 200],
  ] as const) {
    assert.equal(await gate.stop(), 0);
    gate = await startGate({ upstream: registry.url, after: gate, config });
    assert.equal(await ask('changing', '1.0.0'), expected);
  }
  await untilLogged(1);
  const proven = join(home, 'changing.proof');
  ended(await operator('prove', 'changing@1.0.0', '--out', proven), 0);
  const { stdout } = ended(await auditor('verify', proven, '--vkey', vkey), 0);
  assert.deepEqual(
    [...stdout.matchAll(/outcome +(\w+)/g)].map(([, outcome]) => outcome),
    ['allow', 'block', 'allow'],
  );
  const file = join(proven, 'disclosure.json');
  const disclosure = JSON.parse(await readFile(file, 'utf8')) as { entries: readonly unknown[] };
  const { entries } = disclosure;
  assert.equal(entries.length, 3);
  await writeFile(file, JSON.stringify({ ...disclosure, entries: [entries[0], entries[2]] }));
  assert.match(ended(await auditor('verify', proven, '--vkey', vkey), 1).stdout, /was withheld/);
  await writeFile(file, JSON.stringify({ ...disclosure, entries: [entries[1], entries[2]] }));
  assert.match(ended(await auditor('verify', proven, '--vkey', vkey), 1).stdout, /was withheld/);
});

test('fields that are not disclosed stay closed, and the file does not hold them', async () => {
  const proven = join(home, 'partly.proof');
  ended(await operator('prove', 'good@1.0.0', '--fields', 'subject,prev', '--out', proven), 0);
  const text = await readFile(join(proven, 'disclosure.json'), 'utf8');
  assert.ok(!text.includes('anonymous') && !text.includes('allow'));
  const { stdout } = ended(await auditor('verify', proven, '--vkey', vkey), 0);
  assert.match(stdout, /subject opened, actor closed, statement closed, evidence closed, prev opened/);
  const alone = join(home, 'alone.proof');
  ended(await operator('prove', 'good@1.0.0', '--fields', 'statement', '--out', alone), 0);
  ended(await auditor('verify', alone, '--vkey', vkey), 3);
});

test('an erased field is gone for good; proofs stay, and the erasure is an entry of its own', async () => {
  const { size } = await status();
  const shown = ended(await operator('show', '0'), 0).stdout;
  const id = /id +([0-9A-Z]{26})/.exec(shown)?.[1] ?? '';
  ended(await operator('erase', id, 'actor', '--reason', 'asked for'), 2);
  ended(await operator('erase', id, 'actor', '--reason', 'asked for', '--yes'), 0);
  ended(await operator('erase', id, 'statement', '--reason', 'asked for', '--yes'), 0);
  ended(await operator('erase', id, 'actor', '--reason', 'again', '--yes'), 3);
  await untilLogged(size + 2);
  const after = ended(await operator('show', '0'), 0).stdout;
  assert.match(after, /subject opened, actor closed, statement closed, evidence opened, prev opened/);
  assert.match(
    ended(await operator('show', String(size)), 0).stdout,
    new RegExp(`actor of the entry ${id} erased`),
  );
  assert.match(ended(await auditor('fsck', '--url', log(), '--vkey', vkey), 0).stdout, /^ +erasure\/v1 +2$/m);
});

test('a watcher remembers what it saw, follows the growth, and does not trust a memory that was altered', async () => {
  const watch = (): Promise<CommandResult> => auditor('watch', log(), '--vkey', vkey);
  assert.match(ended(await watch(), 0).stdout, /nothing was known of it before/);
  const { size, origin } = await status();
  publish('watched', '1.0.0');
  await ask('watched', '1.0.0');
  await untilLogged(size + 1);
  assert.match(ended(await watch(), 0).stdout, /took nothing back/);
  assert.match(ended(await watch(), 0).stdout, /took nothing back/);

  const memory = join(home, '.local/state/assay/watch');
  const [folder = ''] = await readdir(memory);
  const file = join(memory, folder, 'checkpoint');
  const seen = await readFile(file, 'utf8');
  assert.ok(seen.startsWith(`${origin}\n${size + 1}\n`));
  // What a watcher remembers is signed: a damaged memory is no evidence against the log.
  await writeFile(file, seen.replace(`\n${size + 1}\n`, `\n${size + 9}\n`));
  assert.match(ended(await watch(), 3).stderr, /LEDGER_UNVERIFIED/);
});

test('an export is a whole log that checks with its vkeys alone', async () => {
  const folder = join(home, 'export');
  assert.match(ended(await operator('export', folder), 0).stdout, /as it was signed/);
  ended(await auditor('fsck', '--path', folder, '--vkey', join(folder, 'vkeys')), 0);
  ended(await operator('export', folder), 2);
  const { size } = await status();
  const bundle = join(folder, `tile/entries/000.p/${size}`);
  const bytes = await readFile(bundle);
  bytes.writeUInt8((bytes.at(-3) ?? 0) ^ 1, bytes.length - 3);
  await writeFile(bundle, bytes);
  const found = ended(await auditor('fsck', '--path', folder, '--vkey', vkey), 1);
  assert.match(found.stdout, new RegExp(`tile/entries/000\\.p/${size}: `));
});

test('status tells the name, the key and the size; without a gate the commands that need one end with 4', async () => {
  const { stdout } = ended(await operator('status'), 0);
  assert.ok(stdout.includes(vkey));
  for (const args of [['status'], ['show', '0'], ['prove', '0'], ['fsck'], ['export', 'x']])
    assert.match(ended(await auditor(...args), 4).stderr, /GATE_NOT_RUNNING/, args.join(' '));
});

test('a data directory put back from yesterday stops the log, not the gate', async () => {
  assert.equal(await gate.stop(), 0);
  const yesterday = join(home, 'yesterday');
  await cp(gate.dataDirectory, yesterday, { recursive: true });
  gate = await startGate({ upstream: registry.url, after: gate, config: cooldown });
  publish('today', '1.0.0');
  const { size } = await status();
  assert.equal(await ask('today', '1.0.0'), 200);
  await untilLogged(size + 1);
  assert.equal(await gate.stop(), 0);
  await rm(gate.dataDirectory, { recursive: true });
  await cp(yesterday, gate.dataDirectory, { recursive: true });
  gate = await startGate({ upstream: registry.url, after: gate, config: cooldown });
  const deadline = Date.now() + 20_000;
  let now = await status();
  while (now.state === 'starting' && Date.now() < deadline) {
    await wait(20);
    now = await status();
  }
  assert.equal(now.state, 'stopped', JSON.stringify(now));
  assert.equal(now.problem?.code, 'LEDGER_SIGNER_AHEAD');
  assert.match((await operator('status')).stdout, /LEDGER_SIGNER_AHEAD/);
  assert.equal(await ask('good', '1.0.0'), 200);
  publish('later', '1.0.0');
  assert.equal(await ask('later', '1.0.0'), 200, 'the gate goes on admitting');
  assert.equal((await get(`${gate.url}-/health`)).status, 200);
  assert.match((await gate.command('status')).stdout, /The ledger stopped/);
  assert.match((await gate.command('alarms')).stdout, /ledger-forked/);
});

test('a witness started from the command line cosigns, and the policy that names it is met', async (t) => {
  const port = await freePort();
  const folder = join(home, 'witness');
  const other = await startGate({ upstream: registry.url });
  t.after(() => other.remove());
  const { vkeys } = await untilLogged(0, other);
  const args = ['--directory', folder, '--port', String(port), '--log', vkeys[0] ?? ''];
  ended(await auditor('witness', ...args), 2);
  const witness = startAssay(['ledger', 'witness', '--name', 'witness.example.com/w1', ...args], home);
  try {
    const key = await witness.firstLine;
    const policy = join(home, 'witnesses.policy');
    await writeFile(policy, `log ${vkeys[0] ?? ''}\nwitness w1 ${key} http://127.0.0.1:${port}\nquorum w1\n`);
    assert.equal(await other.stop(), 0);
    const config = { ledger: { witnesses: policy, witnessMode: 'fail-closed' } };
    const witnessed = await startGate({ upstream: registry.url, after: other, config });
    try {
      publish('witnessed', '1.0.0');
      await get(`${witnessed.url}witnessed/-/witnessed-1.0.0.tgz`);
      const { witnesses, size } = await untilLogged(1, witnessed);
      assert.deepEqual(
        witnesses.map(({ name, cosigned }) => [name, cosigned]),
        [['w1', size]],
      );
      const url = `${witnessed.url}-/ledger/`;
      assert.match(
        ended(await auditor('fsck', '--url', url, '--policy', policy), 0).stdout,
        /^cosigned w1$/m,
      );
    } finally {
      await witnessed.stop();
    }
  } finally {
    await witness.stop();
  }
});
