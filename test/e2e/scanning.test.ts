/** Scans in the life of an install: what they stop with a real client, what resembles it and passes, and what is told. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { controlClient } from '../../src/server/control/client.ts';
import { malicious, twins, twinTree } from '../support/corpus/corpus.ts';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate } from '../support/gate.ts';
import { get } from '../support/http.ts';
import { createProject, install } from '../support/project-folder.ts';
import { installedVersion } from '../support/refusal-scenarios.ts';
import type { PackageFiles } from '../support/tarball.ts';

const registry = await startFakeRegistry();
/** The text of a licence, as SPDX lists it. */
const textOf = (id: string): string =>
  (
    JSON.parse(
      readFileSync(
        new URL(`../../node_modules/spdx-license-list/licenses/${id}.json`, import.meta.url),
        'utf8',
      ),
    ) as {
      readonly licenseText: string;
    }
  ).licenseText;
const gate = await startGate({
  upstream: registry.url,
  config: { licences: { deny: ['GPL-3.0-only', 'AGPL-*'], review: ['MPL-2.0'] } },
});
after(async () => {
  await gate.remove();
  await registry.close();
});

function publishTree(name: string, { manifest, files = {} }: PackageFiles): void {
  const { version: _version, name: _name, ...rest } = manifest;
  registry.publish({ name, version: '1.0.0', manifest: rest, files });
}

async function status(name: string, version = '1.0.0'): Promise<number> {
  return (await get(`${gate.url}${name}/-/${name}-${version}.tgz`)).status;
}

async function explained(what: string) {
  const { matches } = await controlClient(gate.dataDirectory).explain(what);
  const [found] = matches;
  assert.ok(found, what);
  return found;
}

function rules({ reasons }: { readonly reasons: readonly { readonly rule: string }[] }): readonly string[] {
  return reasons.map(({ rule }) => rule);
}

const thief = malicious.find(({ id, half }) => id === 'shai-hulud-2025/plain' && half === 'tuning');
const twin = twins.find(({ id }) => id === 'release-tool');
assert.ok(thief && twin);
publishTree('thief', thief.tree());
publishTree('twin', twinTree(twin));

eachClient(
  'is refused what steals, with the reason, the place and the next step; its harmless twin is installed',
  async (client) => {
    const project = await createProject(client, gate.url, { dependencies: { thief: '1.0.0' } });
    try {
      const { code, output } = await install(project);
      assert.notEqual(code, 0, output);
      assert.match(output, /403/);
      assert.match(output, /\S+\.js:\d+/);
      assert.match(output, /Do not run it/);
      assert.match(output, /AS-[0-9A-Z]{4}/);
      assert.equal(await installedVersion(project, 'thief'), undefined);
    } finally {
      await project.remove();
    }
    const harmless = await createProject(client, gate.url, { dependencies: { twin: '1.0.0' } });
    try {
      const { code, output } = await install(harmless);
      assert.equal(code, 0, output);
      assert.equal(await installedVersion(harmless, 'twin'), '1.0.0');
    } finally {
      await harmless.remove();
    }
  },
  { of: ['npm12'] },
);

test('explain shows what was looked for: malware, capabilities, licences, secrets', async () => {
  await status('thief');
  const { code, stdout } = await gate.command('explain', 'thief@1.0.0');
  assert.equal(code, 1);
  assert.match(stdout, /^BLOCKED {2}thief@1\.0\.0/m);
  assert.match(stdout, /\[npm\/malware\]/);
  for (const kind of ['malware', 'capabilities', 'licences', 'secrets', 'vulnerabilities'])
    assert.match(stdout, new RegExp(`^ {2}${kind} +\\S+`, 'm'));
  assert.match(stdout, /^ {6}- \S+\.js:\d+: /m);
});

