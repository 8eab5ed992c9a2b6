/** `assay use` with every real client: the rc file is edited, the bait refused, and undo gives every byte back. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { cleanEnvironment, clientProgram, type Client } from '../support/clients.ts';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { freePort, runAssay, startGate, type CommandResult } from '../support/gate.ts';

const registry = await startFakeRegistry();
registry.publish({ name: 'good', version: '1.0.0' });
const securePort = await freePort();
const gate = await startGate({
  upstream: registry.url,
  env: { ASSAY_SECURE_CHANNEL: 'true', ASSAY_SECURE_PORT: String(securePort) },
});
after(async () => {
  await gate.remove();
  await registry.close();
});

interface Person {
  readonly home: string;
  readonly assay: (...args: readonly string[]) => Promise<CommandResult>;
  /** `assay use` with a good package of its own. */
  readonly use: (...args: readonly string[]) => Promise<CommandResult>;
  readonly write: (file: string, text: string) => Promise<void>;
  readonly files: () => Promise<Readonly<Record<string, string>>>;
}

const rcFiles = [
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.bunfig.toml',
  '.config/pnpm/auth.ini',
  '.config/pnpm/config.yaml',
];

/** Someone with a home of their own and this client, under its usual name, on the PATH. */
async function person(client: Client): Promise<Person> {
  const home = await mkdtemp(join(tmpdir(), 'assay-use-'));
  const bin = join(home, 'bin');
  await mkdir(bin);
  const program = await clientProgram(client);
  const name = client.replace(/\d+$/, '');
  const start = /\.[cm]?js$/.test(program) ? `'${process.execPath}' '${program}'` : `'${program}'`;
  await writeFile(join(bin, name), `#!/bin/sh\nexec ${start} "$@"\n`);
  await chmod(join(bin, name), 0o755);
  const clean = cleanEnvironment(home);
  const env = {
    ...clean,
    PATH: `${bin}:${clean['PATH'] ?? ''}`,
    ASSAY_CONFIG: join(gate.folder, 'assay.yaml'),
    ASSAY_DATA: gate.dataDirectory,
    ASSAY_PORT: String(gate.port),
    ASSAY_SECURE_PORT: String(securePort),
  };
  return {
    home,
    assay: (...args) => runAssay(args, { cwd: home, env }),
    use: (...args) => runAssay(['use', name, '--yes', '--with', 'good@1.0.0', ...args], { cwd: home, env }),
    write: async (file, text) => {
      await mkdir(dirname(join(home, file)), { recursive: true });
      await writeFile(join(home, file), text);
    },
    files: async () => {
      const found = await Promise.all(
        rcFiles.map(
          async (file) => [file, await readFile(join(home, file), 'utf8').catch(() => undefined)] as const,
        ),
      );
      return Object.fromEntries(
        found.filter((pair): pair is readonly [string, string] => pair[1] !== undefined),
      );
    },
  };
}

async function withPerson(client: Client, body: (person: Person) => Promise<void>): Promise<void> {
  const someone = await person(client);
  try {
    await body(someone);
  } finally {
    await rm(someone.home, { recursive: true, force: true, maxRetries: 3 });
  }
}

function proved({ code, stdout, stderr }: CommandResult): void {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  assert.match(stdout, /^INSTALLED +good@1\.0\.0$/m);
  assert.match(stdout, /^REFUSED +@assay\/bait@1\.0\.0$/m);
}

eachClient('is pointed at the gate, sees the bait refused, and is back after undo', (client) =>
  withPerson(client, async (someone) => {
    assert.deepEqual(await someone.files(), {});
    proved(await someone.use());
    const [edited = ''] = Object.values(await someone.files());
    assert.ok(edited.includes(gate.url.replace(/\/$/, '')), edited);
    assert.equal((await someone.use('--undo')).code, 0);
    assert.deepEqual(await someone.files(), {});
    assert.equal((await someone.use('--undo')).code, 3, 'there is nothing left to undo');
  }),
);

const own: Readonly<
  Record<'npm12' | 'pnpm12' | 'yarn1' | 'yarn4' | 'bun', readonly [file: string, text: string]>
