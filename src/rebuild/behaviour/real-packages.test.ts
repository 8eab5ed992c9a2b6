/** Packages of the configured registry whose install scripts are known: honest, so nothing of weight may be found. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { noBuilds, openBuildWorld, type BuildWorld } from '../../../test/support/builds.ts';
import { foundIn, observedOf } from '../../../test/support/behaviour.ts';
import { aRecipe } from '../../../test/support/recipes.ts';
import { npmTarball } from '../../../test/support/tarball.ts';
import { nativeBuild } from '../recipe/base.ts';
import { showIndex } from '../recipe/registry/index-document.ts';
import { storeBytes } from '../recipe/store-bytes.ts';
import { pinTools } from '../recipe/tools.ts';
import type { GivenPackage, ObserveDeps, ObserveRequest, ObserveToolchain } from './deps.ts';
import { observeInstall } from './observe.ts';
import { randomBytes } from 'node:crypto';

interface Wanted {
  readonly name: string;
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  /** Name → version. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly found: readonly string[];
  readonly ended: 'exit' | 'failed';
}

const packages: readonly Wanted[] = [
  {
    name: 'core-js',
    version: '3.32.0',
    scripts: { postinstall: 'node -e "try{require(\'./postinstall\')}catch(e){}"' },
    found: [],
    ended: 'exit',
  },
  {
    name: 'esbuild',
    version: '0.19.0',
    scripts: { postinstall: 'node install.js' },
    beside: { '@esbuild/linux-x64': '0.19.0' },
    found: [],
    ended: 'exit',
  },
  {
    name: 'protobufjs',
    version: '7.2.4',
    scripts: { postinstall: 'node scripts/postinstall' },
    found: [],
    ended: 'exit',
  },
  {
    name: 'husky',
    version: '4.3.8',
    scripts: { install: 'node husky install', postinstall: 'opencollective-postinstall || exit 0' },
    beside: {
      'opencollective-postinstall': '2.0.3',
      'ci-info': '2.0.0',
      'which-pm-runs': '1.0.0',
      'find-versions': '4.0.0',
      'semver-regex': '3.1.4',
      slash: '3.0.0',
      'pkg-dir': '5.0.0',
      'find-up': '5.0.0',
      'locate-path': '6.0.0',
      'p-locate': '5.0.0',
      'p-limit': '3.1.0',
      'yocto-queue': '0.1.0',
      'path-exists': '4.0.0',
      chalk: '4.1.2',
      'compare-versions': '3.6.0',
      cosmiconfig: '7.1.0',
      'please-upgrade-node': '3.2.0',
      'semver-compare': '1.0.0',
    },
    found: [],
    ended: 'exit',
  },
  {
    name: 'bufferutil',
    version: '4.0.7',
    scripts: { install: 'node-gyp-build' },
    beside: { 'node-gyp-build': '4.6.0' },
    found: [],
    ended: 'exit',
  },
];

describe('honest packages of the registry', { skip: noBuilds ?? false }, () => {
  let world: BuildWorld;
  let deps: ObserveDeps;
  let toolchain: ObserveToolchain;
  before(async () => {
    world = await openBuildWorld();
    const recipe = aRecipe({ environment: { ...aRecipe().environment, packages: [...nativeBuild] } });
    const base = await world.base(recipe);
    const { tools } = await pinTools(world.deps, recipe);
    toolchain = {
      base: base.path,
      node: await world.deps.tools.of(tools.node, base),
      npm: await world.deps.tools.of(tools.npm, base),
      nodeVersion: tools.node.tool.version,
      npmVersion: tools.npm.tool.version,
    };
    const { sandbox, monotonicMs } = world.deps;
    deps = { sandbox, isolation: 'full', random: (count) => randomBytes(count), monotonicMs };
  });
  after(() => world.close());

  async function published(name: string, version: string): Promise<GivenPackage> {
    const index = await world.deps.registry.index(name);
    assert.ok(index !== undefined, name);
    const { files } = showIndex(await world.bytes(index.body), name, undefined);
    const listed = files.get(version);
    assert.ok(listed !== undefined, `${name} ${version}`);
    const { artifact } = await world.deps.registry.file(listed.uri, listed.claims, { name, version });
    return given(name, version, artifact.sha256);
  }

  async function given(name: string, version: string, sha256: GivenPackage['sha256']): Promise<GivenPackage> {
    const path = await world.deps.blobs.path(sha256);
    assert.ok(path !== undefined);
    return { path, sha256, name, version };
  }

  const common = (): Pick<ObserveRequest, 'hasBindingGyp' | 'toolchain' | 'registryHosts'> => ({
    hasBindingGyp: false,
    toolchain,
    registryHosts: ['registry.example.com'],
  });

  for (const { name, version, scripts, beside = {}, found, ended } of packages)
    it(`${name} ${version} is ${ended === 'exit' ? 'fine' : 'seen to fail without a network'}`, async () => {
      const others = Object.entries(beside).map(async ([one, its]) => ({
        ...(await published(one, its)),
        folder: `node_modules/${one}`,
      }));
      const outcome = observedOf(
        await observeInstall(deps, {
          ...common(),
          package: await published(name, version),
          dependencies: await Promise.all(others),
          scripts,
        }),
      );
      const { report, output } = outcome;
      assert.deepEqual(foundIn(report), found, `${output}\n${JSON.stringify(report.findings, null, 1)}`);
      assert.deepEqual([report.ended, report.whole], [ended, true], output);
    });

  it('esbuild without its binary asks the registry for it, by npm, and that is no contact with strangers', async () => {
    const { report, output } = observedOf(
      await observeInstall(deps, {
        ...common(),
        package: await published('esbuild', '0.19.0'),
        dependencies: [],
        scripts: { postinstall: 'node install.js' },
      }),
    );
    assert.equal(report.ended, 'failed', output);
    assert.ok(report.actions.includes('connect:registry'), report.actions.join());
    assert.deepEqual(
      report.findings.filter(({ severity }) => severity !== 'medium' && severity !== 'low'),
      [],
      output,
    );
  });

  it('an addon is built by node-gyp, with the headers that come with Node', async () => {
    const source = `#include <node_api.h>
      static napi_value init(napi_env env, napi_value exports) { return exports; }
      NAPI_MODULE(NODE_GYP_MODULE_NAME, init)\n`;
    const files = {
      'binding.gyp': '{"targets":[{"target_name":"own","sources":["own.c"]}]}',
      'own.c': source,
    };
    const manifest = { name: 'own-addon', version: '1.0.0', gypfile: true };
    const sha256 = await storeBytes(world.deps.blobs, npmTarball({ manifest, files }));
    const outcome = observedOf(
      await observeInstall(deps, {
        ...common(),
        package: await given('own-addon', '1.0.0', sha256),
        dependencies: [],
        scripts: {},
        hasBindingGyp: true,
      }),
    );
    const { report, output } = outcome;
    assert.deepEqual(foundIn(report), [], `${output}\n${JSON.stringify(report.findings, null, 1)}`);
    assert.deepEqual([report.ended, report.whole, report.scripts], ['exit', true, ['install']], output);
    assert.match(output, /gyp info ok/);
  });
});
