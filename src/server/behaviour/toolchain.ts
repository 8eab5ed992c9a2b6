/** The Node and npm that install scripts are run with: packages of the registry, by digest, as for builds. */
import { AssayError } from '../../core/errors.ts';
import type { ObserveToolchain } from '../../rebuild/behaviour/deps.ts';
import { basePackages, defaultSuite, nativeBuild } from '../../rebuild/recipe/base.ts';
import type { BuildBlobs, PackageRegistry } from '../../rebuild/recipe/deps.ts';
import { nodeReleases } from '../../rebuild/recipe/infer/releases.ts';
import { fetchTools } from '../../rebuild/recipe/tools.ts';
import type { Workshop } from '../rebuilding/workshop.ts';

/** Addons are built at install: the compilers are there, as on the machines of those who build them. */
const environment = {
  packages: nativeBuild,
  sourceDateEpoch: 0,
  freezeClock: false,
  variables: {},
  suite: defaultSuite,
};

/** The newest Node that builds know of. Throws BASE_UNAVAILABLE, UPSTREAM_*, INDEX_VERSION_ABSENT, SANDBOX_*. */
export async function openToolchain(
  shop: Workshop,
  registry: PackageRegistry,
  blobs: BuildBlobs,
): Promise<ObserveToolchain> {
  const release = nodeReleases.at(-1);
  if (release === undefined) throw new AssayError('INDEX_VERSION_ABSENT', 'no release of Node is known');
  const base = await shop.base(basePackages({ environment }), defaultSuite);
  const platform = process.arch === 'arm64' ? 'arm64' : 'x64';
  const { node, npm } = await fetchTools(
    { registry, blobs },
    {
      node: { package: `node-linux-${platform}`, version: release.node, integrity: undefined },
      npm: { package: 'npm', version: release.npm, integrity: undefined },
      managerTool: undefined,
    },
    true,
  );
  return {
    base: base.path,
    node: await shop.tools.of(node, base),
    npm: await shop.tools.of(npm, base),
    nodeVersion: node.tool.version,
    npmVersion: npm.tool.version,
  };
}