> = {
  npm12: [
    '.npmrc',
    '# mine\r\nregistry = https://registry.example.com/\r\n@corp:registry=https://npm.example.com/\r\n',
  ],
  pnpm12: [
    '.config/pnpm/config.yaml',
    '# mine\nregistry: https://registry.example.com/ # old\nautoInstallPeers: true\n',
  ],
  yarn1: ['.yarnrc', '# mine\nregistry "https://registry.example.com/"\nlastUpdateCheck 1'],
  yarn4: [
    '.yarnrc.yml',
    '# mine\nnpmRegistryServer: https://registry.example.com\nunsafeHttpWhitelist:\n  - other.example.com\n',
  ],
  bun: [
    '.bunfig.toml',
    '# mine\n[install]\nregistry = "https://registry.example.com/"\ncache.disable = false\n',
  ],
};

eachClient(
  "keeps the rest of a person's file, in use and after undo",
  (client) =>
    withPerson(client, async (someone) => {
      const [file, text] = own[client as keyof typeof own];
      await someone.write(file, text);
      const used = await someone.use();
      proved(used);
      if (client === 'npm12') assert.match(used.stderr, /@corp still goes to https:\/\/npm\.example\.com\//);
      assert.ok((await someone.files())[file]?.startsWith('# mine'));
      assert.equal((await someone.use('--undo')).code, 0);
      assert.deepEqual(await someone.files(), { [file]: text });
    }),
  { of: ['npm12', 'pnpm12', 'yarn1', 'yarn4', 'bun'] },
);

eachClient(
  'undo in a file that was changed since takes back the registry alone',
  (client) =>
    withPerson(client, async (someone) => {
      await someone.write('.npmrc', 'registry=https://registry.example.com/\n');
      proved(await someone.use());
      const { '.npmrc': used = '' } = await someone.files();
      await someone.write('.npmrc', `${used}fund=false\n`);
      assert.match((await someone.use('--undo')).stderr, /changed since/);
      assert.deepEqual(await someone.files(), {
        '.npmrc': 'registry=https://registry.example.com/\nfund=false\n',
      });
    }),
  { of: ['npm12'] },
);

eachClient(
  'another gate afterwards: undo still goes back to what was there before the first',
  (client) =>
    withPerson(client, async (someone) => {
      await someone.write('.npmrc', 'registry=https://registry.example.com/\n');
      proved(await someone.use());
      proved(await someone.use('--gate', gate.url.replace('127.0.0.1', 'localhost')));
      assert.match((await someone.files())['.npmrc'] ?? '', /localhost/);
      assert.equal((await someone.use('--undo')).code, 0);
      assert.deepEqual(await someone.files(), { '.npmrc': 'registry=https://registry.example.com/\n' });
    }),
  { of: ['npm12'] },
);

eachClient(
  'the undo record holds no other line of the file: rc files hold tokens',
  (client) =>
    withPerson(client, async (someone) => {
      await someone.write(
        '.npmrc',
        '//npm.example.com/:_authToken=very-secret\nregistry=https://registry.example.com/\n',
      );
      const { stdout, stderr } = await someone.use();
      assert.doesNotMatch(stdout + stderr, /very-secret/);
      const folder = join(someone.home, '.config/assay/undo');
      const [record = ''] = await readdir(folder);
      assert.doesNotMatch(await readFile(join(folder, record), 'utf8'), /very-secret/);
    }),
  { of: ['npm12'] },
);

eachClient(
  'is pointed at the Secure channel, and sees the bait refused there too',
  async (client) =>
    withPerson(client, async ({ assay, files }) => {
      const channel = `http://127.0.0.1:${securePort}/`;
      const name = client.replace(/\d+$/, '');
      const done = await assay('use', name, '--yes', '--secure');
      assert.equal(done.code, 0, `${done.stdout}\n${done.stderr}`);
      assert.match(done.stdout, /REFUSED +@assay\/bait@1\.0\.0/);
      assert.doesNotMatch(done.stdout, /is-number/, 'nothing is built here that could be installed');
      assert.ok(JSON.stringify(await files()).includes(channel), JSON.stringify(await files()));
      const { stdout } = await assay('status');
      assert.ok(stdout.includes(`secure    ${channel}  serves what is Secure`), stdout);
      const examined = await assay('doctor');
      assert.match(examined.stdout, /secure +the Secure channel is open at/);
      assert.doesNotMatch(examined.stdout, /past the gate/);
    }),
  { of: ['npm12'] },
);
