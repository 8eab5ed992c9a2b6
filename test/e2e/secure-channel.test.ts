/**
 * The Secure channel with a real gate, a real build and the real package managers: they install what was built here, with
 * our integrity and signature, and nothing else comes through it.
 */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { artifactDigestsOf, integrityOf, sha256 } from '../../src/core/digest.ts';
import type { UpstreamId } from '../../src/core/subject.ts';
import { defaultFetchLimits } from '../../src/server/config/defaults.ts';
import type { Settings } from '../../src/server/config/settings.ts';
import type { JobShown, OutcomeShown, RebuildWatched } from '../../src/server/control/rebuild-protocol.ts';
import { madeRepository, manifestOf, name, packed, source } from '../support/built-package.ts';
import { noBuilds } from '../support/builds.ts';
import type { Client } from '../support/clients.ts';
import { composeGate, upstreamSettings, type ComposedGate } from '../support/composed-gate.ts';
import { requestControl } from '../support/control.ts';
import { eachClient } from '../support/each-client.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { freePort } from '../support/gate.ts';
import { get } from '../support/http.ts';
import { machineRegistry } from '../support/machine.ts';
import { createProject, install, lockfiles, run } from '../support/project-folder.ts';
import { startTufMirror, type TufMirror } from '../support/tuf-mirror.ts';

const root = resolve(import.meta.dirname, '../..');
const purl = (version: string): string => `pkg:npm/%40built/tool@${version}`;
const npm: readonly Client[] = ['npm11', 'npm12'];

interface Packument {
  readonly 'dist-tags': Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, { readonly dist: Dist; readonly bin?: unknown }>>;
}
interface Dist {
  readonly tarball: string;
  readonly integrity: string;
  readonly shasum: string;
  readonly signatures?: readonly { readonly keyid: string }[];
  readonly attestations?: unknown;
}

