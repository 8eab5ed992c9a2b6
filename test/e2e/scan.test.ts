/** `assay scan` as people call it: without a gate, offline but for releases, and never quiet about what it did not look at. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { cleanEnvironment } from '../support/clients.ts';
import { malicious, tarballOf } from '../support/corpus/corpus.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { feedZip } from '../support/feed-bench.ts';
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
  assert.match(stdout, /^how current: not known$/m);
});

test('a release and a lockfile are fetched from the upstream; what it does not have is not scanned, and no pass', async () => {
  assert.match(ended(await scan('good@1.0.0'), 0).stdout, /^how current: 1 newest/m);
  const index = (await (await fetch(`${registry.url}good`)).json()) as {
    readonly versions: Readonly<Record<string, { readonly dist: { readonly integrity: string } }>>;
  };
  let integrity = index.versions['1.0.0']?.dist.integrity ?? '';
  const locked = (name: string) => ({ [`node_modules/${name}`]: { version: '1.0.0', integrity } });
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
  integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
  await writeFile(join(home, 'package-lock.json'), lockfile('good'));
  const other = ended(await scan('package-lock.json'), 3);
  assert.match(other.stdout, /NOT SCANNED.*\(UPSTREAM_DIGEST_MISMATCH\)/);
  const git = { version: '1.0.0', resolved: 'git+ssh://git@git.example.com/a/b.git#0123' };
  const packages = { '': {}, 'node_modules/git': git };
  await writeFile(join(home, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
  assert.match(ended(await scan('package-lock.json'), 3).stdout, /comes from no registry/);
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

test('advisories are said to be not checked for what has no name', async () => {
  const affected = [{ package: { ecosystem: 'npm', name: 'bad' }, versions: ['1.0.0'] }];
  const record = { id: 'TEST-1', modified: '2026-01-01T00:00:00Z', affected };
  await writeFile(join(home, 'one.zip'), feedZip([record]));
  await mkdir(join(home, 'nameless'));
  await writeFile(join(home, 'nameless', 'a.js'), 'export {};\n');
  const { stdout } = ended(await scan('nameless', '--feed', 'one.zip'), 0);
  assert.match(stdout, /NOT CHECKED for 1 without a name and version/);
});

test('scores and exploits are joined where their files are given, and told as not checked where not', async () => {
  const affected = [{ package: { ecosystem: 'npm', name: 'good' }, versions: ['1.0.0'] }];
  const record = { id: 'TEST-2', modified: '2026-01-01T00:00:00Z', aliases: ['CVE-2026-1111'], affected };
  await writeFile(join(home, 'two.zip'), feedZip([record]));
  await writeFile(
    join(home, 'epss.csv.gz'),
    gzipSync(
      '#model_version:v2026.03.01,score_date:2026-11-19T00:00:00Z\ncve,epss,percentile\nCVE-2026-1111,0.5,0.9\n',
    ),
  );
  const entry = { cveID: 'CVE-2026-1111', dateAdded: '2026-02-03' };
  await writeFile(
    join(home, 'kev.json'),
    JSON.stringify({ catalogVersion: '2026.11.19', vulnerabilities: [entry] }),
  );
  const lists = ['--feed', 'two.zip', '--epss', 'epss.csv.gz', '--kev', 'kev.json'];
  const { stdout } = ended(await scan('good@1.0.0', ...lists), 0);
  assert.match(
    stdout,
    /TEST-2.*\n +known to be exploited since 2026-02-03; EPSS 50\.0 % \(above 90\.0 % of all, model v2026\.03\.01\)/,
  );
  assert.match(stdout, /^EPSS: 1 scores of model v2026\.03\.01/m);
  assert.ok(!stdout.includes('not checked'));
  const json = JSON.parse(ended(await scan('good@1.0.0', ...lists, '--format', 'json'), 0).stdout) as {
    readonly checked: unknown;
  };
  assert.match(
    JSON.stringify(json.checked),
    /"epss":\{"model":"v2026.03.01".*"kev":\{"catalogue":"2026.11.19","entries":1\}/,
  );
  const without = ended(await scan('good@1.0.0', '--feed', 'two.zip'), 0).stdout;
  assert.match(without, /^EPSS: not checked.*--epss.*\nknown exploited: not checked.*--kev/m);
  const plain = ended(await scan('good@1.0.0', '--format', 'json'), 0).stdout;
  assert.match(plain, /"checked": \{\s*"advisories": null,\s*"epss": null,\s*"kev": null/);
});

test('a list that cannot be read, or that no feed can be joined with, is an error and no silence', async () => {
  await writeFile(join(home, 'broken.csv'), 'cve,epss\n');
  assert.match(
    (await scan('good@1.0.0', '--feed', 'two.zip', '--epss', 'broken.csv')).stderr,
    /FEED_UNREADABLE/,
  );
  assert.match(
    (await scan('good@1.0.0', '--feed', 'two.zip', '--kev', 'none.json')).stderr,
    /FEED_UNREADABLE/,
  );
  ended(await scan('good@1.0.0', '--kev', 'kev.json'), 2);
});