test('a patch release that gains network and processes is held; one that reads files, and the first one seen, are not', async () => {
  const files = (code: string) => ({ 'index.js': code });
  const plain = 'exports.answer = () => 42;\n';
  const caller = `const https = require('https');\nconst { execFile } = require('child_process');
exports.ping = (url) => https.get(url);\nexports.run = (program, done) => execFile(program, ['--version'], done);\n`;
  const reader = `const fs = require('fs');\nexports.read = (path) => fs.readFileSync(path, 'utf8');\n`;
  registry.publish({ name: 'grown', version: '1.0.0', files: files(plain) });
  registry.publish({ name: 'grown', version: '1.0.1', files: files(plain + caller) });
  registry.publish({ name: 'grown', version: '1.1.0', files: files(plain + reader) });
  registry.publish({ name: 'caller', version: '1.0.1', files: files(plain + caller) });
  assert.equal(await status('grown', '1.0.0'), 200);
  assert.equal(await status('grown', '1.0.1'), 403);
  const held = await explained('grown@1.0.1');
  assert.equal(held.outcome, 'hold');
  assert.deepEqual(rules(held), ['npm/capability-change']);
  assert.match(held.reasons[0]?.why ?? '', /network.*process|process.*network/);
  assert.equal(await status('grown', '1.1.0'), 200);
  assert.equal(await status('caller', '1.0.1'), 200);
  const seen = (await explained('caller@1.0.1')).evidence.find(({ kind }) => kind === 'capabilities');
  assert.equal(seen?.result, 'not-available');
});

test('licences are judged by the lists: denied, to be reviewed, chosen at an "or", and where the text says another thing', async () => {
  const licensed = (name: string, license: string, text?: string): void =>
    void registry.publish({
      name,
      version: '1.0.0',
      manifest: { license },
      files: text === undefined ? {} : { LICENSE: text },
    });
  licensed('copyleft', 'GPL-3.0-only');
  licensed('network-copyleft', 'AGPL-3.0-or-later');
  licensed('file-copyleft', 'MPL-2.0');
  licensed('dual', '(MIT OR GPL-3.0-only)');
  licensed('both', 'MIT AND GPL-3.0-only');
  licensed('permissive', 'Apache-2.0', textOf('Apache-2.0'));
  licensed('contradicting', 'MIT', textOf('Apache-2.0'));
  licensed('hiding', 'MIT', textOf('GPL-3.0-only'));
  licensed('silent', 'SEE LICENSE IN nowhere.txt');
  const expected = {
    copyleft: 'block',
    'network-copyleft': 'block',
    'file-copyleft': 'hold',
    dual: 'allow',
    both: 'block',
    permissive: 'allow',
    contradicting: 'hold',
    hiding: 'block',
    silent: 'hold',
  } as const;
  for (const [name, outcome] of Object.entries(expected)) {
    assert.equal(await status(name), outcome === 'allow' ? 200 : 403, name);
    const found = await explained(`${name}@1.0.0`);
    assert.equal(found.outcome, outcome, name);
    if (outcome !== 'allow') assert.deepEqual(rules(found), ['npm/licence'], name);
  }
});

test('a key that was shipped by mistake is told and refuses nothing', async () => {
  const body = Buffer.from(Array.from({ length: 96 }, (_, n) => (n * 37 + 11) % 251)).toString('base64');
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${body}\n${body}\n-----END RSA PRIVATE KEY-----\n`;
  registry.publish({ name: 'careless', version: '1.0.0', files: { 'deploy/id_rsa': key } });
  assert.equal(await status('careless'), 200);
  const secrets = (await explained('careless@1.0.0')).evidence.find(({ kind }) => kind === 'secrets');
  assert.ok(secrets?.result === 'fail' || secrets?.result === 'warn', JSON.stringify(secrets));
});

test('what ends the scanner is held as an error, with all that it could have been, and the gate goes on', async () => {
  const manifest = { scripts: { install: 'node i.js' } };
  const hostile = { crasher: `${'!'.repeat(300_000)}a`, nested: `${'a=>'.repeat(100_000)}a` };
  for (const [name, code] of Object.entries(hostile)) {
    registry.publish({ name, version: '1.0.0', manifest, files: { 'i.js': code } });
    assert.equal(await status(name), 403, name);
    const held = await explained(`${name}@1.0.0`);
    assert.equal(held.outcome, 'hold', name);
    assert.deepEqual(rules(held), ['npm/malware'], name);
    const results = new Map(held.evidence.map(({ kind, result }) => [kind, result]));
    assert.equal(results.get('malware'), 'error', name);
    for (const kind of ['capabilities', 'licences', 'secrets'])
      assert.equal(results.get(kind), 'not-checked', `${name} ${kind}`);
    assert.equal((await get(`${gate.url}-/health`)).status, 200);
  }
  registry.publish({ name: 'after-them', version: '1.0.0' });
  assert.equal(await status('after-them'), 200);
});
