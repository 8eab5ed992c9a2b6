/** `assay scan` as people call it: without a gate, offline but for releases, and never quiet about what it did not look at. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cleanEnvironment } from '../support/clients.ts';
import { malicious, tarballOf } from '../support/corpus/corpus.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { runAssay, type CommandResult } from '../support/gate.ts';

let registry: FakeRegistry;
let home: string;

before(async () => {
  registry = await startFakeRegistry();
  registry.publish({ name: 'good', version: '1.0.0' });
  home = await mkdtemp(join(tmpdir(), 'assay-scan-test-'));
  const url = JSON.stringify(registry.url);
  await writeFile(
    join(home, 'assay.yaml'),
    `upstreams:\n  npm: { url: ${url}, allowInsecure: true }\nsigner: { directory: ${JSON.stringify(join(home, 'signer'))} }\n`,
  );
});

after(async () => {
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

function scan(...args: readonly string[]): Promise<CommandResult> {
  return runAssay(['scan', ...args, '--data', join(home, 'data')], {
    cwd: home,
    env: { ...cleanEnvironment(home), ASSAY_CONFIG: join(home, 'assay.yaml') },
  });
}

function ended(result: CommandResult, code: number): CommandResult {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

test('a tarball that steals is found, with the place, and the exit code says so', async () => {
  const thief = malicious.find(({ id, half }) => id === 'shai-hulud-2025/plain' && half === 'tuning');
  assert.ok(thief);
  await writeFile(join(home, 'thief.tgz'), tarballOf(thief.tree()));
  const { stdout } = ended(await scan('thief.tgz'), 1);
  assert.match(stdout, /score +\d+(?:\.\d+)? of 10: /);
  assert.match(stdout, /critical +\S.*\[malware\//);
  assert.match(stdout, /\.js:\d+/);
  assert.match(stdout, /advisories: not checked/);
  ended(await scan('thief.tgz', '--fail-on', 'never'), 0);
  const sarif = JSON.parse(ended(await scan('thief.tgz', '--format', 'sarif'), 1).stdout) as {
    readonly version: string;
    readonly runs: readonly { readonly results: readonly object[] }[];
  };
  assert.equal(sarif.version, '2.1.0');
  assert.ok((sarif.runs[0]?.results.length ?? 0) > 0);
});

test('a folder with nothing in it that matters is quiet, and its installed packages are not its own', async () => {
  const folder = join(home, 'project');
  await mkdir(join(folder, 'node_modules', 'other'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"name":"project","version":"1.0.0"}');
  await writeFile(join(folder, 'index.js'), 'export const answer = 42;\n');
  await writeFile(join(folder, 'node_modules', 'other', 'index.js'), 'eval(atob("YQ=="))');
  const { stdout } = ended(await scan('project'), 0);
  assert.match(stdout, /^1 package: 0 with findings, 1 without, 0 not scanned$/m);
});

test('a release and a lockfile are fetched from the upstream; what it does not have is not scanned, and no pass', async () => {
  ended(await scan('good@1.0.0'), 0);
  const locked = (name: string) => ({
    [`node_modules/${name}`]: {
      version: '1.0.0',
      integrity: `sha512-${Buffer.alloc(64).toString('base64')}`,
    },
  });
  const lockfile = (...names: readonly string[]) =>
    JSON.stringify({
      lockfileVersion: 3,
      packages: Object.assign({ '': {} }, ...names.map(locked)) as object,
    });
  await writeFile(join(home, 'package-lock.json'), lockfile('good'));
  ended(await scan('package-lock.json'), 0);
  await writeFile(join(home, 'package-lock.json'), lockfile('good', 'gone'));
  const { stdout } = ended(await scan('package-lock.json'), 3);
  assert.match(stdout, /gone@1\.0\.0\n +NOT SCANNED/);
  assert.match(stdout, /2 packages: 0 with findings, 1 without, 1 not scanned/);
});

test('what is no archive, is not there or has a hostile name is told without harm', async () => {
  await writeFile(join(home, 'broken.tgz'), 'no archive');
  ended(await scan('broken.tgz'), 3);
  ended(await scan('missing.tgz'), 3);
  const evil = 'evil\u001b[2J\u202e';
  await mkdir(join(home, evil));
  await writeFile(join(home, evil, 'package.json'), JSON.stringify({ name: evil, version: evil }));
  await writeFile(
    join(home, evil, `.npmrc`),
    '//registry.example.com/:_authToken=npm_0000000000000000000000000000\n',
  );
  const { stdout, stderr } = await scan(evil);
  for (const harm of ['\u001b', '\u202e']) assert.ok(!(stdout + stderr).includes(harm));
});

test('a feed is used where it is named, and one that cannot be read is an error', async () => {
  await writeFile(join(home, 'feed.zip'), 'no zip');
  const { stderr } = await scan('good@1.0.0', '--feed', 'feed.zip');
  assert.match(stderr, /FEED_UNREADABLE/);
});
