/** Real packages: what the registry serves against `npm pack` of upstream's own source archive, as Debian keeps it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { sha256 } from '../../src/core/digest.ts';
import { createComparer, type NamedFile } from '../../src/server/rebuilding/comparer.ts';
import { fetchUpstreamSources } from '../support/debian-upstream.ts';

const execute = promisify(execFile);
const packages = [
  { name: 'inherits', version: '2.0.4' },
  { name: 'wrappy', version: '1.0.2' },
  { name: 'balanced-match', version: '2.0.0' },
] as const;

const folder = await mkdtemp(join(tmpdir(), 'assay-compare-real-'));
const comparer = createComparer({ nodePath: process.execPath, readable: [`${folder}/`], children: 1 });
let missing: string | undefined;
before(async () => {
  missing = await fetchUpstreamSources(
    folder,
    packages.map(({ name }) => `node-${name}`),
  );
});
after(async () => {
  await comparer.close();
  await rm(folder, { recursive: true, force: true });
});

async function named(path: string): Promise<NamedFile> {
  const bytes = await readFile(path);
  return { path, sizeBytes: bytes.length, sha256: sha256(bytes) };
}

/** Runs npm in a folder of its own; the one file it leaves there. */
async function pack(into: string, what: string): Promise<string> {
  await mkdir(into);
  await execute('npm', ['pack', what, '--ignore-scripts', '--silent', '--pack-destination', into], {
    cwd: into,
  });
  const [file = ''] = await readdir(into);
  return join(into, file);
}

async function sourceOf(name: string, version: string): Promise<string> {
  const source = join(folder, `${name}-source`);
  await mkdir(source);
  const orig = join(folder, `node-${name}_${version}.orig.tar.gz`);
  await execute('tar', ['-xzf', orig, '-C', source, '--strip-components=1', '--no-same-owner']);
  return source;
}

for (const { name, version } of packages) {
  test(`${name} ${version} is what its source makes, and a poisoned one is not`, async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const source = await sourceOf(name, version);
    const facts = {
      version,
      commit: undefined,
      committedAt: undefined,
      sourceDateEpoch: 0,
      publishedAt: undefined,
      sourcePaths: { upstream: [], rebuilt: [source] },
      sourceFiles: undefined,
    };
    const published = await named(await pack(join(folder, `${name}-published`), `${name}@${version}`));
    const built = await named(await pack(join(folder, `${name}-built`), source));
    const { verdict, differences } = await comparer.compare('npm', published, built, facts);
    assert.deepEqual(differences, []);
    assert.match(verdict, /^(?:identical|identical-container|equivalent)$/);

    const main = (await readdir(source)).find((file) => file === `${name}.js`) ?? 'index.js';
    const clean = await readFile(join(source, main), 'utf8');
    await writeFile(join(source, main), `${clean}\nrequire('child_process').exec('id');\n`);
    const poisoned = await named(await pack(join(folder, `${name}-poisoned`), source));
    const caught = await comparer.compare('npm', poisoned, built, facts);
    assert.equal(caught.verdict, 'suspicious');
    assert.deepEqual(
      caught.differences.map(({ path, rule, reached }) => [path, rule, reached]),
      [[main, 'npm/new-capability', 'main']],
    );
  });
}
