/** Packages whose upstream source archives lie in Debian's pool, and building them from nothing but that. */
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import type { ArtifactDigests } from '../../src/core/digest.ts';
import { formatPurl } from '../../src/core/purl.ts';
import { defaultSuite } from '../../src/rebuild/recipe/base.ts';
import { buildFromRecipe } from '../../src/rebuild/recipe/build.ts';
import { inferRecipes } from '../../src/rebuild/recipe/infer/infer.ts';
import { inspectSource } from '../../src/rebuild/recipe/inspect.ts';
import type { BuildWorld } from './builds.ts';
import { fromDebianPool } from './debian-pool.ts';
import { tarMembers } from './tar-members.ts';

export interface KnownPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of its archive in the pool. */
  readonly archive: string;
  /** SHA-1 of the tarball in the registry. */
  readonly published: string;
  /** Whether our tarball is that one bit for bit, or its files are. */
  readonly bytes: boolean;
  /** It has a build step, for which its dependencies are installed. */
  readonly installs: boolean;
}

export const knownPackages: readonly KnownPackage[] = [
  {
    name: 'inherits',
    version: '2.0.4',
    archive: 'a6c794ebc263c3ab833a4efeeec91347cafe10c737a9147151265185c9a27161',
    published: '0fa2c64f932917c3433a0ded55363aae37416b7c',
    bytes: false,
    installs: false,
  },
  {
    name: 'wrappy',
    version: '1.0.2',
    archive: 'b81382832bbc862775b0772ab65e1e0932ccbd23016f013b6ff31b626b05cc0c',
    published: 'b5243d8f3ec1aa35f1364605bc0d1036e30ab69f',
    bytes: false,
    installs: false,
  },
  {
    name: 'balanced-match',
    version: '2.0.0',
    archive: '9c4ffbbbc6f1e7cdd7c0ebb6de24e440b361aaf60b1a90fec7ee98a23573b88b',
    published: 'dc70f920d78db8b858535795867bf48f820633d9',
    bytes: false,
    installs: false,
  },
  {
    name: 'camelcase',
    version: '7.0.0',
    archive: 'e4805ad3764aed4153b0b72205a11b7117277ad9065fda84df13ce3d641ec4b2',
    published: 'fd112621b212126741f998d614cbc2a8623fd174',
    bytes: true,
    installs: false,
  },
  {
    name: 'css-what',
    version: '6.1.0',
    archive: '147df0eca9c4f1b06529a7ba22a7fe30a12de2bd419c226ed90dc6d19c6f8314',
    published: 'fb5effcf76f1ddea2c81bdfaa4de44e79bac70f4',
    bytes: true,
    installs: true,
  },
];

/** Undefined: not in the Debian archive of this machine. */
export function sourceOfKnown({ name, version, archive }: KnownPackage): Promise<Uint8Array | undefined> {
  return fromDebianPool(`pool/main/n/node-${name}/node-${name}_${version}.orig.tar.gz`, archive);
}

/** Builds by the first recipe that is inferred, and compares with what the registry has. */
export async function rebuildKnown(world: BuildWorld, one: KnownPackage, archive: Uint8Array): Promise<void> {
  const source = await world.archive(archive);
  const environment = {
    packages: [],
    suite: defaultSuite,
    sourceDateEpoch: 0,
    freezeClock: true,
    variables: {},
  };
  const base = await world.base({ environment });
  const { paths, texts, newest } = await inspectSource(world.deps, source, base);
  const { recipes } = inferRecipes({
    purl: formatPurl('npm', one.name, one.version),
    source: { kind: 'archive', url: 'https://example.com/a.tgz', sha256: source.digest, directory: '' },
    paths,
    texts,
    sourceDate: newest,
    sourceDateFrom: 'files',
    publication: {
      nodeVersion: undefined,
      npmVersion: undefined,
      publishedAt: undefined,
      paths: undefined,
      manifest: undefined,
    },
    platform: process.arch === 'arm64' ? 'arm64' : 'x64',
    suite: defaultSuite,
  });
  const [first] = recipes;
  assert.ok(first !== undefined);
  const outcome = await buildFromRecipe(world.deps, first.recipe, { source, base });
  if (outcome.state !== 'built') assert.fail(`${outcome.message}\n${await world.text(outcome.log)}`);
  if (one.bytes) assert.equal(outcome.tarball.sha1, one.published);
  assert.deepEqual(await filesOf(world, outcome.tarball), await publishedFiles(world, one));
}

async function filesOf(world: BuildWorld, artifact: ArtifactDigests): Promise<ReadonlyMap<string, string>> {
  return tarMembers(gunzipSync(await world.bytes(artifact.sha256)));
}

async function publishedFiles(
  world: BuildWorld,
  { name, version, published }: KnownPackage,
): Promise<ReadonlyMap<string, string>> {
  const index = await world.deps.registry.index(name);
  assert.ok(index !== undefined);
  const { versions } = JSON.parse(await world.text(index.body)) as {
    versions: Record<string, { dist: { tarball: string } }>;
  };
  const uri = versions[version]?.dist.tarball ?? '';
  const { artifact } = await world.deps.registry.file(uri, [{ algorithm: 'sha1', hex: published }], {
    name,
    version,
  });
  return filesOf(world, artifact);
}
