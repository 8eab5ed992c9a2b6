/**
 * What goes into builds, with a real gate, a real sandbox, real git and the real npm: a tool that is merely deprecated is
 * assayed, let in and named in the provenance; one that is denied ends the build, with its name and the rule. A tool that brings the
 * package itself along is given an earlier version of it, never the published file that is built.
 */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isJsonObject, own } from '../../src/core/json.ts';
import type { UpstreamId } from '../../src/core/subject.ts';
import { defaultFetchLimits } from '../../src/server/config/defaults.ts';
import type { ReleaseCatalogue } from '../../src/server/control/catalogue-protocol.ts';
import type {
  JobShown,
  RebuildProof,
  RebuildReport,
  RebuildWatched,
} from '../../src/server/control/rebuild-protocol.ts';
import { noBuilds } from '../support/builds.ts';
import { composeGate, upstreamSettings, type ComposedGate } from '../support/composed-gate.ts';
import { requestControl } from '../support/control.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { machineRegistry } from '../support/machine.ts';
import { packedFiles, repositoryOf, type Files } from '../support/published-source.ts';

const root = resolve(import.meta.dirname, '../..');
const name = '@builder/made';
const publishedAt = '2026-01-01T00:00:00.000Z';
const built = "'use strict';\nmodule.exports = 'made';\n";

/** 1.0.0 is built with a tool that is deprecated, 1.0.1 with one that is denied, 1.0.2 with one that brings the package itself along. */
const tools = { '1.0.0': '@builder/fine', '1.0.1': '@builder/evil', '1.0.2': '@builder/loop' } as const;
type Version = keyof typeof tools;
const versions = Object.keys(tools) as readonly Version[];
/** What a stolen token adds to the published file alone. */
const poison = '/* poisoned */\n';

function sourceOf(version: Version): Files {
  const manifest = {
    name,
    version,
    main: 'dist/index.js',
    files: ['dist'],
    scripts: { prepare: 'node build.js' },
    devDependencies: { [tools[version]]: '1.0.0' },
  };
  return {
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'build.js': `const text = require('${tools[version]}');\nconst fs = require('fs');\nfs.mkdirSync('dist', { recursive: true });\nfs.writeFileSync('dist/index.js', text);\n`,
  };
}

