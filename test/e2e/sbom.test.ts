/** `assay sbom` and `assay check` of what it wrote: a real gate, documents as other programs would read them. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { integrityOf, type Sha512 } from '../../src/core/digest.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { cleanEnvironment } from '../support/clients.ts';
import { cyclonedxProblems, documentProblems } from '../support/document-schemas.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { runAssay, startGate, type CommandResult, type Gate } from '../support/gate.ts';

let registry: FakeRegistry;
let gate: Gate;
let home: string;

before(async () => {
  registry = await startFakeRegistry();
  registry.publish({ name: '@s/good', version: '1.0.0', manifest: { license: 'ISC' } });
  registry.publish({ name: 'denied', version: '1.0.0' });
  registry.publish({
    name: 'old',
    version: '1.0.0',
    publishedAt: '2019-01-01T00:00:00.000Z',
    deprecated: 'use new',
  });
  registry.publish({
    name: 'old',
    version: '2.0.0',
    publishedAt: '2019-01-11T00:00:00.000Z',
    deprecated: 'use new',
  });
  gate = await startGate({
    upstream: registry.url,
    config: { policy: { deny: [{ package: 'denied', reason: 'a test says so' }] } },
  });
  home = await mkdtemp(join(tmpdir(), 'assay-sbom-'));
});

after(async () => {
  await gate.remove();
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

async function assay(
  args: readonly string[],
  cwd: string,
  code: number,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const result = await runAssay(args, {
    cwd,
    env: {
      ...cleanEnvironment(home),
      ASSAY_CONFIG: join(gate.folder, 'assay.yaml'),
      ASSAY_DATA: gate.dataDirectory,
      ASSAY_PORT: String(gate.port),
      SOURCE_DATE_EPOCH: '1800000000',
      ...env,
    },
  });
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

async function project(names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(home, 'project-'));
  const packages = names.map((name) => [`node_modules/${name}`, { version: '1.0.0' }]);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', version: '2.0.0' }));
  await writeFile(
    join(folder, 'package-lock.json'),
    JSON.stringify({ name: 'app', lockfileVersion: 3, packages: Object.fromEntries(packages) }),
  );
  return folder;
}

interface Read {
  readonly metadata: { readonly component: { readonly purl: string } };
  readonly components: readonly {
    readonly purl: string;
    readonly licenses?: unknown;
    readonly hashes?: unknown;
    readonly properties: unknown;
  }[];
}

test('decisions and licences of the gate are in the document, in both formats, and the bytes are the same each time', async () => {
  const folder = await project(['@s/good', 'denied']);
  for (const version of ['1.6', '1.7']) {
    const { stdout } = await assay(['sbom', '--spec-version', version], folder, 0);
    const document = JSON.parse(stdout) as Read;
    assert.deepEqual(cyclonedxProblems(document, version), []);
    assert.equal(document.metadata.component.purl, 'pkg:npm/app@2.0.0');
    const [good, denied] = document.components;
    assert.equal(good?.purl, 'pkg:npm/%40s/good@1.0.0');
    assert.deepEqual(good.licenses, [{ license: { id: 'ISC', acknowledgement: 'declared' } }]);
    assert.match(
      JSON.stringify(good.properties),
      /community\/signed.*"allow".*"assay:newest","value":"1\.0\.0"/,
    );
    assert.match(JSON.stringify(denied?.properties), /"block".*assay:rules.*assay:case/);
  }
  const spdx = await assay(['sbom', '--format', 'spdx'], folder, 0);
  assert.deepEqual(documentProblems(JSON.parse(spdx.stdout), 'spdx'), []);
  const again = await assay(['sbom', '--format', 'spdx', '--output', 'x.spdx.json'], folder, 0);
  assert.equal(again.stdout, '');
  assert.equal(await readFile(join(folder, 'x.spdx.json'), 'utf8'), spdx.stdout);
});

test('how far a project is behind is in the document, and one line of a check', async () => {
  const folder = await project(['@s/good', 'old']);
  const checked = await assay(['check', folder], folder, 0);
  const line = 'how current: 1 newest, 1 behind by majors, 1 deprecated, 1 at the end of life, 2 abandoned';
  assert.ok(checked.stdout.includes(`  ${line}\n`), checked.stdout);
  const [json] = JSON.parse(
    (await assay(['check', folder, '--format', 'json'], folder, 0)).stdout,
  ) as readonly {
    readonly currency: Readonly<Record<string, number>>;
    readonly artifacts: readonly { readonly name: string; readonly currency: unknown }[];
  }[];
  assert.equal(json?.currency['majors'], 1);
  assert.match(
    JSON.stringify(json.artifacts.find(({ name }) => name === 'old')?.currency),
    /"newest":"2\.0\.0","majors":1,"minors":0,"patches":0,"days":10,"deprecated":"use new","endOfLife":true/,
  );
  const { stdout } = await assay(['sbom'], folder, 0);
  assert.ok(stdout.includes(line));
  assert.match(stdout, /"assay:behind",\s+"value": "1 major, 10 days"/);
  assert.match((await assay(['sbom', '--offline'], folder, 0)).stdout, /how current. not known/);
});

test('what is stated of a vulnerability, and holds, is in the document', async () => {
  const folder = await project(['@s/good', 'old']);
  const about = [
    'vex',
    'add',
    'pkg:npm/old@1.0.0',
    'CVE-2026-1',
    '--status',
    'not_affected',
    '--reason',
    'never called',
  ];
  const words = ['--justification', 'vulnerable_code_not_in_execute_path', '--until', '2027-06-30'];
  await assay([...about, ...words], folder, 0);
  const { stdout } = await assay(['sbom'], folder, 0);
  const document = JSON.parse(stdout) as { readonly vulnerabilities: readonly JsonObject[] };
  assert.deepEqual(cyclonedxProblems(document, '1.6'), []);
  const [stated, ...others] = document.vulnerabilities;
  assert.equal(others.length, 0);
  assert.match(
    JSON.stringify(stated),
    /"id":"CVE-2026-1".*"state":"not_affected","justification":"code_not_reachable".*"ref":"pkg:npm\/old@1.0.0"/,
  );
  const spdx = await assay(['sbom', '--format', 'spdx'], folder, 0);
  assert.match(spdx.stdout, /VEX. CVE-2026-1 not_affected/);
  // 2030: it holds no more.
  const later = await assay(['sbom'], folder, 0, { SOURCE_DATE_EPOCH: '1900000000' });
  assert.ok(!later.stdout.includes('CVE-2026-1'));
});

test('without a gate nothing looks decided; a gate that is named must answer', async () => {
  const folder = await project(['@s/good']);
  const offline = JSON.parse((await assay(['sbom', '--offline'], folder, 0)).stdout) as Read;
  assert.match(JSON.stringify(offline.components), /not-known.*not-asked/);
  const alone = await assay(['sbom'], folder, 0, { ASSAY_PORT: '9', ASSAY_DATA: join(folder, 'none') });
  assert.match(alone.stderr, /no gate runs/);
  assert.match(alone.stdout, /not-asked/);
  await assay(['sbom', '--gate', 'http://127.0.0.1:9/'], folder, 4);
});

test('a release alone, by name or package URL, with the digest the gate serves', async () => {
  const { stdout } = await assay(['sbom', 'pkg:npm/%40s/good@1.0.0'], home, 0);
  const [component] = (JSON.parse(stdout) as Read).components;
  assert.match(JSON.stringify(component?.hashes), /SHA-512/);
  assert.equal((await assay(['sbom', '@s/good@1.0.0'], home, 0)).stdout, stdout);
});

test('what was written can be checked: passes, refusals and other bytes are told as of a lockfile', async () => {
  for (const format of ['cyclonedx', 'spdx']) {
    const folder = await project(['@s/good']);
    await assay(['sbom', '--format', format, '--output', 'bom.json'], folder, 0);
    assert.match((await assay(['check', 'bom.json'], folder, 0)).stdout, /1 artifact .*\n +allowed +1 /);
    const bad = await project(['@s/good', 'denied']);
    await assay(['sbom', '--format', format, '--offline', '--output', 'bom.json'], bad, 0);
    assert.match((await assay(['check', 'bom.json'], bad, 1)).stdout, /blocked +1 /);
  }
  const other = integrityOf('ab'.repeat(64) as Sha512);
  const folder = await project([]);
  const locked = { 'node_modules/@s/good': { version: '1.0.0', integrity: other } };
  await writeFile(
    join(folder, 'package-lock.json'),
    JSON.stringify({ lockfileVersion: 3, packages: locked }),
  );
  const written = await assay(['sbom', '--output', 'bom.json'], folder, 0);
  assert.equal(written.stderr, '');
  assert.match(await readFile(join(folder, 'bom.json'), 'utf8'), /"mismatch"/);
  assert.match((await assay(['check', 'bom.json'], folder, 1)).stdout, /other bytes +1 /);
});

test('what the gate does not speak for is not checked, and what has no version is told to be left out', async () => {
  const folder = await mkdtemp(join(home, 'foreign-'));
  const components = [{ type: 'library', name: 'x', purl: 'pkg:pypi/x@1' }];
  const text = JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components });
  await writeFile(join(folder, 'bom.json'), text);
  assert.match((await assay(['check', 'bom.json'], folder, 3)).stdout, /NOT CHECKED +1 /);
  assert.match((await assay(['sbom', 'bom.json'], folder, 3)).stderr, /left out.*pkg:pypi\/x@1/);
  await writeFile(
    join(folder, 'spdx3.json'),
    '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}',
  );
  assert.match((await assay(['check', 'spdx3.json'], folder, 3)).stderr, /SPDX 3 .*not supported/);
});

test('a command line that says two things is refused', async () => {
  const folder = await project(['@s/good']);
  await assay(['sbom', '--offline', '--gate', gate.url], folder, 2);
  await assay(['sbom', '--format', 'spdx', '--spec-version', '1.7'], folder, 2);
  await assay(['sbom', '--format', 'x'], folder, 2);
  await assay(['sbom', '--offline'], folder, 2, { SOURCE_DATE_EPOCH: 'yesterday' });
  await writeFile(join(folder, 'yarn.lock'), '# yarn lockfile v1\n');
  assert.match((await assay(['sbom'], folder, 2)).stderr, /2 lockfiles/);
});
