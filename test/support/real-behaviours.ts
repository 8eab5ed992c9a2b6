/** Watches packages of the configured registry, with the Node and npm that builds use, in a real sandbox. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../src/core/json.ts';
import type {
  GivenPackage,
  ObserveDeps,
  ObserveRequest,
  ObserveToolchain,
} from '../../src/rebuild/behaviour/deps.ts';
import { observeInstall } from '../../src/rebuild/behaviour/observe.ts';
import { nativeBuild } from '../../src/rebuild/recipe/base.ts';
import { showIndex } from '../../src/rebuild/recipe/registry/index-document.ts';
import { storeBytes } from '../../src/rebuild/recipe/store-bytes.ts';
import { pinTools } from '../../src/rebuild/recipe/tools.ts';
import { foundIn, observedOf, type Observed } from './behaviour.ts';
import { openBuildWorld } from './builds.ts';
import { aRecipe } from './recipes.ts';
import { npmTarball } from './tarball.ts';

export interface HonestPackage {
  readonly name: string;
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  /** Name → version of what lies beside it. */
  readonly beside?: Readonly<Record<string, string>>;
}

export interface RealBehaviours {
  readonly observe: (wanted: HonestPackage) => Promise<Observed>;
  /** A package of our own, with an addon in it. */
  readonly observeAddon: (files: Readonly<Record<string, string>>) => Promise<Observed>;
  readonly close: () => Promise<void>;
}

export async function openRealBehaviours(): Promise<RealBehaviours> {
  const world = await openBuildWorld();
  const recipe = aRecipe({ environment: { ...aRecipe().environment, packages: [...nativeBuild] } });
  const base = await world.base(recipe);
  const { tools } = await pinTools(world.deps, recipe);
  const toolchain: ObserveToolchain = {
    base: base.path,
    node: await world.deps.tools.of(tools.node, base),
    npm: await world.deps.tools.of(tools.npm, base),
    nodeVersion: tools.node.tool.version,
    npmVersion: tools.npm.tool.version,
  };
  const { sandbox, monotonicMs } = world.deps;
  const deps: ObserveDeps = {
    sandbox,
    isolation: 'full',
    random: (count) => randomBytes(count),
    monotonicMs,
  };
  const given = async (
    name: string,
    version: string,
    sha256: GivenPackage['sha256'],
  ): Promise<GivenPackage> => {
    const path = await world.deps.blobs.path(sha256);
    assert.ok(path !== undefined);
    return { path, sha256, name, version };
  };
  const published = async (name: string, version: string): Promise<GivenPackage> => {
    const index = await world.deps.registry.index(name);
    assert.ok(index !== undefined, name);
    const { files } = showIndex(await world.bytes(index.body), name, undefined);
    const listed = files.get(version);
    assert.ok(listed !== undefined, `${name} ${version}`);
    const { artifact } = await world.deps.registry.file(listed.uri, listed.claims, { name, version });
    return given(name, version, artifact.sha256);
  };
  const observe = async (
    request: Pick<ObserveRequest, 'package' | 'dependencies' | 'scripts' | 'hasBindingGyp'>,
  ): Promise<Observed> =>
    observedOf(
      await observeInstall(deps, { ...request, toolchain, registryHosts: ['registry.example.com'] }),
    );
  return {
    observe: async ({ name, version, scripts, beside = {} }) => {
      const dependencies = Object.entries(beside).map(async ([one, its]) => ({
        ...(await published(one, its)),
        folder: `node_modules/${one}`,
      }));
      return observe({
        package: await published(name, version),
        dependencies: await Promise.all(dependencies),
        scripts,
        hasBindingGyp: false,
      });
    },
    observeAddon: async (files) => {
      const manifest: JsonObject = { name: 'own-addon', version: '1.0.0', gypfile: true };
      const sha256 = await storeBytes(world.deps.blobs, npmTarball({ manifest, files }));
      const own = await given('own-addon', '1.0.0', sha256);
      return observe({ package: own, dependencies: [], scripts: {}, hasBindingGyp: true });
    },
    close: () => world.close(),
  };
}

/** It came to its end, all of it was seen, and nothing was found. */
export function assertHonest({ report, output }: Observed): void {
  assert.deepEqual(foundIn(report), [], `${output}\n${JSON.stringify(report.findings, null, 1)}`);
  assert.deepEqual([report.ended, report.whole], ['exit', true], output);
}
