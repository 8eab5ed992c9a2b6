/** Everything that goes into a build, by digest, as it goes on record. */
import type { BuildInput } from '../../core/rebuild.ts';
import type { BaseRoot, SourceArchive } from './deps.ts';
import type { Resolution } from './fetch.ts';
import type { Recipe } from './recipe.ts';
import type { Recorded } from './registry/proxy.ts';
import type { FetchedTool, FetchedToolchain } from './tools.ts';

export function sourceInput(recipe: Recipe, { digest, uri }: SourceArchive): BuildInput {
  const { source } = recipe;
  const commit = source.kind === 'git' ? { gitCommit: source.commit } : {};
  return { role: 'source', name: 'source', uri, digest: { sha256: digest, ...commit } };
}

export function baseInput({ digest, uri, packages }: BaseRoot): BuildInput {
  const contains = packages === undefined ? {} : { contains: packages };
  return { role: 'base', name: 'base', uri, digest: { sha256: digest }, ...contains };
}

export function toolInputs({ node, npm, manager }: FetchedToolchain): readonly BuildInput[] {
  return [node, npm, ...(manager === undefined ? [] : [manager])].map(toolInput);
}

function toolInput({ tool, uri, artifact, admitted }: FetchedTool): BuildInput {
  const digest = { sha256: artifact.sha256, sha512: artifact.sha512 };
  return { role: 'toolchain', name: `${tool.package}@${tool.version}`, uri, digest, ...admitted };
}

/** Indexes too: where no lockfile was committed, they decide what is installed. */
export function dependencyInputs(
  recorded: readonly Recorded[],
  resolution: Resolution | undefined,
): readonly BuildInput[] {
  const made = recorded.map(({ request, uri, digest, admitted }): BuildInput => {
    const index = request.kind === 'index';
    const name = index ? request.name : `${request.name}@${request.version}`;
    const role = index ? 'dependency-index' : 'dependency';
    return { role, name, uri, digest: { sha256: digest }, ...admitted };
  });
  if (resolution === undefined) return made;
  const { path, digest } = resolution;
  return [...made, { role: 'resolution', name: path, uri: `sha256:${digest}`, digest: { sha256: digest } }];
}