describe('the Secure channel', { skip: noBuilds ?? false }, () => {
  let registry: FakeRegistry;
  let folder: string;
  let gate: ComposedGate;
  let channel: string;
  let mirror: TufMirror;
  let built: OutcomeShown;
  let port: number;
  let commits: Readonly<Record<string, string>>;
  const closers: (() => unknown)[] = [];
  // The gate lives as long as the suite does.
  const context = { after: (close: () => unknown) => void closers.push(close) } as unknown as TestContext;
  const ask = <T>(path: string, body: unknown): Promise<T> =>
    requestControl<T>(gate.directory, 'POST', path, body);

  before(async () => {
    registry = await startFakeRegistry();
    folder = await mkdtemp(join(tmpdir(), 'assay-channel-'));
    // Builds run as another user, who must be able to enter it.
    await chmod(folder, 0o755);
    commits = await madeRepository(join(folder, 'repository'));
    for (const version of ['1.0.0', '1.0.1', '1.0.2', '1.0.3'])
      registry.publish({
        name,
        version,
        tarball: await packed(version, version === '1.0.1'),
        manifest: {
          ...(JSON.parse(manifestOf(version)) as Record<string, string>),
          description: 'as upstream says',
        },
        publishedAt: '2026-01-01T00:00:00.000Z',
      });
    registry.publish({ name: '@built/other', version: '1.0.0', publishedAt: '2026-01-01T00:00:00.000Z' });
    port = await freePort();
    channel = `http://127.0.0.1:${port}/`;
    gate = await started(context, registry, port);
    mirror = await startTufMirror(folder);
    built = await rebuilt(gate, '1.0.0', recipeFor('1.0.0'));
    assert.ok(['identical-container', 'equivalent'].includes(built.verdict), built.verdict);
    assert.equal(built.isolation, 'full', built.missing.join(' '));
    await ask('/recipes/review', {
      purl: purl('1.0.0'),
      action: 'approve',
      reviewer: 'a second tester',
      reason: 'it names our repository',
    });
  });
  after(async () => {
    mirror.close();
    for (const close of closers.reverse()) await close();
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  function recipeFor(version: string): string {
    const author = {
      kind: 'person',
      who: 'a tester',
      why: 'the forge is this machine',
      at: '2026-11-20T00:00:00Z',
    };
    const place = {
      kind: 'git',
      url: `file://${folder}/repository`,
      commit: commits[version],
      directory: '',
    };
    return JSON.stringify({ schema: 1, purl: purl(version), author, source: place });
  }

  async function told(path: string): Promise<{ status: number; error: string; notice: string }> {
    const answer = await get(`${channel}${path}`);
    const body = JSON.parse(answer.body.toString('utf8')) as { error?: string };
    return { status: answer.status, error: body.error ?? '', notice: answer.headers.get('npm-notice') ?? '' };
  }
  async function index(): Promise<Packument> {
    const answer = await get(`${channel}${name}`);
    assert.equal(answer.status, 200, answer.body.toString('utf8'));
    return JSON.parse(answer.body.toString('utf8')) as Packument;
  }
  const approve = (): Promise<unknown> =>
    ask('/sources/approve', { purl: purl('1.0.0'), reason: 'it is ours' });

  it('has nothing whose source nobody approved, and says how to get it', async () => {
    const { status, error } = await told(`${name}/1.0.0`);
    assert.equal(status, 404);
    assert.match(
      error,
      /Community.*Nobody approved its source.*assay source approve pkg:npm\/%40built\/tool@1\.0\.0/s,
    );
    assert.equal((await told(`${name}/-/tool-1.0.0.tgz`)).status, 404);
    assert.equal((await get(`${channel}${name}`)).status, 404);
  });

  it('lists a version with the digests and signature of the file that was built, once its source is approved', async () => {
    await approve();
    const { versions, 'dist-tags': tags } = await index();
    assert.deepEqual(Object.keys(versions), ['1.0.0']);
    assert.deepEqual(tags, { latest: '1.0.0' });
    const { dist, bin } = versions['1.0.0'] ?? assert.fail();
    assert.deepEqual(bin, { tool: 'cli.js' });
    assert.equal(dist.tarball, `${channel}${name}/-/tool-1.0.0.tgz`);
    const { body } = await get(dist.tarball);
    const digests = artifactDigestsOf(body);
    assert.deepEqual([dist.integrity, dist.shasum], [integrityOf(digests.sha512), digests.sha1]);
    assert.notEqual(digests.sha256, built.artifact, 'these are not the bytes that upstream published');
    assert.equal(dist.signatures?.length, 1);
    // npm checks what is named there against a public log.
    assert.equal(dist.attestations, undefined);
    await provenanceNames(digests.sha256);
    assert.equal(await checks(dist.integrity), true, 'a lockfile may hold the built file');
    assert.equal(await checks(integrityOf(artifactDigestsOf(Buffer.from('x')).sha512)), false);
  });

  async function checks(integrity: string): Promise<unknown> {
    const answer = await fetch(`${gate.url}-/assay/v1/check`, {
      method: 'POST',
      body: `${JSON.stringify({ purl: purl('1.0.0'), integrity })}\n`,
    });
    return ((await answer.json()) as { integrityMatches: unknown }).integrityMatches;
  }

  async function provenanceNames(digest: string): Promise<void> {
    const { body } = await get(`${channel}-/npm/v1/attestations/${name}@1.0.0`);
    const { attestations } = JSON.parse(body.toString('utf8')) as {
      attestations: { bundle: { dsseEnvelope: { payload: string } } }[];
    };
    const payload = Buffer.from(attestations[0]?.bundle.dsseEnvelope.payload ?? '', 'base64').toString(
      'utf8',
    );
    const { subject } = JSON.parse(payload) as { subject: unknown };
    assert.deepEqual(subject, [{ name: purl('1.0.0'), digest: { sha256: digest } }]);
  }

  it('leaves the main listener as it was: upstream’s bytes, upstream’s index', async () => {
    const main = await get(`${gate.url}${name}/1.0.0`);
    const shown = JSON.parse(main.body.toString('utf8')) as { dist: Dist; description: string };
    assert.equal(shown.description, 'as upstream says');
    assert.equal(sha256((await get(shown.dist.tarball)).body), built.artifact);
    assert.doesNotMatch(JSON.stringify(await index()), /as upstream says/);
  });

  eachClient('installs from the channel what was built here', async (client) => {
    const project = await createProject(client, channel, { dependencies: { [name]: '^1.0.0' } });
    try {
      const done = await install(project);
      assert.equal(done.code, 0, done.output);
      const installed = join(project.folder, 'node_modules', name);
      const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
        version: string;
      };
      assert.equal(version, '1.0.0');
      assert.equal(await readFile(join(installed, 'index.js'), 'utf8'), source['index.js']);
      const lock = await readFile(join(project.folder, lockfiles[client]), 'utf8');
      // Yarn Berry locks a digest of its own.
      if (client !== 'yarn4')
        assert.ok(lock.includes((await index()).versions['1.0.0']?.dist.integrity ?? '?'), lock);
    } finally {
      await project.remove();
    }
  });

  eachClient(
    'verifies our signature of what it installed from the channel',
    async (client) => {
      const project = await createProject(client, channel, { dependencies: { [name]: '1.0.0' } });
      try {
        const done = await install(project);
        assert.equal(done.code, 0, done.output);
        const env = await mirror.environmentFor(project.client, project.home);
        const audit = await run(project, ['audit', 'signatures', '--prefer-online'], { env });
        assert.equal(audit.code, 0, audit.output);
        assert.match(audit.output, /1 package has a verified registry signature/);
      } finally {
        await project.remove();
      }
    },
    { of: npm },
  );

  eachClient(
    'is told why a version is not on the channel',
    async (client) => {
      const project = await createProject(client, channel, { dependencies: { [name]: '1.0.2' } });
      try {
        const done = await install(project);
        assert.notEqual(done.code, 0, done.output);
        assert.match(done.output, /Secure channel/);
        assert.match(done.output, /assay rebuild pkg:npm\/%40built\/tool@1\.0\.2/);
      } finally {
        await project.remove();
      }
    },
    { of: npm },
  );

  it('refuses what was not built, what policy blocks, and the bait, each with its reason', async () => {
    const missing = await told(`${name}/-/tool-1.0.2.tgz`);
    assert.deepEqual(
      [missing.status, /nobody built it here yet.*assay rebuild/s.test(missing.error)],
      [404, true],
    );
    assert.match((await told('@built%2fother')).error, /@built\/other@1\.0\.0.*assay rebuild/s);
    const denied = await told(`${name}/-/tool-1.0.3.tgz`);
    assert.equal(denied.status, 403);
    assert.equal((await told(`${name}/1.0.3`)).status, 403);
    assert.equal((await told('@assay/bait/-/bait-1.0.0.tgz')).status, 403);
    assert.equal((await get(`${channel}-/assay/v1/check`)).status, 404);
  });

  it('refuses what is suspicious, on both listeners', async () => {
    const { verdict } = await rebuilt(gate, '1.0.1', recipeFor('1.0.1'));
    assert.equal(verdict, 'suspicious');
    const { status, error } = await told(`${name}/-/tool-1.0.1.tgz`);
    assert.equal(status, 403, error);
    assert.deepEqual(Object.keys((await index()).versions), ['1.0.0']);
  });

  async function pulled(): Promise<number> {
    const { pulls } = await ask<{ pulls: { count: number }[] }>('/pulls', {
      query: purl('1.0.0'),
      limit: 10,
    });
    return pulls.reduce((sum, { count }) => sum + count, 0);
  }

  it('records who pulled what came through it', async () => {
    const before = await pulled();
    await get((await index()).versions['1.0.0']?.dist.tarball ?? '');
    for (let left = 300; left > 0 && (await pulled()) <= before; left -= 1)
      await new Promise((look) => setTimeout(look, 100));
    assert.equal(await pulled(), before + 1);
  });

  it('serves nothing once the approval is taken back, and again when it is given', async () => {
    await ask('/sources/revoke', { purl: purl('1.0.0'), reason: 'a test' });
    assert.equal((await told(name)).status, 404);
    assert.equal((await told(`${name}/-/tool-1.0.0.tgz`)).status, 404);
    await approve();
    assert.deepEqual(Object.keys((await index()).versions), ['1.0.0']);
  });

  it('never serves a built file that was changed on the disk', async () => {
    const { dist } = (await index()).versions['1.0.0'] ?? assert.fail();
    const { body } = await get(dist.tarball);
    await gate.stop();
    const digest = sha256(body);
    const blob = join(gate.directory, 'blobs/sha256', digest.slice(0, 2), digest.slice(2));
    await chmod(blob, 0o644);
    const bent = Buffer.from(body);
    bent[bent.length - 9] = (bent[bent.length - 9] ?? 0) ^ 1;
    await writeFile(blob, bent);
    await started(context, registry, port, {
      dataDirectory: gate.directory,
      signer: { directory: `${gate.directory}-signer` },
    });
    assert.match((await told(`${name}/1.0.0`)).error, /lost or damaged/);
    const { status } = await told(`${name}/-/tool-1.0.0.tgz`);
    assert.notEqual(status, 200);
    assert.ok((await readdir(join(gate.directory, 'blobs/quarantine'))).length > 0);
  });
});

async function rebuilt(gate: ComposedGate, version: string, recipe: string): Promise<OutcomeShown> {
  const ask = <T>(path: string, body: unknown): Promise<T> =>
    requestControl<T>(gate.directory, 'POST', path, body);
  const job = await ask<JobShown>('/rebuilds', { purl: purl(version), recipe });
  for (;;) {
    const {
      job: now,
      lines,
      outcome,
    } = await ask<RebuildWatched>('/rebuilds/watch', { id: job.id, after: 0 });
    if (now.state === 'done') return outcome ?? assert.fail('a build without an outcome');
    const said = lines.map(({ text }) => text).join('\n');
    assert.ok(
      now.state === 'running' || (now.state === 'waiting' && now.attempt === 0),
      `${now.message}\n${said}`,
    );
    await new Promise((look) => setTimeout(look, 200));
  }
}

async function started(
  t: TestContext,
  registry: FakeRegistry,
  port: number,
  change: Partial<Settings> = {},
): Promise<ComposedGate> {
  const { url, cafile } = await machineRegistry();
  return composeGate(t, {
    upstreams: [
      upstreamSettings(registry.url, { id: 'corp' as UpstreamId, scopes: ['@built'] }),
      upstreamSettings(url, cafile === undefined ? {} : { caFile: cafile }),
    ],
    fetchLimits: defaultFetchLimits,
    policy: {
      preset: 'recommended',
      rules: {},
      cooldownHours: 72,
      deny: [{ ecosystem: 'npm', name, versions: '1.0.3', reason: 'a test says so' }],
      allow: [],
    },
    secureChannel: {
      enabled: true,
      port,
      publicUrl: undefined,
      serve: 'secure',
      missing: 'refuse',
      isDemanded: true,
    },
    rebuild: {
      // Base roots are kept there between runs.
      directory: join(root, '.cache'),
      recipes: join(root, '.cache/no-recipes'),
      concurrency: 1,
      automatic: false,
      inputs: 'assayed',
    },
    ...change,
  });
}
