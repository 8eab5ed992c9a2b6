/** R3: another repository or owner, or a fork. A fork is refused whatever the standing of the expectation. */
import { degree, origin, withoutBuild } from './basis.ts';
import type { Basis, Build, Context } from './context.ts';
import { differingParts, plainUri } from './source.ts';
import { finding, notAvailable, passed, quote, verdictOf, type Finding, type Verdict } from './verdict.ts';

export function sourceChanged(context: Context): Verdict {
  const { build, basis } = context;
  if (build === undefined) return withoutBuild(context);
  if (basis === undefined) return notAvailable;
  const fork = forkedFrom(context, basis);
  if (fork !== undefined) return verdictOf([fork], 'pass');
  const [expected] = basis.sources;
  if (expected === undefined || (expected.id ?? expected.uri) === undefined) return notAvailable;
  if (basis.sources.some((source) => differingParts(build, source)?.length === 0)) return passed;
  const parts = differingParts(build, expected) ?? ['repository' as const];
  const found = parts.map((part) => changedPart(part, build, basis));
  return verdictOf(found, 'pass');
}

function changedPart(part: 'repository' | 'owner', build: Build, basis: Basis): Finding {
  const { identity } = basis;
  const is = part === 'repository' ? named(build.uri, build.id) : named(build.ownerUri, build.ownerId);
  const was =
    part === 'repository'
      ? named(identity.repositoryUri, identity.repositoryId)
      : named(identity.ownerUri, identity.ownerId);
  const message =
    `It was built from another ${part}: ${is}, not ${was} (${origin(basis)}). ` +
    'If the project moved, say so with "assay expect set".';
  return finding('source-changed', part, degree(basis), message, {
    is: build.uri ?? null,
    isId: (part === 'repository' ? build.id : build.ownerId) ?? null,
    expectedId: (part === 'repository' ? identity.repositoryId : identity.ownerId) ?? null,
  });
}

function named(uri: string | undefined, id: string | undefined): string {
  if (uri === undefined && id === undefined) return 'none named';
  return `${quote(uri)}${id === undefined ? '' : ` (id ${quote(id)})`}`;
}

/** npm demands that package.json names the repository of the provenance: a fork is consistent in itself. */
function forkedFrom({ input, build }: Context, basis: Basis): Finding | undefined {
  const repository = input.forge?.repository;
  const parent = repository?.state === 'known' ? repository.forkOf : undefined;
  if (parent === undefined || build === undefined) return undefined;
  const known = basis.sources.flatMap(({ uri }) => (uri === undefined ? [] : [plainUri(uri)]));
  const isExpected = build.uri !== undefined && known.includes(plainUri(build.uri));
  if (isExpected || !known.includes(plainUri(parent))) return undefined;
  const message = `It was built from ${quote(build.uri)}, a fork of the expected repository ${quote(parent)}.`;
  return finding('source-changed', 'fork', 'fail', message);
}
