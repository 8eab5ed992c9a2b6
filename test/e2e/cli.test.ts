/** The command line as scripts use it: a real gate, exit codes, what is on stdout and what on stderr. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { cleanEnvironment } from '../support/clients.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { assayProgram, runAssay, startGate, type CommandResult, type Gate } from '../support/gate.ts';

let registry: FakeRegistry;
let gate: Gate;
let home: string;

before(async () => {
  registry = await startFakeRegistry();
  registry.publish({ name: 'good', version: '1.0.0' });
  registry.publish({ name: 'young', version: '1.0.0' });
  registry.publish({ name: 'young', version: '2.0.0', publishedAt: new Date().toISOString() });
  registry.publish({ name: 'denied', version: '1.0.0' });
  gate = await startGate({
    upstream: registry.url,
    config: { policy: { deny: [{ package: 'denied', reason: 'a test says so \u001b[31m' }] } },
  });
  home = await mkdtemp(join(tmpdir(), 'assay-cli-'));
});

after(async () => {
  await gate.remove();
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

async function assay(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = home,
): Promise<CommandResult> {
  return runAssay(args, {
    cwd,
    env: {
      ...cleanEnvironment(home),
      ASSAY_CONFIG: join(gate.folder, 'assay.yaml'),
      ASSAY_DATA: gate.dataDirectory,
      ASSAY_PORT: String(gate.port),
      ASSAY_SECURE_CHANNEL: 'false',
      ...env,
    },
  });
}

function ended(result: CommandResult, code: number): CommandResult {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

/** A project folder with this package-lock.json. */
async function project(packages: JsonObject): Promise<string> {
  const folder = await mkdtemp(join(home, 'project-'));
  await writeFile(
    join(folder, 'package-lock.json'),
    JSON.stringify({ name: 'x', lockfileVersion: 3, packages }),
  );
  return folder;
}

const good = (): JsonObject => ({ version: '1.0.0', resolved: `${gate.url}good/-/good-1.0.0.tgz` });

test('check: a lockfile of allowed artifacts passes, and json says the same as the table', async () => {
  const folder = await project({ 'node_modules/good': good(), 'node_modules/young': { version: '1.0.0' } });
  const table = ended(await assay(['check', folder]), 0);
  assert.match(table.stdout, /allowed +2 /);
  const json = JSON.parse(ended(await assay(['check', folder, '--format', 'json']), 0).stdout) as readonly {
    readonly counts: JsonObject;
  }[];
  assert.equal(json[0]?.counts['allow'], 2);
});

test('check: held, denied, bypassing and altered artifacts are violations, each with its reason', async () => {
  const folder = await project({
    'node_modules/good': { ...good(), integrity: `sha512-${Buffer.alloc(64).toString('base64')}` },
    'node_modules/young': { version: '2.0.0' },
    'node_modules/denied': { version: '1.0.0' },
    'node_modules/elsewhere': { version: '1.0.0', resolved: 'https://files.example.com/elsewhere-1.0.0.tgz' },
  });
  const { stdout } = ended(await assay(['check', join(folder, 'package-lock.json')]), 1);
  assert.match(stdout, /held +1 /);
  assert.match(stdout, /blocked +1 /);
  assert.match(stdout, /other bytes +1 /);
  assert.match(stdout, /bypass +elsewhere@1\.0\.0\n +why +the lockfile fetches it from files\.example\.com/);
  assert.match(stdout, /young@2\.0\.0\n(?: .*\n)*? +to do .*young@1\.0\.0/, 'the version to use instead');
  assert.match(stdout, new RegExp(` case +${gate.url}-/case/`));
  assert.ok(!stdout.includes('\u001b'), 'no escape sequence reaches the terminal');
});

test('check: what could not be checked never passes, and nothing to check is no pass either', async () => {
  const absent = await project({ 'node_modules/good': good(), 'node_modules/absent': { version: '1.0.0' } });
  assert.match(ended(await assay(['check', absent]), 3).stdout, /NOT CHECKED +1 /);
  const local = await project({ 'node_modules/w': { resolved: 'w', link: true } });
  assert.match(ended(await assay(['check', local]), 3).stdout, /Nothing was verified/);
  ended(await assay(['check'], {}, await mkdtemp(join(home, 'empty-'))), 3);
  const broken = await project({});
  await writeFile(join(broken, 'package-lock.json'), '{');
  const { stderr } = ended(await assay(['check', broken]), 3);
  assert.match(stderr, /package-lock\.json: .*\n.*LOCKFILE_INVALID/, 'it says which lockfile');
  const vague = await project({ 'node_modules/good': { ...good(), integrity: 'sha512-x' } });
  assert.match(ended(await assay(['check', vague]), 3).stdout, /1 artifact .*\n +NOT CHECKED +1 /);
  const binary = await mkdtemp(join(home, 'binary-'));
  await writeFile(join(binary, 'bun.lockb'), Buffer.from([0xff, 0, 0xff]));
  assert.match(
    ended(await assay(['check', binary]), 3).stderr,
    /bun\.lockb is binary[^]*LOCKFILE_UNSUPPORTED/,
  );
});