describe('what goes into a build', { skip: noBuilds ?? false }, () => {
  it('is assayed, decided and named; what policy does not let in ends the build', async (t) => {
    const registry = await startFakeRegistry();
    const folder = await mkdtemp(join(tmpdir(), 'assay-build-inputs-'));
    // Builds run as another user, who must be able to enter it.
    await chmod(folder, 0o755);
    t.after(async () => {
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    });
    registry.publish({
      name: tools['1.0.2'],
      version: '1.0.0',
      publishedAt: '2025-12-01T00:00:00.000Z',
      manifest: { dependencies: { [name]: '^1.0.0' } },
      files: {
        'index.js': `module.exports = require('fs').readFileSync(require.resolve('${name}'), 'utf8');\n`,
      },
    });
    for (const tool of [tools['1.0.0'], tools['1.0.1']])
      registry.publish({
        name: tool,
        version: '1.0.0',
        publishedAt: '2025-12-01T00:00:00.000Z',
        files: { 'index.js': `module.exports = ${JSON.stringify(built)};\n` },
      });
    registry.deprecate('@builder/fine', '1.0.0', 'use another');
    const commits = await repositoryOf(join(folder, 'repository'), {
      '1.0.0': sourceOf('1.0.0'),
      '1.0.1': sourceOf('1.0.1'),
      '1.0.2': sourceOf('1.0.2'),
    });
    for (const version of versions)
      registry.publish({
        name,
        version,
        publishedAt,
        tarball: await packed(version),
        manifest: JSON.parse(sourceOf(version)['package.json'] ?? '') as Record<string, string>,
      });
    const gate = await started(t, registry);
    const ask = <T>(path: string, body: unknown): Promise<T> =>
      requestControl<T>(gate.directory, 'POST', path, body);

    async function rebuilt(version: Version): Promise<RebuildWatched> {
      const purl = `pkg:npm/%40builder/made@${version}`;
      const recipe = JSON.stringify({
        schema: 1,
        purl,
        author: { kind: 'person', who: 'a tester', why: 'the forge is this machine', at: publishedAt },
        source: { kind: 'git', url: `file://${folder}/repository`, commit: commits[version], directory: '' },
      });
      const job = await ask<JobShown>('/rebuilds', { purl, recipe });
      for (;;) {
        const watched = await ask<RebuildWatched>('/rebuilds/watch', { id: job.id, after: 0 });
        if (watched.job.state !== 'running' && watched.job.state !== 'waiting') return watched;
        await new Promise((look) => setTimeout(look, 200));
      }
    }

    const good = await rebuilt('1.0.0');
    const lines = good.lines.map(({ text }) => text).join('\n');
    assert.ok(good.outcome !== undefined, lines);
    assert.ok(['identical', 'identical-container', 'equivalent'].includes(good.outcome.verdict), lines);
    const { purl } = good.outcome;
    const { provenance = '' } = await ask<RebuildProof>('/rebuilds/proof', { purl });
    const statement = statementIn(provenance);
    const definition = objectAt(objectAt(statement, 'predicate'), 'buildDefinition');
    assert.equal(objectAt(definition, 'internalParameters')['inputs'], 'assayed');
    const packages = listAt(definition, 'resolvedDependencies').filter((one) =>
      ['dependency', 'toolchain'].includes(String(objectAt(one, 'annotations')['role'])),
    );
    assert.ok(packages.some((one) => one['name'] === '@builder/fine@1.0.0'));
    for (const one of packages)
      assert.match(String(objectAt(one, 'annotations')['decision']), /^[0-9a-f]{64}$/, String(one['name']));

    const { standsOn } = await ask<RebuildReport>('/rebuilds/report', { purl, form: 'text' });
    const fine = standsOn?.inputs.find((one) => one.name === '@builder/fine@1.0.0');
    assert.deepEqual([fine?.class, fine?.assayed], ['community', true]);
    assert.deepEqual(
      standsOn?.counts.map(({ role, total }) => [role, total > 0]),
      [
        ['base', true],
        ['toolchain', true],
        ['dependency', true],
      ],
    );
    assert.equal(standsOn?.source?.approved, false);
    const release = await ask<ReleaseCatalogue>('/catalogue/release', { purl });
    assert.deepEqual([release.standsOn?.mode, release.closure?.total], ['assayed', 0]);

    const bad = await rebuilt('1.0.1');
    const told = bad.outcome?.sentence ?? bad.job.message ?? '';
    assert.equal(bad.outcome?.cause, 'dependencies', told);
    assert.match(told, /@builder\/evil@1\.0\.0 may not go into the build: .*\[npm\/deny-list\]/);

    const loop = await rebuilt('1.0.2');
    const said = loop.lines.map(({ text }) => text).join('\n');
    assert.ok(['suspicious', 'unexplained'].includes(loop.outcome?.verdict ?? ''), said);
    const report = await ask<RebuildReport>('/rebuilds/report', { purl: loop.outcome?.purl, form: 'text' });
    const ofItself = report.standsOn?.inputs.filter((one) => one.name.startsWith(`${name}@`));
    assert.deepEqual(
      ofItself?.map((one) => one.name),
      [`${name}@1.0.1`],
    );
  });
});

type Json = Readonly<Record<string, unknown>>;

function objectAt(value: Json, key: string): Json {
  const found = value[key];
  assert.ok(isJsonObject(found), key);
  return found;
}

function listAt(value: Json, key: string): readonly Json[] {
  const found = value[key];
  assert.ok(Array.isArray(found), key);
  return found.filter(isJsonObject);
}

function statementIn(envelope: string): Json {
  const parsed: unknown = JSON.parse(envelope);
  const payload = isJsonObject(parsed) ? own(parsed, 'payload') : undefined;
  const statement: unknown = JSON.parse(
    Buffer.from(typeof payload === 'string' ? payload : '', 'base64').toString('utf8'),
  );
  assert.ok(isJsonObject(statement));
  return statement;
}

async function started(t: TestContext, registry: FakeRegistry): Promise<ComposedGate> {
  const { url, cafile } = await machineRegistry();
  return composeGate(t, {
    upstreams: [
      upstreamSettings(registry.url, { id: 'corp' as UpstreamId, scopes: ['@builder'] }),
      upstreamSettings(url, cafile === undefined ? {} : { caFile: cafile }),
    ],
    policy: {
      preset: 'recommended',
      rules: {},
      cooldownHours: 72,
      deny: [{ ecosystem: 'npm', name: '@builder/evil', versions: undefined, reason: 'stolen account' }],
      allow: [],
    },
    fetchLimits: defaultFetchLimits,
    rebuild: {
      // Base roots are kept there between runs.
      directory: join(root, '.cache'),
      recipes: join(root, '.cache/no-recipes'),
      concurrency: 1,
      automatic: false,
      inputs: 'assayed',
    },
  });
}

/** As its publisher packs it, after the build. */
function packed(version: Version): Promise<Buffer> {
  const text = version === '1.0.2' ? built + poison : built;
  return packedFiles({ ...sourceOf(version), 'dist/index.js': text });
}
