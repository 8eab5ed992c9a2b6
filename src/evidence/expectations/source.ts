/** Where a build came from, in forms that can be compared. */
import type { ExpectedIdentity } from '../../core/expectation.ts';
import type { SignerIdentity } from '../../core/identity.ts';

export interface Source {
  readonly issuer: string | undefined;
  readonly uri: string | undefined;
  /** Immutable; certificates of early 2023 have none. */
  readonly id: string | undefined;
  readonly ownerUri: string | undefined;
  readonly ownerId: string | undefined;
}

export function signedSource(identity: SignerIdentity): Source {
  const { issuer, sourceRepositoryUri, sourceRepositoryId, ownerUri, ownerId } = identity;
  return { issuer, uri: sourceRepositoryUri, id: sourceRepositoryId, ownerUri, ownerId };
}

export function expectedSource(identity: ExpectedIdentity): Source {
  const { issuer, repositoryUri, repositoryId, ownerUri, ownerId } = identity;
  return { issuer, uri: repositoryUri, id: repositoryId, ownerUri, ownerId };
}

/** What can be compared agrees, and something could be: ids before addresses (an account made anew keeps its address). */
export function sameSource(a: Source, b: Source): boolean {
  if (a.issuer !== undefined && b.issuer !== undefined && a.issuer !== b.issuer) return false;
  return differingParts(a, b)?.length === 0;
}

/** Undefined: nothing could be compared. */
export function differingParts(a: Source, b: Source): readonly ('repository' | 'owner')[] | undefined {
  // An id says nothing beside an id that another issuer gave.
  const ids = a.issuer === undefined || b.issuer === undefined || a.issuer === b.issuer;
  const repository = differs(ids ? a.id : undefined, b.id, a.uri, b.uri);
  if (repository === undefined) return undefined;
  const owner = differs(ids ? a.ownerId : undefined, b.ownerId, a.ownerUri, b.ownerUri);
  return [...(repository ? ['repository' as const] : []), ...(owner === true ? ['owner' as const] : [])];
}

function differs(
  id: string | undefined,
  otherId: string | undefined,
  uri: string | undefined,
  otherUri: string | undefined,
): boolean | undefined {
  if (id !== undefined && otherId !== undefined) return id !== otherId;
  if (uri === undefined || otherUri === undefined) return undefined;
  return plainUri(uri) !== plainUri(otherUri);
}

/** Forges compare names without regard to case; `git+` and `.git` are ways of writing. */
export function plainUri(uri: string): string {
  return uri
    .toLowerCase()
    .replace(/^git\+/, '')
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
}

/** A signer's URI (.9) without the ref or commit it was taken from. No path of a workflow can hold `@refs/`. */
export function withoutRef(uri: string | undefined): string | undefined {
  if (uri === undefined) return undefined;
  const ref = uri.indexOf('@refs/');
  const at = ref > 0 ? ref : uri.lastIndexOf('@');
  return at > 0 ? uri.slice(0, at) : uri;
}