test('check: an unreachable gate is 4, something else on the port too', async () => {
  const folder = await project({ 'node_modules/good': good() });
  ended(await assay(['check', folder, '--gate', 'http://127.0.0.1:9/']), 4);
  assert.match(ended(await assay(['check', folder, '--gate', registry.url]), 4).stderr, /no Assay gate/);
});

test('the gate of the data directory is asked where it answers, also when it was started with another port', async () => {
  const folder = await project({ 'node_modules/good': good() });
  const env = { ASSAY_PORT: '9' };
  ended(await assay(['check', folder], env), 0);
  const elsewhere = { ...env, ASSAY_DATA: join(home, 'none') };
  assert.match(ended(await assay(['check', folder], elsewhere), 4).stderr, /127\.0\.0\.1:9\/: nothing/);
  const { stdout } = await assay(['doctor'], env);
  assert.match(stdout, new RegExp(`gate +Assay .* answers at ${gate.url}`));
});

test("check: a project's own registry setting is a bypass", async () => {
  const folder = await project({ 'node_modules/@corp/a': { version: '1.0.0' }, 'node_modules/good': good() });
  await writeFile(join(folder, '.npmrc'), '@corp:registry=https://npm.example.com/\n');
  assert.match(
    ended(await assay(['check', folder]), 1).stdout,
    /bypass +@corp\/a@1\.0\.0\n +why +\.npmrc sends it to npm\.example\.com/,
  );
});

test('explain: the case, the version and the URL tell the same story; exit 1 when it is refused', async () => {
  const folder = await project({ 'node_modules/denied': { version: '1.0.0' } });
  const checked = JSON.parse((await assay(['check', folder, '--format', 'json'])).stdout) as readonly {
    readonly artifacts: readonly { readonly caseId: string }[];
  }[];
  const caseId = checked[0]?.artifacts[0]?.caseId ?? '';
  for (const what of [
    caseId,
    `AS-${caseId.slice(0, 4)}`,
    'denied@1.0.0',
    'pkg:npm/denied@1.0.0',
    `${gate.url}denied/-/denied-1.0.0.tgz`,
  ]) {
    const { stdout } = ended(await assay(['explain', what]), 1);
    assert.match(stdout, /^BLOCKED {2}denied@1\.0\.0/, what);
    assert.match(stdout, new RegExp(caseId));
  }
  await assay(['check', await project({ 'node_modules/good': good() })]);
  assert.match(ended(await assay(['explain', 'good@1.0.0']), 0).stdout, /^ALLOWED/);
  assert.match(ended(await assay(['explain', 'never@1.0.0']), 3).stderr, /EXPLAIN_NOTHING_FOUND/);
});

test('explain: a version that the index merely withholds is explained, as its notice promises', async () => {
  registry.publish({ name: 'fresh', version: '1.0.0' });
  registry.publish({ name: 'fresh', version: '1.1.0', publishedAt: new Date().toISOString() });
  registry.publish({ name: 'fresh', version: '1.2.0', publishedAt: new Date().toISOString() });
  const index = await fetch(`${gate.url}fresh`, { headers: { 'user-agent': 'npm/12.2.0 node/v26.0.0' } });
  const asked = /assay explain (\S+)/.exec(index.headers.get('npm-notice') ?? '')?.[1];
  assert.equal(asked, 'fresh@1.2.0');
  for (const what of [asked, 'pkg:npm/fresh@1.2.0', `${gate.url}fresh/-/fresh-1.1.0.tgz`]) {
    const { stdout } = ended(await assay(['explain', what]), 1);
    assert.match(stdout, /^HELD {2}fresh@1\.[12]\.0/);
    assert.match(stdout, /\nuse +fresh@1\.0\.0\n/);
    assert.match(stdout, /\ncase +[0-9A-Z]{13} /);
  }
});

test('explain: nothing to explain is a usage error', async () => {
  for (const what of ['', '  ', 'x'.repeat(3000)])
    assert.match(ended(await assay(['explain', what]), 2).stderr, /USAGE_INVALID/);
});

test('a reader that goes away does not turn a violation into a pass', async () => {
  const child = spawn(assayProgram, ['explain', 'denied@1.0.0'], {
    cwd: home,
    env: { ...cleanEnvironment(home), ASSAY_DATA: gate.dataDirectory },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.destroy();
  const code = await new Promise((done) => child.on('close', done));
  assert.equal(code, 1);
});

test('status, alarms, config and doctor answer on stdout, as tables and as json', async () => {
  assert.match(ended(await assay(['status']), 0).stdout, /ready/);
  assert.equal(
    (JSON.parse(ended(await assay(['status', '--format', 'json']), 0).stdout) as JsonObject)['ready'],
    true,
  );
  ended(await assay(['alarms']), 0);
  assert.match(ended(await assay(['config']), 0).stdout, /policy\.deny .*file .*assay\.yaml:\d+:\d+/);
  assert.match(ended(await assay(['config', '--running']), 0).stdout, /upstreams\.npm\.url/);
  const { findings } = JSON.parse(ended(await assay(['doctor', '--format', 'json']), 0).stdout) as {
    readonly findings: readonly JsonObject[];
  };
  assert.equal(findings.find((one) => one['about'] === 'gate')?.['state'], 'good');
});

test('token: created once with its secret, listed without it, revoked', async () => {
  const created = ended(await assay(['token', 'create', 'ci', '--expires', '1d']), 0);
  const secret = created.stdout.trim();
  assert.match(secret, /^\S{20,}$/);
  ended(await assay(['token', 'create', 'ci']), 2);
  const list = ended(await assay(['token', 'list']), 0);
  assert.match(list.stdout, /^ci +valid/m);
  assert.ok(!list.stdout.includes(secret));
  ended(await assay(['token', 'revoke', 'ci']), 0);
  assert.match((await assay(['token', 'list'])).stdout, /^ci +revoked/m);
  ended(await assay(['token', 'revoke', 'nobody']), 2);
  ended(await assay(['token', 'create', 'x', '--upstream', 'nowhere']), 2);
});

test('usage errors are 2: unknown commands and options, bad values, a broken configuration', async () => {
  for (const args of [
    ['nonsense'],
    [],
    ['check', '--nope'],
    ['check', '--format', 'xml'],
    ['token', 'create', 'UPPER'],
    ['token', 'create', 'a', '--expires', '90'],
    ['use', 'cargo'],
    ['check', '--gate', 'ftp://x/'],
    ['completion', 'tcsh'],
    ['explain', 'pkg:npm/%2e%2e%2f@1'],
    ['verify', 'pkg:npm/%2e%2e%2f@1'],
  ]) {
    const result = await assay(args, {}, await project({ 'node_modules/good': good() }));
    assert.equal(result.code, 2, `${args.join(' ')}: ${result.stderr}`);
    assert.equal(result.stdout, '', args.join(' '));
  }
  await writeFile(join(home, 'bad.yaml'), 'prot: 1\n');
  const { stderr } = ended(await assay(['status', '--config', 'bad.yaml']), 2);
  assert.match(
    stderr,
    /^assay: .*bad\.yaml:1:1: .*did you mean `port`\?\n {2}code {3}CONFIG_INVALID\n {2}to do: /,
  );
});

test('help is on stdout with exit 0 and examples, for every command', async () => {
  for (const command of [
    'serve',
    'use',
    'check',
    'explain',
    'status',
    'alarms',
    'doctor',
    'config',
    'completion',
  ]) {
    assert.match(ended(await assay([command, '--help']), 0).stdout, /\nExamples:\n {2}assay /, command);
  }
  assert.match(ended(await assay(['--version']), 0).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('without a running gate, commands that need one say so and end with 4', async () => {
  const nowhere = { ASSAY_DATA: join(home, 'nowhere') };
  for (const args of [['status'], ['alarms'], ['explain', 'a@1.0.0'], ['token', 'list']]) {
    assert.match(ended(await assay(args, nowhere), 4).stderr, /GATE_NOT_RUNNING/);
  }
  const long = { ASSAY_DATA: join(home, 'x'.repeat(120)) };
  assert.match(ended(await assay(['status'], long), 2).stderr, /CONTROL_SOCKET_PATH_TOO_LONG/);
});

test('serve: a held port and a locked data directory are one line each', async () => {
  const locked = ended(await assay(['serve']), 3);
  assert.match(locked.stderr, /^assay: [^\n]*\[DATA_DIRECTORY_LOCKED\]\n$/);
  const held = ended(await assay(['serve'], { ASSAY_DATA: join(home, 'other-data') }), 3);
  assert.match(held.stderr.split('\n').find((line) => line.startsWith('assay:')) ?? '', /\[PORT_IN_USE\]$/);
});

test('serve: Ctrl-C stops it cleanly', async () => {
  const own = await startGate({ upstream: registry.url });
  try {
    assert.equal(await own.stop(), 0);
    assert.match(own.output(), /bin\/assay use npm/);
  } finally {
    await own.remove();
  }
});

test('use: nothing is written without a gate, or without anybody to ask', async () => {
  const bin = join(home, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(
    join(bin, 'npm'),
    `#!/bin/sh\nif [ "$1" = --version ]; then echo 11.0.0; else echo ${home}/.npmrc; fi\n`,
  );
  await chmod(join(bin, 'npm'), 0o755);
  const env = { PATH: `${bin}:${cleanEnvironment(home)['PATH'] ?? ''}` };
  ended(await assay(['use', 'npm', '--yes', '--gate', 'http://127.0.0.1:9/'], env), 4);
  const asked = ended(await assay(['use', 'npm'], env), 2);
  assert.match(asked.stdout, /^\+ registry=/m);
  assert.match(asked.stderr, /--yes/);
  await assert.rejects(
    import('node:fs/promises').then((fs) => fs.stat(join(home, '.npmrc'))),
    { code: 'ENOENT' },
  );
});
